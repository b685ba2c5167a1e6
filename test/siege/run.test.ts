import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Lab, startLab } from '../../src/lab/world.ts';
import type { ArenaOptions, Target } from '../../src/siege/arena.ts';
import { type Attack, allClaims, type Finding } from '../../src/siege/attack.ts';
import { starttlsRemoved } from '../../src/siege/attacks/channel-starttls-removed.ts';
import { starttlsStrippedOpportunistic } from '../../src/siege/attacks/channel-starttls-stripped-opportunistic.ts';
import { swappedByRogueCa } from '../../src/siege/attacks/channel-swapped-by-rogue-ca.ts';
import { attacks as everyAttack } from '../../src/siege/attacks.ts';
import { countsLine, exitCodeOf, lineOf, summaryOf } from '../../src/siege/report.ts';
import { besiege, type Row } from '../../src/siege/run.ts';
import { TargetUnreachable } from '../../src/siege/talk.ts';
import { awaitReady } from '../../src/siege/target.ts';
import { bare } from '../relay/world.ts';
import { faultsOf } from '../schema-checker.ts';
import { inCleartext, startFalseRelay } from './relays.ts';

let lab: Lab;
before(async () => {
  lab = await startLab({ destinations: [], maxTtl: 0 });
});
after(() => lab.close());

const impatient: ArenaOptions['patience'] = { first: 300, quiet: 200, arrival: 2000 };

async function rowsAgainst(target: Target, attacks: readonly Attack[], claims = allClaims): Promise<readonly Row[]> {
  const rows = new Map<string, Row>();
  for await (const row of besiege(attacks, { lab, target, claims, patience: impatient })) rows.set(row.attack.id, row);
  return [...rows.values()];
}

const told = (changes: Partial<Attack>): Attack => ({ ...starttlsRemoved, ...changes });
const found = (kind: 'held' | 'fell') => async (): Promise<Finding> => ({ kind, saw: 'what was seen' });
const kinds = (rows: readonly Row[]): readonly string[] => rows.map(({ finding }) => finding.kind);

test('a relay that hands on in cleartext falls, and mail that may go in cleartext is no fall', async () => {
  const relay = await startFalseRelay(inCleartext(lab));
  const rows = await rowsAgainst(relay, [starttlsRemoved, starttlsStrippedOpportunistic, swappedByRogueCa]);
  await relay.close();
  assert.deepEqual(kinds(rows), ['fell', 'held', 'fell']);
  const summary = summaryOf(rows, 'false', allClaims);
  assert.deepEqual(summary.fell, ['ATK-1', 'ATK-14']);
  assert.equal(exitCodeOf(summary), 1);
});

test('a relay that refuses everything withstands nothing: it is undetermined', async () => {
  const relay = await startFalseRelay(undefined);
  const rows = await rowsAgainst(relay, [starttlsRemoved, told({ id: 'ATK-2', run: found('held') })]);
  await relay.close();
  assert.deepEqual(kinds(rows), ['undetermined', 'undetermined']);
  assert.equal(exitCodeOf(summaryOf(rows, 'false', allClaims)), 3);
});

test('a relay that takes everything and delivers nothing is undetermined', async () => {
  const relay = await startFalseRelay(() => {});
  const [row] = await rowsAgainst(relay, [starttlsRemoved]);
  await relay.close();
  assert.equal(row?.finding.kind, 'undetermined');
  assert.match(JSON.stringify(row?.finding), /nobody was asked about/);
});

test('limits and claims that are not made are not applicable, with the reason; what breaks down is undetermined', async () => {
  const relay = await startFalseRelay(inCleartext(lab));
  const attacks = [
    told({ id: 'ATK-1', limit: 'nobody can help it', run: found('fell') }),
    told({ id: 'ATK-2', claims: ['mta-sts', 'dane'], run: found('fell') }),
    told({ id: 'ATK-3', run: () => Promise.reject(new Error('out of arrows')) }),
    told({ id: 'ATK-4', runs: 'alone', run: found('held') }),
  ];
  const rows = await rowsAgainst(relay, attacks, ['dane']);
  await relay.close();
  assert.deepEqual(kinds(rows), ['not-applicable', 'not-applicable', 'undetermined', 'held']);
  assert.match(JSON.stringify(rows[1]?.finding), /not claimed: mta-sts/);
  assert.match(JSON.stringify(rows[2]?.finding), /out of arrows/);
});

test('nobody at the port is no result', async () => {
  const relay = await startFalseRelay(() => {});
  await relay.close();
  await assert.rejects(rowsAgainst(relay, [starttlsRemoved]), TargetUnreachable);
});

test('a target is told why it is not ready', async () => {
  const says = async (relay: Target): Promise<string> => JSON.stringify(await awaitReady(lab, relay, ['dane'], 300));
  const refusing = await startFalseRelay(undefined);
  const idle = await startFalseRelay(() => {});
  const open = await startFalseRelay(inCleartext(lab));
  assert.match(await says(refusing), /refuses the control message \(554 no\)/);
  assert.match(await says(idle), /took the control message and asked nothing of the laboratory's resolver/);
  assert.match(await says(open), /"ready"/);
  await Promise.all([refusing.close(), idle.close(), open.close()]);
  assert.match(await says(refusing), /cannot be spoken to/);
});

test('OPS-18 lines and summary are what the schema says', () => {
  const row: Row = { attack: starttlsRemoved, finding: { kind: 'held', saw: '-' }, milliseconds: 1, replies: [] };
  const summary = summaryOf([row], 'our own relay', allClaims);
  assert.deepEqual(faultsOf('siege', lineOf(row)), []);
  assert.deepEqual(faultsOf('siege', summary), []);
  assert.equal(exitCodeOf(summary), 0);
  assert.equal(countsLine(summary), '1 attacks: 1 held, 0 fell, 0 not applicable, 0 undetermined');
});

test('every row of the matrix is there once, named, and either run or a documented limit', () => {
  const numbers = everyAttack.map(({ id }) => Number(id.slice(4)));
  const rows = [...span(1, 23), ...span(30, 59), ...span(60, 75), ...span(80, 100), ...span(110, 117)];
  assert.deepEqual(
    numbers.toSorted((a, b) => a - b),
    rows,
  );
  for (const { id, title, sends, limit, run } of everyAttack) {
    assert.ok(title.length > 0 && sends.length > 0, id);
    assert.notEqual(limit === undefined, run === undefined, id);
  }
});

const span = (from: number, to: number): readonly number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('nobody at the port is told within --timeout, with exit 3 and no rows', async (t) => {
  const into = await mkdtemp(join(tmpdir(), 'sekisho-siege-'));
  t.after(() => rm(into, { recursive: true }));
  const ports = ['--ports', 'dns=0,smtp=0,https=0'];
  const said = await bare({}, 'siege', '--target', '127.0.0.1:1', '--timeout', '1s', '--into', into, ...ports);
  assert.equal(said.code, 3);
  assert.equal(said.out, '');
  assert.match(said.err, /no result: 127\.0\.0\.1:1 cannot be spoken to: .*ECONNREFUSED/);
});
