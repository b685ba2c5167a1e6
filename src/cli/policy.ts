// `sekisho policy …`: a policy body judged on its own, the running relay's cached policies (STS-49), and a policy made from
// the live MX set (STS-80, STS-81).

import type { CachedPolicy } from '../admin/api.ts';
import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { lintMx, lintPolicy, lintRecords, type PolicyLint, type RecordLint } from '../core/mtasts/lint.ts';
import type { PolicyFault } from '../core/mtasts/policy.ts';
import { padded } from '../core/words/say.ts';
import type { Arguments } from './flags.ts';
import { policyMake } from './policy-make.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { age, type ExitCode, exitCodes, header, json, mark, printable, say, table } from './terminal.ts';

const schema = 'sekisho.policy/1';

export async function policy(program: Program, given: Arguments): Promise<ExitCode> {
  const [what, ...words] = given.words;
  switch (what) {
    case 'lint':
      return lint(program, given, words);
    case 'make':
      return policyMake(program, given, words);
    case 'list':
      return words.length === 0 ? list(program, given) : misuse(program, 'policy list takes no domain; show does');
    case 'show':
    case 'refresh':
    case 'forget':
      return cached(program, given, what, words);
    default:
      return misuse(
        program,
        what === undefined
          ? 'policy wants list, show, refresh, forget, make or lint'
          : `there is no ${JSON.stringify(printable(what))}; list, show, refresh, forget, make, lint are`,
      );
  }
}

function misuse(program: Program, says: string): ExitCode {
  program.terminal.err(`sekisho: ${says}\nsee: sekisho help policy\n`);
  return exitCodes.usage;
}

// ---- lint

async function lint(program: Program, given: Arguments, [path, ...more]: readonly string[]): Promise<ExitCode> {
  const { flags } = given;
  const records = flags.all('txt');
  if (more.length > 0 || (path === undefined && records.length === 0))
    return misuse(program, 'policy lint wants one file, or - for standard input, or --txt "v=STSv1; id=…"');
  const hosts: DomainName[] = [];
  for (const text of flags.all('mx')) {
    const host = parseDomainName(text);
    if (host.kind === 'fault') return misuse(program, `--mx ${JSON.stringify(printable(text))} is no host name`);
    hosts.push(host.value);
  }
  if (hosts.length > 0 && path === undefined) return misuse(program, '--mx is compared with a policy: name its file');
  const txt = records.length === 0 ? undefined : lintRecords(records);
  if (path === undefined) return tellLint(program, given, { ...withoutBody, ...txtErrors(txt) }, txt, undefined);
  const read = await program.read(path);
  if (read.kind === 'fault') return misuse(program, printable(read.fault));
  const found = lintPolicy(read.value);
  const match = hosts.length === 0 ? undefined : hosts.every((host) => lintMx(found, host) === 'match');
  const errors = [...found.errors, ...txtErrors(txt).errors];
  return tellLint(program, given, { ...found, valid: errors.length === 0, errors }, txt, match);
}

const withoutBody: PolicyLint = {
  valid: true,
  version: null,
  mode: null,
  maxAge: null,
  mx: [],
  errors: [],
  warnings: [],
};

const txtErrors = (txt: RecordLint | undefined): Pick<PolicyLint, 'valid' | 'errors'> =>
  txt === undefined || txt.state === 'id'
    ? { valid: true, errors: [] }
    : { valid: false, errors: [{ line: 0, code: `txt-${txt.state}`, says: `TXT: ${txt.says}` }] };

/** Of a wrong file each line is a fault; a screen of them is enough. */
const shown = 20;

function tellLint(
  program: Program,
  { flags }: Arguments,
  found: PolicyLint,
  txt: RecordLint | undefined,
  match: boolean | undefined,
): ExitCode {
  const { terminal } = program;
  const code = found.valid && match !== false ? exitCodes.yes : exitCodes.no;
  if (flags.on('json')) {
    json(terminal, { schema, ...found, ...(txt && { txt }), ...(match !== undefined && { match }) });
    return code;
  }
  if (flags.on('quiet')) return code;
  const words = [
    found.mode === null ? '' : `mode ${found.mode}, max_age ${found.maxAge}, ${found.mx.length} mx`,
    txt?.id === undefined || txt.id === null ? '' : `id ${txt.id}`,
  ].filter((part) => part !== '');
  const verdict = found.valid ? 'valid' : 'invalid: a sender would not use it';
  terminal.out(
    `${mark(terminal, found.valid ? 'pass' : 'fail')} ${say(terminal, verdict)}${words.length > 0 ? `  ${printable(words.join(', '))}` : ''}\n`,
  );
  const line = (fault: PolicyFault): string =>
    `${fault.line === 0 ? '' : say(terminal, `line ${fault.line}: `)}${printable(say(terminal, fault.says))} (${fault.code})`;
  for (const fault of found.errors.slice(0, shown)) terminal.out(`  ${mark(terminal, 'fail')} ${line(fault)}\n`);
  for (const fault of found.warnings.slice(0, shown)) terminal.out(`  ${mark(terminal, 'unknown')} ${line(fault)}\n`);
  const rest = Math.max(0, found.errors.length - shown) + Math.max(0, found.warnings.length - shown);
  if (rest > 0) terminal.out(`  … and ${rest} more\n`);
  if (match !== undefined)
    terminal.out(
      `${mark(terminal, match ? 'pass' : 'fail')} ${say(terminal, match ? 'the policy names' : 'the policy does not name')} ${printable(flags.all('mx').join(' '))}\n`,
    );
  return code;
}

