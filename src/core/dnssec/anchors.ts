// Trust anchors: the root keys shipped with the program, and those read from DS lines, DNSKEY lines or the IANA
// root-anchors.xml (RFC 4035 §4.4, RFC 7958, RFC 9718). Automated update (RFC 5011) is left out.

import { type Instant, instant } from '../base/brand.ts';
import { fault, ok, type Result } from '../base/result.ts';
import { fromBase64, fromHex } from '../dns/encodings.ts';
import { isAtOrBelow, labelCount, type Name, nameFromText, nameToOctets, nameToText, rootName } from '../dns/name.ts';
import { type Ds, isZoneKey, readDnskey } from './rdata.ts';
import { dsDigest } from './signature.ts';

/** A DS record that is taken as true. Keys are kept by their SHA-256 digest. */
export type Anchor = {
  readonly zone: Name;
  readonly ds: Ds;
  readonly validFrom?: Instant;
  readonly validUntil?: Instant;
};

export type Anchors = readonly Anchor[];

export type AnchorFault = {
  readonly because: 'empty' | 'none-valid-now' | 'bad-line' | 'bad-xml';
  /** One sentence for people, without control characters. */
  readonly says: string;
};

const rootAnchor = (keyTag: number, digest: string): Anchor => ({
  zone: rootName,
  ds: { keyTag, algorithm: 8, digestType: 2, digest: fromHex(digest) ?? new Uint8Array(0) },
});

// TA-1: KSK-2017 and KSK-2024.
export const builtinAnchors: Anchors = [
  rootAnchor(20_326, 'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'),
  rootAnchor(38_696, '683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16'),
];

/** SEC-31, TA-6: the longest zone at or above the name that has an anchor at this instant. */
export function anchorZone(anchors: Anchors, name: Name, now: Instant): Name | undefined {
  const above = anchors.filter((anchor) => isAtOrBelow(name, anchor.zone) && isInForce(anchor, now));
  return above.map(({ zone }) => zone).sort((left, right) => labelCount(right) - labelCount(left))[0];
}

export const anchorsAt = (anchors: Anchors, zone: Name, now: Instant): readonly Ds[] =>
  anchors.filter((anchor) => anchor.zone === zone && isInForce(anchor, now)).map(({ ds }) => ds);

// TA-2: digests are not used outside their time.
const isInForce = ({ validFrom, validUntil }: Anchor, now: Instant): boolean =>
  (validFrom === undefined || validFrom <= now) && (validUntil === undefined || now < validUntil);

/**
 * Reads root-anchors.xml, or lines of DS and DNSKEY records in presentation form with comments after `;`.
 * TA-5: what cannot be read, is empty, or holds nothing for this instant is a fault, never an empty list.
 */
export function parseAnchors(text: string, now: Instant): Result<Anchors, AnchorFault> {
  const read = text.trimStart().startsWith('<') ? parseXml(text) : parseLines(text);
  if (read.kind === 'fault') return read;
  if (read.value.length === 0) return fault({ because: 'empty', says: 'no trust anchor in it' });
  if (!read.value.some((anchor) => isInForce(anchor, now))) {
    return fault({ because: 'none-valid-now', says: 'every trust anchor is outside its time' });
  }
  return read;
}

function parseLines(text: string): Result<Anchors, AnchorFault> {
  const anchors: Anchor[] = [];
  for (const line of joinParentheses(text).split('\n')) {
    const fields = line.split(/\s+/).filter((field) => field !== '');
    if (fields.length === 0) continue;
    const anchor = parseLine(fields);
    if (anchor === undefined) return fault({ because: 'bad-line', says: `not a DS or DNSKEY record: ${shown(line)}` });
    // TA-4: a revoked key is no anchor; a key that may not sign a zone neither.
    if (anchor !== 'unusable') anchors.push(anchor);
  }
  return ok(anchors);
}

const joinParentheses = (text: string): string =>
  text.replace(/;[^\n]*/g, '').replace(/\(([^()]*)\)/g, (_, inside: string) => inside.replaceAll('\n', ' '));

const shown = (line: string): string =>
  JSON.stringify(
    line
      .trim()
      .slice(0, 60)
      .replace(/[^\x20-\x7e]/g, '?'),
  );

