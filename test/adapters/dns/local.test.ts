import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalResolver } from '../../../src/adapters/dns/local.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';

const mailpit = domainName('mailpit');
const failing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code });
};

test('RTE-17 the machine itself resolves inner names, insecure, without repetition or addresses bound to a link', async () => {
  const addresses = ['192.0.2.1', 'fe80::1%eth0', '192.0.2.1', '2001:db8::1'].map((address) => ({ address }));
  const local = createLocalResolver({ lookup: async () => addresses });
  assert.deepEqual(await local.addresses(mailpit), {
    kind: 'found',
    status: 'insecure',
    value: ['192.0.2.1', '2001:db8::1'],
    ttl: 0,
  });
});

test('RTE-17 the name of this machine is found through the system', async () => {
  const found = await createLocalResolver().addresses(domainName('localhost'));
  assert.ok(found.kind === 'found' && found.value.every((address) => address === '::1' || address.startsWith('127.')));
});

test('RTE-17 a name the system does not know is absent, every other trouble a failure', async () => {
  const of = (code: string) => createLocalResolver({ lookup: failing(code) }).addresses(mailpit);
  assert.deepEqual(await of('ENOTFOUND'), { kind: 'absent', status: 'insecure', reason: 'nxdomain', ttl: 0 });
  assert.deepEqual(await of('ENODATA'), { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: 0 });
  assert.deepEqual(await of('EAI_AGAIN'), { kind: 'failed', reason: 'servfail' });
  assert.deepEqual(await of('EMFILE'), { kind: 'failed', reason: 'servfail' });
});

test('DNS-5 the system is not waited for without end', async () => {
  const never = createLocalResolver({ lookup: () => new Promise(() => undefined), patience: seconds(0.02) });
  assert.deepEqual(await never.addresses(mailpit), { kind: 'failed', reason: 'timeout' });
});
