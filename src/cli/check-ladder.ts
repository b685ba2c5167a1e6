// A check report for a terminal: one rung per line, one block per host, the matrix of `--all`, and the verdict last (OPS-12).

import type { AuthorityRow, CheckedHost, CheckReport } from '../agent/probe.ts';
import type { Evidence } from '../core/base/evidence.ts';
import { narrate } from '../core/policy/narrate.ts';
import { columns, padded } from '../core/words/say.ts';
import type { Flags } from './flags.ts';
import type { Program } from './program.ts';
import { bold, hanging, header, type Mark, mark, printable, say, type Terminal, tableOrBlocks } from './terminal.ts';

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
  const lines = [hanging(terminal, `${bold(terminal, report.domain)}     `, wordsOf(terminal, report)), ''];
  const shown = new Set<string>();
  const rungs = (evidence: readonly Evidence[], indent: string): void => {
    for (const rung of narrate(evidence)) {
      // What decided stands above; a host adds what is its own.
      const said = `${rung.outcome} ${rung.rung} ${rung.text} ${rung.rule}`;
      if (!shown.has(said)) lines.push(rungLine(terminal, indent, rung.outcome, rung.rung, rung.text, rung.rule));
      shown.add(said);
    }
  };
  rungs(report.evidence, '  ');
  const reporting = reportingRung(program, report);
  if (reporting !== undefined) lines.push(reporting);
  for (const host of report.hosts) {
    if (host.tried === 'no' && !flags.on('verbose') && host.reason === null) continue;
    lines.push('', hanging(terminal, `  ${host.host}  `, host.addresses.join(' ')));
    rungs(host.evidence, '    ');
    lines.push(...aboutHost(program, host));
    if (flags.on('verbose')) lines.push(...details(terminal, host));
  }
  if (flags.on('all') && report.hosts.length > 0) lines.push('', ...matrix(report, terminal));
  if (report.authorities !== undefined) lines.push('', ...serverLines(program, report.authorities));
  // Behind the catalogue's three sentences stand the rungs again, for readers of the JSON.
  if (report.reason !== null)
    lines.push(
      '',
      ...report.explain.slice(0, 3).map((sentence) => hanging(terminal, '  ', printable(say(terminal, sentence)))),
    );
  if (report.lapsed.length > 0) lines.push('', ...lapses(program, report));
  lines.push(
    '',
    hanging(
      terminal,
      `  ${mark(terminal, signs[report.verdict])} `,
      wordsOf(terminal, report),
      triedOf(terminal, report),
    ),
  );
  return lines.join('\n');
}

/** One rung: what it is called, what was found, and the rule. */
const rungLine = (terminal: Terminal, indent: string, outcome: Mark, rung: string, text: string, rule = ''): string =>
  hanging(
    terminal,
    `${indent}${mark(terminal, outcome)} ${padded(say(terminal, rung), 12)} `,
    printable(say(terminal, text)),
    rule,
  );

/** Beside the mark, for whom it says nothing. */
const outcomes: Readonly<Record<Mark, string>> = {
  pass: 'holds',
  fail: 'broken',
  unknown: 'could not tell',
  'not-applicable': 'does not apply',
};

/** RFC 8460 §3: who wants to hear of failures. */
function reportingRung({ terminal }: Program, { tlsrpt }: CheckReport): string | undefined {
  if (tlsrpt === null) return undefined;
  const [outcome, says] = {
    wanted: ['pass', `reports wanted: ${tlsrpt.rua.join(' ')}`],
    none: ['not-applicable', 'no reports are asked for'],
    failed: ['unknown', 'no answer for _smtp._tls'],
  }[tlsrpt.state] as [Mark, string];
  return rungLine(terminal, '  ', outcome, 'tlsrpt', says, 'RFC 8460 §3');
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
    ).map(([name, { outcome }]) => `${mark(terminal, outcome)} ${name} ${say(terminal, outcomes[outcome])}`);
    const head = `      ${padded(say(terminal, 'senders'), 12)} `;
    const line = `${head}${each.join('   ')}`;
    const fits = columns(line) <= terminal.style.width;
    lines.push(fits ? line : [head.trimEnd(), ...each.map((one) => `        ${one}`)].join('\n'));
  }
  for (const { says } of deviations)
    lines.push(hanging(terminal, `      ${padded(say(terminal, 'note'), 12)} `, printable(say(terminal, says))));
  if (would_match !== null)
    // Whole, so that it can be copied.
    lines.push(`      ${padded(say(terminal, 'tell them'), 12)} ${printable(would_match)}`);
  return lines;
}

