// Are the tests awake? Plants one fault at a time into a copy of the tree and looks who notices: the named tests, the
// mutation of records and answers, the differential run with its attacker or the decision vectors.
// `npm run planted [-- --write] [-- --only text] [-- --part 1/2]`; ends with 1 when somebody who must notice did not. With
// --write each row goes into docs/proof.md as soon as it is known; rows of other faults stay.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readSection, table, writeSection } from '../proof/document.ts';
import { type Fault, senderFaults, validatorFaults, type Watcher } from './faults.ts';

const { values } = parseArgs({
  options: { write: { type: 'boolean' }, only: { type: 'string' }, part: { type: 'string' } },
});
const [part = 1, parts = 1] = (values.part ?? '1/1').split('/').map(Number);

type Run = { readonly watcher: Watcher; readonly command: (copy: string) => readonly string[] };
type Group = { readonly title: string; readonly faults: readonly Fault[]; readonly runs: readonly Run[] };

const isMutation = (file: string): boolean => file.startsWith('mutation');

const testsIn = (copy: string, folders: readonly string[], pick: (file: string) => boolean): readonly string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(copy, folder))
      .filter((file) => file.endsWith('.test.ts') && pick(file))
      .map((file) => join(folder, file)),
  );

const validator = ['test/core/dnssec'];
const sender = ['test/core/dane', 'test/core/mtasts', 'test/core/policy', 'test/core/x509'];
const agents = ['test/agent/discover.test.ts', 'test/agent/policies.test.ts'];

const groups: readonly Group[] = [
  {
    title: 'The validator',
    faults: validatorFaults,
    runs: [
      {
        watcher: 'named tests',
        command: (copy) => [
          '--test',
          '--test-isolation=none',
          ...testsIn(copy, validator, (file) => !isMutation(file)),
        ],
      },
      {
        watcher: 'mutation',
        command: (copy) => [
          '--test',
          '--test-isolation=none',
          ...testsIn(copy, validator, isMutation),
          'test/properties/replayed-denials.test.ts',
        ],
      },
      { watcher: 'differential', command: () => ['test/interop/differential-run.ts'] },
    ],
  },
  {
    title: 'DANE, TLSA, MTA-STS and the plan',
    faults: senderFaults,
    runs: [
      {
        watcher: 'named tests',
        command: (copy) => [
          '--test',
          '--test-isolation=none',
          ...testsIn(copy, sender, (file) => !isMutation(file)),
          ...agents,
        ],
      },
      {
        watcher: 'mutation',
        command: (copy) => ['--test', '--test-isolation=none', ...testsIn(copy, sender, isMutation)],
      },
      {
        watcher: 'decision vectors',
        command: (copy) => ['--test', '--test-isolation=none', ...testsIn(copy, ['test/decision'], () => true)],
      },
    ],
  },
];

/** Of the differential runs; the same worlds for every fault. */
const world = { SEED: '7', QUESTIONS: '700', PER_WORLD: '700', ATTACKED: '150', UNTIL: 'first' };

const root = join(import.meta.dirname, '../..');
const copy = mkdtempSync(join(tmpdir(), 'sekisho-planted-'));
const missed: string[] = [];
try {
  for (const folder of ['src', 'test', 'docs', 'policies', 'package.json'])
    cpSync(join(root, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const group of groups) {
    const faults = group.faults
      .filter(({ name }) => name.includes(values.only ?? ''))
      .filter((_, index) => index % parts === part - 1);
    if (faults.length === 0) continue;
    if (look(group, 'nothing planted').includes(true))
      throw new Error(`${group.title}: the tests fail without a fault`);
    for (const fault of faults) tryOut(group, fault);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
for (const line of missed) console.log(line);
process.exitCode = missed.length === 0 ? 0 : 1;

function tryOut(group: Group, fault: Fault): void {
  const undo = plant(fault);
  const noticed = look(group, fault.name);
  undo();
  const asleep = group.runs.filter(
    ({ watcher }, index) => !noticed[index] && (watcher === 'named tests' || fault.mustSee.includes(watcher)),
  );
  missed.push(...asleep.map(({ watcher }) => `${fault.name}: not noticed by ${watcher}`));
  if (values.write === true) writeSection('planted', sectionWith(fault.name, noticed));
}

/** One line of the table; for each run whether it noticed. */
function look({ runs }: Group, name: string): readonly boolean[] {
  const noticed = runs.map(({ command }) => {
    try {
      execFileSync(process.execPath, command(copy), {
        cwd: copy,
        stdio: 'ignore',
        env: { ...process.env, ...world, KEPT: join(copy, 'kept') },
      });
      return false;
    } catch {
      return true;
    }
  });
  const words = runs.map(({ watcher }, index) => `${watcher}: ${noticed[index] ? 'NOTICED' : 'quiet'}`);
  console.log(`${name.padEnd(60)} ${words.join('  ')}`);
  return noticed;
}

function plant({ file, from, to }: Fault): () => void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
  writeFileSync(
    path,
    text.replace(from, () => to),
  );
  return () => writeFileSync(path, text);
}

/** The section as it stands, with this row new. */
function sectionWith(name: string, noticed: readonly boolean[]): string {
  const known = new Map(
    (readSection('planted') ?? '').split('\n').flatMap((line) => {
      const [, fault = '', ...cells] = line.split('|').map((cell) => cell.trim());
      return cells.length > 3 ? [[fault, cells.slice(1, -1)] as const] : [];
    }),
  ).set(
    name,
    noticed.map((did) => (did ? 'noticed' : '–')),
  );
  const tables = groups.map(({ title, faults, runs }) => {
    const columns = ['Fault', 'File', ...runs.map(({ watcher }) => watcher)];
    const rows = faults.map((fault) => [
      fault.name,
      `\`${fault.file.replace('src/', '')}\``,
      ...(known.get(fault.name) ?? runs.map(() => 'not run')),
    ]);
    return `### ${title}\n\n${table(columns, rows)}`;
  });
  return [
    '## Planted faults: `npm run planted`',
    [
      `${validatorFaults.length + senderFaults.length} faults, one at a time, in a copy of the tree. The named tests must notice every one; who else must is`,
      'told in `test/planted/faults.ts`, and a run that sleeps there ends the command with 1. A dash: another rule stands behind',
      `the broken one, or chance did not make the case within ${world.QUESTIONS} questions of seed ${world.SEED} and their attacker.`,
    ].join('\n'),
    ...tables,
  ].join('\n\n');
}
