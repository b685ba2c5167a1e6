import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../../src/core/base/brand.ts';
import { isPublicKeyInfo, readCertificate } from '../../../src/core/x509/certificate.ts';
import { pathFrom, readChain } from '../../../src/core/x509/presented-chain.ts';
import { dnsName, forge, rsaKeys, subjectAltName } from './forge.ts';

test('DANE-42 fields agree with what node:crypto reads', () => {
  const issuer = forge({ cn: 'Authority', ca: 'yes' });
  const made = forge({ cn: 'mx.example.com', dns: ['mx.example.com', 'b.example'], issuer });
  const own = readCertificate(made.der);
  const other = new X509Certificate(made.der);
  assert.ok(own);
  assert.equal(own.notBefore, Date.parse(other.validFrom));
  assert.equal(own.notAfter, Date.parse(other.validTo));
  assert.deepEqual(own.spki, new Uint8Array(other.publicKey.export({ type: 'spki', format: 'der' })));
  assert.deepEqual(own.issuer, issuer.name);
  assert.deepEqual(own.key, { kind: 'ec', bits: 256 });
  assert.equal(own.signature.oid, '1.2.840.10045.4.3.2');
  assert.ok(own.names.kind === 'read');
  assert.equal(own.names.commonName, 'mx.example.com');
  assert.deepEqual(
    own.names.dns.map((name) => Buffer.from(name).toString()),
    ['mx.example.com', 'b.example'],
  );
});

test('TLS-23 key sizes and weak digests are seen', () => {
  const rsa = readCertificate(forge({ cn: 'a', keys: rsaKeys(1024) }).der);
  assert.deepEqual(rsa?.key, { kind: 'rsa', bits: 1024 });
  assert.equal(readCertificate(forge({ cn: 'a', digest: 'sha1' }).der)?.signature.digest, 'weak');
  assert.equal(readCertificate(forge({ cn: 'a', keys: rsaKeys(2048), digest: 'sha1' }).der)?.signature.digest, 'weak');
  assert.equal(readCertificate(forge({ cn: 'a', keys: rsaKeys(2048) }).der)?.signature.digest, 'fine');
});

test('NAME-6 a second list of names makes both unreadable', () => {
  const twice = forge({ cn: 'a', dns: ['a.example'], extensions: [subjectAltName(dnsName('b.example'))] });
  assert.equal(readCertificate(twice.der)?.names.kind, 'malformed');
});

test('PKIX-10 octets that are no certificate are none, and nothing throws', () => {
  const { der } = forge({ cn: 'a.example', dns: ['a.example'] });
  assert.equal(readCertificate(der.subarray(1)), undefined);
  assert.equal(readCertificate(new Uint8Array([...der, 0])), undefined);
  fc.assert(
    fc.property(fc.nat(der.length - 1), fc.nat(255), (at, value) => {
      const changed = Uint8Array.from(der);
      changed[at] = value;
      readCertificate(changed);
      isPublicKeyInfo(changed);
    }),
    { numRuns: 2000 },
  );
});

test('PKIX-10 chains beyond the limits are not looked at', () => {
  const { der } = forge({ cn: 'a' });
  const many = Array.from({ length: 20 }, () => der);
  assert.equal(readChain([der, ...many.slice(1)]).kind, 'ok');
  assert.equal(readChain([der, ...many]).kind, 'too-large');
  assert.equal(readChain([new Uint8Array(128 * 1024 + 1)]).kind, 'too-large');
});

test('PKIX-10 the path by names ends in loops of names, too', () => {
  const a = forge({ cn: 'a', ca: 'yes' });
  const b = forge({ cn: 'b', ca: 'yes', issuer: a });
  const aAgain = forge({ cn: 'a', ca: 'yes', issuer: b });
  const leaf = forge({ cn: 'leaf', issuer: b });
  const chain = [leaf, b, aAgain].map(({ der }) => readCertificate(der));
  assert.equal(pathFrom(chain, instant(Date.now())).length, 3);
});
