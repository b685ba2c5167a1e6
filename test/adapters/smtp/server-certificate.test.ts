// Pairs that fit and pairs that do not, names, and the certificate made for want of one.

import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { checkPair, makeSelfSigned, namesOf } from '../../../src/adapters/smtp/server-certificate.ts';

test('makeSelfSigned makes a pair that fits, for names and for literals', async () => {
  const pair = await makeSelfSigned('relay.example.org');
  assert.equal(checkPair(pair).kind, 'ok');
  assert.deepEqual(namesOf(pair), ['relay.example.org']);
  const certificate = new X509Certificate(pair.certificate);
  assert.ok(certificate.checkHost('relay.example.org') && !certificate.ca);
  assert.ok(Date.parse(certificate.validTo) - Date.now() > 3600 * 86_400_000);
  const literal = new X509Certificate((await makeSelfSigned('[IPv6:2001:db8::1]')).certificate);
  assert.ok(literal.checkIP('2001:db8::1'));
});

test('TLS-27 a key of another certificate, of another kind, or none at all does not fit', async () => {
  const [one, other] = [await makeSelfSigned('a.example'), await makeSelfSigned('a.example')];
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
  for (const key of [other.key, rsa.toString(), '', 'garbage'])
    assert.equal(checkPair({ certificate: one.certificate, key }).kind, 'fault');
  assert.equal(checkPair({ certificate: 'garbage', key: one.key }).kind, 'fault');
});
