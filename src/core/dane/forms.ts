// TLSA records as people paste them: zone line, registrar form, generic type, nsupdate (OPS-24), and the way back from text
// that was copied from anywhere (OPS-65). RFC 6698 §2.2, RFC 3597 §5, RFC 2136.

import type { DomainName } from '../base/brand.ts';
import { fault, ok, type Result } from '../base/result.ts';
import type { TlsaData } from './make.ts';

export const tlsaForms = ['zone', 'bare', 'fields', 'json', 'generic', 'nsupdate'] as const;
export type TlsaForm = (typeof tlsaForms)[number];

/** OPS-25, OPS-26: where a record stands. */
export type Owner = { readonly host: DomainName; readonly port: number; readonly protocol: 'tcp' | 'udp' | 'sctp' };

/** A-labels, without the final dot. */
export const ownerName = ({ host, port, protocol }: Owner): string => `_${port}._${protocol}.${host}`;

export const hexOf = (octets: Uint8Array): string =>
  Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');

/** "3 1 1 <hex>": no leading zeros, no parentheses, no blanks in the digits. */
export const bareForm = ({ usage, selector, matching, data }: TlsaData): string =>
  `${usage} ${selector} ${matching} ${hexOf(data)}`;

export const zoneForm = (owner: Owner, record: TlsaData, ttl: number): string =>
  `${ownerName(owner)}. ${ttl} IN TLSA ${bareForm(record)}`;

/** For name servers and forms that do not know the type. */
export const genericForm = (owner: Owner, record: TlsaData, ttl: number): string =>
  `${ownerName(owner)}. ${ttl} IN TYPE52 \\# ${record.data.length + 3} ${hexOf(rdataOf(record))}`;

export const rdataOf = ({ usage, selector, matching, data }: TlsaData): Uint8Array =>
  Uint8Array.of(usage, selector, matching, ...data);

/** OPS-35: adds only. What is old goes when the new chain is live, not in the same step. */
export const nsupdateForm = (
  rows: readonly { readonly owner: Owner; readonly record: TlsaData }[],
  ttl: number,
  zone: DomainName | undefined,
): string =>
  [
    ...(zone === undefined ? [] : [`zone ${zone}.`]),
    ...rows.map(({ owner, record }) => `update add ${ownerName(owner)}. ${ttl} IN TLSA ${bareForm(record)}`),
    'send',
  ].join('\n');

/** OPS-43, RFC 7671 §6: the set stands once, and each owner is an alias of it. */
export function commonForm(
  form: TlsaForm,
  rows: readonly { readonly owner: Owner; readonly record: TlsaData }[],
  ttl: number,
  name: DomainName,
  zone: DomainName | undefined,
): string {
  const owners = [...new Set(rows.map(({ owner }) => ownerName(owner)))];
  const records = [...new Map(rows.map(({ record }) => [bareForm(record), record])).values()];
  const dataOf = (record: TlsaData): string =>
    form === 'generic' ? `TYPE52 \\# ${record.data.length + 3} ${hexOf(rdataOf(record))}` : `TLSA ${bareForm(record)}`;
  const lineOf = (owner: string, data: string): string => `${owner}. ${ttl} IN ${data}`;
  const lines = [
    ...records.map((record) => lineOf(name, dataOf(record))),
    ...owners.map((owner) => lineOf(owner, `CNAME ${name}.`)),
  ];
  if (form !== 'nsupdate') return lines.join('\n');
  return [...(zone === undefined ? [] : [`zone ${zone}.`]), ...lines.map((line) => `update add ${line}`), 'send'].join(
    '\n',
  );
}

/** Field by field, as web forms ask: some add underscores and zone themselves. */
export const fieldsForm = (owner: Owner, record: TlsaData, ttl: number, zone: DomainName | undefined): string =>
  [
    ['name', relativeTo(ownerName(owner), zone)],
    ['full name', `${ownerName(owner)}.`],
    ['host', relativeTo(owner.host, zone)],
    ['port', String(owner.port)],
    ['protocol', owner.protocol],
    ['ttl', String(ttl)],
    ['type', 'TLSA'],
    ['usage', String(record.usage)],
    ['selector', String(record.selector)],
    ['matching', String(record.matching)],
    ['data', hexOf(record.data)],
  ]
    .map(([field = '', value]) => `${field.padEnd(10)} ${value}`)
    .join('\n');

function relativeTo(name: string, zone: DomainName | undefined): string {
  if (zone === undefined) return `${name}.`;
  if (name === zone) return '@';
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : `${name}.`;
}

/** OPS-65: dashes that word processors and web pages make of hyphens. */
export const typographicDash: RegExp = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/;

/** @param text a record or its data, as found anywhere: with owner and TTL, in parentheses, with blanks, in capitals. */
export function parseTlsaText(text: string): Result<TlsaData, string> {
  if (typographicDash.test(text)) return fault('a dash in the text is typographic; TLSA records have none');
  const bare = text
    .replace(/;[^\n]*/g, ' ')
    .replace(/[()"]/g, ' ')
    .trim();
  const generic = /\\#\s+(\d+)\s+([0-9a-f\s]+)$/i.exec(bare);
  if (generic) return fromGeneric(Number(generic[1]), (generic[2] as string).replace(/\s/g, ''));
  const rdata = /(?:^|\sTLSA\s+)(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s+([0-9a-f\s:]+)$/i.exec(bare);
  if (rdata === null)
    return fault('this is no TLSA record: usage, selector, matching type and hexadecimal digits are wanted');
  const [usage, selector, matching] = rdata.slice(1, 4).map(Number) as [number, number, number];
  return build(usage, selector, matching, (rdata[4] as string).replace(/[\s:]/g, ''));
}

function fromGeneric(length: number, hex: string): Result<TlsaData, string> {
  if (length < 3) return fault('a TLSA record has at least three octets');
  if (hex.length !== length * 2) return fault(`the length says ${length} octets, and ${hex.length / 2} stand there`);
  const [usage, selector, matching] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return build(usage as number, selector as number, matching as number, hex.slice(6));
}

const lengths: Readonly<Record<number, number>> = { 1: 32, 2: 64 };

function build(usage: number, selector: number, matching: number, hex: string): Result<TlsaData, string> {
  if (usage > 3) return fault(`usage ${usage} is none of 0, 1, 2, 3`);
  if (selector > 1) return fault(`selector ${selector} is neither 0 nor 1`);
  if (matching > 2) return fault(`matching type ${matching} is none of 0, 1, 2`);
  if (hex.length % 2 !== 0) return fault('an odd number of hexadecimal digits: one is missing');
  const data = Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16),
  );
  const wanted = lengths[matching];
  if (wanted !== undefined && data.length !== wanted)
    return fault(`matching type ${matching} has ${wanted} octets, and ${data.length} stand there`);
  return ok({ usage, selector, matching, data } as TlsaData);
}
