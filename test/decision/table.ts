// docs/decision-table.md, printed from plan() over every state. `node test/decision/table.ts --write` writes it,
// `--check` fails when it is stale; the suite does the same.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { planRules } from '../../src/core/policy/plan-rules.ts';
import { decide, type Input, type Result, readVectors } from './vectors.ts';

const target: string = join(import.meta.dirname, '../../docs/decision-table.md');

const floors: Readonly<Record<string, string>> = {
  may: 'Floor `may`',
  encrypt: 'Floor `encrypt`',
  verify: 'Floor `verify`',
  secure: 'Floor `secure`',
  'dane-only': 'Floor `dane-only`',
};
const messages: Readonly<Record<string, string>> = {
  normal: 'ordinary message',
  requiretls: 'REQUIRETLS',
  'requiretls-null': 'REQUIRETLS, empty reverse-path',
  'tls-required-no': 'TLS-Required: No',
};

type Decided = { readonly line: Input; readonly outcome: string };

/** One sentence for the columns that bind. */
function sentence(result: Result): string {
  if (result.connect !== 'yes') {
    const what = result.connect === 'none' ? 'no host is tried' : 'host is skipped';
    return `${what}: \`${result.reason.replace('|', '` or `')}\` ${result.status.replace('|', ' or ')}, ${result.class}`;
  }
  const channel = {
    opportunistic: 'opportunistic TLS, cleartext allowed',
    encrypted: 'TLS, peer need not authenticate',
    authenticated: `TLS, authenticated by **${result.authn_required.replaceAll('+', ' and ')}**`,
  }[result.tls_required] as string;
  const asked = { must: '; REQUIRETLS after TLS', 'if-offered': '; REQUIRETLS if offered', no: '' }[
    result.mail_requiretls
  ] as string;
  return `${channel}${asked}`;
}

/** Lines that differ in one state only and end alike stand in one row: MTA-STS states first, then TLSA, then MX. */
function fold(decided: readonly Decided[]): readonly (readonly [string, string, string, string])[] {
  type Row = {
    readonly mx: readonly string[];
    readonly tlsa: readonly string[];
    readonly sts: readonly string[];
    readonly outcome: string;
  };
  const joined = (rows: readonly Row[], by: 'mx' | 'tlsa' | 'sts'): readonly Row[] => {
    const groups = new Map<string, Row>();
    for (const row of rows) {
      const key = JSON.stringify({ ...row, [by]: null });
      const known = groups.get(key);
      groups.set(key, known === undefined ? row : { ...known, [by]: [...known[by], ...row[by]] });
    }
    return [...groups.values()];
  };
  const single = decided.map(
    ({ line, outcome }): Row => ({ mx: [line.mx_state], tlsa: [line.tlsa_state], sts: [line.sts_state], outcome }),
  );
  return joined(joined(joined(single, 'sts'), 'tlsa'), 'mx').map(({ mx, tlsa, sts, outcome }) => [
    mx.join(', '),
    tlsa.join(', '),
    sts.length === 8 ? 'any' : sts.join(', '),
    outcome,
  ]);
}

export function renderTable(): string {
  const lines = readVectors();
  const out = [
    '# What must be proven before mail may flow',
    '',
    'Printed from `plan()` by `node test/decision/table.ts --write`; the suite fails when this page is stale. The states',
    'are those of [requirements.md](spec/requirements.md) §3, the rules those of DT-2 in',
    '[decision-tables.md](spec/decision-tables.md). What follows a demand that is not met stands in DT-7 there.',
    '',
    '## Rules, in this order',
    '',
    '| Rule | Of |',
    '|---|---|',
    ...planRules.map(({ id, title }) => `| ${id} | ${title} |`),
  ];
  for (const [floor, floorTitle] of Object.entries(floors)) {
    for (const [message, messageTitle] of Object.entries(messages)) {
      const own = lines.filter((line) => line.floor === floor && line.msg_tls === message);
      const rows = fold(own.map((line) => ({ line, outcome: sentence(decide(line)) })));
      out.push('', `## ${floorTitle}, ${messageTitle}`, '', '| MX | TLSA | MTA-STS | Decision |', '|---|---|---|---|');
      out.push(...rows.map((cells) => `| ${cells.join(' | ')} |`));
    }
  }
  return `${out.join('\n')}\n`;
}

const isFresh = (): boolean => readFileSync(target, 'utf8') === renderTable();

if (import.meta.main) {
  if (process.argv.includes('--write')) writeFileSync(target, renderTable());
  else if (process.argv.includes('--check') && !isFresh()) {
    console.error('docs/decision-table.md is stale: node test/decision/table.ts --write');
    process.exitCode = 1;
  } else if (!process.argv.includes('--check')) process.stdout.write(renderTable());
}
