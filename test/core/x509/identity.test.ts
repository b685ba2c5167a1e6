import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DomainName } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import { type Certificate, readCertificate } from '../../../src/core/x509/certificate.ts';
import { writeElement } from '../../../src/core/x509/der.ts';
import { matchAddress, matchNames } from '../../../src/core/x509/identity.ts';
import { type ForgeOptions, forge } from './forge.ts';

const made = (options: ForgeOptions): Certificate => readCertificate(forge(options).der) as Certificate;
const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

type Mode = 'never' | 'without-dns-id';
const good = (reference: string, options: ForgeOptions, mode: Mode = 'never'): void =>
  assert.equal(matchNames(made(options), [domainName(reference)], mode).kind, 'match', `${reference}`);
const bad = (reference: string, options: ForgeOptions, why: string, mode: Mode = 'never'): void =>
  assert.equal(matchNames(made(options), [domainName(reference)], mode).kind, 'mismatch', why);

test('NAME-1 case, final dot and IDNA do not matter', () => {
  good('mx1.example.com', { dns: ['MX1.Example.COM.'] });
  good('MX1.example.com.', { dns: ['mx1.example.com'] });
  good('mx.bücher.example', { dns: ['mx.xn--bcher-kva.example'] });
  good('b.example', { dns: ['a.example', 'b.example'] });
});

test('NAME-2 CERT-34 a wildcard is the whole first label and covers one label', () => {
  good('mx1.example.com', { dns: ['*.example.com'] });
  bad('example.com', { dns: ['*.example.com'] }, 'no label');
  bad('a.mx1.example.com', { dns: ['*.example.com'] }, 'two labels');
  bad('mx1.example.com', { dns: ['mx*.example.com'] }, 'partial');
  bad('mx1.example.com', { dns: ['*1.example.com'] }, 'partial');
  bad('mx1.example.com', { dns: ['mx1.*.com'] }, 'not the first label');
  bad('mx1.example.com', { dns: ['*.*.com'] }, 'two of them');
  bad('com', { dns: ['*'] }, 'alone');
  bad('mx1.example.com', { dns: ['*'] }, 'alone');
});

test('NAME-4 CERT-64 the CN never counts for WebPKI', () => {
  bad('mx1.example.com', { cn: 'mx1.example.com' }, 'CN only');
});

test('NAME-5 CERT-35 CERT-36 the CN counts for DANE-TA where there is no DNS-ID', () => {
  good('mx1.example.com', { cn: 'mx1.example.com' }, 'without-dns-id');
  good('mx1.example.com', { cn: '*.example.com' }, 'without-dns-id');
  good('mx1.example.com', { cn: 'mx1.example.com', ip: [Uint8Array.of(192, 0, 2, 1)] }, 'without-dns-id');
  bad('mx1.example.com', { cn: 'mx1.example.com', dns: ['other.example'] }, 'DNS-ID unrelated', 'without-dns-id');
  bad('mx1.example.com', { cn: 'mx1.example.com', dns: [latin('a\0b')] }, 'DNS-ID unreadable', 'without-dns-id');
});

test('NAME-6 NUL, blanks, bad labels and other types never match', () => {
  bad('mx1.example.com', { dns: [latin('mx1.example.com\0.evil.example')] }, 'NUL inside');
  bad('mx1.example.com', { dns: [latin('mx1.example.com\0')] }, 'NUL behind');
  bad('mx1.example.com', { dns: [' mx1.example.com'] }, 'blank');
  bad('mx1.example.com', { dns: ['mx1.example.com '] }, 'blank');
  bad('mx1.example.com', { dns: ['mx1..example.com'] }, 'empty label');
  bad('mx1.example.com', { dns: [''] }, 'nothing');
  bad('mx1.example.com', { dns: ['mx1.example.com..'] }, 'two dots');
  bad('mx.bücher.example', { dns: [latin('mx.bücher.example')] }, 'octets above 127');
  bad('mx1.example.com', { general: [writeElement(0x86, latin('mx1.example.com'))] }, 'URI');
  bad('mx1.example.com', { general: [writeElement(0x81, latin('mx1.example.com'))] }, 'e-mail address');
  bad('mx1.example.com', { cn: 'mx1.example.com\0.evil.example' }, 'NUL in the CN', 'without-dns-id');
});

test('NAME-7 an address is no DNS-ID, and no DNS-ID is an address', () => {
  bad('192.0.2.1', { dns: ['192.0.2.1'] }, 'address as name');
  bad('192.0.2.1', { cn: '192.0.2.1' }, 'address as CN', 'without-dns-id');
  const address = '192.0.2.1' as IpAddress;
  const octets = Uint8Array.of(192, 0, 2, 1);
  assert.equal(matchAddress(made({ ip: [octets] }), address, octets).kind, 'match');
  assert.equal(matchAddress(made({ dns: ['192.0.2.1'] }), address, octets).kind, 'mismatch');
  assert.equal(matchAddress(made({ ip: [Uint8Array.of(192, 0, 2)] }), address, octets).kind, 'mismatch');
});

test('NAME-8 the first reference that fits is named; what the certificate carries is shown without control characters', () => {
  const names = ['a.example', 'b.example', 'c.example'].map(domainName) as [DomainName, ...DomainName[]];
  assert.deepEqual(matchNames(made({ dns: ['c.example', 'b.example'] }), names, 'never'), {
    kind: 'match',
    name: 'b.example',
  });
  assert.deepEqual(matchNames(made({ dns: [latin('x\x1b[2J.example')] }), names, 'never'), {
    kind: 'mismatch',
    carries: ['x?[2J.example'],
  });
});
