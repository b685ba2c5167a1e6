// The planner against a small world of name servers that follow one another and services that load files: every life of a
// certificate, with crashes between act and memory.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Instant, instant, type Seconds, seconds } from '../../../src/core/base/brand.ts';
import { bareForm, parseTlsaText } from '../../../src/core/dane/forms.ts';
import type { TlsaData, TlsaParameters } from '../../../src/core/dane/make.ts';
import {
  type Act,
  type Chain,
  type Facts,
  firstMemory,
  fits,
  type Held,
  type Lineage,
  type Memory,
  nextStep,
  recordFor,
  type Step,
} from '../../../src/core/dane/rollover.ts';
import { type Certificate, readCertificate } from '../../../src/core/x509/certificate.ts';
import { type Certified, issueLeaf, makeAuthority } from '../../../src/lab/certificates.ts';

const hour = 3600_000;
const ee: TlsaParameters = { usage: 3, selector: 1, matching: 1 };
const ta: TlsaParameters = { usage: 2, selector: 0, matching: 1 };

let issuer: Certified;
let a: Chain;
let b: Chain;
let renewedA: Chain;
let alone: Chain;

const chainOf = (...all: readonly Certified[]): Chain =>
  all.map(({ der }) => readCertificate(der) as Certificate) as unknown as Chain;

before(async () => {
  issuer = await makeAuthority({ subject: 'CN=issuer' });
  const one = await issueLeaf({ names: ['mx.example'], issuer });
  a = chainOf(one, issuer);
  b = chainOf(await issueLeaf({ names: ['mx.example'], issuer }), issuer);
  renewedA = chainOf(await issueLeaf({ names: ['mx.example'], issuer, keys: one.keys }), issuer);
  alone = chainOf(await issueLeaf({ names: ['mx.example'] }));
});

type World = {
  now: Instant;
  memory: Memory;
  lineage: Lineage;
  held: Held;
  /** Primary, secondary, resolver: each set as it stands there. */
  sets: (readonly TlsaData[] | 'silent')[];
  ttl: Seconds;
  /** What the service shows. */
  loaded: Chain | 'away';
  acts: Act[];
};

const spareOf = (chain: Chain): Held['spare'] => ({ from: 'public-key', spki: chain[0].spki });

function world(live: Chain, changes: Partial<World> = {}): World {
  return {
    now: instant(Date.now()),
    memory: firstMemory,
    lineage: { parameters: [ee], keep: [], confirm: seconds(86_400) },
    held: { live, offered: live, offeredFaults: [], spare: undefined },
    sets: [[], [], []],
    ttl: seconds(3600),
    loaded: live,
    acts: [],
    ...changes,
  };
}

const recordsOf = (chain: Chain, ...parameters: readonly TlsaParameters[]): readonly TlsaData[] =>
  parameters.map((one) => recordFor(one, chain) as TlsaData);

function look(w: World): Step {
  const views = w.sets.map((records, at) =>
    records === 'silent'
      ? ({ server: `ns${at}`, owner: 'o', kind: 'failed', says: 'no answer' } as const)
      : ({ server: `ns${at}`, owner: 'o', kind: 'records', records, ttl: w.ttl } as const),
  );
  const kind = w.loaded === 'away' ? 'unreached' : w.loaded[0].der === w.held.live[0].der ? 'live' : 'other';
  const facts = { views, shown: [{ at: '192.0.2.1 with SNI', kind, says: '' }] } as unknown as Facts;
  return nextStep(w.lineage, w.held, facts, w.memory, w.now);
}

/** Does the act. `crash`: the memory of it is lost. @returns the act. */
function turn(w: World, ending: 'remembered' | 'crash' = 'remembered'): Act {
  const { act, memory } = look(w);
  w.acts.push(act);
  if (act.kind === 'publish') w.sets[0] = act.records;
  if (act.kind === 'install') w.held = { ...w.held, live: w.held.offered };
  if (act.kind === 'install' || act.kind === 'reload') w.loaded = w.held.live;
  if (ending === 'remembered') w.memory = memory;
  return act;
}

const spread = (w: World): void => {
  w.sets = w.sets.map(() => w.sets[0] as readonly TlsaData[]);
};
const later = (w: World, milliseconds: number): void => {
  w.now = instant(w.now + milliseconds);
};
const textsOf = (records: readonly TlsaData[] | 'silent' | undefined): readonly string[] =>
  records === 'silent' || records === undefined ? [] : records.map(bareForm).sort();

