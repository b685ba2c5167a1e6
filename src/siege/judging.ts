// How sightings become findings: the forms that most attacks share.

import type { Arena, Finding, Seen, Submission } from './attack.ts';

const list = (hosts: readonly string[]): string => (hosts.length === 0 ? 'nobody' : hosts.join(' '));

/** In words. */
export const says = ({ mailAt, messageAt, inCleartext }: Seen): string =>
  `MAIL at ${list(mailAt)}, message at ${list(messageAt)}${inCleartext === 'yes' ? ', in cleartext' : ''}`;

export const held = (saw: string): Finding => ({ kind: 'held', saw });
export const fell = (saw: string): Finding => ({ kind: 'fell', saw });
export const undetermined = (because: string): Finding => ({ kind: 'undetermined', because });

/** Hands it over and waits; a refusal ends the attack, for it was never put to the test. */
export async function attempt(arena: Arena, submission: Submission): Promise<Seen> {
  const handed = await arena.submit(submission);
  if (handed.kind === 'refused') throw new Error(`the relay did not take the message: ${handed.reply}`);
  return arena.watch(handed.marker);
}

export const letterTo = (domain: string, more: Partial<Submission> = {}): Submission => ({
  from: 'sender@relay.lab.test',
  to: `postmaster@${domain}`,
  ...more,
});

/** Not even MAIL FROM may be seen. */
export const nothingAt = (seen: Seen): Finding =>
  seen.mailAt.length === 0 ? held('no MAIL FROM anywhere') : fell(says(seen));

/** One message to the domain, of which nothing may be seen. */
export async function nothingArrives(arena: Arena, domain: string, more: Partial<Submission> = {}): Promise<Finding> {
  return nothingAt(await attempt(arena, letterTo(domain, more)));
}

/** Takes what arrives only over TLS and only at the hosts named. */
export function arrivesOnlyAt(seen: Seen, hosts: readonly string[]): Finding {
  if (seen.inCleartext === 'yes') return fell(says(seen));
  if (seen.mailAt.some((host) => !hosts.includes(host))) return fell(says(seen));
  if (seen.messageAt.length === 0) return undetermined(`it should have arrived at ${list(hosts)}: ${says(seen)}`);
  return held(says(seen));
}

/** The same attack in several forms, side by side: the worst finding counts. */
export async function allHeld<Form>(forms: readonly Form[], one: (form: Form) => Promise<Finding>): Promise<Finding> {
  const found = await Promise.all(forms.map(async (form) => ({ form, finding: await one(form) })));
  const worst = (['fell', 'undetermined', 'not-applicable'] as const)
    .map((kind) => found.find(({ finding }) => finding.kind === kind))
    .find((one) => one !== undefined);
  if (worst === undefined) return held(`${forms.length} forms: ${saysOf(found[0]?.finding)}`);
  const form = typeof worst.form === 'string' ? worst.form : JSON.stringify(worst.form);
  return worst.finding.kind === 'fell'
    ? fell(`${form}: ${worst.finding.saw}`)
    : undetermined(`${form}: ${saysOf(worst.finding)}`);
}

const saysOf = (finding: Finding | undefined): string =>
  finding === undefined ? '' : finding.kind === 'held' || finding.kind === 'fell' ? finding.saw : finding.because;
