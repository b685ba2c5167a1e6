// `sekisho tlsa make` against openssl's own digests, and in every form.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pemOf } from '../../src/lab/certificates.ts';
import { bare, jsonOf, named, openWorld, type Said, sekisho, type World } from '../relay/world.ts';
import {
  algorithms,
  associationOf,
  type Made,
  makeFiles,
  opensslVersion,
  otherKeys,
  textOf,
  toDer,
} from './openssl.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-tlsa-'));
after(() => rmSync(folder, { recursive: true }));
const make = (...argv: readonly string[]): Promise<Said> => bare({}, 'tlsa', 'make', ...argv);
const lines = ({ out }: Said): readonly string[] => out.trimEnd().split('\n');
const jsonLines = (said: Said): readonly Record<string, unknown>[] => lines(said).map((line) => JSON.parse(line));

/** Without it nothing here would be compared with anything. */
const needs = { skip: opensslVersion === undefined && 'THE openssl PROGRAM IS MISSING: nothing was compared' };

const made = new Map<keyof typeof algorithms, Made>();
before(() => {
  if (opensslVersion === undefined) return;
  for (const algorithm of Object.keys(algorithms) as (keyof typeof algorithms)[])
    made.set(algorithm, makeFiles(folder, algorithm, 'mx.example.org'));
});
const files = (algorithm: keyof typeof algorithms): Made => made.get(algorithm) as Made;

test(
  'OPS-20 OPS-21 OPS-28 every usage, selector and matching type as openssl computes it, RSA, ECDSA and Ed25519',
  needs,
  async () => {
    for (const [, { certificate }] of made)
      for (const selector of [0, 1])
        for (const matching of [0, 1, 2]) {
          const expected = associationOf(certificate, selector, matching);
          // A self-signed certificate is its own issuer, so all four usages name it.
          const all = ['0', '1', '2', '3'].flatMap((usage) => ['--usage', usage]);
          const said = await make(
            '--certificate',
            certificate,
            '--selector',
            `${selector}`,
            '--matching',
            `${matching}`,
            ...all,
          );
          assert.equal(said.code, 0, said.err);
          assert.deepEqual(
            lines(said),
            [0, 1, 2, 3].map((usage) => `${usage} ${selector} ${matching} ${expected}`),
          );
        }
  },
);

test(
  'DANE-83 OPS-20 OPS-21 OPS-68 certificate, key, public key and request, PEM and DER, give the same 3 1 1',
  needs,
  async () => {
    for (const [algorithm, { certificate, key, publicKey, csr }] of made) {
      const expected = `3 1 1 ${associationOf(certificate, 1, 1)}`;
      const { traditional, encrypted } = otherKeys(algorithm, key);
      for (const argv of [
        ['--certificate', certificate],
        ['--certificate', toDer(certificate, 'x509')],
        ['--key', key],
        ['--key', toDer(key, 'pkey')],
        ['--key', traditional],
        ['--key', publicKey],
        ['--key', toDer(publicKey, 'pubkey')],
        ['--csr', csr],
        ['--csr', toDer(csr, 'req')],
      ]) {
        const said = await make(...argv);
        assert.equal(said.code, 0, `${algorithm} ${argv.join(' ')}: ${said.err}`);
        assert.deepEqual(lines(said), [expected], argv.join(' '));
      }
      const locked = await make('--key', encrypted);
      assert.equal(locked.code, 2);
      assert.match(locked.err, /encrypted/);
    }
  },
);

