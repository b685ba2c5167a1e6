// What a look at one host says to its watcher: a mismatch with host, record and digest (OPS-50), dates that come near
// (OPS-51), STARTTLS that comes and goes (OPS-54). Sentences for people are made elsewhere from these words.

import type { Instant } from '../core/base/brand.ts';
import { bareForm } from '../core/dane/forms.ts';
import type { View } from '../core/dane/rollover.ts';
import type { Finding, Round } from './alarms.ts';
import type { TlsaCheck } from './tlsa-check.ts';

const day = 86_400_000;
/** OPS-51. */
const signatureDays = 3;
const certificateDays = 14;

export function findingsOf(check: TlsaCheck, now: Instant): Round {
  const subject = `${check.host}:${check.port}`;
  const found = (kind: Finding['kind'], detail: string, says: string): Finding => ({ subject, kind, detail, says });
  const findings: Finding[] = [];
  const unknown = new Map<string, string>();
  if (check.published === 'bogus') findings.push(found('bogus', '', check.says));
  else if (check.verdict === 'undetermined') unknown.set(subject, check.says);
  if (check.verdict === 'not-published') findings.push(found('not-published', check.published, check.says));
  for (const { address, sni, outcome, says, chain } of check.presented) {
    const place = `${address}${sni === null ? ' without SNI' : ''}`;
    if (outcome === 'mismatch' && check.verdict === 'mismatch')
      findings.push(found('mismatch', place, `${place}: ${mismatchText(check, chain[0]?.spkiSha256, says)}`));
    const until = Date.parse(chain[0]?.notAfter ?? '');
    if (until - now < certificateDays * day)
      findings.push(found('certificate-expires', place, `${place}: ${chain[0]?.notAfter ?? ''}`));
  }
  return { findings: [...findings, ...selective(check, found)], unknown, seen: [subject] };
}

function mismatchText({ records, owner }: TlsaCheck, spki: string | null | undefined, says: string): string {
  const shown = spki === null || spki === undefined ? '' : `; presented 3 1 1 ${spki}`;
  return `${says}; ${owner} ${records.map(({ record }) => record).join(', ')}${shown}`;
}

/** OPS-54, RFC 7672 §9.2: of two contacts at one address one had no STARTTLS. */
function selective(
  { presented }: TlsaCheck,
  found: (kind: Finding['kind'], detail: string, says: string) => Finding,
): readonly Finding[] {
  const addresses = [...new Set(presented.map(({ address }) => address))];
  return addresses.flatMap((address) => {
    const here = presented.filter((one) => one.address === address);
    const without = here.some(({ chain, says }) => chain.length === 0 && /STARTTLS/.test(says));
    return without && here.some(({ chain }) => chain.length > 0) ? [found('selective-starttls', address, address)] : [];
  });
}

/** OPS-51: the soonest end of all signatures that an answer rests on. */
export function signatureFinding(
  subject: string,
  steps: readonly {
    readonly zone: string;
    readonly what: string;
    readonly inception?: number;
    readonly expiration?: number;
  }[],
  now: Instant,
): readonly Finding[] {
  const soon = steps.filter(({ inception = 0, expiration }) => {
    if (expiration === undefined) return false;
    // ADR 0012: servers that sign as they answer give out signatures that never last for three days.
    const few = Math.min(signatureDays * day, ((expiration - inception) * 1000) / 3);
    return expiration * 1000 - now < few;
  });
  return soon.map(({ zone, what, expiration = 0 }) => ({
    subject,
    kind: 'signature-expires',
    detail: `${zone} ${what}`,
    says: `${zone} ${what}: ${new Date(expiration * 1000).toISOString()}`,
  }));
}

/** OPS-51: secondaries that are out of step, or give out what nobody can prove. */
export function serverFindings(subject: string, views: readonly View[]): Round {
  const unknown = new Map<string, string>();
  const sets = new Map<string, string[]>();
  const findings: Finding[] = [];
  for (const view of views) {
    if (view.kind === 'records') {
      const set = view.records.map(bareForm).sort().join(', ');
      sets.set(set, [...(sets.get(set) ?? []), view.server]);
    } else if (/^(bogus|insecure)/.test(view.says))
      findings.push({ subject, kind: 'bogus', detail: view.server, says: `${view.server}: ${view.says}` });
    else unknown.set(subject, `${view.server}: ${view.says}`);
  }
  if (sets.size > 1)
    findings.push({
      subject,
      kind: 'servers-differ',
      detail: '',
      says: [...sets].map(([set, servers]) => `${servers.join(' ')}: ${set === '' ? '-' : set}`).join('; '),
    });
  return { findings, unknown, seen: [subject] };
}

/** One server's SOA. Zones that two providers sign each by himself have serials of their own: the primary tells them apart. */
export type SerialView = { readonly server: string } & (
  | { readonly kind: 'serial'; readonly primary: string; readonly serial: number }
  | { readonly kind: 'failed'; readonly says: string }
);

/** OPS-51: a secondary that does not follow, though the records at hand are still the same. */
export function serialFindings(subject: string, views: readonly SerialView[]): Round {
  const failed = views.flatMap((view) => (view.kind === 'failed' ? [`${view.server}: ${view.says}`] : []));
  const primaries = new Map<string, Map<number, string[]>>();
  for (const view of views) {
    if (view.kind !== 'serial') continue;
    const serials = primaries.get(view.primary) ?? new Map<number, string[]>();
    primaries.set(view.primary, serials.set(view.serial, [...(serials.get(view.serial) ?? []), view.server]));
  }
  const findings = [...primaries.values()]
    .filter((serials) => serials.size > 1)
    .map((serials): Finding => {
      const says = [...serials]
        .sort(([a], [b]) => b - a)
        .map(([serial, servers]) => `${[...servers].sort().join(' ')}: SOA ${serial}`)
        .join('; ');
      return { subject, kind: 'servers-differ', detail: 'serial', says };
    });
  const unknown = new Map(failed.length === 0 ? [] : [[subject, failed.join('; ')]]);
  return { findings, unknown, seen: [subject] };
}
