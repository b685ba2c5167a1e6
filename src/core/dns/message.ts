// DNS messages (RFC 1035 §4, EDNS RFC 6891, EDE RFC 8914). RDATA is kept raw but uncompressed, in the case it came in;
// canonical form is the validator's business. Only class IN is understood by callers.

import { concat } from '../base/octets.ts';
import { fault, ok, type Result } from '../base/result.ts';
import { foldName, type Name, rootName } from './name.ts';
import { classIn, RrType } from './registry.ts';
import { readName, readRdata } from './wire.ts';
import { startWriter } from './writer.ts';

export { classIn, nxnameType, Rcode, RrType } from './registry.ts';

export type MessageQuestion = { readonly name: Name; readonly type: number; readonly class: number };

export type ResourceRecord = {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds; a value with the top bit set was read as 0 (RFC 2181 §8). */
  readonly ttl: number;
  /** Names inside are uncompressed and keep their case. */
  readonly rdata: Uint8Array;
};

export type EdnsOption = { readonly code: number; readonly data: Uint8Array };

export type Edns = {
  readonly version: number;
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
};

/** RFC 8914: for logs only, never for a decision (DNS-14). */
export type ExtendedError = { readonly code: number; readonly text: string };

export type Message = {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** Twelve bits: the upper eight come from the OPT record. */
  readonly rcode: number;
  readonly questions: readonly MessageQuestion[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
};

export type MessageFault = 'too-short' | 'too-many-records' | 'bad-name' | 'bad-record' | 'bad-opt' | 'trailing-octets';

export type QueryOptions = {
  readonly id: number;
  readonly name: Name;
  readonly type: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  /** Octets; DNS-1 sends 1232. */
  readonly udpSize: number;
};

const maxMessage = 65_535;

// Bounded work: no answer of use has more; a 64 KiB message could hold near 6,000.
const maxRecords = 2_048;

/** Reads one message; everything in it is bounded. Never throws. */
export function parseMessage(octets: Uint8Array): Result<Message, MessageFault> {
  if (octets.length < 12 || octets.length > maxMessage) return fault('too-short');
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const flags = view.getUint16(2);
  const counts = [view.getUint16(4), view.getUint16(6), view.getUint16(8), view.getUint16(10)] as const;
  if (counts[0] + counts[1] + counts[2] + counts[3] > maxRecords) return fault('too-many-records');

  const questions: MessageQuestion[] = [];
  let at = 12;
  for (let count = 0; count < counts[0]; count++) {
    const name = readName(octets, at);
    if (name === undefined || name.end + 4 > octets.length) return fault('bad-name');
    questions.push({ name: foldName(name.wire), type: view.getUint16(name.end), class: view.getUint16(name.end + 2) });
    at = name.end + 4;
  }
  const sections: ResourceRecord[][] = [];
  for (const count of counts.slice(1)) {
    const section = readSection(octets, view, at, count);
    if (section.kind === 'fault') return section;
    sections.push(section.value.records);
    at = section.value.end;
  }
  if (at !== octets.length) return fault('trailing-octets');

  const [answer = [], authority = [], rest = []] = sections;
  const opts = rest.filter((record) => record.type === RrType.OPT);
  // RFC 6891 §6.1.1: at most one OPT record, with the root as its owner, in the additional section only.
  if (opts.length > 1 || [...answer, ...authority].some((record) => record.type === RrType.OPT))
    return fault('bad-opt');
  const edns = opts[0] === undefined ? undefined : readEdns(opts[0]);
  if (opts[0] !== undefined && edns === undefined) return fault('bad-opt');
  return ok({
    id: view.getUint16(0),
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 0xf,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: ((edns?.extendedRcode ?? 0) << 4) | (flags & 0xf),
    questions,
    answer,
    authority,
    additional: rest.filter((record) => record.type !== RrType.OPT),
    edns: edns?.edns,
  });
}

function readSection(
  octets: Uint8Array,
  view: DataView,
  offset: number,
  count: number,
): Result<{ readonly records: ResourceRecord[]; readonly end: number }, MessageFault> {
  const records: ResourceRecord[] = [];
  let at = offset;
  for (let read = 0; read < count; read++) {
    const owner = readName(octets, at);
    if (owner === undefined) return fault('bad-name');
    if (owner.end + 10 > octets.length) return fault('bad-record');
    const type = view.getUint16(owner.end);
    const span = { offset: owner.end + 10, length: view.getUint16(owner.end + 8) };
    if (span.offset + span.length > octets.length) return fault('bad-record');
    const rdata = readRdata(octets, span, type);
    if (rdata === undefined) return fault('bad-record');
    const ttl = view.getUint32(owner.end + 4);
    records.push({
      owner: foldName(owner.wire),
      type,
      class: view.getUint16(owner.end + 2),
      // RFC 2181 §8: the top bit means 0; in OPT the field is no TTL.
      ttl: ttl > 0x7fff_ffff && type !== RrType.OPT ? 0 : ttl,
      rdata,
    });
    at = span.offset + span.length;
  }
  return ok({ records, end: at });
}

function readEdns(opt: ResourceRecord): { readonly edns: Edns; readonly extendedRcode: number } | undefined {
  if (opt.owner !== rootName) return undefined;
  const options: EdnsOption[] = [];
  const { rdata } = opt;
  for (let at = 0; at < rdata.length; ) {
    if (at + 4 > rdata.length) return undefined;
    const length = (rdata[at + 2]! << 8) | rdata[at + 3]!;
    if (at + 4 + length > rdata.length) return undefined;
    options.push({ code: (rdata[at]! << 8) | rdata[at + 1]!, data: rdata.slice(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return {
    edns: {
      version: (opt.ttl >>> 16) & 0xff,
      udpSize: opt.class,
      dnssecOk: (opt.ttl & 0x8000) !== 0,
      options,
    },
    extendedRcode: opt.ttl >>> 24,
  };
}

/** RFC 8914 §2. The text is cut to 256 characters and freed of control characters. */
export function extendedErrors(message: Message): readonly ExtendedError[] {
  return (message.edns?.options ?? []).flatMap(({ code, data }) => {
    if (code !== extendedErrorOption || data.length < 2) return [];
    const text = new TextDecoder().decode(data.subarray(2)).replace(/\p{Cc}/gu, ' ');
    return [{ code: (data[0]! << 8) | data[1]!, text: text.slice(0, 256) }];
  });
}

const extendedErrorOption = 15;

/**
 * Wire form with compressed owner names. What does not fit into `maxSize` octets is left out as a whole with TC set
 * (RFC 2181 §9), so that nobody takes a part for the answer.
 */
export function encodeMessage(message: Message, maxSize: number = maxMessage): Uint8Array {
  const whole = encodeWhole(message);
  if (whole.length <= maxSize) return whole;
  return encodeWhole({ ...message, truncated: true, answer: [], authority: [], additional: [] });
}

function encodeWhole(message: Message): Uint8Array {
  const writer = startWriter();
  const additional =
    message.edns === undefined ? message.additional : [...message.additional, optRecord(message.edns, message.rcode)];
  writer.u16(message.id);
  writer.u16(flagsOf(message));
  for (const list of [message.questions, message.answer, message.authority, additional]) writer.u16(list.length);
  for (const question of message.questions) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class);
  }
  for (const record of [...message.answer, ...message.authority, ...additional]) {
    writer.name(record.owner);
    writer.u16(record.type);
    writer.u16(record.class);
    writer.u16(record.ttl >>> 16);
    writer.u16(record.ttl & 0xffff);
    writer.u16(record.rdata.length);
    writer.octets(record.rdata);
  }
  return writer.finish();
}

function flagsOf(message: Message): number {
  let flags = ((message.opcode & 0xf) << 11) | (message.rcode & 0xf);
  if (message.response) flags |= 0x8000;
  if (message.authoritative) flags |= 0x0400;
  if (message.truncated) flags |= 0x0200;
  if (message.recursionDesired) flags |= 0x0100;
  if (message.recursionAvailable) flags |= 0x0080;
  if (message.authenticData) flags |= 0x0020;
  if (message.checkingDisabled) flags |= 0x0010;
  return flags;
}

function optRecord(edns: Edns, rcode: number): ResourceRecord {
  const options = edns.options.map(({ code, data }) =>
    concat([Uint8Array.of(code >> 8, code & 0xff, data.length >> 8, data.length & 0xff), data]),
  );
  return {
    owner: rootName,
    type: RrType.OPT,
    class: edns.udpSize,
    ttl: (((rcode >> 4) << 24) | (edns.version << 16) | (edns.dnssecOk ? 0x8000 : 0)) >>> 0,
    rdata: concat(options),
  };
}

/** A query with one question of class IN and an OPT record (DNS-1, DNS-2). */
export function encodeQuery(options: QueryOptions): Uint8Array {
  return encodeMessage({
    id: options.id,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: options.recursionDesired,
    recursionAvailable: false,
    authenticData: options.authenticData,
    checkingDisabled: options.checkingDisabled,
    rcode: 0,
    questions: [{ name: options.name, type: options.type, class: classIn }],
    answer: [],
    authority: [],
    additional: [],
    edns: { version: 0, udpSize: options.udpSize, dnssecOk: options.dnssecOk, options: [] },
  });
}
