// The TLSA question of one host, candidate after candidate (RFC 7672 §2.2.3, DT-1.30 to DT-1.35). Everything is asked
// before the first connection (DANE-27), and anew for each round: what may be kept, and how long, is the resolver's (DANE-26).

import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { weakest } from '../core/base/lookup.ts';
import { type DaneFinding, readTlsa } from '../core/dane/tlsa.ts';
import type { Reading, Resolver } from './ports.ts';

/** @returns the finding, and for a failed one the stable word of the proof. */
export async function findTlsa(
  resolver: Resolver,
  candidates: readonly DomainName[],
  port: number,
  reading: Reading,
): Promise<{ readonly finding: DaneFinding; readonly because?: string }> {
  // DANE-8: no candidate, no question.
  let end: DaneFinding = candidates.length === 0 ? { kind: 'insecure' } : { kind: 'absent' };
  for (const baseDomain of candidates) {
    // DANE-14: the port that is really dialled. A name too long to exist has no records.
    const name = parseDomainName(`_${port}._tcp.${baseDomain}`);
    if (name.kind === 'fault') continue;
    const { answer, aliases, because } = await resolver.resolve(name.value, 'TLSA', reading);
    // DANE-6, DANE-16: an error ends the search; the next candidate must not cover it up.
    if (answer.kind === 'failed') return { finding: answer, ...(because === undefined ? {} : { because }) };
    // DANE-15, DANE-18, DT-1.33: an insecure step on the way is as good as no records.
    if (weakest(answer.status, ...aliases.map((step) => step.status)) === 'insecure')
      end = because === 'nsec3-iterations' ? { kind: 'insecure', because } : { kind: 'insecure' };
    // DANE-3: a denial is no error; the next candidate is asked. DANE-17: the first secure RRset decides, usable or not.
    else if (answer.kind === 'found') return { finding: readTlsa(baseDomain, answer.value) };
  }
  return { finding: end };
}
