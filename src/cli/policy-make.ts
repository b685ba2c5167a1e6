// `sekisho policy make <domain>`: body, record and order of steps, with the hosts that would fail under it (STS-80, STS-81).

import type { PolicyDraft } from '../agent/policy-draft.ts';
import { parseDuration } from '../config/values.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { usualMaxAge } from '../core/mtasts/draft.ts';
import { lintPolicy } from '../core/mtasts/lint.ts';
import type { StsMode } from '../core/mtasts/policy.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable } from './terminal.ts';

const modes: readonly StsMode[] = ['enforce', 'testing', 'none'];

export async function policyMake(
  program: Program,
  given: Arguments,
  [text, ...more]: readonly string[],
): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${says}\nsee: sekisho help policy\n`);
    return exitCodes.usage;
  };
  const domain = text === undefined || more.length > 0 ? undefined : parseDomainName(text);
  if (domain === undefined) return misuse('policy make wants one domain, e.g. sekisho policy make example.org');
  if (domain.kind === 'fault') return misuse(`${JSON.stringify(printable(text ?? ''))} is no domain`);
  const mode = modes.find((one) => one === (flags.text('mode') ?? 'testing'));
  if (mode === undefined) return misuse(`--mode wants one of ${modes.join(', ')}`);
  const span = flags.text('max-age');
  const maxAge = span === undefined ? usualMaxAge[mode] : parseDuration(span);
  if (maxAge === undefined || maxAge < 1 || maxAge > 31_557_600)
    return misuse(`--max-age wants a duration up to a year such as 30d, not ${JSON.stringify(printable(span ?? ''))}`);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const drafted = await program.policyDraft(loaded, flags, { domain: domain.value, mode, maxAge });
  if (drafted.kind === 'fault') return misuse(printable(drafted.fault));
  const draft = drafted.value;
  const { warnings } = lintPolicy(new TextEncoder().encode(draft.body));
  if (flags.on('json')) json(terminal, { schema: 'sekisho.policy/1', act: 'make', ...draft, warnings });
  else if (!flags.on('quiet')) {
    if (draft.mx.hosts.length === 0)
      terminal.err(
        `sekisho: ${domain.value} has no MX host to make a policy for (${draft.reason ?? draft.mx.state})\n`,
      );
    else terminal.out(tell(program, draft, warnings));
  }
  return draft.verdict === 'ready'
    ? exitCodes.yes
    : draft.verdict === 'undetermined'
      ? exitCodes.unknown
      : exitCodes.no;
}

const signs = { pass: 'would pass', fail: 'would FAIL', unknown: 'could not be asked' };

/** Lines beginning with # are talk; the rest can be pasted. */
function tell(program: Program, draft: PolicyDraft, warnings: ReturnType<typeof lintPolicy>['warnings']): string {
  const { terminal } = program;
  const lines = [`# ${draft.url}`, ...draft.body.trimEnd().split('\r\n'), '', '# zone file', draft.record, ''];
  for (const { host, outcome, reason, says } of draft.hosts)
    lines.push(
      `# ${mark(terminal, outcome)} ${host}  ${signs[outcome]}${reason === null ? '' : `: ${reason}`}${says === null ? '' : ` (${printable(says)})`}`,
    );
  if (draft.hosts.length > 0) lines.push('');
  for (const { says } of warnings) lines.push(`# ${mark(terminal, 'unknown')} ${says}`);
  if (draft.verdict === 'not-ready' && draft.mode === 'enforce')
    lines.push('# do not publish this yet: mail to the hosts that fail would wait');
  if (draft.current.fault !== null)
    lines.push(`# what is published now cannot be used: ${printable(draft.current.says ?? draft.current.fault)}`);
  lines.push('# in this order:', ...draft.steps.map((step, index) => `#  ${index + 1}. ${step}`));
  return `${lines.join('\n')}\n`;
}