test('OPS-24 OPS-26 OPS-27 forms, ports and hosts, merged and sorted, each record once', needs, async () => {
  const { certificate } = files('ECDSA');
  const hex = associationOf(certificate, 1, 1);
  const two = ['--host', 'b.example.org', '--host', 'a.example.org', '--port', '443', '--port', '25'];
  const zone = await make('--certificate', certificate, '--certificate', certificate, ...two);
  assert.deepEqual(
    lines(zone),
    ['a', 'b'].flatMap((host) =>
      [25, 443].map((port) => `_${port}._tcp.${host}.example.org. 3600 IN TLSA 3 1 1 ${hex}`),
    ),
  );
  const rsa = associationOf(files('RSA').certificate, 1, 1);
  const merged = await make(
    '--certificate',
    certificate,
    '--certificate',
    files('RSA').certificate,
    '--host',
    'a.example.org',
  );
  assert.deepEqual(
    lines(merged),
    [hex, rsa].sort().map((one) => `_25._tcp.a.example.org. 3600 IN TLSA 3 1 1 ${one}`),
  );
  const form = (name: string, ...more: readonly string[]): Promise<Said> =>
    make('--certificate', certificate, '--host', 'mail.example.org', '--form', name, ...more);
  assert.deepEqual(lines(await form('bare')), [`3 1 1 ${hex}`]);
  assert.deepEqual(lines(await form('generic')), [`_25._tcp.mail.example.org. 3600 IN TYPE52 \\# 35 030101${hex}`]);
  assert.match((await form('fields')).out, /^name +_25\._tcp\.mail\nfull name +_25\._tcp\.mail\.example\.org\.$/m);
  assert.match(
    (await form('nsupdate', '--zone', 'example.org', '--ttl', '5m')).out,
    /^zone example\.org\.\nupdate add .* 300 IN TLSA 3 1 1 [0-9a-f]{64}\nsend$/m,
  );
  const [row] = jsonLines(await form('json'));
  assert.deepEqual(
    [row?.schema, row?.owner, row?.port, row?.protocol, row?.ttl, row?.record],
    ['sekisho.tlsa/1', '_25._tcp.mail.example.org.', 25, 'tcp', 3600, `3 1 1 ${hex}`],
  );
  assert.deepEqual(
    jsonLines(await make('--certificate', certificate, '--json')).map(({ owner }) => owner),
    [null],
  );
  // Asked for a zone line without a host, the names of the certificate are the owners.
  assert.deepEqual(lines(await make('--certificate', certificate, '--form', 'zone')), [
    `_25._tcp.mx.example.org. 3600 IN TLSA 3 1 1 ${hex}`,
  ]);
  assert.equal((await make('--key', files('ECDSA').key, '--form', 'zone')).code, 2);
  assert.deepEqual(
    lines(await make('--certificate', certificate, '--host', 'a.example', '--protocol', 'udp', '--ttl', '60')),
    [`_25._udp.a.example. 60 IN TLSA 3 1 1 ${hex}`],
  );
});

test('DANE-84 OPS-22 OPS-23 OPS-29 advice on standard error, records alone on standard output', needs, async () => {
  const { certificate } = files('RSA');
  const advised = async (...argv: readonly string[]): Promise<string> => {
    const said = await make('--certificate', certificate, '--host', 'mx.example.org', ...argv);
    assert.equal(lines(said).length, 1);
    assert.match(said.out, /^_25\._tcp/);
    return said.err;
  };
  assert.doesNotMatch(await advised(), /[?] 3 1 1/);
  assert.match(await advised(), /TTL 3600: keep it at 300 to 3600/);
  assert.match(await advised('--usage', '1'), /usage 1 as unusable/);
  assert.match(await advised('--usage', '0'), /usage 0 as unusable/);
  assert.match(await advised('--matching', '0'), /whole certificate or key into DNS/);
  assert.match(await advised('--selector', '0'), /lives 90 days/);
  assert.match(await advised('--usage', '2', '--selector', '0'), /was not asked/);
  assert.match(await advised('--usage', '2'), /only the key of the issuer/);
  assert.equal((await make('--certificate', certificate, '--usage', '1', '--quiet')).err, '');
});

test('DANE-87 DANE-90 DANE-91 advice on a set as a whole, in JSON too', needs, async () => {
  const { certificate } = files('RSA');
  const advised = async (...argv: readonly string[]): Promise<string> =>
    (await make('--certificate', certificate, ...argv)).err;
  const two = ['--host', 'mx.example.org', '--port', '25', '--port', '443'];
  assert.match(await advised(...two), /mx\.example\.org:25, mx\.example\.org:443 share it/);
  assert.doesNotMatch(await advised('--host', 'mx1.example.org', '--host', 'mx2.example.org'), /share it/);
  assert.match(await advised('--host', 'mx.example.org', '--ttl', '2d'), /TTL 172800: a mistake, or a key/);
  const large = ['--host', 'mx.example.org', '--matching', '0', '--selector', '0', '--selector', '1'];
  assert.match(await advised(...large), /the answer has about \d{4} octets/);
  const { out } = await make('--certificate', certificate, ...two, '--ttl', '2d', '--json');
  const codes = (JSON.parse(out.split('\n')[0] ?? '') as { warnings: { code: string }[] }).warnings.map(
    ({ code }) => code,
  );
  assert.deepEqual(codes, ['ttl-long', 'shared']);
});

