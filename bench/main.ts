// npm run bench: source → relay → sink on loopback, every destination with DANE, sekisho beside Postfix in the same run.

import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openGroup, removeGroups } from './group.ts';
import { startSink } from './load.ts';
import {
  backlog,
  cold,
  curves,
  diskCalls,
  diskFloor,
  huge,
  large,
  type Parties,
  type Result,
  throughput,
  verification,
  warmUp,
  workloads,
} from './measure.ts';
import { at, furnish, goInside, hasPostfix, isInside, machine, missing } from './place.ts';
import { type Relay, relays } from './relays.ts';
import { charts, type Report, toMarkdown } from './report.ts';
import { dnsCommands, makeZones } from './zones.ts';

/** What is measured unless asked for otherwise, and what is measured when asked for. */
const everyday = 'verification,throughput,backlog,large,disk,cold';
const more = ['huge', 'workers'];
const usual = ['sekisho', 'sekisho-other', 'postfix', 'postfix-tuned'];

const usage = `npm run bench [-- options]        as root; bench/setup.sh prepares a Debian machine
  --short             only: does everything arrive, verified, and nothing where the TLSA is wrong?
  --parts a,b         ${everyday}, also ${more.join(',')}
  --relays a,b        sekisho,postfix,postfix-tuned (those), also sekisho-tuned,sekisho-2
  --workloads a,b     ${Object.keys(workloads).join(',')} (all)
  --runs n            of each workload, interleaved (5)
  --backlog n         messages (20000)
  --huge n            messages for the part of that name (200000)
  --curves folder     one thing grows at a time: tables, and charts into the folder
  --out file          JSON (bench.json in $BENCH_DIR)
  --against folder    another checkout of sekisho, installed (npm ci), as a further relay
  --profile           CPU profiles of sekisho into $BENCH_DIR/profiles
  --report file       prints the tables of an earlier run
`;

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    parts: { type: 'string', default: everyday },
    relays: { type: 'string' },
    workloads: { type: 'string', default: Object.keys(workloads).join(',') },
    runs: { type: 'string', default: '5' },
    backlog: { type: 'string', default: '20000' },
    huge: { type: 'string', default: '200000' },
    curves: { type: 'string' },
    out: { type: 'string', default: at('bench.json') },
    against: { type: 'string' },
    profile: { type: 'boolean', default: false },
    report: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  if (options.report !== undefined) {
    process.stdout.write(toMarkdown(JSON.parse(readFileSync(options.report, 'utf8')) as Report));
    return 0;
  }
  if (!isInside()) {
    const without = missing();
    for (const what of without) say(`missing: ${what}`);
    if (without.length > 0) return 2;
    if (!hasPostfix()) say('without Postfix: bench/setup.sh puts it beside');
    const code = goInside();
    removeGroups();
    return code;
  }
  furnish();
  const parties = await openParties();
  const all = relays({ against: options.against, profile: options.profile ? 'profiled' : 'plain' });
  const wanted = options.relays?.split(',') ?? usual;
  const chosen = all.filter(({ name }) => wanted.includes(name));
  return options.short ? short(parties, chosen) : full(parties, chosen, all);
}

async function openParties(): Promise<Parties> {
  makeZones();
  const parties = { source: openGroup('source'), sink: openGroup('sink'), dns: openGroup('dns') };
  for (const command of dnsCommands) lasting(parties.dns.start(command), command[0]);
  lasting(startSink(parties.sink), 'sink');
  await sleep(1000);
  return parties;
}

/** Nothing is measured without it. */
function lasting(child: ChildProcess, name: string | undefined): void {
  child.once('exit', (code, signal) => {
    say(`${name} ended by itself (${code ?? signal}), see ${at('logs')}`);
    process.exit(1);
  });
}

async function short(parties: Parties, chosen: readonly Relay[]): Promise<number> {
  let code = 0;
  for (const relay of chosen) {
    const { verdict } = await fresh(relay, () => verification(parties, relay));
    say(`${relay.name}: ${verdict}`);
    if (verdict !== 'as expected') code = 1;
  }
  return code;
}