test('DANE-89 OPS-30 OPS-36 current and next: from nothing through every state, and a second run does nothing', () => {
  const w = world(a);
  w.held = { ...w.held, spare: spareOf(b) };
  assert.equal(turn(w).kind, 'publish');
  assert.equal(w.memory.phase, 'next-published');
  assert.deepEqual(textsOf(w.sets[0]), [...recordsOf(a, ee), ...recordsOf(b, ee)].map(bareForm).sort());
  assert.deepEqual(turn(w), { kind: 'wait', because: 'spreading', until: null, where: ['ns1 (o)', 'ns2 (o)'] });
  spread(w);
  assert.equal(turn(w).kind, 'wait');
  assert.equal(w.memory.phase, 'waiting');
  later(w, 24 * hour + 1);
  assert.equal(turn(w).kind, 'rest');
  assert.equal(w.memory.phase, 'stable');
  const settled = w.memory;
  assert.equal(turn(w).kind, 'rest');
  assert.deepEqual(w.memory, settled);
  // The certificate for the next key comes: its record has stood long enough.
  w.held = { ...w.held, offered: b, spare: undefined };
  assert.deepEqual(turn(w), { kind: 'install', because: 'waited' });
  assert.equal(w.memory.phase, 'switched');
  const drop = turn(w);
  assert.ok(drop.kind === 'publish' && drop.because === 'cleanup');
  assert.equal(w.memory.phase, 'cleanup');
  assert.equal(turn(w).kind, 'wait');
  spread(w);
  assert.equal(turn(w).kind, 'rest');
  assert.equal(w.memory.phase, 'stable');
  assert.deepEqual(textsOf(w.sets[2]), textsOf(recordsOf(b, ee)));
});

test('OPS-31 a renewal with the same key is installed at once and changes no record', () => {
  const w = world(a, { sets: [recordsOf(a, ee), recordsOf(a, ee), recordsOf(a, ee)] });
  w.held = { ...w.held, offered: renewedA };
  assert.deepEqual(turn(w), { kind: 'install', because: 'same-key' });
  assert.equal(turn(w).kind, 'rest');
  assert.ok(!w.acts.some(({ kind }) => kind === 'publish'));
});

test('OPS-31 the same key does not help a record of the whole certificate', () => {
  const whole: TlsaParameters = { usage: 3, selector: 0, matching: 1 };
  const both = recordsOf(a, ee, whole);
  const w = world(a, { sets: [both, both, both] });
  w.lineage = { ...w.lineage, parameters: [ee, whole] };
  w.held = { ...w.held, offered: renewedA };
  assert.equal(turn(w).kind, 'publish');
  spread(w);
  assert.equal(turn(w).kind, 'wait');
});

test('OPS-32 OPS-36 ATK-116 no switch while one server has only the old record, or does not answer', () => {
  const old = recordsOf(a, ee);
  const w = world(a, { sets: [old, old, old] });
  w.held = { ...w.held, offered: b };
  assert.equal(turn(w).kind, 'publish');
  w.sets = [w.sets[0] as readonly TlsaData[], w.sets[0] as readonly TlsaData[], old];
  later(w, 0.5 * hour);
  assert.deepEqual(turn(w), { kind: 'refuse', because: 'not-everywhere', where: ['ns2 (o)'] });
  w.sets[2] = 'silent';
  assert.deepEqual(turn(w), { kind: 'unclear', because: 'servers', where: ['ns2 (o): no answer'] });
  assert.equal(w.held.live, a);
  assert.ok(!w.acts.some(({ kind }) => kind === 'install'));
});

test('DANE-89 OPS-33 OPS-35 the wait is twice the old TTL or the interval, whichever is longer, from when all servers had it', () => {
  for (const [ttl, confirm, wait] of [
    [3600, 86_400, 86_400],
    [86_400, 43_200, 172_800],
    [300, 43_200, 43_200],
  ] as const) {
    const old = recordsOf(a, ee);
    const w = world(a, { sets: [old, old, old], ttl: seconds(ttl) });
    w.lineage = { ...w.lineage, confirm: seconds(confirm) };
    w.held = { ...w.held, offered: b };
    turn(w);
    // A shorter TTL of the new set does not shorten the life of the old one in caches.
    w.ttl = seconds(60);
    later(w, 0.9 * hour);
    spread(w);
    const waiting = turn(w);
    assert.ok(waiting.kind === 'wait' && waiting.because === 'time');
    assert.equal(waiting.until, w.now + wait * 1000);
    later(w, wait * 1000 - 1);
    assert.equal(turn(w).kind, 'wait');
    later(w, 1);
    assert.deepEqual(turn(w), { kind: 'install', because: 'waited' });
    // Never both in one step.
    assert.deepEqual(
      w.acts.map(({ kind }) => kind),
      ['publish', 'wait', 'wait', 'install'],
    );
  }
});

