// Readers of policies, certificates, configuration and of what operators and scripts write.

import assert from 'node:assert/strict';
import { answer, type Relay } from '../../src/admin/api.ts';
import { parseFlags } from '../../src/cli/flags.ts';
import { loadConfig } from '../../src/config/load.ts';
import { settings } from '../../src/config/schema.ts';
import { fromEnvironment, parseDuration, parseSize, readValue } from '../../src/config/values.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import { parseTlsaText } from '../../src/core/dane/forms.ts';
import { lintPolicy, lintRecords } from '../../src/core/mtasts/lint.ts';
import { matchMx } from '../../src/core/mtasts/mx-pattern.ts';
import { parsePolicy } from '../../src/core/mtasts/policy.ts';
import { parseOperatorPolicy } from '../../src/core/policy/operator.ts';
import { parsePrefix } from '../../src/core/routing/addresses.ts';
import { parseIpAddress } from '../../src/core/routing/ip-address.ts';
import { formatNextHop, formatVia, parseNextHop, parseRoute, parseVia } from '../../src/core/routing/next-hop.ts';
import { readCertificate } from '../../src/core/x509/certificate.ts';
import { oidText, readElement, readElements, readSequence, writeElement } from '../../src/core/x509/der.ts';
import { readMaterial } from '../../src/core/x509/material.ts';
import { forge } from '../core/x509/forge.ts';
import { assertPrintable, ofText, type Target, textOf, utf8 } from './target.ts';

// ---- MTA-STS

const policy = ofText(
  'sts-policy',
  [
    'version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmx: *.example.net\r\nmax_age: 604800\r\n',
    '\ufeffversion:STSv1\nmode: none\nmax_age: 1',
  ],
  (body) => {
    const parsed = parsePolicy(body);
    const lines = body.split('\n').length;
    const said = [...(parsed.kind === 'invalid' ? parsed.errors : []), ...parsed.warnings];
    // ATK-66: no more sentences than lines and fields.
    assert.ok(said.length <= lines + 8);
    for (const { line, says } of said) {
      assert.ok(line >= 0 && line <= lines);
      assertPrintable(says);
    }
    if (parsed.kind === 'valid') {
      assert.ok(parsed.maxAge <= 31_557_600 && (parsed.mode === 'none' || parsed.mx.length > 0));
      matchMx(domainName('a.example.net'), parsed.mx);
    }
    const octets = utf8(body);
    // To the owner a body with NUL is no text, though a sender would pass over the line (STS-32).
    const isText = octets.length <= 65_536 && !octets.includes(0);
    assert.equal(lintPolicy(octets).valid, parsed.kind === 'valid' && isText);
  },
  ['version: STSv1\n', 'mode: enforce\n', 'mode: none\n', 'max_age: ', 'mx: *.', '\r\n'],
);

const records = ofText('record-texts', ['v=STSv1; id=1;', '"v=STSv1; " "id=1"\nx'], (text) => {
  const { says } = lintRecords(text.split('\n'));
  if (says !== null) assertPrintable(says);
});

const tlsaText = ofText(
  'tlsa-text',
  ['_25._tcp.mx. IN TLSA 3 1 1 (ab cd)', '3 1 1 AB:CD', '\\# 4 03010101', '3 1 1 \u2010'],
  (text) => {
    const read = parseTlsaText(text);
    if (read.kind === 'fault') assertPrintable(read.fault);
  },
);

// ---- certificates

let made: Uint8Array | undefined;
/** Made at the first use. */
function certificate(): Uint8Array {
  made ??= forge({ cn: 'mx.example.org', dns: ['mx.example.org', '*.example.net'] }).der;
  return made;
}

const der: Target = {
  name: 'der',
  get seeds() {
    return [certificate(), Buffer.from('3003020101', 'hex'), Buffer.from('06092a864886f70d01010b', 'hex')];
  },
  read: (octets) => {
    const element = readElement(octets);
    if (element !== undefined) {
      readSequence(octets);
      oidText(octets.subarray(0, 40));
    }
    const all = readElements(octets);
    assert.ok(all === undefined || all.length <= 1000);
    const read = readCertificate(octets);
    if (read !== undefined) assert.deepEqual(Buffer.from(read.der), Buffer.from(octets));
    const written = writeElement(0x04, octets);
    assert.ok(readElement(written) !== undefined);
  },
};

