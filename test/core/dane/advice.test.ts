import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { DomainName } from '../../../src/core/base/brand.ts';
import {
  adviceOnNames,
  adviceOnSharing,
  adviceOnSignature,
  adviceOnSize,
  adviceOnTtl,
  adviceOnZone,
} from '../../../src/core/dane/advice.ts';
import type { TlsaAdvice, TlsaData } from '../../../src/core/dane/make.ts';
import { type Certificate, readCertificate } from '../../../src/core/x509/certificate.ts';
import { issueLeaf } from '../../../src/lab/certificates.ts';

const codes = (advice: readonly TlsaAdvice[]): readonly string[] => advice.map(({ code }) => code);
const ta = { usage: 2, selector: 0, matching: 1 } as const;
const ee = { usage: 3, selector: 1, matching: 1 } as const;
const day = 86_400;
let wild: Certificate;
before(async () => {
  wild = readCertificate((await issueLeaf({ names: ['*.example.org', 'mx.a.example.org'] })).der) as Certificate;
});

test('DANE-86 with usage 2 the certificate names the host; a wildcard stands for one label', () => {
  const on = (host: string, parameters: typeof ta | typeof ee = ta): readonly string[] =>
    codes(adviceOnNames(parameters, wild, host as DomainName));
  assert.deepEqual([on('mx.example.org'), on('mx.a.example.org')], [[], []]);
  assert.deepEqual([on('mx.b.example.org'), on('example.org')], [['name-missing'], ['name-missing']]);
  assert.deepEqual([on('elsewhere.test', ee), codes(adviceOnNames(ta, undefined, 'x.test' as DomainName))], [[], []]);
});

test('DANE-87 an answer that needs fragments is told of with its size', () => {
  const records = (count: number, octets: number): readonly TlsaData[] =>
    Array.from({ length: count }, () => ({ ...ee, data: new Uint8Array(octets) }));
  assert.deepEqual(adviceOnSize('_25._tcp.mx.example', records(8, 32)), []);
  assert.deepEqual(codes(adviceOnSize('_25._tcp.mx.example', records(2, 550))), ['answer-large']);
  const size = /about (\d+) octets/.exec(adviceOnSize('_25._tcp.mx.example', records(24, 32))[0]?.says ?? '')?.[1];
  // 48 octets around each digest of 32; header, question, EDNS and a signature of 256 octets.
  assert.equal(Number(size), 24 * 47 + 12 + 25 + 11 + (30 + 19 + 256));
});

test('DANE-90 more than a day of TTL, more than thirty days of signature', () => {
  assert.deepEqual([adviceOnTtl(day), codes(adviceOnTtl(day + 1))], [[], ['ttl-long']]);
  assert.deepEqual([adviceOnSignature(30 * day), codes(adviceOnSignature(30 * day + 1))], [[], ['signature-long']]);
});

test('DANE-91 one record of a certificate for services of different kinds', () => {
  const two = ['mx.example.org:25', 'www.example.org:443'];
  assert.match(adviceOnSharing(ee, two)[0]?.says ?? '', /mx\.example\.org:25, www\.example\.org:443 share it/);
  assert.deepEqual([adviceOnSharing(ee, two.slice(1)), adviceOnSharing(ta, two)], [[], []]);
});

test('DANE-92 a host in the zone of somebody else', () => {
  assert.deepEqual(adviceOnZone('mx.example.org', 'example.org'), []);
  assert.match(
    adviceOnZone('mx.provider.net', 'example.org')[0]?.says ?? '',
    /mx\.provider\.net is not in example\.org/,
  );
  assert.deepEqual(codes(adviceOnZone('mx.badexample.org', 'example.org')), ['foreign-host']);
});