test('OPS-33 a record that one server loses begins its wait anew', () => {
  const old = recordsOf(a, ee);
  const w = world(a, { sets: [old, old, old] });
  w.held = { ...w.held, offered: b };
  turn(w);
  spread(w);
  turn(w);
  const both = w.sets[0] as readonly TlsaData[];
  later(w, 23 * hour);
  w.sets[1] = old;
  assert.notEqual(turn(w).kind, 'install');
  w.sets = [both, both, both];
  later(w, 2 * hour);
  assert.equal(turn(w).kind, 'wait');
});

test('DANE-89 OPS-34 old records stay until every address shows the new chain', () => {
  const both = [...recordsOf(a, ee), ...recordsOf(b, ee)];
  const w = world(b, { sets: [both, both, both], loaded: a });
  later(w, 0);
  assert.deepEqual(turn(w), { kind: 'reload' });
  w.loaded = 'away';
  assert.equal(turn(w).kind, 'unclear');
  assert.deepEqual(textsOf(w.sets[0]), textsOf(both));
  w.loaded = b;
  assert.equal(turn(w).kind, 'wait');
  later(w, 25 * hour);
  const drop = turn(w);
  assert.ok(drop.kind === 'publish' && drop.because === 'cleanup');
  assert.deepEqual(textsOf(drop.remove), textsOf(recordsOf(a, ee)));
});

test('OPS-36 wherever a run is cut off between act and memory, the next one ends in the same place, and mail never fails', () => {
  // Nine turns are enough for everything; each of them is cut off once.
  for (let cut = 0; cut < 9; cut += 1) {
    const old = recordsOf(a, ee);
    const w = world(a, { sets: [old, old, old] });
    w.held = { ...w.held, offered: b };
    for (let at = 0; at < 14; at += 1) {
      turn(w, at === cut ? 'crash' : 'remembered');
      // RFC 7671 §8: what is shown matches each combination of what any server gives out.
      for (const set of w.sets)
        assert.ok(
          (set as readonly TlsaData[]).some((record) => fits(record, w.loaded as Chain)),
          `cut ${cut}, turn ${at}`,
        );
      if (at % 2 === 1) spread(w);
      later(w, 13 * hour);
    }
    assert.equal(w.held.live, b);
    assert.deepEqual(textsOf(w.sets[2]), textsOf(recordsOf(b, ee)), `cut ${cut}`);
    assert.equal(w.memory.phase, 'stable');
  }
});

test('OPS-41 a new combination is published for the key in use, and the old one goes whole when it has stood long enough', () => {
  const sha512: TlsaParameters = { usage: 3, selector: 1, matching: 2 };
  const old = [...recordsOf(a, ee), ...recordsOf(b, ee)];
  const w = world(a, { sets: [old, old, old] });
  w.held = { ...w.held, spare: spareOf(b) };
  w.lineage = { ...w.lineage, parameters: [sha512] };
  const add = turn(w);
  assert.ok(add.kind === 'publish');
  // For each key; nothing is taken away yet.
  assert.deepEqual(textsOf(add.add), textsOf([...recordsOf(a, sha512), ...recordsOf(b, sha512)]));
  assert.deepEqual(add.remove, []);
  spread(w);
  assert.equal(turn(w).kind, 'wait');
  later(w, 25 * hour);
  const drop = turn(w);
  assert.ok(drop.kind === 'publish');
  assert.deepEqual(textsOf(drop.remove), textsOf(old));
  assert.deepEqual(textsOf(drop.records), textsOf([...recordsOf(a, sha512), ...recordsOf(b, sha512)]));
});

test('OPS-41 from EE to TA by way of an EE record for the new key', () => {
  const old = recordsOf(alone, ee);
  const w = world(alone, { sets: [old, old, old] });
  w.lineage = { ...w.lineage, parameters: [ta] };
  // The chain in use has no issuer: nothing can be done yet, and nothing is taken away.
  assert.equal(turn(w).kind, 'rest');
  assert.deepEqual(textsOf(w.sets[0]), textsOf(old));
  w.held = { ...w.held, offered: b };
  const first = turn(w);
  assert.ok(first.kind === 'publish');
  assert.deepEqual(textsOf(first.add), textsOf(recordsOf(b, ee)));
  spread(w);
  turn(w);
  later(w, 25 * hour);
  assert.equal(turn(w).kind, 'install');
  const second = turn(w);
  assert.ok(second.kind === 'publish' && second.because === 'next');
  assert.deepEqual(textsOf(second.add), textsOf(recordsOf(b, ta)));
  spread(w);
  turn(w);
  later(w, 25 * hour);
  turn(w);
  assert.deepEqual(textsOf(w.sets[0]), textsOf(recordsOf(b, ta)));
});

