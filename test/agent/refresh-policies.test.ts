import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePolicyMemory, type PolicyPorts } from '../../src/agent/policies.ts';
import { type RefreshPlan, refreshDue, refreshPolicies } from '../../src/agent/refresh-policies.ts';
import { instant } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { StsMode, StsPolicy } from '../../src/core/mtasts/policy.ts';
import { parsePolicy } from '../../src/core/mtasts/policy.ts';
import { fakeClock, fakePolicyHost, fakeResolver, memoryStore, notebook, start } from './fake-world.ts';

const example = domainName('example.org');
const day = 86_400;
const body = (mode = 'enforce', maxAge = 30 * day): string =>
  `version: STSv1\nmode: ${mode}\nmx: *.example.org\nmax_age: ${maxAge}\n`;

function policy(mode: StsMode = 'enforce', maxAge: number = 30 * day): StsPolicy {
  const parsed = parsePolicy(body(mode, maxAge));
  assert.ok(parsed.kind === 'valid');
  return { mode, mx: parsed.mx, maxAge: parsed.maxAge, id: 'a1', fetchedAt: start, body: body(mode, maxAge) };
}

async function world(stored: StsPolicy, answer: string, zone = '') {
  const log = notebook();
  const rest = { policyStore: memoryStore(), policyMemory: makePolicyMemory(), clock: fakeClock(), log, metrics: log };
  const ports = { resolver: fakeResolver(zone), policyHost: fakePolicyHost(answer), ...rest } satisfies PolicyPorts;
  await ports.policyStore.put(example, stored);
  const plan: RefreshPlan = new Map();
  /** Rounds every ten minutes for a while. @returns how many fetches there were. */
  const pass = async (duration: number): Promise<number> => {
    const before = ports.policyHost.fetched.length;
    for (let passed = 0; passed < duration; passed += 600) {
      await refreshDue(ports, plan);
      ports.clock.move(600);
    }
    return ports.policyHost.fetched.length - before;
  };
  return {
    ...ports,
    ports,
    pass,
    warned: () => log.lines.filter((line) => line.startsWith('warn')).map((line) => line.split(' ')[1]),
  };
}

test('STS-44 each policy is fetched about once a day without regard to its record, and its life begins anew', async () => {
  const here = await world(policy(), body());
  assert.equal(await here.pass(0.7 * day), 0);
  assert.equal(await here.pass(0.3 * day), 1);
  assert.ok((here.policyStore.get(example)?.fetchedAt ?? 0) > start);
  const days = await here.pass(10 * day);
  assert.ok(days >= 10 && days <= 14, String(days));
  assert.deepEqual(here.warned(), []);
});

test('STS-44 PKIX-11 a policy that was fetched while the clock was years ahead is fetched anew', async () => {
  const ahead = instant(start + 3650 * day * 1000);
  const here = await world({ ...policy(), fetchedAt: ahead }, body());
  assert.equal(await here.pass(600), 1);
  assert.equal(here.policyStore.get(example)?.fetchedAt, start);
  // The same in a process that has planned its refresh by the wrong clock.
  await here.policyStore.put(example, { ...policy(), fetchedAt: instant(ahead + 1) });
  here.ports.clock.move(3650 * day);
  assert.equal(await here.pass(600), 0);
  here.ports.clock.move(-3650 * day);
  assert.equal(await here.pass(600), 1);
});

test('STS-44 a policy shorter than a day is fetched before it lapses', async () => {
  const here = await world(policy('enforce', 4 * 3600), body('enforce', 4 * 3600));
  await here.pass(3 * day);
  assert.deepEqual(here.warned(), []);
  assert.ok(here.policyStore.get(example));
});

test('STS-47 a refresh takes the id that the record shows by then, else keeps the old one', async () => {
  const renewed = await world(policy(), body(), '_mta-sts.example.org insecure TXT v=STSv1; id=b2;');
  await renewed.pass(day);
  assert.equal(renewed.policyStore.get(example)?.id, 'b2');
  const gone = await world(policy(), body(), '_mta-sts.example.org servfail TXT');
  await gone.pass(day);
  assert.equal(gone.policyStore.get(example)?.id, 'a1');
});

test('STS-45 ATK-70 failing refreshes are warned of from the second day on, long before expiry', async () => {
  const here = await world(policy(), 'sts-policy-fetch-error');
  await here.pass(1.9 * day);
  assert.deepEqual(here.warned(), []);
  await here.pass(2 * day);
  assert.deepEqual(new Set(here.warned()), new Set(['sts-refresh-failing']));
  assert.equal(here.policyStore.get(example)?.fetchedAt, start);
  await here.pass(27 * day);
  assert.equal(here.warned().at(-1), 'sts-policy-expired');
  assert.equal(here.policyStore.get(example), undefined);
});

test('STS-45 with a short life the warning comes at half of it', async () => {
  const here = await world(policy('enforce', 2 * day), 'sts-policy-fetch-error');
  await here.pass(0.95 * day);
  assert.deepEqual(here.warned(), []);
  await here.pass(0.9 * day);
  assert.equal(here.warned()[0], 'sts-refresh-failing');
});

test('STS-44 STS-45 mode none is no alarm', async () => {
  const here = await world(policy('none'), 'sts-policy-fetch-error');
  await here.pass(31 * day);
  assert.deepEqual(here.warned(), []);
});

test('STS-16 a failed refresh rests five minutes, however near the end is', async () => {
  const here = await world(policy('enforce', 3600), 'sts-policy-fetch-error');
  const plan: RefreshPlan = new Map();
  here.clock.move(3000);
  for (let minute = 0; minute < 9; minute++) {
    await refreshDue(here, plan);
    here.clock.move(60);
  }
  assert.equal(here.policyHost.fetched.length, 2);
});

test('STS-44 the loop ends with its signal', async () => {
  const here = await world(policy(), body());
  const controller = new AbortController();
  const sleep = here.clock.sleep;
  here.clock.sleep = async (duration) => {
    if (here.policyHost.fetched.length === 3) controller.abort();
    await sleep(duration);
  };
  await refreshPolicies(here, controller.signal);
  assert.equal(here.policyHost.fetched.length, 3);
});
