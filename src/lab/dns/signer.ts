// RRSIG over an RRset (RFC 4034 §3.1.8.1), with the life that the laboratory's clock gives it. Signatures are made when
// they are first asked for and kept until three quarters of their life are over.

import { RrType } from '../../core/dns/message.ts';
import { isWildcard, labelCount, octetsOf } from '../../core/dns/name.ts';
import { type SigningKey, signOctets } from './keys.ts';
import { long, short } from './rdata.ts';
import type { RrSet, Zone } from './zone.ts';

/** Seconds since the epoch. */
export type Life = { readonly inception: number; readonly expiration: number };

const hour = 3600;
export const signatureLife: number = 14 * 24 * hour;

type Kept = Life & { readonly rdata: Uint8Array };
const signatures = new WeakMap<RrSet, Kept>();

/** @param now seconds since the epoch. @returns RRSIG rdata by the key that is due for this type. */
export function signatureOf(zone: Zone, set: RrSet, now: number): Uint8Array | undefined {
  if (zone.keys === undefined) return undefined;
  const kept = signatures.get(set);
  if (kept && now >= kept.inception && now < kept.expiration - signatureLife / 4) return kept.rdata;
  const life = { inception: now - hour, expiration: now - hour + signatureLife };
  const rdata = makeSignature(zone, set, life);
  signatures.set(set, { ...life, rdata });
  return rdata;
}

/** A signature of any life, also a lapsed one; never kept. */
export function makeSignature(zone: Zone, set: RrSet, life: Life): Uint8Array {
  const keys = zone.keys;
  if (keys === undefined) throw new Error('the zone is not signed');
  const key: SigningKey = set.type === RrType.DNSKEY ? keys.entry : keys.zone;
  const head = Buffer.concat([
    short(set.type),
    Buffer.from([key.algorithm, labelCount(set.owner) - (isWildcard(set.owner) ? 1 : 0)]),
    long(set.ttl),
    long(life.expiration),
    long(life.inception),
    short(key.keyTag),
    octetsOf(zone.apex),
  ]);
  const fixed = Buffer.concat([octetsOf(set.owner), short(set.type), short(1), long(set.ttl)]);
  const sorted = set.records.map((record) => record.canonical).sort(Buffer.compare);
  const records = sorted.map((rdata) => Buffer.concat([fixed, short(rdata.length), rdata]));
  return Buffer.concat([head, signOctets(key, Buffer.concat([head, ...records]))]);
}
