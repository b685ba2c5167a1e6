// `sekisho check <domain>…`: the ladder, from the value that the probe made with delivery's own code (OPS-10, OBS-5).

import type { CheckedHost, CheckReport } from '../agent/probe.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { narrate } from '../core/policy/narrate.ts';
import type { Arguments } from './flags.ts';
import type { CheckOptions, Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { bold, type ExitCode, exitCodes, json, mark, printable, worst } from './terminal.ts';

const floors = ['may', 'encrypt', 'verify', 'secure', 'dane-only'];
const levels: readonly (string | null)[] = [null, 'cleartext', 'encrypted', 'webpki', 'dane'];

export async function check(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const options = readOptions(given);
  if (typeof options === 'string') {
    terminal.err(`sekisho: ${options}\nsee: sekisho help check\n`);
    return exitCodes.usage;
  }
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const subjects = options.host === undefined ? given.words : [options.host.name];
  const codes: ExitCode[] = [];
  const looked = flags.on('via-daemon')
    ? viaDaemon(program.relay(loaded, flags), subjects, options)
    : program.check(loaded, flags, subjects, options);
  for await (const result of looked) {
    if (result.kind === 'fault') {
      terminal.err(`sekisho: ${printable(result.fault)}\n`);
      codes.push(exitCodes.usage);
      continue;
    }
    const report = result.value;
    if (flags.on('json')) json(terminal, { schema: 'sekisho.check/1', ...report });
    else if (!flags.on('quiet'))
      terminal.out(
        `${subjects.length > 1 && !flags.on('verbose') ? oneLine(program, report) : ladder(program, report, given)}\n`,
      );
    codes.push(exitOf(report, flags.text('require')));
  }
  return worst(codes);
}

async function* viaDaemon(
  relay: ReturnType<Program['relay']>,
  subjects: readonly string[],
  options: CheckOptions,
): ReturnType<Program['check']> {
  for (const subject of subjects) yield await relay.check(subject, options);
}

/** @returns the options, or what is wrong with them. */
function readOptions({ words, flags }: Arguments): CheckOptions | string {
  const name = flags.text('host');
  const port = flags.text('port') ?? '25';
  const starttls = flags.text('starttls') ?? 'smtp';
  const floor = flags.text('floor');
  const require = flags.text('require');
  if (name === undefined && words.length === 0) return 'a domain or address is wanted, e.g. sekisho check example.org';
  if (name !== undefined && words.length > 0) return '--host takes the place of a domain';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return `--port wants 1 to 65535, not ${JSON.stringify(printable(port))}`;
  if (starttls !== 'smtp' && starttls !== 'none') return '--starttls wants smtp or none';
  if (floor !== undefined && !floors.includes(floor)) return `--floor wants one of ${floors.join(', ')}`;
  if (require !== undefined && require !== 'authenticated' && require !== 'dane')
    return '--require wants authenticated or dane';
  return {
    mx: flags.text('mx'),
    host: name === undefined ? undefined : { name, port: Number(port), starttls },
    all: flags.on('all') ? 'yes' : 'no',
    connect: flags.on('no-connect') ? 'no' : 'yes',
    requiretls: flags.on('requiretls') ? 'yes' : 'no',
    floor,
  };
}

/** cli.md: 0 would deliver as demanded, 1 would not, 3 could not tell. */
export function exitOf(report: CheckReport, require: string | undefined): ExitCode {
  if (report.verdict === 'undetermined') return exitCodes.unknown;
  if (report.verdict === 'blocked') return exitCodes.no;
  const wanted = require === 'dane' ? 'dane' : require === 'authenticated' ? 'webpki' : null;
  return levels.indexOf(report.level) >= levels.indexOf(wanted) ? exitCodes.yes : exitCodes.no;
}

const verdicts: Readonly<Record<CheckReport['verdict'], string>> = {
  cleared: 'would deliver',
  blocked: 'would NOT deliver',
  undetermined: 'could not tell, mail would wait',
};

const oneLine = (program: Program, report: CheckReport): string =>
  `${mark(program.terminal, report.verdict === 'cleared' ? 'pass' : report.verdict === 'blocked' ? 'fail' : 'unknown')} ${report.domain}  ${verdicts[report.verdict]}  ${report.level ?? ''} ${report.reason ?? ''}`.trimEnd();

function ladder(program: Program, report: CheckReport, { flags }: Arguments): string {
  const { terminal } = program;
  const how = report.level === null ? '' : ` · ${report.level}`;
  const lines = [
    `${bold(terminal, report.domain)}     ${verdicts[report.verdict]}${how}${report.reason === null ? '' : ` · ${report.reason}`}`,
    '',
  ];
  const shown = new Set<string>();
  const rungs = (evidence: readonly Evidence[], indent: string): void => {
    for (const rung of narrate(evidence)) {
      const line = `${indent}${mark(terminal, rung.outcome)} ${rung.rung.padEnd(12)} ${printable(rung.text)}   ${rung.rule}`;
      if (!shown.has(line)) lines.push(line);
      shown.add(line);
    }
  };
  rungs(report.evidence, '  ');
  for (const host of report.hosts) {
    if (host.tried === 'no' && !flags.on('verbose') && host.reason === null) continue;
    lines.push('', `  ${host.host}  ${host.addresses.join(' ')}`);
    rungs(host.evidence, '    ');
    if (flags.on('verbose')) lines.push(...details(host));
  }
  // Behind the catalogue's three sentences stand the rungs again, for readers of the JSON.
  if (report.reason !== null)
    lines.push('', ...report.explain.slice(0, 3).map((sentence) => `  ${printable(sentence)}`));
  return lines.join('\n');
}

function details(host: CheckedHost): readonly string[] {
  return [
    `      required ${host.tls_required}, achieved ${host.tls_achieved} ${host.tls_version ?? ''} ${host.tls_cipher ?? ''}`.trimEnd(),
    ...host.records.map((record) => `      TLSA ${record}`),
    ...host.chain.map((certificate, depth) => `      chain ${depth}: ${printable(JSON.stringify(certificate))}`),
  ];
}
