// A small strict reader and writer of DER (ITU-T X.690 §10): what certificates need and no more. Lengths must be minimal
// and definite, tags of one octet; everything stays a view of the input.

import { concat } from '../base/octets.ts';

export type Element = {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
};

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The element that fills the octets exactly; undefined if they are not one. */
export function readElement(octets: Uint8Array): Element | undefined {
  const first = readFirst(octets);
  return first !== undefined && first.whole.length === octets.length ? first : undefined;
}

/** The elements that fill the octets exactly, at most `limit`; undefined if they do not. */
export function readElements(octets: Uint8Array, limit = 1000): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let rest = octets; rest.length > 0; ) {
    const next = found.length < limit ? readFirst(rest) : undefined;
    if (next === undefined) return undefined;
    found.push(next);
    rest = rest.subarray(next.whole.length);
  }
  return found;
}

/** The members of a SEQUENCE; undefined if the octets are none. */
export function readSequence(octets: Uint8Array): readonly Element[] | undefined {
  const element = readElement(octets);
  return element?.tag === tags.sequence ? readElements(element.content) : undefined;
}

function readFirst(octets: Uint8Array): Element | undefined {
  const [tag, first] = octets;
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let start = 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // Four octets of length are more than any input here has.
    if (count === 0 || count > 4 || octets.length < 2 + count) return undefined;
    length = 0;
    for (const octet of octets.subarray(2, 2 + count)) length = length * 256 + octet;
    if (length < 0x80 || length < 256 ** (count - 1)) return undefined;
    start += count;
  }
  if (octets.length < start + length) return undefined;
  return { tag, content: octets.subarray(start, start + length), whole: octets.subarray(0, start + length) };
}

/** One element of the given contents. */
export function writeElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(contents);
  const length: number[] = [];
  if (content.length < 0x80) length.push(content.length);
  else {
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256);
    length.unshift(0x80 | length.length);
  }
  return concat([Uint8Array.of(tag, ...length), content]);
}

/** Dotted text of the content of an OBJECT IDENTIFIER; empty if it is malformed. */
export function oidText(content: Uint8Array): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const octet of content) {
    arc = arc * 128 + (octet & 0x7f);
    if (!Number.isSafeInteger(arc)) return '';
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const [first] = arcs;
  if (first === undefined || (content.at(-1) as number) >= 0x80) return '';
  const top = Math.min(Math.floor(first / 40), 2);
  return [top, first - top * 40, ...arcs.slice(1)].join('.');
}
