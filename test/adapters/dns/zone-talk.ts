// Messages for the fake server, record by record, without signatures.

import {
  encodeMessage,
  type Message,
  parseMessage,
  type ResourceRecord,
  RrType,
} from '../../../src/core/dns/message.ts';
import { name, nameToOctets } from '../../../src/core/dns/name.ts';
import type { Asked, Reaction } from './fake-server.ts';

/** @throws Error if the query is none. */
export function readQuery(asked: Asked): Message {
  const parsed = parseMessage(asked.bytes);
  if (parsed.kind === 'fault') throw new Error(`not a query: ${parsed.fault}`);
  return parsed.value;
}

type Saying = Partial<Pick<Message, 'rcode' | 'answer' | 'authority' | 'authenticData' | 'edns' | 'truncated'>>;

/** The answer to a query, as wire octets. */
export const say = (asked: Asked, saying: Saying = {}): Uint8Array =>
  encodeMessage({
    ...readQuery(asked),
    response: true,
    recursionAvailable: true,
    authenticData: false,
    answer: [],
    authority: [],
    additional: [],
    ...saying,
  });

export const saying = (asked: Asked, what: Saying = {}): Reaction => ({ send: [say(asked, what)] });

export const record = (owner: string, type: number, rdata: Uint8Array, ttl = 300): ResourceRecord => ({
  owner: name(owner),
  type,
  class: 1,
  ttl,
  rdata,
});

export const a = (owner: string, address: string, ttl?: number): ResourceRecord =>
  record(owner, RrType.A, Uint8Array.from(address.split('.').map(Number)), ttl);

export const cname = (owner: string, target: string, ttl?: number): ResourceRecord =>
  record(owner, RrType.CNAME, nameToOctets(name(target)), ttl);

export const mx = (owner: string, preference: number, exchange: string, ttl?: number): ResourceRecord =>
  record(owner, RrType.MX, Uint8Array.of(preference >> 8, preference & 0xff, ...nameToOctets(name(exchange))), ttl);

/** Negative TTL 60 unless told. */
export const soa = (owner: string, minimum = 60): ResourceRecord => {
  const numbers = new Uint8Array(20);
  new DataView(numbers.buffer).setUint32(16, minimum);
  return record(
    owner,
    RrType.SOA,
    Uint8Array.of(...nameToOctets(name(owner)), ...nameToOctets(name(owner)), ...numbers),
  );
};
