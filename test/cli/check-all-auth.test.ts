// `sekisho check --all-auth`: the laboratory's name server, and beside it one that goes on giving out what it had.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { CheckReport } from '../../src/agent/probe.ts';
import { jsonOf, named, openWorld, sekisho, type World } from '../relay/world.ts';
import { faultsOf } from '../schema-checker.ts';

let world: World;
const lagging = createSocket('udp4');
const kept = new Map<string, Buffer>();
before(async () => {
  world = await openWorld(named('both'));
  const { port } = new URL(`udp://${world.lab.resolver}`);
  lagging.on('message', (question, from) => {
    const key = question.subarray(12).toString('latin1').toLowerCase();
    const old = kept.get(key);
    if (old !== undefined)
      return lagging.send(Buffer.concat([question.subarray(0, 2), old.subarray(2)]), from.port, from.address);
    const onward = createSocket('udp4');
    onward.once('message', (answer) => {
      kept.set(key, answer);
      lagging.send(answer, from.port, from.address);
      onward.close();
    });
    onward.send(question, Number(port), '127.0.0.1');
  });
  lagging.bind(0, '127.0.0.1');
  await once(lagging, 'listening');
});
after(() => lagging.close());

test('OPS-19 every authoritative server is asked by itself: in step, out of step, silent', async () => {
  const behind = `127.0.0.1:${(lagging.address() as AddressInfo).port}`;
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
  assert.match(text.out, new RegExp(`${behind.replaceAll('.', '\\.')} +secure, TTL \\d+: 3 1 1 `));
  const silent = await check('--authority', world.lab.resolver, '--authority', '127.0.0.1:1', '--timeout', '4s');
  assert.deepEqual([silent.code, silent.agree['both.test MX']], [3, 'unknown']);
  assert.equal((await sekisho(world, 'check', 'both.test', '--authority', 'ns.both.test')).code, 2);
  assert.equal((await sekisho(world, 'check', 'both.test', '--all-auth', '--via-daemon')).code, 2);
});