test('OPS-41 a combination that the next chain cannot have forbids the switch', () => {
  const old = recordsOf(b, ta);
  const w = world(b, { sets: [old, old, old] });
  w.lineage = { ...w.lineage, parameters: [ta] };
  w.held = { ...w.held, offered: alone };
  assert.equal((turn(w) as { because: string }).because, 'no-anchor-in-chain');
});

test('DANE-93 OPS-42 a compromised key: its record goes at once, the replacement comes at once, and caches are told of', () => {
  const old = recordsOf(a, ee);
  const w = world(a, { sets: [old, old, old] });
  w.memory = { ...firstMemory, compromised: recordsOf(a, ee).map(bareForm) };
  w.held = { ...w.held, offered: b };
  const { act, notes } = look(w);
  assert.ok(act.kind === 'publish' && act.because === 'compromised');
  assert.deepEqual(textsOf(act.records), textsOf(recordsOf(b, ee)));
  assert.ok(notes.some((note) => note.kind === 'caches-until' && note.until === w.now + 3600_000));
  turn(w);
  assert.deepEqual(turn(w), { kind: 'install', because: 'compromised' });
  assert.equal(w.loaded, b);
  // Without a replacement the record goes all the same.
  const bare = world(a, { sets: [old, old, old], memory: w.memory });
  assert.deepEqual((turn(bare) as { records: unknown }).records, []);
  assert.equal((turn(bare) as { because: string }).because, 'no-replacement');
});

test('OPS-44 DANE is removed records first, and keys are free after the wait', () => {
  const old = recordsOf(a, ee);
  const w = world(a, { sets: [old, old, old] });
  w.lineage = { ...w.lineage, parameters: [] };
  w.held = { ...w.held, offered: b };
  const act = turn(w);
  assert.ok(act.kind === 'publish' && act.because === 'removal');
  assert.equal(turn(w).kind, 'wait');
  spread(w);
  assert.equal(turn(w).kind, 'wait');
  later(w, 23 * hour);
  assert.equal(turn(w).kind, 'wait');
  later(w, 2 * hour);
  assert.deepEqual(turn(w), { kind: 'install', because: 'no-records' });
});

test('OPS-45 a missing name, a foreign key or wrong dates forbid the switch', () => {
  const both = [...recordsOf(a, ee), ...recordsOf(b, ee)];
  for (const fault of [
    { kind: 'name-missing', name: 'mx2.example' },
    { kind: 'key-differs' },
    { kind: 'not-valid', from: instant(0), until: instant(1) },
  ] as const) {
    const w = world(a, { sets: [both, both, both] });
    w.held = { ...w.held, offered: b, offeredFaults: [fault] };
    later(w, 48 * hour);
    assert.equal((turn(w) as { because: string }).because, fault.kind);
    assert.equal(w.held.live, a);
  }
});

test('OPS-39 renewal begins a third of the life before its end, and a life that the wait does not fit into is told', () => {
  const old = recordsOf(a, ee);
  const w = world(a, { sets: [old, old, old] });
  const { notBefore, notAfter } = a[0];
  const life = notAfter - notBefore;
  w.now = instant(notAfter - Math.min(30 * 24 * hour, life / 3) - 1);
  assert.equal(look(w).act.kind, 'rest');
  later(w, 2);
  const due = look(w);
  assert.equal(due.act.kind, 'request');
  assert.ok(due.notes.some(({ kind }) => kind === 'renewal-due'));
  w.now = instant(notAfter - 2.5 * 24 * hour);
  assert.ok(look(w).notes.some(({ kind }) => kind === 'life-too-short'));
});

test('records of others at the same name are kept', () => {
  const foreign = parseTlsaText(`3 1 1 ${'ab'.repeat(32)}`);
  assert.ok(foreign.kind === 'ok');
  const set = [...recordsOf(a, ee), foreign.value];
  const w = world(a, { sets: [set, set, set] });
  w.lineage = { ...w.lineage, keep: [foreign.value] };
  assert.equal(turn(w).kind, 'rest');
});

test('nothing is published for a chain that is not the one in service', () => {
  const w = world(a, { loaded: b });
  assert.equal(turn(w).kind, 'reload');
  assert.deepEqual(w.sets, [[], [], []]);
});