function details(terminal: Terminal, host: CheckedHost): readonly string[] {
  const line = (label: string, text: string): string =>
    hanging(terminal, `      ${padded(say(terminal, label), 12)} `, printable(text));
  const achieved = say(terminal, `required ${host.tls_required}, achieved ${host.tls_achieved}`);
  return [
    line('TLS', `${achieved} ${host.tls_version ?? ''} ${host.tls_cipher ?? ''}`.trimEnd()),
    ...host.records.map((record) => line('TLSA', record)),
    ...host.chain.flatMap(({ subject, issuer, notBefore, notAfter, sha256, spkiSha256 }, depth) => [
      line(`Certificate ${depth}`, subject ?? '-'),
      line('issued by', issuer ?? '-'),
      line('valid', `${notBefore ?? '-'} … ${notAfter ?? '-'}`),
      line('SHA-256', sha256 ?? '-'),
      line('key SHA-256', spkiSha256 ?? '-'),
    ]),
    ...(host.worlds === null
      ? []
      : Object.entries(host.worlds).map(([name, { says }]) => line(name, say(terminal, says)))),
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
  const names = header(terminal, 'HOST', 'ADDRESS', 'DNS', 'TLSA', 'TLS', 'PROVEN', 'REQUIRETLS', 'RESULT');
  return tableOrBlocks(terminal, [[`  ${names[0]}`, ...names.slice(1)], ...rows]).split('\n');
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
    const line = hanging(
      terminal,
      `  ${mark(terminal, signOf[agree])} ${padded(say(terminal, 'servers'), 12)} `,
      `${printable(name)} ${type}: ${say(terminal, says[agree])}`,
    );
    if (agree === 'yes') return [line];
    return [line, ...answers.map((answer) => hanging(terminal, '      ', answerLine(terminal, answer)))];
  });
}

function answerLine(
  terminal: Terminal,
  { server, state, because, ttl, records }: AuthorityRow['answers'][number],
): string {
  const shown = records.slice(0, 8).map((record) => (record.length > 90 ? `${record.slice(0, 90)}…` : record));
  const more = records.length > shown.length ? [say(terminal, `and ${records.length - shown.length} more`)] : [];
  const held = records.length === 0 ? say(terminal, 'nothing') : [...shown, ...more].join(', ');
  return printable(
    `${say(terminal, server)}  ${state}${because === null ? '' : ` (${because})`}${ttl === null ? '' : `, TTL ${ttl}`}: ${held}`,
  );
}

const lapses = ({ terminal }: Program, { lapsed, at, renewed }: CheckReport): readonly string[] => [
  ...(renewed === null
    ? []
    : [
        hanging(
          terminal,
          '  ',
          `${say(terminal, 'with all zones signed anew by then')}: ${mark(terminal, signs[renewed.verdict])} ${wordsOf(terminal, renewed)}`,
        ),
      ]),
  `  ${say(terminal, `over by ${at.slice(0, 10)}:`)}`,
  ...lapsed.map(({ until, what, name, says }) =>
    hanging(
      terminal,
      `    ${mark(terminal, 'unknown')} ${until.slice(0, 16)}Z  ${padded(say(terminal, what), 11)} `,
      `${printable(name)}: ${printable(say(terminal, says))}`,
    ),
  ),
];

function triedOf(terminal: Terminal, { hosts }: CheckReport): string {
  const tried = hosts.filter((host) => host.tried === 'yes').length;
  return tried < hosts.length && tried > 0
    ? `${say(terminal, `${tried} of ${hosts.length} hosts tried, --all tries the rest`)}`
    : '';
}
