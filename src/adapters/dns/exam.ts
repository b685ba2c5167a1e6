// What one server has to show: the keys and name servers of the zone above all, and the absence of a name that nobody
// has, each proven from the trust anchors (DNS-7). A path that loses signatures, keys or denials fails here, by name.

import type { Clock } from '../../agent/ports.ts';
import { RrType } from '../../core/dns/message.ts';
import { labelsOf, type Name, nameFromLabels, nameToText } from '../../core/dns/name.ts';
import type { Proof, ProofCause, Question } from '../../core/dnssec/proof.ts';
import type { Showing } from './examiner.ts';
import { createProver, type Proving } from './prover.ts';
import type { Answered, Ask } from './upstream.ts';

export type ExamRoom = {
  readonly proving: Proving;
  /** This server and no other. */
  readonly ask: (ask: Ask) => Promise<Answered>;
  readonly clock: Clock;
  /** The zone of an anchor: the root, or whatever stands in for it. */
  readonly apex: Name;
  /** Letters and digits that are no name there. */
  readonly nonsense: string;
};

/** Nothing is taken from an earlier exam: each one proves everything anew. */
export async function examine({ proving, ask, clock, apex, nonsense }: ExamRoom): Promise<Showing> {
  const seen: { trouble: string; edns: 'seen' | 'missing' } = { trouble: '', edns: 'seen' };
  const watched = async (one: Ask): Promise<Answered> => {
    const answered = await ask(one);
    if (answered.kind === 'unanswered') seen.trouble = answered.says;
    else if (answered.message.edns === undefined) seen.edns = 'missing';
    return answered;
  };
  const prove = createProver({ proving, ask: watched, clock });
  const zone = nameToText(apex);
  const fail = (proof: Proof, what: string): Showing => ({
    kind: 'failed',
    proof,
    ...explain(proof, what, seen, clock),
  });

  const keys = await prove({ name: apex, type: RrType.DNSKEY });
  if (keys.proof.state !== 'secure') return fail(keys.proof, `the keys of ${zone}`);
  const absent = absentName(nonsense, apex);
  const [servers, denial] = await Promise.all([prove({ name: apex, type: RrType.NS }), prove(absent)]);
  if (servers.proof.state !== 'secure') return fail(servers.proof, `the name servers of ${zone}`);
  if (!isProven(denial.proof)) return fail(denial.proof, `the absence of ${nameToText(absent.name)}`);
  return { kind: 'passed', says: `proves ${zone} and absence below it` };
}

/** An opt-out span or many iterations are the zone's own way of denying; that the server passes them on is enough. */
const isProven = (proof: Proof): boolean =>
  proof.state === 'secure' || proof.because === 'opt-out' || proof.because === 'nsec3-iterations';

function absentName(nonsense: string, apex: Name): Question {
  const made = nameFromLabels([nonsense, ...labelsOf(apex)]);
  return { name: made.kind === 'ok' ? made.value : apex, type: RrType.A };
}

type Explained = { readonly because: string; readonly says: string };

function explain(
  proof: Proof,
  what: string,
  seen: { readonly trouble: string; readonly edns: 'seen' | 'missing' },
  clock: Clock,
): Explained {
  const because = proof.because ?? 'malformed';
  // RFC 6891 §7: who does not know EDNS cannot be asked for DNSSEC.
  if (/^(FORMERR|BADVERS|NOTIMP)/.test(seen.trouble) && proof.state === 'indeterminate') {
    return { because: 'edns-refused', says: `does not accept EDNS, so DNSSEC cannot pass through it: ${seen.trouble}` };
  }
  if (seen.edns === 'missing') {
    return { because: 'edns-missing', says: 'answers without EDNS, so DNSSEC cannot pass through it' };
  }
  if (proof.state === 'indeterminate') return { because, says: `does not answer for ${what}: ${seen.trouble}` };
  return { because, says: `cannot prove ${what}: ${meaningOf(because, clock)}` };
}

function meaningOf(because: ProofCause, clock: Clock): string {
  const words: Partial<Record<ProofCause, string>> = {
    'anchor-mismatch': 'its keys fit no trust anchor: the anchors are wrong or old, or somebody else answers',
    'missing-signature': 'it drops signatures',
    'no-dnskey': 'it drops keys',
    'denial-incomplete': 'it drops proofs of absence',
    'no-ds-proof': 'it drops proofs of absence',
    'signature-expired': `signatures are over, if it is ${timeOf(clock)} as this machine's clock says`,
    'signature-not-yet-valid': `signatures are not valid yet, if it is ${timeOf(clock)} as this machine's clock says`,
  };
  return words[because] ?? because;
}

const timeOf = (clock: Clock): string => new Date(clock.now()).toISOString();
