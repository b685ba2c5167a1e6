// Reading names from a message with compression (RFC 1035 §4.1.4), and the places where RDATA holds names.

import { concat } from '../base/octets.ts';
import { foldName, octetsOf } from './name.ts';
import { RrType } from './registry.ts';

/** `wire` is uncompressed with its case kept; `end` is the offset behind the name as it stood. */
export type WireName = { readonly wire: string; readonly end: number };

/**
 * Bounded: every pointer must point before the part it was found in, so a name ends after at most as many jumps as the
 * message has octets before it, and never exceeds 255 octets.
 *
 * @returns undefined if the octets are no name.
 */
export function readName(octets: Uint8Array, offset: number): WireName | undefined {
  let wire = '';
  let at = offset;
  let segment = offset;
  let end: number | undefined;
  for (;;) {
    const length = octets[at];
    if (length === undefined) return undefined;
    if (length >= 0xc0) {
      const low = octets[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & 0x3f) << 8) | low;
      if (target >= segment) return undefined;
      end ??= at + 2;
      segment = target;
      at = target;
      continue;
    }
    // RFC 6891 §5: the label types 01 and 10 are not in use.
    if (length > 63) return undefined;
    if (at + 1 + length > octets.length || wire.length + 1 + length > 255) return undefined;
    for (let octet = at; octet <= at + length; octet++) wire += String.fromCharCode(octets[octet]!);
    at += 1 + length;
    if (length === 0) return { wire, end: end ?? at };
  }
}

/** Reads a name that must not be compressed and must end within the octets. */
export function readPlainName(octets: Uint8Array, offset: number): WireName | undefined {
  for (let at = offset; ; ) {
    const length = octets[at];
    if (length === undefined || length > 63) return undefined;
    if (length === 0) return readName(octets, offset);
    at += 1 + length;
  }
}

/** A number of octets, a character string, or a name. What follows the last field is free. */
type Field = number | 'string' | 'name';

// RFC 3597 §4: only these may hold compressed names; DNAME is read leniently (RFC 6672 §2.5).
const compressible: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [RrType.NS, ['name']],
  [3, ['name']], // MD
  [4, ['name']], // MF
  [RrType.CNAME, ['name']],
  [RrType.SOA, ['name', 'name', 20]],
  [7, ['name']], // MB
  [8, ['name']], // MG
  [9, ['name']], // MR
  [RrType.PTR, ['name']],
  [14, ['name', 'name']], // MINFO
  [RrType.MX, [2, 'name']],
  [17, ['name', 'name']], // RP
  [18, [2, 'name']], // AFSDB
  [21, [2, 'name']], // RT
  [24, [18, 'name']], // SIG
  [26, [2, 'name', 'name']], // PX
  [30, ['name']], // NXT
  [RrType.SRV, [6, 'name']],
  [35, [4, 'string', 'string', 'string', 'name']], // NAPTR
  [RrType.DNAME, ['name']],
]);

// RFC 4034 §6.2 as amended by RFC 6840 §5.1: the NSEC next name is not here, the RRSIG signer is. A6 is left out: it is
// historic and has no record in use.
const lowered: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  ...compressible,
  [36, [2, 'name']], // KX
  [RrType.RRSIG, [18, 'name']],
]);

// Those whose RDATA ends with the last field.
const openEnded: ReadonlySet<number> = new Set<number>([24, 30, RrType.RRSIG]);

export type RdataSpan = { readonly offset: number; readonly length: number };

/** @returns the RDATA with its names uncompressed and in their own case; undefined if it does not fit its type. */
export const readRdata = (message: Uint8Array, span: RdataSpan, type: number): Uint8Array | undefined =>
  rebuild(message, span, type, compressible, (wire) => wire);

/** RFC 4034 §6.2: uncompressed RDATA with its names lower-cased; undefined if it does not fit its type. */
export const lowerRdata = (rdata: Uint8Array, type: number): Uint8Array | undefined =>
  rebuild(rdata, { offset: 0, length: rdata.length }, type, lowered, foldName);

function rebuild(
  octets: Uint8Array,
  span: RdataSpan,
  type: number,
  layouts: ReadonlyMap<number, readonly Field[]>,
  rewrite: (wire: string) => string,
): Uint8Array | undefined {
  const limit = span.offset + span.length;
  const fields = layouts.get(type);
  if (fields === undefined) return octets.slice(span.offset, limit);
  let at = span.offset;
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    if (field === 'name') {
      const found = readName(octets, at);
      if (found === undefined || found.end > limit) return undefined;
      parts.push(octetsOf(rewrite(found.wire)));
      at = found.end;
    } else {
      const length = field === 'string' ? 1 + (octets[at] ?? 0) : field;
      if (at + length > limit) return undefined;
      parts.push(octets.subarray(at, at + length));
      at += length;
    }
  }
  if (at < limit && !openEnded.has(type)) return undefined;
  parts.push(octets.subarray(at, limit));
  return concat(parts);
}
