// `sekisho check --all-auth`: the laboratory's name server, and beside it one that goes on giving out what it had.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CheckReport } from '../../src/agent/probe.ts';
import { jsonOf, named, openWorld, sekisho, type World } from '../relay/world.ts';
import { faultsOf } from '../schema-checker.ts';
import { type LaggingServer, startLaggingServer } from './lagging-server.ts';

let world: World;
let lagging: LaggingServer;
before(async () => {
  world = await openWorld(named('both'));
  lagging = await startLaggingServer(world.lab.ports.dns);
});
after(() => lagging.close());

test('OPS-19 every authoritative server is asked by itself: in step, out of step, silent', async () => {
  const behind = lagging.address;
  const check = async (
    ...argv: readonly string[]
  ): Promise<{ readonly code: number; readonly agree: Readonly<Record<string, string>> }> => {
    const said = await sekisho(world, 'check', 'both.test', '--json', ...argv);
    const report = jsonOf<CheckReport>(said);
    assert.deepEqual(faultsOf('check', report), []);
    const rows = report.authorities ?? [];
    return {
      code: said.code,
      agree: Object.fromEntries(rows.map(({ name, type, agree }) => [`${name} ${type}`, agree])),
    };
  };
  const both = ['--authority', world.lab.resolver, '--authority', behind];
  const owner = `_${world.lab.ports.smtp}._tcp.mx.both.test`;
  const first = await check(...both);
  assert.equal(first.code, 0);
  assert.deepEqual(first.agree, {
    'both.test MX': 'yes',
    'mx.both.test A': 'yes',
    'mx.both.test AAAA': 'yes',
    [`${owner} TLSA`]: 'yes',
  });
  // One more record: the right one still stands, so mail flows; the secondary has not followed.
  const had = jsonOf<CheckReport>(await sekisho(world, 'check', 'both.test', '--json')).hosts[0]?.records ?? [];
  world.lab.setRecords('_25._tcp.mx.both.test', 'TLSA', [...had, `3 1 1 ${'ab'.repeat(32)}`]);
  const second = await check(...both);
  assert.deepEqual([second.code, second.agree[`${owner} TLSA`], second.agree['both.test MX']], [1, 'no', 'yes']);
  const text = await sekisho(world, 'check', 'both.test', ...both);
  assert.equal(text.code, 1);
  // Long lines are folded.
  assert.match(text.out.replace(/\s+/g, ' '), new RegExp(`${behind.replaceAll('.', '\\.')} +secure, TTL \\d+: 3 1 1 `));
  const silent = await check('--authority', world.lab.resolver, '--authority', '127.0.0.1:1', '--timeout', '4s');
  assert.deepEqual([silent.code, silent.agree['both.test MX']], [3, 'unknown']);
  const strange = await sekisho(world, 'check', 'both.test', '--authority', 'ns.both.test');
  assert.equal(strange.code, 2);
  assert.match(strange.err, /--authority wants an address, or address:port, not "ns\.both\.test"/);
  assert.equal((await sekisho(world, 'check', 'both.test', '--all-auth', '--via-daemon')).code, 2);
});
