// The laboratory's resolver on UDP and TCP: the authority's answers with the faults in force, through dns2's servers but
// encoded by our codec (A3). To a client that sets CD it is a plain recursor; to others it is a validating one, which
// answers SERVFAIL for lies and gives AD to stubs that ask for it (RFC 6840 §5.7–5.9).

import type { Socket } from 'node:net';
import dns2 from 'dns2';
import { classIn, encodeMessage, type Message, Rcode, type ResourceRecord, RrType } from '../../core/dns/message.ts';
import { type Name, nameFromText, nameToText, name as parseName } from '../../core/dns/name.ts';
import type { Authority } from './authority.ts';
import { applyFault, type DnsFault, type Faulted, faultFor, isLie, reaches, type SetFault } from './faults.ts';
import { typeNumber } from './rdata.ts';

export type SeenQuery = {
  /** Folded, with final dot. */
  readonly name: string;
  readonly type: number;
  readonly transport: 'udp' | 'tcp';
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
};

export type LabDns = {
  readonly address: string;
  readonly port: number;
  readonly authority: Authority;
  /** The latest questions, oldest first. */
  readonly seen: readonly SeenQuery[];
  /**
   * @param owner a name, or `*.` before it for the name and all below.
   * @param type a mnemonic; undefined for every type.
   * @param data record data of the faults that need some.
   */
  setFault(fault: DnsFault, owner: string, type?: string, data?: readonly string[]): void;
  /**
   * Answers over UDP come from another authority: somebody is quicker than the resolver. TCP he does not reach.
   *
   * @param type undefined for every type.
   */
  usurp(owner: string, type: string | undefined, authority: Authority): void;
  /** All of them, or those of one owner as it was written. */
  clearFaults(owner?: string): void;
  close(): Promise<void>;
};

export type DnsServerOptions = {
  readonly authority: Authority;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly address: string;
  /** 0: any. */
  readonly port: number;
  /** Seconds: no answer but those about keys may be kept longer, so that a change is seen by caches. */
  readonly maxTtl?: number;
};

type Query = {
  readonly id: number;
  /** As sent: the answer repeats it letter by letter (0x20). */
  readonly text: string;
  readonly name: Name;
  readonly type: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly edns: { readonly udpSize: number; readonly dnssecOk: boolean } | undefined;
};

const ownUdpSize = 1232;
const memory = 5000;

/** @throws Error when the address cannot be bound. */
export async function startDnsServer(options: DnsServerOptions): Promise<LabDns> {
  const { authority, address } = options;
  const faults: (SetFault & { readonly written: string })[] = [];
  const seen: SeenQuery[] = [];
  const usurpers: Usurper[] = [];

  const onRequest = (transport: 'udp' | 'tcp') => (packet: dns2.Packet, send: (octets: Buffer) => unknown) => {
    const query = readQuery(packet);
    if (query === undefined) return;
    const { name, type, checkingDisabled } = query;
    const dnssecOk = query.edns?.dnssecOk ?? false;
    seen.push({ name: nameToText(name), type, transport, dnssecOk, checkingDisabled });
    if (seen.length > memory) seen.splice(0, memory / 2);
    const usurper =
      transport === 'udp' && usurpers.findLast((one) => reaches(one, name) && (one.type ?? type) === type);
    const speaker = usurper ? usurper.authority : authority;
    const octets = answerTo(query, transport, {
      authority: speaker,
      now: options.now(),
      faults,
      maxTtl: options.maxTtl,
    });
    if (octets) send(Buffer.from(octets));
  };

  const sockets = await bindBoth(address, options.port, onRequest);
  return {
    address,
    port: sockets.port,
    authority,
    seen,
    setFault: (fault, owner, type, data = []) => {
      const number = type === undefined ? undefined : typeNumber(type);
      faults.push({ fault, written: owner, ...placeOf(owner), type: number, data });
    },
    usurp: (owner, type, other) => {
      usurpers.push({ ...placeOf(owner), type: type === undefined ? undefined : typeNumber(type), authority: other });
    },
    clearFaults: (owner) => {
      const kept = owner === undefined ? [] : faults.filter((one) => one.written !== owner);
      faults.splice(0, faults.length, ...kept);
    },
    close: sockets.close,
  };
}

type Usurper = Pick<SetFault, 'owner' | 'scope' | 'type'> & { readonly authority: Authority };

const placeOf = (owner: string): Pick<SetFault, 'owner' | 'scope'> =>
  owner.startsWith('*.')
    ? { owner: parseName(owner.slice(2)), scope: 'below' }
    : { owner: parseName(owner), scope: 'exact' };

type World = {
  readonly authority: Authority;
  readonly now: number;
  readonly faults: readonly SetFault[];
  readonly maxTtl: number | undefined;
};

