// Attacks that come in several forms: each form gets a world of its own, and all must be withstood.

import type { Finding } from './attack.ts';
import { held } from './judging.ts';

/** Carries out every form at once. @returns what fell before what is unknown before what held. */
export async function inEveryForm<Form extends string>(
  forms: readonly Form[],
  carryOut: (form: Form) => Promise<Finding>,
): Promise<Finding> {
  const findings = await Promise.all(forms.map(async (form) => ({ form, finding: await carryOut(form) })));
  const worst = (kind: Finding['kind']): Finding | undefined => {
    const found = findings.find(({ finding }) => finding.kind === kind);
    return found && named(found.form, found.finding);
  };
  return (
    worst('fell') ??
    worst('undetermined') ??
    worst('not-applicable') ??
    held(`${findings.length} forms: ${[...new Set(findings.map(({ finding }) => sawOf(finding)))].join('; ')}`)
  );
}

const sawOf = (finding: Finding): string => ('saw' in finding ? finding.saw : finding.because);

const named = (form: string, finding: Finding): Finding =>
  'saw' in finding
    ? { ...finding, saw: `${form}: ${finding.saw}` }
    : { ...finding, because: `${form}: ${finding.because}` };
