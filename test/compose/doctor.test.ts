// What doctor finds on Linux and FreeBSD, from the files that these systems have.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { loadTrustStore, systemBundles } from '../../src/adapters/smtp/trust-store.ts';
import { bundleRemedy, exceptions, trustStore } from '../../src/compose/doctor.ts';
import { enforcementOf } from '../../src/compose/face.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-doctor-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('OPS-4 OPS-60 the bundle of Linux or FreeBSD is found, and without one it is said what to install', () => {
  for (const path of [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/ssl/cert.pem',
    '/usr/local/share/certs/ca-root-nss.crt',
  ])
    assert.ok(systemBundles.includes(path), path);
  const bundle = join(folder, 'ca-root-nss.crt');
  writeFileSync(bundle, rootCertificates.slice(0, 3).join('\n'));
  const found = trustStore(
    { trustStore: loadTrustStore('system', [join(folder, 'none'), bundle]) },
    'system',
    'freebsd',
  );
  assert.deepEqual([found.outcome, found.says], ['pass', `3 authorities from ${bundle}`]);
  const none = trustStore({ trustStore: loadTrustStore('system', []) }, 'system', 'freebsd');
  assert.equal(none.outcome, 'pass');
  assert.match(`${none.says} ${none.remedy}`, /this system has no bundle.*ca_root_nss/);
  const empty = trustStore({ trustStore: { certificates: [], source: '/x' } }, '/x', 'linux');
  assert.deepEqual([empty.outcome, empty.remedy], ['fail', bundleRemedy('linux')]);
});

test('OPS-67 what is switched off, for all or for one domain, is shown', () => {
  const around = { clock: { now: () => Date.UTC(2026, 10, 22) } } as never;
  const config = (mtaSts: boolean, enforce: boolean, exceptions: readonly unknown[]): never =>
    ({ mtaSts: { enabled: mtaSts }, policy: { enforce, exceptions } }) as never;
  assert.deepEqual(exceptions(config(true, true, []), around), []);
  const exception = { to: ['a.example'], ignore: ['dane'], until: '2026-12-01', reason: 'agreed' };
  assert.deepEqual(
    exceptions(config(false, false, [exception]), around).map(({ says }) => says),
    [
      'switched off by mta_sts.enabled',
      'not enforced: policy.enforce is off',
      'a.example: dane ignored until 2026-12-01 (agreed)',
    ],
  );
  assert.equal(enforcementOf(config(true, true, [])), 'DANE and MTA-STS are enforced on sending');
  assert.match(enforcementOf(config(false, true, [])), /^DANE is enforced on sending; MTA-STS is switched off/);
  assert.match(enforcementOf(config(true, false, [])), /the floor is only rehearsed: policy.enforce is off$/);
});