async function full(parties: Parties, chosen: readonly Relay[], all: readonly Relay[]): Promise<number> {
  const results: Result[] = [];
  const report: Report = {
    schema: 'sekisho.bench/1',
    at: new Date().toISOString(),
    machine: machine(),
    relays: Object.fromEntries(chosen.map((relay) => [relay.name, { version: relay.version(), notes: relay.notes }])),
    disk_floor_ms: diskFloor(),
    results,
  };
  const keep = (result: Result): void => {
    results.push(result);
    say(JSON.stringify(result));
    writeFileSync(options.out, `${JSON.stringify(report, undefined, 1)}\n`);
  };
  const parts = options.curves === undefined ? options.parts.split(',') : [];
  const each = async (part: string, measure: (relay: Relay) => Promise<Result>): Promise<void> => {
    if (!parts.includes(part)) return;
    for (const relay of chosen) keep(await fresh(relay, () => measure(relay)));
  };
  await each('verification', (relay) => verification(parties, relay));
  if (parts.includes('throughput')) await interleaved(parties, chosen, keep);
  const warm =
    (measure: (relay: Relay) => Promise<Result>) =>
    async (relay: Relay): Promise<Result> => {
      await warmUp(parties, relay);
      return measure(relay);
    };
  await each(
    'backlog',
    warm((relay) => backlog(parties, relay, Number(options.backlog))),
  );
  await each(
    'large',
    warm((relay) => large(parties, relay, 6)),
  );
  await each(
    'disk',
    warm((relay) => diskCalls(parties, relay, 500)),
  );
  await each(
    'cold',
    warm((relay) => cold(parties, relay)),
  );
  await each('huge', (relay) => huge(parties, relay, Number(options.huge)));
  if (parts.includes('workers'))
    await interleaved(
      parties,
      all.filter(({ name }) => name === 'sekisho' || name === 'sekisho-2'),
      keep,
      ['A5k-tls'],
    );
  if (options.curves !== undefined) await grow(parties, chosen, keep);
  process.stdout.write(toMarkdown(report));
  if (options.curves !== undefined) {
    mkdirSync(options.curves, { recursive: true });
    for (const [name, svg] of charts(report)) writeFileSync(`${options.curves}/${name}.svg`, svg);
  }
  say(`written: ${options.out}`);
  return results.every(({ verdict }) => verdict === 'all arrived' || verdict === 'as expected') ? 0 : 1;
}

/** Another order each time: what disturbs the machine disturbs all. */
async function interleaved(
  parties: Parties,
  chosen: readonly Relay[],
  keep: (result: Result) => void,
  names: readonly string[] = options.workloads.split(','),
): Promise<void> {
  for (let run = 0; run < Number(options.runs); run += 1) {
    const first = run % Math.max(chosen.length, 1);
    for (const relay of [...chosen.slice(first), ...chosen.slice(0, first)]) {
      await fresh(relay, async () => {
        await warmUp(parties, relay);
        for (const name of names) {
          const work = workloads[name];
          if (work === undefined) throw new Error(`there is no workload ${name}`);
          keep(await throughput(parties, relay, name, work));
        }
      });
    }
  }
}

async function grow(parties: Parties, chosen: readonly Relay[], keep: (result: Result) => void): Promise<void> {
  for (const relay of chosen)
    await fresh(relay, async () => {
      await warmUp(parties, relay);
      for (const [curve, { points }] of Object.entries(curves))
        for (const { x, ...work } of points)
          keep({ ...(await throughput(parties, relay, `${curve} ${x}`, work)), kind: 'curve', curve, x });
    });
}

async function fresh<T>(relay: Relay, act: () => Promise<T>): Promise<T> {
  relay.clear();
  try {
    await relay.start();
    return await act();
  } finally {
    await relay.stop();
    relay.clear();
  }
}

process.exit(await main());
