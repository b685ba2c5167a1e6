import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findPolicy,
  forgetPolicy,
  makePolicyMemory,
  type PolicyPorts,
  refreshPolicy,
} from '../../src/agent/policies.ts';
import { seconds } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { StsFinding } from '../../src/core/mtasts/policy.ts';
import { fakeClock, fakePolicyHost, fakeResolver, memoryStore, notebook } from './fake-world.ts';

const example = domainName('example.org');
const body = (mode = 'enforce', maxAge = 604_800): string =>
  `version: STSv1\nmode: ${mode}\nmx: *.example.org\nmax_age: ${maxAge}\n`;
const txt = (id: string): string => `_mta-sts.example.org insecure TXT v=STSv1; id=${id};`;

/** A world in which TXT and policy host can be changed between two look-ups. */
function world(zone: string, answer = body(), maxEntries = 100) {
  const log = notebook();
  const policyHost = fakePolicyHost(answer);
  const held = {
    policyHost,
    policyStore: memoryStore(),
    policyMemory: makePolicyMemory(undefined, maxEntries),
    clock: fakeClock(),
    log,
    metrics: log,
    resolver: fakeResolver(zone),
  } satisfies PolicyPorts;
  return {
    ...held,
    publish(text: string): void {
      held.resolver = fakeResolver(text);
    },
    find: (domain = 'example.org') => findPolicy(held, domainName(domain)),
    refresh: () => refreshPolicy(held, example),
    forget: () => forgetPolicy(held, example),
  };
}

const shown = (finding: StsFinding): string => {
  if (finding.kind !== 'policy') return 'fault' in finding ? `${finding.kind} ${finding.fault}` : finding.kind;
  return `${finding.policy.mode} ${finding.policy.id} ${finding.freshness}${'fault' in finding ? ` ${finding.fault}` : ''}`;
};
const warnings = (lines: readonly string[]): string[] => lines.filter((line) => /^(warn|error)/.test(line));

test('STS-19 DT-1.41 the first delivery waits for the fetch, the next ones need none', async () => {
  const here = world(txt('a1'));
  assert.equal(shown(await here.find()), 'enforce a1 fetched');
  here.clock.move(3600);
  assert.equal(shown(await here.find()), 'enforce a1 cached');
  assert.deepEqual(here.policyHost.fetched, ['example.org']);
  assert.equal(here.policyStore.get(example)?.body, body());
});

test('STS-42 STS-43 STS-47 another id leads to a fetch, whichever way it differs, and is stored with the policy', async () => {
  const here = world(txt('b2'));
  await here.find();
  here.publish(txt('a1'));
  here.policyHost.answer = body('enforce', 86_400);
  assert.equal(shown(await here.find()), 'enforce a1 fetched');
  assert.equal(here.policyStore.get(example)?.id, 'a1');
  assert.equal(here.policyStore.get(example)?.body, here.policyHost.answer);
});

test('DT-1.40 STS-3 no record, or none that reads, is no policy', async () => {
  for (const zone of ['', '_mta-sts.example.org insecure TXT v=spf1 -all', `${txt('a1')}\n${txt('b2')}`, txt('a-1')]) {
    const here = world(zone);
    assert.equal(shown(await here.find()), 'none', zone);
    assert.deepEqual(here.policyHost.fetched, []);
  }
});

test('STS-2 the record is asked for under the policy domain, and may be an alias', async () => {
  const here = world(`_mta-sts.example.org insecure CNAME _mta-sts.provider.example
    _mta-sts.provider.example insecure TXT v=STSv1; id=p1;`);
  assert.equal(shown(await here.find()), 'enforce p1 fetched');
  assert.deepEqual(here.resolver.asked, ['_mta-sts.example.org TXT']);
  // The policy stays that of the domain, whoever holds the record.
  assert.deepEqual(here.policyHost.fetched, ['example.org']);
});

