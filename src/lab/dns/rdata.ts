// Record data of the laboratory's zones from presentation form (RFC 1035 §5, RFC 3597 for all other types), in two
// copies: as served, in the case it was written in, and canonical as it is signed (RFC 4034 §6.2). Written apart from
// the validator's own canonical form, so that one can contradict the other.

import { isIPv4, isIPv6 } from 'node:net';
import { RrType } from '../../core/dns/message.ts';
import { type Name, name as parseName } from '../../core/dns/name.ts';

export type RecordData = { readonly rdata: Uint8Array; readonly canonical: Uint8Array };

const typeNames: Readonly<Record<string, number>> = RrType;

/** @throws Error for a word that is no type. */
export function typeNumber(word: string): number {
  const number = typeNames[word] ?? Number(/^TYPE(\d+)$/.exec(word)?.[1]);
  if (!Number.isInteger(number)) throw new Error(`no record type: ${word}`);
  return number;
}

/**
 * Reads the fields behind the type. Relative names are completed with the origin.
 * @throws Error for data that does not fit the type.
 */
export function recordData(type: number, fields: readonly string[], origin: Name): RecordData {
  const [first = '', second = ''] = fields;
  if (first === '\\#') return opaque(Buffer.from(fields.slice(2).join(''), 'hex'));
  switch (type) {
    case RrType.A:
    case RrType.AAAA:
      return opaque(addressOctets(first));
    case RrType.NS:
    case RrType.CNAME:
    case RrType.DNAME:
    case RrType.PTR:
      return named([], first, [], origin);
    case RrType.MX:
      return named([short(Number(first))], second, [], origin);
    case RrType.TXT:
      return opaque(Buffer.concat(fields.map(characterString)));
    case RrType.TLSA:
      return opaque(Buffer.from([...fields.slice(0, 3).map(Number), ...hex(fields.slice(3))]));
    case RrType.DS:
      return opaque(Buffer.concat([short(Number(first)), bytes(fields.slice(1, 3)), hex(fields.slice(3))]));
    case RrType.SOA: {
      const mailbox = wireName(second, origin);
      const numbers = Buffer.concat(fields.slice(2).map((field) => long(Number(field))));
      return named([], first, [mailbox.rdata, numbers], origin, [mailbox.canonical, numbers]);
    }
    default:
      throw new Error(`type ${type} has no notation here, use \\#`);
  }
}

const opaque = (rdata: Uint8Array): RecordData => ({ rdata, canonical: rdata });

function named(
  before: readonly Uint8Array[],
  text: string,
  behind: readonly Uint8Array[],
  origin: Name,
  canonicalBehind: readonly Uint8Array[] = behind,
): RecordData {
  const wire = wireName(text, origin);
  return {
    rdata: Buffer.concat([...before, wire.rdata, ...behind]),
    canonical: Buffer.concat([...before, wire.canonical, ...canonicalBehind]),
  };
}

/** `@`, a relative name, or an absolute one with its final dot. @throws Error if it is no name. */
export function absoluteName(text: string, origin: Name): Name {
  if (text === '@') return origin;
  if (text.endsWith('.')) return parseName(text);
  return (parseName(text).slice(0, -1) + origin) as Name;
}

function wireName(text: string, origin: Name): RecordData {
  const folded = Buffer.from(absoluteName(text, origin), 'latin1');
  const served = Buffer.from(folded);
  // Plain letters keep the case they were written in; names with escapes are served folded.
  if (text !== '@' && !text.includes('\\')) {
    for (let at = 0; at < text.length; at++) if (/[A-Z]/.test(text[at]!)) served[at + 1] = text.charCodeAt(at);
  }
  return { rdata: served, canonical: folded };
}

function addressOctets(text: string): Uint8Array {
  if (isIPv4(text)) return Buffer.from(text.split('.').map(Number));
  if (!isIPv6(text)) throw new Error(`no address: ${text}`);
  const [head = '', tail] = text.split('::');
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : []);
  const fill = 8 - groups(head).length - groups(tail).length;
  const all = tail === undefined ? groups(head) : [...groups(head), ...Array(fill).fill('0'), ...groups(tail)];
  return Buffer.concat(all.map((group) => short(Number.parseInt(group, 16))));
}

function characterString(field: string): Buffer {
  const text = Buffer.from(field, 'latin1');
  if (text.length > 255) throw new Error('a TXT string holds 255 octets');
  return Buffer.concat([Buffer.from([text.length]), text]);
}

const hex = (fields: readonly string[]): Buffer => Buffer.from(fields.join(''), 'hex');
const bytes = (fields: readonly string[]): Buffer => Buffer.from(fields.map(Number));

export function short(value: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(value);
  return out;
}

export function long(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
}