// ---- the running relay

async function list(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const policies = await program.relay(loaded, given.flags).policies();
  if (given.flags.on('json')) for (const one of policies) json(terminal, { schema, ...one });
  else if (!given.flags.on('quiet')) {
    const rows = policies.map((one) => [
      one.domain,
      one.mode,
      printable(one.id),
      age(program.now() - Date.parse(one.fetchedAt)),
      one.state === 'expired' ? 'expired' : age(Date.parse(one.expiresAt) - program.now()),
      printable(one.mx.join(' ')),
    ]);
    if (rows.length > 0)
      terminal.out(`${table([header(terminal, 'DOMAIN', 'MODE', 'ID', 'AGE', 'LEFT', 'MX'), ...rows])}\n`);
    else terminal.out('no policy is cached\n');
  }
  return exitCodes.yes;
}

async function cached(
  program: Program,
  given: Arguments,
  what: 'show' | 'refresh' | 'forget',
  [text, ...more]: readonly string[],
): Promise<ExitCode> {
  const domain = text === undefined || more.length > 0 ? undefined : parseDomainName(text);
  if (domain === undefined) return misuse(program, `policy ${what} wants one domain`);
  if (domain.kind === 'fault') return misuse(program, `${JSON.stringify(printable(text ?? ''))} is no domain`);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, given.flags);
  if (what === 'refresh') return refresh(program, given, domain.value, await relay.refreshPolicy(domain.value));
  const found = what === 'show' ? await relay.policy(domain.value) : await relay.forgetPolicy(domain.value);
  if (found === undefined) {
    program.terminal.err(`sekisho: no policy of ${domain.value} is cached\n`);
    return exitCodes.no;
  }
  if (given.flags.on('json')) json(program.terminal, { schema, ...(what === 'forget' && { act: 'forget' }), ...found });
  else if (!given.flags.on('quiet'))
    program.terminal.out(
      what === 'show' ? tell(program, found) : `forgotten: ${found.domain} ${found.mode} id ${printable(found.id)}\n`,
    );
  return exitCodes.yes;
}

function tell(program: Program, one: CachedPolicy): string {
  const { terminal } = program;
  const left = Date.parse(one.expiresAt) - program.now();
  const label = (text: string): string => padded(say(terminal, text), 8);
  const lines = [
    `${mark(terminal, one.state === 'expired' ? 'fail' : 'pass')} ${one.domain}  ${one.mode}  id ${printable(one.id)}`,
    `  ${label('fetched')} ${one.fetchedAt}`,
    `  ${label('expires')} ${one.expiresAt}${say(terminal, one.state === 'expired' ? ', over: it no longer counts' : ` (in ${age(left)}, max_age ${one.maxAge})`)}`,
    `  ${label('mx')} ${printable(one.mx.join(' '))}`,
    '',
    ...one.body
      .trimEnd()
      .split('\n')
      .map((line) => `  ${printable(line.replace(/\r$/, ''))}`),
  ];
  return `${lines.join('\n')}\n`;
}

const outcomes = {
  fetched: [exitCodes.yes, 'pass', 'fetched anew'],
  cached: [exitCodes.yes, 'pass', 'up to date'],
  kept: [exitCodes.unknown, 'unknown', 'could not be fetched; the cached one stays in force'],
  none: [exitCodes.no, 'not-applicable', 'the domain publishes none'],
  failed: [exitCodes.unknown, 'unknown', 'could not be had'],
} as const;

function refresh(
  program: Program,
  { flags }: Arguments,
  domain: DomainName,
  done: Awaited<ReturnType<ReturnType<Program['relay']>['refreshPolicy']>>,
): ExitCode {
  const { terminal } = program;
  const [code, sign, words] = outcomes[done.outcome];
  if (flags.on('json')) json(terminal, { schema, act: 'refresh', domain, ...done });
  else if (!flags.on('quiet')) {
    const which = done.policy === null ? '' : `  ${done.policy.mode} id ${printable(done.policy.id)}`;
    terminal.out(
      `${mark(terminal, sign)} ${domain}${which}  ${say(terminal, words)}${done.says === null ? '' : `: ${printable(say(terminal, done.says))}`}\n`,
    );
  }
  return code;
}
