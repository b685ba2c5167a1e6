// One question to the laboratory's resolver, by UDP or TCP, for tests.

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { encodeQuery, type Message, parseMessage } from '../../src/core/dns/message.ts';
import { name } from '../../src/core/dns/name.ts';
import { typeNumber } from '../../src/lab/dns/rdata.ts';

export type Ask = {
  readonly port: number;
  readonly owner: string;
  readonly type: string;
  readonly id?: number;
  readonly flags?: readonly ('ad' | 'cd' | 'do')[];
  readonly udpSize?: number;
  readonly transport?: 'udp' | 'tcp';
  /** Milliseconds until silence is believed. */
  readonly patience?: number;
};

export function queryOf({ owner, type, id = 4711, flags = ['cd', 'do'], udpSize = 1232 }: Ask): Uint8Array {
  return encodeQuery({
    id,
    name: name(owner),
    type: typeNumber(type),
    recursionDesired: true,
    authenticData: flags.includes('ad'),
    checkingDisabled: flags.includes('cd'),
    dnssecOk: flags.includes('do'),
    udpSize,
  });
}

/** The octets that came back; undefined for silence or a closed connection. */
export const askOctets = (ask: Ask, query: Uint8Array = queryOf(ask)): Promise<Buffer | undefined> =>
  ask.transport === 'tcp' ? byTcp(ask, query) : byUdp(ask, query);

/** @throws Error when the answer cannot be parsed. */
export async function ask(question: Ask): Promise<Message | undefined> {
  const octets = await askOctets(question);
  if (octets === undefined) return undefined;
  const parsed = parseMessage(octets);
  if (parsed.kind === 'fault') throw new Error(parsed.fault);
  return parsed.value;
}

function byUdp({ port, patience = 2000 }: Ask, query: Uint8Array): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (answer: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), patience);
    socket.on('message', (answer) => end(answer));
    socket.send(query, port, '127.0.0.1');
  });
}

function byTcp({ port, patience = 2000 }: Ask, query: Uint8Array): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let octets = Buffer.alloc(0);
    const end = (answer: Buffer | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(undefined), patience);
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(undefined));
    socket.on('data', (more) => {
      octets = Buffer.concat([octets, more]);
      if (octets.length >= 2 && octets.length >= 2 + octets.readUInt16BE(0)) end(octets.subarray(2));
    });
    socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 255]), query]));
  });
}
