// Every destination of the laboratory: what the relay did with its message, what `check` says beforehand, what `explain` and
// `dns` say afterwards. One relay, one message each.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { handOver } from '../../src/adapters/smtp/hand-over.ts';
import type { CheckReport } from '../../src/agent/check-report.ts';
import type { MessageStory } from '../../src/agent/ports.ts';
import type { DeliveryRecord } from '../../src/core/policy/record.ts';
import type { LabDestination } from '../../src/lab/destination-plan.ts';
import { messageFor } from '../../src/lab/once.ts';
import { faultsOf } from '../schema-checker.ts';
import { type Inside, jsonOf, openWorld, sekisho, startInside, until, type World } from './world.ts';

let world: World;
let inside: Inside;
const ids = new Map<string, string>();
const stories = new Map<string, MessageStory>();

before(async () => {
  world = await openWorld();
  inside = await startInside(world);
  for (const destination of world.lab.destinations) {
    const { reversePath: from, recipient: to, requiretls, raw } = messageFor(destination);
    const reply = await handOver({ port: inside.port, from, to, requiretls, raw });
    ids.set(destination.name, /queued as (\S+)/.exec(reply)?.[1] ?? '');
  }
  for (const { name } of world.lab.destinations)
    await until(
      async () => {
        const story = await inside.relay.queue.story(ids.get(name) as never);
        if (story?.recipients[0] === undefined || story.recipients[0].state === 'queued') return false;
        stories.set(name, story);
        return true;
      },
      `an outcome of ${name}`,
      60_000,
    );
});

const storyOf = (name: string): MessageStory => stories.get(name) as MessageStory;

/** The record that decided: of the host that took the message, else of the round's reason. */
function decisive(story: MessageStory): DeliveryRecord {
  const records = story.records as unknown as readonly DeliveryRecord[];
  const because = story.recipients[0]?.last?.because;
  const found = records.find(({ result }) => result === 'sent') ?? records.find(({ reason }) => reason === because);
  assert.ok(found, `no record tells of ${because}: ${records.map(({ reason }) => reason).join()}`);
  return found;
}

const levelOf = ({ authn, tls_achieved }: DeliveryRecord): string | null =>
  authn.includes('dane-') ? 'dane' : authn.includes('pkix-') ? 'webpki' : tls_achieved;

/** `check` sees no message: what only a message asks for, or only RCPT answers, is not its question. */
const beyondCheck = (name: string): boolean => ['tls-required-no', 'greylisted', 'no-such-user'].includes(name);

async function checked({ domain, message }: LabDestination): Promise<CheckReport> {
  const said = await sekisho(world, 'check', domain, '--json', ...(message === 'requiretls' ? ['--requiretls'] : []));
  const report = jsonOf<CheckReport & { schema: string }>(said);
  assert.equal(report.schema, 'sekisho.check/1');
  assert.deepEqual(faultsOf('check', report), []);
  const codes = { cleared: 0, blocked: 1, undetermined: 3 };
  assert.equal(said.code, codes[report.verdict], `${domain}: ${report.verdict}`);
  return report;
}

test('OBS-5 OPS-10 OPS-12 OPS-17 OPS-18 check says of every destination what delivery did, by the same words', async () => {
  const reports = new Map<string, CheckReport>();
  const saidBefore = new Map([...world.lab.hosts].map(([name, host]) => [name, host.sessions.length]));
  for (const destination of world.lab.destinations) reports.set(destination.name, await checked(destination));
  const differences: string[] = [];
  for (const { name, expected } of world.lab.destinations) {
    const report = reports.get(name) as CheckReport;
    const record = decisive(storyOf(name));
    const row =
      report.hosts.find(({ host, attempts }) => host === record.mx_host && attempts.length > 0) ??
      report.hosts.find(({ host }) => host === record.mx_host);
    const sent = record.result === 'sent';
    const compare = (what: string, delivery: unknown, check: unknown): void => {
      if (delivery !== check) differences.push(`${name}: ${what} is ${delivery} in delivery, ${check} in check`);
    };
    if (!beyondCheck(name)) {
      compare('reason', sent ? null : record.reason, report.reason);
      compare('level', sent ? levelOf(record) : null, report.level);
      compare('cleared', sent, report.verdict === 'cleared');
    }
    compare('mx_state', record.mx_state, report.mx.state);
    compare('sts_state', record.sts_state, report.sts.state);
    if (row === undefined || beyondCheck(name)) continue;
    for (const field of [
      'tls_required',
      'authn_required',
      'tls_achieved',
      'authn',
      'tlsa_state',
      'tlsa_base',
      'sni',
    ] as const)
      compare(field, record[field], row[field]);
    assert.equal(sent ? 'sent' : expected.outcome, expected.outcome);
  }
  assert.deepEqual(differences, []);
  // OPS-17: none of the sessions of the check went as far as MAIL.
  for (const [name, host] of world.lab.hosts)
    for (const session of host.sessions.slice(saidBefore.get(name)))
      assert.ok(!session.said.some(({ line }) => /^(MAIL|RCPT|DATA|AUTH)/i.test(line)), name);
});