const material: Target = {
  name: 'pem',
  get seeds() {
    const base64 = Buffer.from(certificate()).toString('base64');
    return [
      utf8(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`),
      utf8('-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n'),
      utf8('-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----'),
      certificate(),
    ];
  },
  words: ['-----BEGIN CERTIFICATE-----\n', '-----END CERTIFICATE-----\n', '-----BEGIN PRIVATE KEY-----'],
  read: (octets) => {
    const read = readMaterial(octets);
    if (read.kind === 'fault') assertPrintable(read.fault);
    else assert.ok(read.value.certificates.length + read.value.keys.length > 0);
  },
};

// ---- configuration

const configuration = ofText(
  'configuration',
  [
    'profile = "strict"\n[identity]\nhostname = "mx.example.org"\n[[listen]]\naddress = "127.0.0.1:2525"\nkind = "submission"\n',
    '[[policy.rule]]\nto = ["*.example.org"]\nfloor = "dane-only"\n[[policy.exception]]\nto = ["x.test"]\nignore = "dane"\nuntil = 2026-12-31\nreason = "y"\n',
    '[delivery]\nexpire_after = "5d"\nwarn_after = "4h"\nparallel = 20\n[resolver]\nservers = ["127.0.0.1:53"]\n',
  ],
  (text) => {
    const loaded = loadConfig({
      file: 'sekisho.toml',
      env: { HOME: '/home/op' },
      flags: {},
      machineName: 'machine.example',
      readFile: (path) => (path === 'sekisho.toml' ? text : undefined),
      profileFile: (profile) => `profiles/${profile}.toml`,
    });
    if (loaded.kind === 'ok') return;
    for (const { at, says } of loaded.fault) assert.ok(at !== '' && says !== '');
  },
  settings.map(({ path }) => `${path.split('.').at(-1)} = `),
);

const values = ofText('values', ['30s', '5.5MiB', '[::1]:2525', 'file:/x', '2026-12-31', 'true', '7'], (text) => {
  for (const { type } of settings) {
    for (const given of [text, fromEnvironment(type, text)]) {
      const read = readValue(type, given);
      if (read.kind === 'fault') assert.ok(read.fault.length <= 2 * text.length * 6 + 200);
    }
  }
  for (const number of [parseDuration(text), parseSize(text)])
    assert.ok(number === undefined || (Number.isFinite(number) && number >= 0));
});

const operator = ofText('operator-policy', ['*.example.org mx.example 2026-12-31 why'], (text) => {
  const [to = '', name = '', until = '', reason = ''] = text.split(' ');
  const read = parseOperatorPolicy({
    floor: 'may',
    enforce: true,
    rules: [{ to: [to], floor: 'verify', names: [name], requiretls: 'as-asked', source: 'rule 1' }],
    exceptions: [{ to: [to], ignore: ['dane'], until, reason, source: 'exception 1' }],
  });
  if (read.kind === 'ok') assert.ok(Number.isFinite(read.value.exceptions[0]?.until));
});

const routes = ofText(
  'next-hops',
  ['[mx.example.org]:587', 'example.org', '[IPv6:2001:db8::1]:25', '*.example.org', '192.0.2.0/24'],
  (text) => {
    const via = parseVia(text);
    if (via.kind === 'ok') assert.deepEqual(parseVia(formatVia(via.value)), via);
    const hop = parseNextHop(text, []);
    if (hop.kind === 'ok') assert.deepEqual(parseNextHop(formatNextHop(hop.value), []), hop);
    parseRoute({ to: [text], via: text, tls: 'starttls', credentials: 'none' });
    const prefix = parsePrefix(text);
    if (prefix.kind === 'ok') assert.ok(prefix.value.bits <= prefix.value.octets.length * 8);
    const address = parseIpAddress(text);
    if (address !== undefined) assert.equal(parseIpAddress(address), address);
  },
);

const flags = ofText('flags', ['queue\n--domain\nx\n--json', '--at=2026-12-31', '-v\n--', '--__proto__'], (text) => {
  const specs = [
    { name: 'domain', value: 'D', says: '' },
    { name: 'json', says: '' },
  ] as unknown as Parameters<typeof parseFlags>[1];
  const read = parseFlags(text.split('\n'), specs);
  if (read.kind === 'ok') read.value.flags.text('domain');
});

// ---- the administration's requests

/** What the relay was asked to do, nothing else. */
function relayThatListens(heard: unknown[]): Relay {
  const note = async (...what: readonly unknown[]): Promise<object> => {
    heard.push(what);
    return {};
  };
  return {
    list: async (filter: unknown) => {
      heard.push(filter);
      return [];
    },
    act: async (act: string, filter: unknown, text: string) => {
      heard.push(filter);
      return act === 'retry' ? text.length : undefined;
    },
    flush: () => void heard.push('flush'),
    probe: note,
    check: note,
    story: note,
    policies: { list: () => [], show: () => undefined, refresh: note, forget: note },
  } as unknown as Relay;
}

const filterParts = ['domain', 'from', 'to', 'because', 'olderThan', 'newerThan', 'state', 'ids', 'limit'];
const paths = ['messages', 'act', 'flush', 'probe', 'check', 'policies/refresh', 'policies/forget', 'x'];

/** The first octet tells the path; the rest is the body. */
const requests: Target = {
  name: 'admin-requests',
  seeds: [
    utf8('\u0001{"act":"retry","filter":{"domain":"x","state":"held","limit":5},"note":"y"}'),
    utf8('\u0000{"filter":{"ids":["a"],"olderThan":1}}'),
    utf8('\u0004{"subject":"example.org","options":{"mx":1}}'),
    utf8('\u0003{"address":null}'),
  ],
  words: ['{"filter":{', '"ids":[', '"__proto__":', '"limit":', 'null', '"state":"held"'],
  read: async (octets) => {
    const heard: unknown[] = [];
    const path = paths[(octets[0] ?? 0) % paths.length];
    const url = new URL(`http://localhost/api/v1/${path}`);
    const given = await answer(relayThatListens(heard), 'POST', url, textOf(octets.subarray(1)));
    assert.ok([200, 400, 404].includes(given.status));
    // QUE-7: what reaches the queue is a filter, or nothing does.
    for (const filter of heard)
      if (typeof filter === 'object' && filter !== null && !Array.isArray(filter))
        assert.ok(Object.keys(filter).every((part) => filterParts.includes(part)));
  },
};

export const textTargets: readonly Target[] = [
  policy,
  records,
  tlsaText,
  der,
  material,
  configuration,
  values,
  operator,
  routes,
  flags,
  requests,
];