test('OPS-43 the records once, with an alias at each owner', needs, async () => {
  const { certificate } = files('ECDSA');
  const common = ['--certificate', certificate, '--common', 'tlsa._dane.example.org', '--host', 'mx1.example.org'];
  const zone = await make(...common, '--host', 'mx2.example.org');
  const data = `3 1 1 ${associationOf(certificate, 1, 1)}`;
  assert.deepEqual(lines(zone), [
    `tlsa._dane.example.org. 3600 IN TLSA ${data}`,
    '_25._tcp.mx1.example.org. 3600 IN CNAME tlsa._dane.example.org.',
    '_25._tcp.mx2.example.org. 3600 IN CNAME tlsa._dane.example.org.',
  ]);
  // RFC 7672 §2.2.3
  assert.match(zone.err, /3 1 1: mx1\.example\.org:25, mx2\.example\.org:25 share it/);
  const update = lines(await make(...common, '--form', 'nsupdate', '--zone', 'example.org'));
  assert.deepEqual(update, [
    'zone example.org.',
    `update add tlsa._dane.example.org. 3600 IN TLSA ${data}`,
    'update add _25._tcp.mx1.example.org. 3600 IN CNAME tlsa._dane.example.org.',
    'send',
  ]);
  assert.match(
    (await make(...common, '--form', 'generic')).out,
    /^tlsa\._dane\.example\.org\. 3600 IN TYPE52 \\# 35 030101/,
  );
  assert.match((await make(...common, '--form', 'bare')).err, /--common goes with --form zone, generic, nsupdate/);
  assert.match((await make(...common.with(3, 'a b'))).err, /--common wants a name, not "a b"/);
});

test(
  'DANE-86 DANE-92 OPS-43 advice from live servers; a set by alias is found and judged like any other',
  needs,
  async () => {
    const world: World = await openWorld(named('dane-ta-intermediate', 'dane-second-host'));
    const host = 'mx.dane-ta-intermediate.test';
    const live = (...argv: readonly string[]): Promise<Said> => sekisho(world, 'tlsa', ...argv);
    const ta = ['--usage', '2', '--selector', '0', '--starttls', 'smtp', '--server', `${host}:${world.lab.ports.smtp}`];
    assert.doesNotMatch((await live('make', ...ta)).err, /does not name/);
    assert.match(
      (await live('make', ...ta, '--host', 'mx.elsewhere.test')).err,
      /2 0 1: the certificate does not name mx\.elsewhere\.test/,
    );
    world.lab.setRecords('dane-ta-intermediate.test', 'MX', ['10 mx1.dane-second-host.test.']);
    const foreign = /mx1\.dane-second-host\.test is not in dane-ta-intermediate\.test: whoever runs it/;
    assert.match((await live('make', '--domain', 'dane-ta-intermediate.test')).err, foreign);
    assert.match((await live('check', '--domain', 'dane-ta-intermediate.test')).out.replace(/\s+/g, ' '), foreign);
    const { records } = jsonOf<{ records: { record: string }[] }>(await live('check', host, '--json'));
    const owner = `_${world.lab.ports.smtp}._tcp.${host}`;
    world.lab.setRecords(owner, 'TLSA', []);
    world.lab.setRecords(owner, 'CNAME', ['tlsa._dane.dane-ta-intermediate.test.']);
    world.lab.setRecords(
      'tlsa._dane.dane-ta-intermediate.test',
      'TLSA',
      records.map(({ record }) => record),
    );
    const alias = await live('check', host, '--json');
    assert.deepEqual([alias.code, jsonOf(alias).published], [0, 'secure'], alias.out);
  },
);