/** Owner, TTL and class may be left out in the ways of RFC 1035 §5.1; without an owner the root is meant. */
function parseLine(fields: readonly string[]): Anchor | 'unusable' | undefined {
  const at = fields.findIndex((field) => /^(DS|DNSKEY)$/i.test(field));
  const before = fields.slice(0, Math.max(at, 0));
  const owner = before.filter((field, index) => index === 0 && !/^(\d+|IN)$/i.test(field))[0] ?? '.';
  const zone = nameFromText(owner);
  const rest = before.filter((field, index) => index > 0 || field !== owner);
  if (at < 0 || zone.kind === 'fault' || rest.some((field) => !/^(\d+|IN)$/i.test(field))) return undefined;
  const numbers = fields.slice(at + 1, at + 4).map(toNumber);
  const data = fields.slice(at + 4).join('');
  return /^DS$/i.test(fields[at]!) ? fromDs(zone.value, numbers, data) : fromKey(zone.value, numbers, data);
}

const toNumber = (text: string): number => (/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN);
const isOctet = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 255;
const isShort = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 65_535;

const digestSizes: ReadonlyMap<number, number> = new Map([
  [1, 20],
  [2, 32],
  [4, 48],
]);

function fromDs(zone: Name, [keyTag, algorithm, digestType]: readonly number[], hex: string): Anchor | undefined {
  const digest = fromHex(hex);
  if (!isShort(keyTag) || !isOctet(algorithm) || !isOctet(digestType) || digest === undefined) return undefined;
  if (digest.length === 0 || digest.length !== (digestSizes.get(digestType) ?? digest.length)) return undefined;
  return { zone, ds: { keyTag, algorithm, digestType, digest } };
}

function fromKey(
  zone: Name,
  [flags, protocol, algorithm]: readonly number[],
  base64: string,
): Anchor | 'unusable' | undefined {
  const publicKey = fromBase64(base64);
  if (!isShort(flags) || !isOctet(protocol) || !isOctet(algorithm) || publicKey === undefined) return undefined;
  const key = readDnskey(Uint8Array.from([flags >> 8, flags & 0xff, protocol, algorithm, ...publicKey]));
  if (key === undefined) return undefined;
  const digest = isZoneKey(key) ? dsDigest(2, nameToOctets(zone), key.rdata) : undefined;
  return digest === undefined ? 'unusable' : { zone, ds: { keyTag: key.keyTag, algorithm, digestType: 2, digest } };
}

/** RFC 9718 §2.1. A small fixed form, so it is read by its elements; entities and nesting are not in it. */
function parseXml(text: string): Result<Anchors, AnchorFault> {
  const bare = text.replace(/<!--[\s\S]*?-->/g, '');
  const zone = nameFromText(elementText(bare, 'Zone') ?? '');
  if (zone.kind === 'fault') return fault({ because: 'bad-xml', says: 'no zone element' });
  const anchors: Anchor[] = [];
  for (const [, attributes = '', inside = ''] of bare.matchAll(/<KeyDigest\b([^>]*)>([\s\S]*?)<\/KeyDigest>/g)) {
    const numbers = ['KeyTag', 'Algorithm', 'DigestType'].map((tag) => toNumber(elementText(inside, tag) ?? ''));
    const anchor = fromDs(zone.value, numbers, (elementText(inside, 'Digest') ?? '').replace(/\s+/g, ''));
    const from = attributeTime(attributes, 'validFrom');
    const until = attributeTime(attributes, 'validUntil');
    if (anchor === undefined || from === 'bad' || until === 'bad') {
      return fault({ because: 'bad-xml', says: `a KeyDigest does not read: ${shown(inside.replace(/\s+/g, ' '))}` });
    }
    anchors.push({
      ...anchor,
      ...(from === undefined ? {} : { validFrom: from }),
      ...(until === undefined ? {} : { validUntil: until }),
    });
  }
  return anchors.length === 0 ? fault({ because: 'bad-xml', says: 'no KeyDigest element' }) : ok(anchors);
}

const elementText = (xml: string, tag: string): string | undefined =>
  new RegExp(`<${tag}\\b[^>]*>([^<]*)</${tag}>`).exec(xml)?.[1]?.trim();

function attributeTime(attributes: string, name: string): Instant | 'bad' | undefined {
  const text = new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes)?.[1];
  if (text === undefined) return undefined;
  // Without an offset a date and time would be read as local time.
  const at = Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
  return Number.isNaN(at) ? 'bad' : instant(at);
}

/** Owner, key tag, algorithm and digest type: what a person recognises an anchor by. */
export const describeAnchor = ({ zone, ds }: Anchor): string =>
  `${nameToText(zone)} DS ${ds.keyTag} ${ds.algorithm} ${ds.digestType}`;
