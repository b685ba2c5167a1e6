// A check report for a terminal: one rung per line, one block per host, the matrix of `--all`, and the verdict last (OPS-12).

import type { AuthorityRow, CheckedHost, CheckReport } from '../agent/probe.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { narrate } from '../core/policy/narrate.ts';
import { padded } from '../core/words/say.ts';
import type { Flags } from './flags.ts';
import type { Program } from './program.ts';
import { bold, type Mark, mark, printable, say, type Terminal, table } from './terminal.ts';

const verdicts: Readonly<Record<CheckReport['verdict'], string>> = {
  cleared: 'would deliver',
  blocked: 'would NOT deliver',
  undetermined: 'could not tell, mail would wait',
};

const signs: Readonly<Record<CheckReport['verdict'], Mark>> = {
  cleared: 'pass',
  blocked: 'fail',
  undetermined: 'unknown',
};

const wordsOf = (
  terminal: Terminal,
  { verdict, level, reason }: Pick<CheckReport, 'verdict' | 'level' | 'reason'>,
): string =>
  `${say(terminal, verdicts[verdict])}${level === null ? '' : ` · ${level}`}${reason === null ? '' : ` · ${reason}`}`;

export const oneLine = ({ terminal }: Program, report: CheckReport): string =>
  `${mark(terminal, signs[report.verdict])} ${report.domain}  ${say(terminal, verdicts[report.verdict])}  ${report.level ?? ''} ${report.reason ?? ''}`.trimEnd();

export function ladder(program: Program, report: CheckReport, flags: Flags): string {
  const { terminal } = program;
  const lines = [`${bold(terminal, report.domain)}     ${wordsOf(terminal, report)}`, ''];
  const shown = new Set<string>();
  const rungs = (evidence: readonly Evidence[], indent: string): void => {
    for (const rung of narrate(evidence)) {
      // What decided stands above; a host adds what is its own.
      const line = `${mark(terminal, rung.outcome)} ${rung.rung.padEnd(12)} ${printable(say(terminal, rung.text))}   ${rung.rule}`;
      if (!shown.has(line)) lines.push(`${indent}${line}`);
      shown.add(line);
    }
  };
  rungs(report.evidence, '  ');
  const reporting = reportingRung(program, report);
  if (reporting !== undefined) lines.push(reporting);
  for (const host of report.hosts) {
    if (host.tried === 'no' && !flags.on('verbose') && host.reason === null) continue;
    lines.push('', `  ${host.host}  ${host.addresses.join(' ')}`);
    rungs(host.evidence, '    ');
    lines.push(...aboutHost(program, host));
    if (flags.on('verbose')) lines.push(...details(terminal, host));
  }
  if (flags.on('all')) lines.push('', ...matrix(report, terminal));
  if (report.authorities !== undefined) lines.push('', ...serverLines(program, report.authorities));
  // Behind the catalogue's three sentences stand the rungs again, for readers of the JSON.
  if (report.reason !== null)
    lines.push('', ...report.explain.slice(0, 3).map((sentence) => `  ${printable(say(terminal, sentence))}`));
  if (report.lapsed.length > 0) lines.push('', ...lapses(program, report));
  lines.push('', `  ${mark(terminal, signs[report.verdict])} ${wordsOf(terminal, report)}${triedOf(terminal, report)}`);
  return lines.join('\n');
}

/** RFC 8460 §3: who wants to hear of failures. */
function reportingRung({ terminal }: Program, { tlsrpt }: CheckReport): string | undefined {
  if (tlsrpt === null) return undefined;
  const [outcome, says] = {
    wanted: ['pass', `reports wanted: ${tlsrpt.rua.join(' ')}`],
    none: ['not-applicable', 'no reports are asked for'],
    failed: ['unknown', 'no answer for _smtp._tls'],
  }[tlsrpt.state] as [Mark, string];
  return `  ${mark(terminal, outcome)} ${'tlsrpt'.padEnd(12)} ${printable(say(terminal, says))}   RFC 8460 §3`;
}

/** OPS-1, OPS-2: three kinds of sender, what is not in line, and the record that would match. */
function aboutHost({ terminal }: Program, { worlds, deviations, would_match }: CheckedHost): readonly string[] {
  const lines: string[] = [];
  if (worlds !== null) {
    const each = (
      [
        ['DANE', worlds.dane],
        ['WebPKI', worlds.webpki],
        ['opportunistic', worlds.opportunistic],
      ] as const
    ).map(([name, { outcome }]) => `${mark(terminal, outcome)} ${name}`);
    lines.push(`      ${padded(say(terminal, 'senders'), 12)} ${each.join('   ')}`);
  }
  for (const { says } of deviations)
    lines.push(`      ${padded(say(terminal, 'note'), 12)} ${printable(say(terminal, says))}`);
  if (would_match !== null) lines.push(`      ${padded(say(terminal, 'tell them'), 12)} ${printable(would_match)}`);
  return lines;
}