test('STS-6 STS-7 STS-41 DT-1.43 ATK-60 nothing that happens to the record takes a cached policy away', async () => {
  const here = world(txt('a1'));
  await here.find();
  const after = async (zone: string): Promise<string> => {
    here.publish(zone);
    return shown(await here.find());
  };
  assert.equal(await after(''), 'enforce a1 cached-refresh-failed txt-missing');
  assert.equal(await after(`${txt('a1')}\n${txt('b2')}`), 'enforce a1 cached-refresh-failed txt-invalid');
  assert.equal(await after('_mta-sts.example.org bogus TXT'), 'enforce a1 cached-refresh-failed txt-failed');
  assert.equal(await after('_mta-sts.example.org timeout TXT'), 'enforce a1 cached-refresh-failed txt-failed');
  assert.equal(here.policyHost.fetched.length, 1);
});

test('STS-8 DT-1.42a DT-1.42b with nothing cached a bogus record is told from a silent one', async () => {
  assert.equal(shown(await world('_mta-sts.example.org bogus TXT').find()), 'txt-bogus');
  for (const reason of ['servfail', 'timeout', 'refused', 'malformed'])
    assert.equal(shown(await world(`_mta-sts.example.org ${reason} TXT`).find()), 'unavailable txt-failed');
});

test('STS-68 DT-1.42 STS-34 ATK-62 a fetch that fails leaves what is cached, or nothing', async () => {
  for (const fault of ['sts-policy-fetch-error', 'sts-webpki-invalid', 'sts-policy-invalid']) {
    const fresh = world(txt('a1'), fault);
    assert.equal(shown(await fresh.find()), `unavailable ${fault}`);
    const here = world(txt('a1'));
    await here.find();
    here.publish(txt('b2'));
    here.policyHost.answer = fault;
    assert.equal(shown(await here.find()), `enforce a1 cached-refresh-failed ${fault}`);
    assert.equal(here.policyStore.get(example)?.id, 'a1');
  }
  const here = world(txt('a1'));
  await here.find();
  here.publish(txt('b2'));
  here.policyHost.answer = '<html>';
  assert.equal(shown(await here.find()), 'enforce a1 cached-refresh-failed sts-policy-invalid');
});

test('STS-16 a failed fetch is not repeated for five minutes, except for a new id', async () => {
  const here = world(txt('a1'), 'sts-policy-fetch-error');
  for (let n = 0; n < 3; n++) assert.equal(shown(await here.find()), 'unavailable sts-policy-fetch-error');
  assert.equal(here.policyHost.fetched.length, 1);
  here.publish(txt('b2'));
  await here.find();
  assert.equal(here.policyHost.fetched.length, 2);
  here.publish(txt('a1'));
  here.clock.move(299);
  await here.find();
  assert.equal(here.policyHost.fetched.length, 2);
  here.clock.move(1);
  here.policyHost.answer = body();
  assert.equal(shown(await here.find()), 'enforce a1 fetched');
  assert.equal(here.policyHost.fetched.length, 3);
});

test('STS-19 deliveries at the same time share one fetch', async () => {
  const here = world(txt('a1'));
  const found = await Promise.all([here.find(), here.find(), here.find()]);
  assert.deepEqual(found.map(shown), Array(3).fill('enforce a1 fetched'));
  assert.equal(here.policyHost.fetched.length, 1);
});

test('STS-46 an expired policy is fetched again, also when its id is unchanged, and never renewed by the record alone', async () => {
  const here = world(txt('a1'), body('enforce', 3600));
  await here.find();
  here.clock.move(3599);
  assert.equal(shown(await here.find()), 'enforce a1 cached');
  here.clock.move(1);
  here.policyHost.answer = 'sts-policy-fetch-error';
  assert.equal(shown(await here.find()), 'unavailable sts-policy-fetch-error');
  here.publish('');
  assert.equal(shown(await here.find()), 'none');
});

test('STS-35 max_age 0 counts for the delivery that fetched it and no longer', async () => {
  const here = world(txt('a1'), body('enforce', 0));
  assert.equal(shown(await here.find()), 'enforce a1 fetched');
  here.policyHost.answer = 'sts-policy-fetch-error';
  assert.equal(shown(await here.find()), 'unavailable sts-policy-fetch-error');
});

