// The state of an absence: which denial records of an answer count, and what they prove (RFC 4035 §5.4, RFC 5155 §8).

import { type Seconds, seconds } from '../base/brand.ts';
import { type ResourceRecord, RrType } from '../dns/message.ts';
import { isAtOrBelow, type Name } from '../dns/name.ts';
import { readPlainName } from '../dns/wire.ts';
import type { DenialRecords } from './denial.ts';
import type { NsecRecord } from './denial-nsec.ts';
import type { Nsec3Record } from './denial-nsec3.ts';
import type { Absence, Cut, Unproven } from './denial-verdict.ts';
import { maxDenialSets, maxNegativeTtl } from './limits.ts';
import type { BogusCause, ChainStep, ZoneProof } from './proof.ts';
import { readNsec, readNsec3 } from './rdata.ts';
import { findRrset, findRrsets, type SignedRrset, verifyRrset } from './rrset.ts';
import { bogusAnswer, type NotSecure, prefer, type Run, type Step, signersOf, standing, zoneOf } from './run.ts';

type SecureZone = Extract<ZoneProof, { kind: 'secure' }>;

export type Gathered =
  | {
      readonly kind: 'gathered';
      readonly records: DenialRecords;
      readonly ttl: Seconds;
      /** Why a record of this zone was left out, if one was. */
      readonly fault: BogusCause | undefined;
    }
  | (NotSecure & { readonly kind: 'bogus' });

/** Verifies the NSEC and NSEC3 records of a section that the zone signed; those that fail are left out. */
export function* gatherDenial(run: Run, section: readonly ResourceRecord[], zone: SecureZone): Step<Gathered> {
  const sets = [...findRrsets(section, RrType.NSEC), ...findRrsets(section, RrType.NSEC3)];
  const nsec: NsecRecord[] = [];
  const nsec3: Nsec3Record[] = [];
  let ttl = maxNegativeTtl;
  let fault: BogusCause | undefined;
  for (const set of sets.filter((candidate) => isSignedBy(candidate, zone.apex)).slice(0, maxDenialSets)) {
    const verdict = yield* verifyRrset(set, zone.apex, zone.keys, run);
    if (verdict.kind !== 'secure') {
      if (verdict.kind === 'bogus' && verdict.because === 'budget')
        return { kind: 'bogus', because: 'budget', at: 'zone' };
      fault ??= verdict.kind === 'bogus' ? verdict.because : 'no-matching-key';
      continue;
    }
    // SEC-21: an expanded record speaks of the wildcard, not of the name it stands under.
    if (verdict.expandedAt !== undefined || set.rrset.records.length !== 1) continue;
    ttl = Math.min(ttl, verdict.ttl);
    const { owner, records } = set.rrset;
    if (set.rrset.type === RrType.NSEC3) {
      const read = readNsec3(records[0].rdata);
      if (read !== undefined) nsec3.push({ owner, nsec3: read });
    } else {
      const read = readNsec(records[0].rdata);
      // SEC-14: a next name outside of the zone would deny names of others.
      if (read !== undefined && isAtOrBelow(read.next, zone.apex)) nsec.push({ owner, ...read });
    }
  }
  return { kind: 'gathered', records: { zone: zone.apex, nsec, nsec3 }, ttl: seconds(ttl), fault };
}

const isSignedBy = (set: SignedRrset, zone: Name): boolean => set.signatures.some(({ rrsig }) => rrsig.signer === zone);

export type Judged<Any> = {
  readonly kind: 'judged';
  readonly outcome: Any;
  readonly zone: Name;
  readonly ttl: Seconds;
};

/** What the judged records may come to, and what is left of it once it is proven. */
type Outcome = Absence | Cut;
type Proven<Any extends Outcome> = Exclude<Any, Unproven>;

/**
 * Puts the denial records of the authority section before `judge`, one signer after the other, longest first.
 *
 * @returns undefined when nothing in the section is signed by a zone that could hold the name.
 */
export function* judgeDenial<Any extends Outcome>(
  run: Run,
  authority: readonly ResourceRecord[],
  question: { readonly name: Name; readonly type: number; readonly anchor: Name },
  judge: (records: DenialRecords) => Any,
): Step<Judged<Proven<Any>> | NotSecure | undefined> {
  const { name, type, anchor } = question;
  const signatures = denialTypes.flatMap((denial) => findRrsets(authority, denial)).flatMap((set) => set.signatures);
  let found: NotSecure | undefined;
  for (const signer of signersOf(run, signatures, name, type, anchor)) {
    const zone = yield* zoneOf(run, signer);
    const finding = zone.kind === 'secure' ? yield* judgeByZone(run, authority, zone, judge) : standing(zone);
    if (finding.kind === 'judged') return finding;
    found = prefer(found, finding);
  }
  return found;
}

// The SOA proves nothing, but its signer tells the zone when the proof was taken out.
const denialTypes = [RrType.NSEC, RrType.NSEC3, RrType.SOA] as const;

function* judgeByZone<Any extends Outcome>(
  run: Run,
  authority: readonly ResourceRecord[],
  zone: SecureZone,
  judge: (records: DenialRecords) => Any,
): Step<Judged<Proven<Any>> | NotSecure> {
  const gathered = yield* gatherDenial(run, authority, zone);
  if (gathered.kind === 'bogus') return gathered;
  const outcome = judge(gathered.records);
  if (outcome.kind === 'unproven') {
    const because = outcome.because === 'denial-incomplete' ? (gathered.fault ?? outcome.because) : outcome.because;
    noteDenial(run, zone.apex, because);
    return bogusAnswer(because);
  }
  noteDenial(run, zone.apex, outcome.kind === 'insecure' ? outcome.because : 'secure');
  const soa = findRrset(authority, zone.apex, RrType.SOA);
  const verdict = soa === undefined ? undefined : yield* verifyRrset(soa, zone.apex, zone.keys, run);
  const ttls = [gathered.ttl, ...(soa !== undefined && verdict?.kind === 'secure' ? [negativeTtl(soa)] : [])];
  return {
    kind: 'judged',
    outcome: outcome as Proven<Any>,
    zone: zone.apex,
    ttl: seconds(Math.min(...ttls)),
  };
}

function noteDenial(run: Run, zone: Name, outcome: ChainStep['outcome']): void {
  run.chain.push({ zone, what: 'denial', keyTag: null, algorithm: null, outcome });
}

/** DNS-8, RFC 2308 §5: the lesser of the SOA's own TTL and its MINIMUM field. */
export function negativeTtl({ rrset }: SignedRrset): number {
  const [{ rdata, ttl }] = rrset.records;
  const primary = readPlainName(rdata, 0);
  const mailbox = primary === undefined ? undefined : readPlainName(rdata, primary.end);
  if (mailbox === undefined || mailbox.end + 20 > rdata.length) return 0;
  const minimum = new DataView(rdata.buffer, rdata.byteOffset).getUint32(mailbox.end + 16);
  return Math.min(ttl, minimum, maxNegativeTtl);
}
