// Keys that share tag and algorithm with an honest one (CVE-2023-50387). The tag is a sum of 16-bit words, so the words of
// an RSA modulus may change places. Nobody can sign with them, but a validator must try each to find out.

import { RrType } from '../../core/dns/message.ts';
import { keyTagOf, type SigningKey } from './keys.ts';
import { putSet, type Zone } from './zone.ts';

/** Publishes the keys, under the zone's own signature. @throws Error for a zone that is not signed with RSA. */
export function setKeyTrap(zone: Zone, count: number): void {
  const set = zone.sets.get(zone.apex)?.get(RrType.DNSKEY);
  if (zone.keys === undefined || set === undefined) throw new Error('the zone is not signed');
  const strangers = collidingKeys(zone.keys.entry, count).map((rdata) => ({ rdata, canonical: rdata }));
  putSet(zone, zone.apex, RrType.DNSKEY, [...set.records, ...strangers], set.ttl);
}

function collidingKeys({ rdata, keyTag }: SigningKey, count: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  // Flags, protocol, algorithm, exponent and its length come first; the last word stays, so that the modulus stays odd.
  const first = rdata.length % 2 === 0 ? 8 : 9;
  for (let a = first + 2; a < rdata.length - 4 && found.length < count; a += 2) {
    for (let b = a + 2; b < rdata.length - 4 && found.length < count; b += 2) {
      const key = Uint8Array.from(rdata);
      key.set(rdata.subarray(a, a + 2), b);
      key.set(rdata.subarray(b, b + 2), a);
      if (keyTagOf(key) === keyTag && !Buffer.from(key).equals(rdata)) found.push(key);
    }
  }
  return found;
}