test('STS-35 ATK-67 ATK-68 ATK-69 a weaker policy replaces at once, and is told', async () => {
  const lowered = async (mode: string, maxAge: number): Promise<string[]> => {
    const here = world(txt('a1'));
    await here.find();
    here.publish(txt('b2'));
    here.policyHost.answer = body(mode, maxAge);
    assert.equal(shown(await here.find()), `${mode} b2 fetched`);
    assert.equal(here.policyStore.get(example)?.mode, mode);
    return warnings(here.log.lines);
  };
  const line = (mode: string, maxAge: number): string =>
    `warn sts-policy-lowered policy_domain=example.org sts_id=b2 mode=${mode} max_age=${maxAge} old_id=a1 old_mode=enforce old_max_age=604800`;
  assert.deepEqual(await lowered('testing', 604_800), [line('testing', 604_800)]);
  assert.deepEqual(await lowered('none', 604_800), [line('none', 604_800)]);
  assert.deepEqual(await lowered('enforce', 60_000), [line('enforce', 60_000)]);
  assert.deepEqual(await lowered('enforce', 60_480), []);
});

test('ATK-71 mta_sts.max_age_cap shortens what a policy asks for', async () => {
  const here = world(txt('a1'));
  const ports = { ...here, policyMemory: makePolicyMemory(seconds(1000)) };
  const finding = await findPolicy(ports, example);
  assert.equal(finding.kind === 'policy' && finding.policy.maxAge, 1000);
});

test('STS-48 room is made by the expired, then none, then testing, and never by enforce', async () => {
  const names = ['enforce', 'testing', 'none', 'short', 'next'];
  const zone = [...names, 'more', 'last']
    .map((name) => `_mta-sts.${name}.example insecure TXT v=STSv1; id=a1;`)
    .join('\n');
  const here = world(zone, body(), 4);
  const put = async (name: string, answer: string): Promise<string> => {
    here.policyHost.answer = answer;
    await here.find(`${name}.example`);
    return [...here.policyStore.entries()].map(([domain]) => domain.split('.')[0]).join(' ');
  };
  await put('enforce', body('enforce', 3600));
  await put('testing', body('testing'));
  await put('none', body('none'));
  await put('short', body('enforce', 60));
  here.clock.move(60);
  assert.equal(await put('next', body()), 'enforce testing none next');
  assert.equal(await put('more', body()), 'enforce testing next more');
  assert.equal(await put('last', body()), 'enforce next more last');
  here.publish('_mta-sts.flood.example insecure TXT v=STSv1; id=a1;');
  assert.equal(shown(await here.find('flood.example')), 'enforce a1 fetched');
  assert.equal(
    [...here.policyStore.entries()].map(([domain]) => domain.split('.')[0]).join(' '),
    'enforce next more last',
  );
});

test('STS-49 STS-44 the operator can refresh at any time and forget, which is logged', async () => {
  const here = world(txt('a1'), 'sts-policy-fetch-error');
  await here.find();
  here.policyHost.answer = body();
  assert.equal(shown(await here.refresh()), 'enforce a1 fetched');
  here.publish('');
  assert.equal(shown(await here.refresh()), 'enforce a1 fetched');
  assert.equal(here.policyHost.fetched.length, 3);
  assert.equal(await here.forget(), 'forgotten');
  assert.equal(await here.forget(), 'unknown');
  assert.deepEqual(warnings(here.log.lines), [
    'warn sts-policy-forgotten policy_domain=example.org sts_id=a1 mode=enforce',
  ]);
  assert.equal(shown(await here.refresh()), 'none');
});

test('STS-40 a cache that cannot be written is loud, and the policy is applied all the same', async () => {
  const here = world(txt('a1'));
  const broken = { ...here.policyStore, put: () => Promise.reject(new Error('ENOSPC')) };
  const finding = await findPolicy({ ...here, policyStore: broken }, example);
  assert.equal(shown(finding), 'enforce a1 fetched');
  assert.match(warnings(here.log.lines)[0] ?? '', /^error sts-cache-write-failed .*ENOSPC/);
});

test('OBS-6 look-ups and fetches are counted', async () => {
  const here = world(txt('a1'));
  await here.find();
  await here.find();
  assert.deepEqual(here.log.counts, [
    'sekisho_sts_fetches_total fetched',
    'sekisho_sts_lookups_total fetched',
    'sekisho_sts_lookups_total cached',
  ]);
});
