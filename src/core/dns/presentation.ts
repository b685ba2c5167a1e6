// Record types and RDATA as people read them (RFC 1035 §5, RFC 4034, RFC 5155, RFC 6698); what is unknown or malformed is
// shown in the generic form of RFC 3597 §5. Output only: nothing is decided by these texts.

import { toBase32Hex, toBase64, toHex } from './encodings.ts';
import { type Name, nameToText } from './name.ts';
import { RrType } from './registry.ts';
import { readTypeBitmap } from './type-bitmap.ts';
import { readPlainName } from './wire.ts';

const mnemonics: ReadonlyMap<number, string> = new Map<number, string>([
  ...Object.entries(RrType).map(([text, type]): [number, string] => [type, text]),
  [13, 'HINFO'],
  [17, 'RP'],
  [29, 'LOC'],
  [35, 'NAPTR'],
  [44, 'SSHFP'],
  [53, 'SMIMEA'],
  [59, 'CDS'],
  [60, 'CDNSKEY'],
  [61, 'OPENPGPKEY'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [128, 'NXNAME'],
  [256, 'URI'],
]);

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export const typeToText = (type: number): string => mnemonics.get(type) ?? `TYPE${type}`;

/** @returns undefined if the text is neither a known mnemonic nor `TYPEn` (RFC 3597 §5). */
export function typeFromText(text: string): number | undefined {
  const upper = text.toUpperCase();
  for (const [type, mnemonic] of mnemonics) if (mnemonic === upper) return type;
  const number = /^TYPE(\d{1,5})$/.exec(upper)?.[1];
  return number === undefined || Number(number) > 65_535 ? undefined : Number(number);
}

export const rcodeToText = (rcode: number): string => rcodes[rcode] ?? (rcode === 16 ? 'BADVERS' : `RCODE${rcode}`);

/** One line without control characters. */
export function rdataToText(type: number, rdata: Uint8Array): string {
  const cursor = { rdata, at: 0 };
  const fields = (formats.get(type) ?? []).map((field) => field(cursor));
  if (fields.length > 0 && !fields.includes(undefined) && cursor.at === rdata.length) return fields.join(' ');
  return `\\# ${rdata.length}${rdata.length === 0 ? '' : ` ${toHex(rdata)}`}`;
}

type Cursor = { readonly rdata: Uint8Array; at: number };
/** Reads one field and moves on; undefined if the octets do not hold it. */
type Field = (cursor: Cursor) => string | undefined;

function take(cursor: Cursor, length: number): Uint8Array | undefined {
  if (cursor.at + length > cursor.rdata.length) return undefined;
  cursor.at += length;
  return cursor.rdata.subarray(cursor.at - length, cursor.at);
}

const takeNumber = (cursor: Cursor, length: number): number | undefined =>
  take(cursor, length)?.reduce((sum, octet) => sum * 256 + octet, 0);

const u8: Field = (cursor) => takeNumber(cursor, 1)?.toString();
const u16: Field = (cursor) => takeNumber(cursor, 2)?.toString();
const u32: Field = (cursor) => takeNumber(cursor, 4)?.toString();

const wholeRest = (cursor: Cursor): Uint8Array => take(cursor, cursor.rdata.length - cursor.at) ?? new Uint8Array(0);
const hexRest: Field = (cursor) => toHex(wholeRest(cursor));
const base64Rest: Field = (cursor) => toBase64(wholeRest(cursor));

const domain: Field = (cursor) => {
  const found = readPlainName(cursor.rdata, cursor.at);
  if (found === undefined) return undefined;
  cursor.at = found.end;
  // The case is kept here: these names are shown, not compared.
  return nameToText(found.wire as Name);
};

const ipv4: Field = (cursor) => take(cursor, 4)?.join('.');

const ipv6: Field = (cursor) => {
  const octets = take(cursor, 16);
  return octets === undefined ? undefined : ipv6Text(octets);
};

/** RFC 5952 §4. */
function ipv6Text(octets: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (octets[index * 2]! << 8) | octets[index * 2 + 1]!);
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = text.match(/(^|(?<=:))0(:0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const at = new RegExp(`(^|(?<=:))${longest}(?=:|$)`).exec(text)!.index;
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

const charString: Field = (cursor) => {
  const length = takeNumber(cursor, 1);
  const octets = length === undefined ? undefined : take(cursor, length);
  return octets === undefined ? undefined : quote(octets);
};

const charStrings: Field = (cursor) => {
  const strings: (string | undefined)[] = [];
  do strings.push(charString(cursor));
  while (strings.at(-1) !== undefined && cursor.at < cursor.rdata.length);
  return strings.includes(undefined) ? undefined : strings.join(' ');
};

const quote = (octets: Uint8Array): string =>
  `"${Array.from(octets, (octet) => {
    if (octet < 0x20 || octet > 0x7e) return `\\${String(octet).padStart(3, '0')}`;
    const char = String.fromCharCode(octet);
    return char === '"' || char === '\\' ? `\\${char}` : char;
  }).join('')}"`;

const typeField: Field = (cursor) => {
  const type = takeNumber(cursor, 2);
  return type === undefined ? undefined : typeToText(type);
};

/** RFC 4034 §3.2: YYYYMMDDHHmmSS in UTC. */
const time: Field = (cursor) => {
  const seconds = takeNumber(cursor, 4);
  return seconds === undefined ? undefined : new Date(seconds * 1_000).toISOString().replace(/[-:T]|\..*/g, '');
};

const salt: Field = (cursor) => {
  const length = takeNumber(cursor, 1);
  const octets = length === undefined ? undefined : take(cursor, length);
  return octets === undefined ? undefined : length === 0 ? '-' : toHex(octets);
};

const hashed: Field = (cursor) => {
  const length = takeNumber(cursor, 1);
  const octets = length === undefined ? undefined : take(cursor, length);
  return octets === undefined ? undefined : toBase32Hex(octets);
};

const types: Field = (cursor) => {
  const read = readTypeBitmap(wholeRest(cursor));
  return read === undefined ? undefined : [...read].map(typeToText).join(' ');
};

const formats: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [RrType.A, [ipv4]],
  [RrType.AAAA, [ipv6]],
  [RrType.NS, [domain]],
  [RrType.CNAME, [domain]],
  [RrType.DNAME, [domain]],
  [RrType.PTR, [domain]],
  [RrType.SOA, [domain, domain, u32, u32, u32, u32, u32]],
  [RrType.MX, [u16, domain]],
  [RrType.SRV, [u16, u16, u16, domain]],
  [RrType.TXT, [charStrings]],
  [RrType.TLSA, [u8, u8, u8, hexRest]],
  [RrType.DS, [u16, u8, u8, hexRest]],
  [RrType.DNSKEY, [u16, u8, u8, base64Rest]],
  [RrType.RRSIG, [typeField, u8, u8, u32, time, time, u16, domain, base64Rest]],
  [RrType.NSEC, [domain, types]],
  [RrType.NSEC3, [u8, u8, u16, salt, hashed, types]],
  [RrType.NSEC3PARAM, [u8, u8, u16, salt]],
]);
