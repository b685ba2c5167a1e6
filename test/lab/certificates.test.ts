import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { before, test } from 'node:test';
import {
  issueLeaf,
  type LabAuthorities,
  makeAuthorities,
  makeKeys,
  pemOf,
  tlsaData,
} from '../../src/lab/certificates.ts';

let authorities: LabAuthorities;
before(async () => {
  authorities = await makeAuthorities();
});

const read = (one: { readonly der: Uint8Array }): X509Certificate => new X509Certificate(one.der);

test('a chain leads from the leaf over the intermediate to the root', async () => {
  const leaf = await issueLeaf({ names: ['mx.good.test'], issuer: authorities.publicIntermediate });
  const one = read(leaf);
  const two = read(authorities.publicIntermediate);
  const three = read(authorities.publicRoot);
  assert.ok(one.checkIssued(two) && one.verify(two.publicKey));
  assert.ok(two.checkIssued(three) && two.verify(three.publicKey));
  assert.ok(two.ca && three.ca && !one.ca);
  assert.equal(one.checkHost('mx.good.test'), 'mx.good.test');
  assert.equal(pemOf([leaf, authorities.publicIntermediate]).match(/BEGIN CERTIFICATE/g)?.length, 2);
});

test('dates lie around the real now', async () => {
  const spans = async (validity: 'valid' | 'expired' | 'future') => {
    const certificate = read(await issueLeaf({ names: ['mx.good.test'], validity }));
    return [certificate.validFromDate.getTime() < Date.now(), certificate.validToDate.getTime() > Date.now()];
  };
  assert.deepEqual(await spans('valid'), [true, true]);
  assert.deepEqual(await spans('expired'), [true, false]);
  assert.deepEqual(await spans('future'), [false, true]);
});

test('names may be missing, and the common name stands alone then', async () => {
  const certificate = read(await issueLeaf({ names: [], commonName: 'mx.good.test' }));
  assert.equal(certificate.subjectAltName, undefined);
  assert.equal(certificate.subject, 'CN=mx.good.test');
});

test('a renewed certificate keeps the key and changes the certificate', async () => {
  const keys = await makeKeys();
  const [old, renewed] = await Promise.all([
    issueLeaf({ names: ['mx.good.test'], keys }),
    issueLeaf({ names: ['mx.good.test'], keys }),
  ]);
  assert.deepEqual(tlsaData(old, 1, 1), tlsaData(renewed, 1, 1));
  assert.notDeepEqual(tlsaData(old, 0, 1), tlsaData(renewed, 0, 1));
});

test('TLSA data is the selected part, whole or digested', async () => {
  const leaf = await issueLeaf({ names: ['mx.good.test'] });
  const spki = read(leaf).publicKey.export({ type: 'spki', format: 'der' });
  assert.deepEqual(Buffer.from(tlsaData(leaf, 1, 0)), spki);
  assert.deepEqual(tlsaData(leaf, 1, 1), createHash('sha256').update(spki).digest());
  assert.deepEqual(tlsaData(leaf, 0, 2), createHash('sha512').update(leaf.der).digest());
});