function details(terminal: Terminal, host: CheckedHost): readonly string[] {
  return [
    `      ${say(terminal, `required ${host.tls_required}, achieved ${host.tls_achieved}`)} ${host.tls_version ?? ''} ${host.tls_cipher ?? ''}`.trimEnd(),
    ...host.records.map((record) => `      TLSA ${record}`),
    ...host.chain.map((certificate, depth) => `      chain ${depth}: ${printable(JSON.stringify(certificate))}`),
    ...(host.worlds === null
      ? []
      : Object.entries(host.worlds).map(([name, { says }]) => `      ${name}: ${printable(say(terminal, says))}`)),
  ];
}

/** OPS-14: every address of every host, one row each. */
export function matrix({ hosts }: CheckReport, terminal: Terminal): readonly string[] {
  const rows = hosts.flatMap((host) => {
    const attempts =
      host.attempts.length > 0
        ? host.attempts
        : [{ ip: host.addresses[0] ?? '-', tls_achieved: null, authn: 'none', reason: host.reason }];
    return attempts.map((attempt) => [
      `  ${host.host}`,
      attempt.ip ?? '-',
      host.addresses_state,
      host.tlsa_state ?? '-',
      attempt.tls_achieved ?? '-',
      attempt.authn,
      host.requiretls ?? '-',
      attempt.reason ?? (host.tried === 'no' ? say(terminal, 'not tried') : 'ok'),
    ]);
  });
  return table([['  HOST', 'ADDRESS', 'DNS', 'TLSA', 'TLS', 'PROVEN', 'REQUIRETLS', 'RESULT'], ...rows]).split('\n');
}

/** OPS-19: one line for each question; each server's answer where they are not the same. */
function serverLines({ terminal }: Program, rows: readonly AuthorityRow[]): readonly string[] {
  const signOf = { yes: 'pass', no: 'fail', unknown: 'unknown' } as const;
  return rows.flatMap(({ name, type, agree, answers }) => {
    const says = {
      yes: `all ${answers.length} answers agree`,
      no: 'the answers DIFFER',
      unknown: 'not all could be had',
    };
    const line = `  ${mark(terminal, signOf[agree])} ${'servers'.padEnd(12)} ${printable(name)} ${type}: ${printable(say(terminal, says[agree]))}`;
    if (agree === 'yes') return [line];
    return [line, ...answers.map((answer) => `      ${answerLine(answer)}`)];
  });
}

function answerLine({ server, state, because, ttl, records }: AuthorityRow['answers'][number]): string {
  const shown = records.slice(0, 8).map((record) => (record.length > 90 ? `${record.slice(0, 90)}…` : record));
  const more = records.length > shown.length ? [`and ${records.length - shown.length} more`] : [];
  const held = records.length === 0 ? 'nothing' : [...shown, ...more].join(', ');
  return printable(
    `${server}  ${state}${because === null ? '' : ` (${because})`}${ttl === null ? '' : `, TTL ${ttl}`}: ${held}`,
  );
}

const lapses = ({ terminal }: Program, { lapsed, at, renewed }: CheckReport): readonly string[] => [
  ...(renewed === null
    ? []
    : [
        `  ${say(terminal, 'with all zones signed anew by then')}: ${mark(terminal, signs[renewed.verdict])} ${wordsOf(terminal, renewed)}`,
      ]),
  `  ${say(terminal, `over by ${at.slice(0, 10)}:`)}`,
  ...lapsed.map(
    ({ until, what, name, says }) =>
      `    ${mark(terminal, 'unknown')} ${until.slice(0, 16)}Z  ${padded(say(terminal, what), 11)} ${printable(name)}: ${printable(say(terminal, says))}`,
  ),
];

function triedOf(terminal: Terminal, { hosts }: CheckReport): string {
  const tried = hosts.filter((host) => host.tried === 'yes').length;
  return tried < hosts.length && tried > 0
    ? `     ${say(terminal, `${tried} of ${hosts.length} hosts tried, --all tries the rest`)}`
    : '';
}
