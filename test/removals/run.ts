// Takes one thing after the other away from a copy of the relay and besieges it: at least one row must fall each time.
// `node test/removals/run.ts [--only n] [--write]`; --write prints docs/siege-removals.md. Not part of `npm test`.

import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Removal, removals } from './list.ts';

const root = join(import.meta.dirname, '../..');
const document = 'docs/siege-removals.md';

type Outcome = { readonly removal: Removal; readonly number: number; readonly verdicts: ReadonlyMap<string, string> };

const only = process.argv.includes('--only') ? Number(process.argv[process.argv.indexOf('--only') + 1]) : undefined;
const write = process.argv.includes('--write');
if (only !== undefined && (removals[only - 1] === undefined || write)) {
  console.error(`--only takes 1 to ${removals.length}, and not with --write`);
  process.exit(2);
}

const tree = mkdtempSync(join(tmpdir(), 'sekisho-removals-'));
try {
  for (const part of ['src', 'bin', 'policies', 'package.json'])
    cpSync(join(root, part), join(tree, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
  const outcomes: Outcome[] = [];
  for (const [index, removal] of removals.entries()) {
    const number = index + 1;
    if (only !== undefined && only !== number) continue;
    const outcome = { removal, number, verdicts: await besiegeWithout(removal) };
    outcomes.push(outcome);
    console.log(lineOf(outcome));
  }
  const missed = outcomes.filter((outcome) => fallenIn(outcome).length === 0);
  for (const { number, removal } of missed) console.error(`${number}: no row fell: ${removal.takesAway}`);
  if (write && missed.length === 0) writeFileSync(join(root, document), documentOf(outcomes));
  process.exitCode = missed.length === 0 ? 0 : 1;
} finally {
  rmSync(tree, { recursive: true, force: true });
}

/** @returns row to verdict. @throws Error when a text to find does not stand exactly once. */
async function besiegeWithout(removal: Removal): Promise<ReadonlyMap<string, string>> {
  const files = new Set(removal.edits.map(({ file }) => file));
  try {
    for (const { file, find, replace } of removal.edits) {
      const text = readFileSync(join(tree, file), 'utf8');
      if (text.split(find).length !== 2) throw new Error(`${file}: not exactly once: ${JSON.stringify(find)}`);
      writeFileSync(
        join(tree, file),
        text.replace(find, () => replace),
      );
    }
    return await besiege(removal.rows);
  } finally {
    for (const file of files) cpSync(join(root, file), join(tree, file));
  }
}

function besiege(rows: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const args = [join(tree, 'bin/sekisho.mjs'), 'siege', '--json', '--only', rows.join(',')];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: tree, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => {
        const lines = out.split('\n').filter((line) => line.startsWith('{'));
        const told = lines.map((line) => JSON.parse(line) as { kind: string; id: string; verdict: string });
        const attacks = told.filter(({ kind }) => kind === 'attack');
        if (attacks.length === 0) reject(new Error(`the siege told nothing: ${error?.message} ${err.slice(-2000)}`));
        else resolve(new Map(attacks.map(({ id, verdict }) => [id, verdict])));
      },
    );
  });
}

function fallenIn({ verdicts }: Outcome): readonly string[] {
  return [...verdicts].flatMap(([id, verdict]) => (verdict === 'fell' ? [id] : []));
}

function lineOf(outcome: Outcome): string {
  const others = [...outcome.verdicts].filter(([, verdict]) => verdict !== 'fell').map((pair) => pair.join(' '));
  const { number, removal } = outcome;
  return `${String(number).padStart(2)} ${removal.area}: ${removal.takesAway}: fell ${fallenIn(outcome).join(' ') || 'nothing'}${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
}

function documentOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { number, removal } = outcome;
    const files = [...new Set(removal.edits.map(({ file }) => `\`${file}\``))].join(', ');
    return `| ${number} | ${removal.area} | ${removal.takesAway} | ${files} | ${fallenIn(outcome).join(', ')} |`;
  });
  return `# The siege can fail

Printed by \`node test/removals/run.ts --write\`. Each line names one defence that was taken out of a copy of the relay, and
the rows of \`sekisho siege\` that fell without it. A removal after which every row still holds fails the script.
The texts taken out stand in \`test/removals/list.ts\`.

| # | Part | Taken away | File | Rows that fell |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