test('OPS-20 OPS-22 OPS-25 records from live servers, for the MX hosts of a domain', needs, async () => {
  const world: World = await openWorld(
    named('dane-ee', 'dane-ta-intermediate', 'dane-second-host', 'null-mx', 'sts-enforce'),
  );
  const live = (...argv: readonly string[]): Promise<Said> => sekisho(world, 'tlsa', 'make', ...argv);
  const domain = await live('--domain', 'dane-ee.test');
  assert.equal(domain.code, 0, domain.err);
  assert.match(domain.out, /^_25\._tcp\.mx\.dane-ee\.test\. 3600 IN TLSA 3 1 1 [0-9a-f]{64}\n$/);
  // What it makes is what the laboratory publishes.
  const record = /(3 1 1 .*)\n/.exec(domain.out)?.[1] ?? '';
  assert.equal((await sekisho(world, 'tlsa', 'check', 'mx.dane-ee.test', '--record', record)).code, 0);
  const two = await live('--domain', 'dane-second-host.test');
  assert.deepEqual(
    lines(two).map((line) => line.split(' ')[0]),
    ['_25._tcp.mx1.dane-second-host.test.', '_25._tcp.mx2.dane-second-host.test.'],
  );
  // The issuer is what usage 2 names; the server sends it.
  const anchor = await live(
    '--server',
    `mx.dane-ta-intermediate.test:${world.lab.ports.smtp}`,
    '--starttls',
    'smtp',
    '--usage',
    '2',
    '--selector',
    '0',
  );
  assert.equal(anchor.code, 0, anchor.err);
  assert.doesNotMatch(anchor.err, /was not asked|does not send/);
  const pem = join(folder, 'intermediate.pem');
  writeFileSync(pem, pemOf([world.lab.authorities.privateIntermediate]));
  assert.ok(anchor.out.includes(`2 0 1 ${associationOf(pem, 0, 1)}`));
  // A self-signed leaf alone has no issuer beside it.
  assert.match((await live('--domain', 'dane-ee.test', '--usage', '2', '--selector', '0')).err, /does not send/);
  // A file for the hosts of a domain: no server is asked for its chain.
  const mixed = await live('--domain', 'dane-second-host.test', '--certificate', files('RSA').certificate);
  assert.equal(lines(mixed).length, 2);
  assert.equal((await live('--domain', 'null-mx.example')).code, 1);
  assert.equal((await live('--domain', 'nowhere.test')).code, 1);
  world.lab.setFault('dns:servfail', 'sts-enforce.example/MX');
  assert.equal((await live('--domain', 'sts-enforce.example')).code, 3);
  assert.equal((await live('--server', 'mx.dane-ee.test:1')).code, 3);
});

test('OPS-65 typographic dashes and wrong files: one clear line and the right exit code', needs, async () => {
  const { certificate, key, csr } = files('ECDSA');
  const one = (said: Said, code: number, word: RegExp): void => {
    assert.equal(said.code, code, said.err);
    assert.match(said.err, word);
    assert.equal(said.out, '');
    assert.ok(said.err.split('\n').filter((line) => line.startsWith('sekisho: ')).length === 1, said.err);
  };
  one(await make('–certificate', certificate), 2, /typographic/);
  one(await make('-—certificate', certificate), 2, /typographic/);
  one(await make(), 2, /wants --certificate/);
  one(await make(certificate), 2, /takes flags only/);
  one(await make('--certificate', join(folder, 'nowhere')), 2, /there is no such file/);
  one(await make('--certificate', folder), 2, /folder/);
  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  one(await make('--certificate', write('empty', '')), 2, /the file is empty/);
  one(await make('--certificate', write('text', 'hello\n')), 2, /neither in PEM nor in DER/);
  one(await make('--certificate', write('broken', textOf(certificate).replace(/-----END.*/, ''))), 2, /no end/);
  one(await make('--certificate', write('cut', textOf(certificate).replace(/\n.{60}/, '\n'))), 2, /certificate/);
  one(await make('--certificate', key), 2, /no certificate is in it; --key/);
  one(await make('--certificate', csr), 2, /--csr/);
  one(await make('--key', certificate), 2, /no key is in it; --certificate/);
  one(await make('--csr', key), 2, /no certificate request/);
  one(await make('--key', key, '--selector', '0'), 2, /selector 0/);
  one(await make('--certificate', write('hostile', '\u001b[2J-----BEGIN \u001b')), 2, /PEM block|neither/);
  for (const argv of [
    ['--usage', '4'],
    ['--selector', '2'],
    ['--matching', '3'],
    ['--port', '0'],
    ['--port', 'smtp'],
    ['--host', '192.0.2.1'],
    ['--host', 'a b'],
    ['--form', 'xml'],
    ['--ttl', 'soon'],
    ['--protocol', 'sctp4'],
    ['--zone', '..'],
  ])
    assert.equal((await make('--certificate', certificate, ...argv)).code, 2, argv.join(' '));
  // A file with key and certificate, as many tools write it.
  const both = write('both.pem', textOf(key) + textOf(certificate));
  const same = await make('--certificate', both);
  assert.deepEqual(lines(same), lines(await make('--key', both)));
});