test('OBS-2 QUE-5 SMTP-12 what is refused stays queued, its body never left, and explain tells why and when', async () => {
  const refused = world.lab.destinations.filter(
    ({ expected, hosts }) => expected.outcome === 'deferred' && hosts.length > 0,
  );
  const never = refused.filter(({ name }) => !['greylisted'].includes(name));
  for (const named of [
    'dane-mismatch',
    'dane-starttls-stripped',
    'dane-bogus',
    'dane-servfail',
    'dane-stripped-answer',
  ])
    assert.ok(
      never.some(({ name }) => name === named),
      named,
    );
  for (const { name, hosts, expected } of never) {
    for (const { name: host } of hosts)
      for (const session of world.lab.hosts.get(host)?.sessions ?? [])
        assert.ok(!session.said.some(({ line }) => /^(MAIL|DATA|BDAT)/i.test(line)), `${name} heard MAIL`);
    const view = jsonOf<{
      recipients: { state: string; reason: string; next_attempt: string | null }[];
      attempts: { reason: string }[];
    }>(await sekisho(world, 'explain', ids.get(name) as string, '--json'));
    assert.deepEqual(faultsOf('explain', view), []);
    const [row] = view.recipients;
    assert.equal(row?.state, 'deferred', name);
    assert.equal(row?.reason, expected.reason, name);
    assert.ok(Date.parse(row?.next_attempt ?? '') > world.clock.now() - 60_000, name);
    assert.ok(
      view.attempts.some(({ reason }) => reason === expected.reason),
      name,
    );
    const { out, code } = await sekisho(world, 'explain', ids.get(name) as string);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`waiting, next attempt \\d{4}-.*${expected.reason}`), name);
  }
});

test('OBS-1 OBS-2 every record of every attempt has the frozen form, in the store and in the log', () => {
  const records = [...stories.values()].flatMap((story) => story.records);
  assert.ok(records.length > world.lab.destinations.length * 0.9);
  for (const record of records) assert.deepEqual(faultsOf('delivery-record', record), []);
  // Once, under one name: what is told twice is counted twice.
  const logged = inside.log.filter((line) => 'tls_achieved' in line);
  assert.ok(logged.every(({ event }) => event === 'delivery'));
  for (const record of records)
    assert.ok(
      logged.some(
        (line) => line.queue_id === record.queue_id && line.mx_host === record.mx_host && line.at === record.at,
      ),
    );
  const told = logged.map((line) =>
    JSON.stringify([line.queue_id, line.mx_host, line.ip, line.attempt, line.at, line.evidence]),
  );
  assert.equal(new Set(told).size, told.length);
});

test('SEC-42 OPS-15 dns says of every TLSA owner what delivery found there', async () => {
  const states = { usable: 'secure', unusable: 'secure', none: 'secure', bogus: 'bogus' } as const;
  let compared = 0;
  for (const { name } of world.lab.destinations) {
    const record = decisive(storyOf(name));
    const state = states[record.tlsa_state as keyof typeof states];
    if (state === undefined || record.tlsa_base === null || record.port === null) continue;
    const owner = `_${record.port}._tcp.${record.tlsa_base}`;
    const said = await sekisho(world, 'dns', owner, 'TLSA', '--json');
    const report = jsonOf<{ state: string; answers: readonly unknown[] }>(said);
    assert.deepEqual(faultsOf('dns', report), [], owner);
    assert.equal(report.state, state, `${name} ${owner}`);
    assert.equal(said.code, state === 'bogus' ? 3 : 0);
    assert.equal(report.answers.length > 0, record.tlsa_state !== 'none' && state === 'secure', owner);
    compared++;
  }
  assert.ok(compared > 20, `${compared}`);
});
