// Whole runs of a rollover against a small world, and the same killed before and after each thing that they do.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type RolloverEvent, type RolloverPorts, rollOver } from '../../src/agent/rollover.ts';
import { type Instant, instant, seconds } from '../../src/core/base/brand.ts';
import { ok } from '../../src/core/base/result.ts';
import { bareForm } from '../../src/core/dane/forms.ts';
import type { TlsaData } from '../../src/core/dane/make.ts';
import {
  type Act,
  type Chain,
  type Facts,
  firstMemory,
  type Lineage,
  type Memory,
  recordFor,
} from '../../src/core/dane/rollover.ts';
import { type Certificate, readCertificate } from '../../src/core/x509/certificate.ts';
import { issueLeaf } from '../../src/lab/certificates.ts';

const hour = 3600_000;
const ee = { usage: 3, selector: 1, matching: 1 } as const;
const lineage: Lineage = { parameters: [ee], keep: [], confirm: seconds(86_400) };
let old: Chain;
let fresh: Chain;
const newChain = async (): Promise<Chain> => [
  readCertificate((await issueLeaf({ names: ['mx.example'] })).der) as Certificate,
];
before(async () => {
  [old, fresh] = [await newChain(), await newChain()];
});
const recordOf = (chain: Chain): TlsaData => recordFor(ee, chain) as TlsaData;

type World = {
  now: Instant;
  live: Chain;
  loaded: Chain;
  /** Primary and secondary. */
  sets: (readonly TlsaData[])[];
  disk: Memory;
  /** Each state as it was written. */
  readonly written: string[];
  /** Which of the things that change something is the last one: nothing after it happens. */
  killedAt: number;
  done: number;
  install: 'done' | 'none';
};

class Killed extends Error {}

const world = (killedAt: number): World => ({
  now: instant(Date.now()),
  live: old,
  loaded: old,
  sets: [[recordOf(old)], [recordOf(old)]],
  disk: firstMemory,
  written: [],
  killedAt,
  done: 0,
  install: 'done',
});

function portsOf(w: World): RolloverPorts {
  // Two places for a kill in each effect: before it, and after.
  const effect = (act: () => void): void => {
    if (w.done++ === w.killedAt) throw new Killed();
    act();
    if (w.done++ === w.killedAt) throw new Killed();
  };
  const hooks: Readonly<Record<string, (act: Act) => void>> = {
    publish: (act) => {
      if (act.kind === 'publish') w.sets[0] = act.records;
    },
    install: () => {
      w.live = fresh;
    },
    reload: () => {
      w.loaded = w.live;
    },
  };
  return {
    clock: { now: () => w.now } as RolloverPorts['clock'],
    held: async () => ok({ live: w.live, offered: fresh, offeredFaults: [], spare: undefined }),
    look: async () =>
      ({
        views: w.sets.map((records, at) => ({
          server: `ns${at}`,
          owner: 'o',
          kind: 'records',
          records,
          ttl: seconds(3600),
        })),
        shown: [{ at: 'mx', kind: w.loaded === w.live ? 'live' : 'other', says: '' }],
      }) as unknown as Facts,
    recall: async () => ok(w.disk),
    remember: async (memory) =>
      effect(() => {
        w.disk = memory;
        if (w.written.at(-1) !== memory.phase) w.written.push(memory.phase);
      }),
    hook: async (name, act) => {
      if (name === 'install' && w.install === 'none') return ok('none');
      effect(() => hooks[name]?.(act));
      return ok('done');
    },
  };
}

/** As cron does it: what became of it is seen at the next time. */
async function run(w: World, mode: 'plan' | 'run' = 'run'): Promise<readonly RolloverEvent[]> {
  const events: RolloverEvent[] = [];
  try {
    for await (const found of rollOver(portsOf(w), lineage, mode)) if (found.kind === 'ok') events.push(found.value);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return events;
}

const runs = async (w: World, times: number): Promise<void> => {
  for (let at = 0; at < times; at += 1) {
    await run(w);
    w.sets = w.sets.map(() => w.sets[0] as readonly TlsaData[]);
    w.now = instant(w.now + 13 * hour);
  }
};

const states = ['stable', 'next-published', 'waiting', 'ready', 'switched', 'cleanup', 'stable'];

test('OPS-36 every state is on the disk in its turn, wherever a run is killed', async () => {
  const whole = world(-1);
  await runs(whole, 8);
  assert.deepEqual(whole.written, states);
  // Later ones are in runs that have nothing to do.
  const places = whole.done - 8;
  assert.ok(places > 20);
  for (let at = 0; at < places; at += 1) {
    const w = world(at);
    await runs(w, 10);
    // What the servers have done by the next run needs no state of its own: the record stands, or is gone, everywhere.
    const seen = new Set(w.written);
    const passed = states.filter((state) => seen.has(state) || !['next-published', 'cleanup'].includes(state));
    assert.deepEqual(w.written, passed, `killed at ${at}`);
    assert.equal(w.loaded, fresh);
    assert.deepEqual(w.sets[1]?.map(bareForm), [bareForm(recordOf(fresh))]);
  }
});

test('OPS-36 what is decided and not done is no state, but that the switch may come now is one', async () => {
  const w = world(-1);
  const [planned] = await run(w, 'plan');
  assert.deepEqual([planned?.act.kind, planned?.memory.phase], ['publish', 'stable']);
  await runs(w, 3);
  w.install = 'none';
  const [shown] = await run(w, 'plan');
  assert.deepEqual([shown?.act.kind, shown?.memory.phase, w.disk.phase], ['install', 'ready', 'waiting']);
  const [byHand] = await run(w);
  assert.deepEqual([byHand?.outcome.kind, byHand?.memory.phase, w.disk.phase], ['by-hand', 'ready', 'ready']);
  // A server that lost the record takes the leave back.
  const both = w.sets[0] as readonly TlsaData[];
  w.sets = [both, [recordOf(old)]];
  await run(w);
  assert.equal(w.disk.phase, 'next-published');
  // The person did it; the services are next.
  Object.assign(w, { sets: [both, both], live: fresh });
  await runs(w, 6);
  assert.deepEqual([w.loaded === fresh, w.disk.phase], [true, 'stable']);
});
