// `npm run faults [-- --rounds 1000] [--minutes 60] [--only name] [--write]`: the long job. Each fault once, then the relay is
// killed again and again; `--write` puts the counters into docs/faults.md. Needs root (it mounts), strace, prlimit, iproute2
// and a control group for memory.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Counters } from './bench.ts';
import { faults } from './faults.ts';
import { killLoop } from './kill.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '240' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

type Row = { readonly name: string; readonly does: string; readonly counters: Counters };

const told = (counters: Counters): string =>
  Object.entries(counters)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

async function all(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const take = (row: Row): void => {
    rows.push(row);
    console.log(`${row.name}: ${told(row.counters)}`);
  };
  for (const { name, does, run } of faults)
    if (values.only === undefined || values.only === name) take({ name, does, counters: await run('whole') });
  const rounds = Number(values.rounds);
  if (rounds === 0 || (values.only !== undefined && values.only !== 'kill')) return rows;
  const seed = Number(values.seed);
  const until = performance.now() + Number(values.minutes) * 60_000;
  const counters = await killLoop({ rounds, seed, until, tell: (line) => console.log(line) });
  take({ name: 'SIGKILL', does: `at random moments while it starts, accepts and delivers, seed ${seed}`, counters });
  return rows;
}

function documentOf(rows: readonly Row[]): string {
  const commit = execFileSync('git', ['log', '-1', '--format=%h', '--', 'src']).toString().trim();
  return `# Faults

Written by \`npm run faults -- --write\` on ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, source at ${commit}. Each
fault meets a relay in a process of its own; it must go on working or refuse with 4yz, and take and deliver mail again by itself when
the fault is over. Every message that got a 250 must arrive; those are counted by number, those of the kill rounds by the hash of
their octets. CI runs the same with 50 kill rounds, and with a tenth of the deadlines that lost peers run into
(\`test/interop/faults.test.ts\`).

| Fault | What happens | Counted |
|---|---|---|
${rows.map(({ name, does, counters }) => `| ${name} | ${does} | ${told(counters)} |`).join('\n')}

*repeated*: copies beyond the first of a message that a sink had taken before a kill and the queue had not yet settled at that kill, as
RFC 5321 §6.1 allows; *wronglyRepeated*: copies of one that was settled. *unanswered*: sent to the end, killed before the reply. *cut
off*: the connection ended without a reply, so the client keeps the message. *group peak*: with files that the kernel may drop.
`;
}

const rows = await all();
if (values.write) writeFileSync(join(import.meta.dirname, '../../docs/faults.md'), documentOf(rows));
// The laboratories of the faults are still open.
process.exit(0);
