// Client certificates by the operator's own authority, over STARTTLS and implicit TLS with real handshakes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { clientTlsOptions, judgeClient } from '../../../src/adapters/smtp/client-certificate.ts';
import { type Made, make, makeCa, pemOf } from './certificates.ts';
import { Client, certificate, nobody, startWorld } from './server-world.ts';

const none = { auth: 'none', clientSpki: [] } as const;

test('SRV-15 a path to a public authority is no right to relay', () => {
  const shown = { spkiSha256: 'ab', path: 'trusted' } as const;
  assert.equal(judgeClient(shown, none), 'not verified');
  assert.equal(judgeClient(shown, { ...none, clientAuthorities: ['pem'] }), 'verified');
  assert.equal(judgeClient({ ...shown, path: 'untrusted' }, { ...none, clientAuthorities: ['pem'] }), 'not verified');
  assert.equal(judgeClient({ ...shown, path: 'untrusted' }, { ...none, clientSpki: ['ab'] }), 'verified');
  assert.equal(judgeClient(undefined, { ...none, clientSpki: ['ab'] }), 'none');
  assert.deepEqual(clientTlsOptions(none), { requestCert: false, rejectUnauthorized: false });
});

test('SRV-15 clients of the configured authority may relay, and no others', async (t) => {
  const [ours, theirs] = [await makeCa(), await makeCa()];
  const between = await make({ role: 'ca', issuer: ours, subject: 'CN=Between' });
  const pinned = await make({ issuer: theirs, names: ['pinned.example'] });
  const cases: readonly (readonly [string, readonly Made[], '250' | '550'])[] = [
    ['ours', [await make({ issuer: ours, names: ['c.example'], purpose: 'client' })], '250'],
    [
      'ours by an intermediate',
      [await make({ issuer: between, names: ['c.example'], purpose: 'client' }), between],
      '250',
    ],
    ['for servers', [await make({ issuer: ours, names: ['c.example'], purpose: 'server' })], '550'],
    ['expired', [await make({ issuer: ours, names: ['c.example'], purpose: 'client', dates: 'expired' })], '550'],
    ['another authority', [await make({ issuer: theirs, names: ['c.example'], purpose: 'client' })], '550'],
    ['itself', [await make({ names: ['c.example'], purpose: 'client' })], '550'],
    ['pinned, whatever its purpose', [pinned], '250'],
  ];
  for (const tls of ['optional', 'implicit'] as const) {
    const world = await startWorld(t, {
      certificates: [await certificate()],
      tls,
      clients: nobody(),
      auth: 'client-certificate',
      clientSpki: [createHash('sha256').update(pinned.spki).digest('hex')],
      clientAuthorities: [ours.pem],
    });
    for (const [what, chain, code] of cases) {
      const options = { cert: pemOf(...chain), key: (chain[0] as Made).key };
      const client = tls === 'implicit' ? await Client.openTls(world.port, options) : await Client.open(world.port);
      if (tls === 'optional') {
        await client.say('EHLO x.example');
        await client.startTls(options);
      }
      const replies = await client.all('EHLO x.example', 'MAIL FROM:<a@b.example>', 'RCPT TO:<u@far.example>');
      assert.equal(replies[2]?.slice(0, 3), code, `${tls}: ${what}`);
      client.end();
    }
  }
});