function answerTo(query: Query, transport: 'udp' | 'tcp', world: World): Uint8Array | undefined {
  const { name, type } = query;
  const plain = world.authority.answer(name, type, world.now);
  const dnssecOk = query.edns?.dnssecOk ?? false;
  const message: Message = {
    id: query.id,
    response: true,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: query.recursionDesired,
    recursionAvailable: true,
    authenticData: plain.standing === 'secure' && (query.authenticData || dnssecOk),
    checkingDisabled: query.checkingDisabled,
    rcode: plain.rcode,
    questions: [{ name, type, class: classIn }],
    answer: plain.answer,
    authority: plain.authority,
    additional: [],
    edns: query.edns && { version: 0, udpSize: ownUdpSize, dnssecOk, options: [] },
  };
  const fault = faultFor(world.faults, name, type) ?? faultAmong(world.faults, plain.answer);
  const context = { authority: world.authority, name, type, now: world.now, transport, data: fault?.data ?? [] };
  // RFC 4035 §5.5: a resolver that validates for its client does not hand out what it found bogus.
  const foundBogus = plain.standing === 'bogus' || (fault && isLie(fault.fault) && plain.standing === 'secure');
  const told: Faulted =
    foundBogus && !query.checkingDisabled
      ? {
          kind: 'message',
          message: { ...message, rcode: Rcode.SERVFAIL, answer: [], authority: [], authenticData: false },
        }
      : fault
        ? applyFault(fault.fault, message, context)
        : { kind: 'message', message };
  if (told.kind === 'no-reply') return undefined;
  if (told.kind === 'octets') return Buffer.concat([Buffer.from([query.id >> 8, query.id & 255]), told.octets]);
  const limit = transport === 'tcp' ? 65_535 : Math.max(512, query.edns?.udpSize ?? 512);
  // A replayed set is cached as long as its owner once allowed, for that is the attack.
  const keepsTtl = isAboutKeys(type) || fault?.fault === 'signature-until';
  const fleeting = keepsTtl ? told.message : withTtl(told.message, world.maxTtl);
  const octets = encodeMessage(dnssecOk ? fleeting : withoutDnssec(fleeting, type), limit);
  if (told.message.questions[0]?.name === name) repeatCase(octets, query.text);
  return octets;
}

/** A fault at a name that the answer only came to by an alias. */
const faultAmong = (faults: readonly SetFault[], answer: readonly ResourceRecord[]): SetFault | undefined =>
  faults.length === 0
    ? undefined
    : answer.map((record) => faultFor(faults, record.owner, record.type)).find((fault) => fault !== undefined);

const isAboutKeys = (type: number): boolean => type === RrType.DNSKEY || type === RrType.DS;

function withTtl(message: Message, most: number | undefined): Message {
  if (most === undefined) return message;
  const cut = (records: readonly ResourceRecord[]): readonly ResourceRecord[] =>
    records.map((record) => (record.ttl > most ? { ...record, ttl: most } : record));
  return { ...message, answer: cut(message.answer), authority: cut(message.authority) };
}

// RFC 4035 §3.2.1: without DO no DNSSEC records that were not asked for.
function withoutDnssec(message: Message, asked: number): Message {
  const hidden: readonly number[] = [RrType.RRSIG, RrType.NSEC, RrType.NSEC3];
  const shown = (record: ResourceRecord): boolean => record.type === asked || !hidden.includes(record.type);
  return { ...message, answer: message.answer.filter(shown), authority: message.authority.filter(shown) };
}

function repeatCase(octets: Uint8Array, text: string): void {
  if (text.includes('\\')) return;
  for (let at = 0; at < text.length; at++) if (/[A-Z]/.test(text[at]!)) octets[12 + 1 + at] = text.charCodeAt(at);
}

type OptLike = { readonly type: number; readonly class: number; readonly doFlag?: boolean };

/** @returns undefined for what is no query of class IN with one question. */
function readQuery(packet: dns2.Packet): Query | undefined {
  const header = packet.header as unknown as Record<'id' | 'qr' | 'rd' | 'ad' | 'cd', number>;
  const [question] = packet.questions;
  if (header.qr !== 0 || question === undefined || packet.questions.length !== 1) return undefined;
  const parsed = nameFromText(question.name === '' ? '.' : question.name);
  if (parsed.kind === 'fault' || question.class !== classIn) return undefined;
  const opt = (packet.additionals as unknown as OptLike[]).find((record) => record.type === RrType.OPT);
  return {
    id: header.id,
    text: question.name,
    name: parsed.value,
    type: question.type ?? 0,
    recursionDesired: header.rd === 1,
    authenticData: header.ad === 1,
    checkingDisabled: header.cd === 1,
    edns: opt && { udpSize: opt.class, dnssecOk: opt.doFlag === true },
  };
}

// ---- sockets

type OnRequest = (transport: 'udp' | 'tcp') => (packet: dns2.Packet, send: (octets: Buffer) => unknown) => void;

/** UDP and TCP on one port: when TCP finds it taken, another one is tried. */
async function bindBoth(
  address: string,
  port: number,
  onRequest: OnRequest,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  for (let tries = 1; ; tries++) {
    const udp = dns2.createUDPServer({ type: address.includes(':') ? 'udp6' : 'udp4' });
    const tcp = dns2.createTCPServer();
    const clients = new Set<Socket>();
    tcp.on('connection', (socket: Socket) => {
      clients.add(socket);
      socket.on('error', () => socket.destroy()).once('close', () => clients.delete(socket));
    });
    udp.on('request', onRequest('udp') as never);
    tcp.on('request', onRequest('tcp') as never);
    const close = async (): Promise<void> => {
      for (const socket of clients) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(resolve)),
        new Promise<void>((resolve) => (tcp.listening ? tcp.close(() => resolve()) : resolve())),
      ]);
    };
    try {
      await bound(udp, () => udp.bind(port, address));
      const chosen = udp.address().port;
      await bound(tcp, () => tcp.listen(chosen, address));
      return { port: chosen, close };
    } catch (error) {
      await close();
      if (port !== 0 || tries === 20) throw error;
    }
  }
}

type Binding = {
  once(event: 'listening', done: () => void): unknown;
  once(event: 'error', failed: (error: Error) => void): unknown;
  removeAllListeners(event: 'error'): unknown;
  on(event: 'error', ignored: () => void): unknown;
};

function bound(server: Binding, start: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      // Later errors are a client's doing, such as a port that closed.
      server.removeAllListeners('error');
      server.on('error', () => {});
      resolve();
    });
    start();
  });
}
