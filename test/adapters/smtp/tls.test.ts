// Real handshakes: what is offered, what the peer's chain looks like to us, and what OpenSSL says of its path.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { before, describe, test } from 'node:test';
import {
  createTlsClient,
  type Handshake,
  isWeakSuite,
  shakeHands,
  type TlsSettings,
} from '../../../src/adapters/smtp/tls.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { tags, writeElement } from '../../../src/core/x509/der.ts';
import type { TrustStoreRef } from '../../../src/core/x509/path-verdict.ts';
import { startSwapper } from './certificate-swapper.ts';
import { type Made, make, makeCa, makeKeys, makeRsaKeys, pemOf } from './certificates.ts';
import { type Script, startSink } from './sink.ts';

const webpki: TrustStoreRef = { kind: 'webpki' };
const anchor = (of: Made): TrustStoreRef => ({ kind: 'anchor', certificate: of.der });
const names = ['mx.example'];

let root: Made;
let int: Made;
let leaf: Made;
before(async () => {
  root = await makeCa();
  int = await makeCa({ issuer: root });
  leaf = await make({ names, issuer: int });
});

type Wish = {
  readonly store?: TrustStoreRef;
  readonly roots?: readonly string[];
  readonly server?: NonNullable<Script['tls']>;
  readonly settings?: Partial<TlsSettings>;
  /** A path that shows these certificates in place of the server's own. */
  readonly through?: readonly Made[];
};

async function meet(
  chain: readonly Made[],
  { store = webpki, roots = [root.pem], server = {}, settings = {}, through }: Wish = {},
): Promise<Handshake> {
  const sink = await startSink({
    implicit: 'yes',
    tls: { key: chain[0]?.key ?? '', cert: pemOf(...chain), ...server },
  });
  const client = createTlsClient({
    trustStore: { certificates: roots, source: 'test' },
    suites: 'default',
    minVersion: 'TLSv1.2',
    ...settings,
  });
  const swapper = through === undefined ? undefined : await startSwapper(sink.port, through);
  const plain = connect(swapper?.port ?? sink.port, '127.0.0.1');
  await new Promise((resolve) => plain.once('connect', resolve));
  const result = await shakeHands(plain, { client, store, sni: domainName('mx.example'), milliseconds: 5000 });
  if (result.kind === 'done') result.socket.destroy();
  await swapper?.close();
  await sink.close();
  return result;
}

const path = async (chain: readonly Made[], wish: Wish = {}): Promise<string> => {
  const result = await meet(chain, wish);
  assert(result.kind === 'done', JSON.stringify(result));
  const [verdict] = result.security.paths;
  return verdict?.kind === 'untrusted' ? verdict.fault : (verdict?.kind ?? 'none');
};

describe('the presented chain', () => {
  test('DANE-43 the same certificates are one object, so that they are read once; any other chain is another', async () => {
    const chainOf = async (chain: readonly Made[]): Promise<readonly Uint8Array[]> => {
      const result = await meet(chain);
      assert(result.kind === 'done');
      return result.security.chain;
    };
    const first = await chainOf([leaf, int]);
    assert.equal(await chainOf([leaf, int]), first);
    const alone = await chainOf([leaf]);
    assert.deepEqual([alone.length, first.length], [1, 2]);
    const other = await chainOf([await make({ names, issuer: int }), int]);
    assert.notEqual(other, first);
    assert.notDeepEqual(other[0], first[0]);
  });

  test('DANE-45 a certificate shown without its key ends the handshake, so a copied one matches no record', async () => {
    const own = await make({ names });
    const server = { maxVersion: 'TLSv1.2' } as const;
    const honest = await meet([own], { server, through: [own] });
    assert.equal(honest.kind, 'done', JSON.stringify(honest));
    const copied = await meet([own], { server, through: [leaf, int] });
    assert.notEqual(copied.kind, 'done');
  });

  test('DANE-43 A5 is exactly what was sent, in its order, whatever is in the local store', async () => {
    const [other, keys] = [await makeCa(), await makeKeys()];
    const byRoot = await makeCa({ subject: 'CN=Twin', keys, issuer: root });
    const byOther = await makeCa({ subject: 'CN=Twin', keys, issuer: other });
    const underTwin = await make({ names, issuer: byRoot });
    const own = await make({ names });
    for (const [chain, why] of [
      [[leaf], 'leaf only'],
      [[leaf, int], 'the local root is not added'],
      [[leaf, int, root], 'root sent'],
      [[leaf, root, int], 'wrong order'],
      [[leaf, other, int], 'an unrelated one between'],
      [[leaf, int, other], 'an unrelated one behind'],
      [[underTwin, byRoot, byOther], 'cross-signed twins'],
      [[leaf, leaf, int], 'the leaf twice'],
      [[own], 'self-signed'],
      [[own, other], 'self-signed and an unrelated one'],
    ] as const) {
      const result = await meet(chain);
      assert(result.kind === 'done');
      assert.deepEqual(
        result.security.chain.map((der) => Buffer.from(der).toString('hex')),
        chain.map(({ der }) => Buffer.from(der).toString('hex')),
        why,
      );
    }
  });

  test('PKIX-10 more certificates than anybody needs end the handshake', async () => {
    assert.equal((await meet([leaf, ...Array<Made>(19).fill(int)])).kind, 'done');
    const result = await meet([leaf, ...Array<Made>(20).fill(int)]);
    assert(result.kind === 'failed' && result.security.kind === 'handshake-failed');
  });
});

/** Whatever an attacker likes: a certificate whose key no library knows. */
function withStrangeKey(): Made {
  const oid = (...arcs: readonly number[]) => writeElement(tags.oid, Uint8Array.from(arcs));
  const sequence = (...parts: readonly Uint8Array[]) => writeElement(tags.sequence, ...parts);
  const time = (text: string) => writeElement(tags.generalizedTime, new TextEncoder().encode(text));
  const algorithm = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const bits = writeElement(tags.bitString, Uint8Array.of(0, 1, 2, 3));
  const tbs = sequence(
    writeElement(0xa0, writeElement(tags.integer, Uint8Array.of(2))),
    writeElement(tags.integer, Uint8Array.of(1)),
    algorithm,
    sequence(),
    sequence(time('20000101000000Z'), time('99991231235959Z')),
    sequence(),
    sequence(sequence(oid(0x2a, 0x03, 0x04, 0x05)), bits),
  );
  const der = sequence(tbs, algorithm, bits);
  return { ...leaf, der, pem: new X509Certificate(der).toString() };
}

describe('the path', () => {
  test('PKIX-10 ATK-93 a certificate that cannot be read on the way of a refused path ends nothing', async () => {
    const refused = await make({ names, issuer: int, unknownCritical: 'yes' });
    assert.equal(await path([refused, withStrangeKey(), int], { server: { ciphers: 'DEFAULT@SECLEVEL=0' } }), 'other');
  });

  test('PKIX-1 PKIX-7 good chains in any order, with extra certificates', async () => {
    const other = await makeCa();
    for (const chain of [
      [leaf, int],
      [leaf, int, root],
      [leaf, root, int],
      [leaf, other, int],
    ])
      assert.equal(await path(chain), 'trusted');
  });

  test('PKIX-1 PKIX-2 PKIX-3 PKIX-4 PKIX-5 TLS-23 every flaw is refused, and the handshake goes on', async () => {
    const under = async (ca: Made, request = {}) => [await make({ names, issuer: ca, ...request }), ca];
    const short = await makeCa({ issuer: root, pathLength: 0 });
    const deep = await makeCa({ issuer: short });
    const rows: readonly (readonly [string, readonly Made[], string])[] = [
      ['missing intermediate', [leaf], 'untrusted'],
      ['unknown root', await under(await makeCa()), 'untrusted'],
      ['self-signed', [await make({ names })], 'untrusted'],
      ['expired leaf', await under(int, { dates: 'expired' }), 'expired'],
      ['future leaf', await under(int, { dates: 'future' }), 'not-yet-valid'],
      ['expired intermediate', await under(await makeCa({ issuer: root, dates: 'expired' })), 'expired'],
      ['broken signature', [await make({ names, issuer: root, signature: 'broken' })], 'untrusted'],
      ['no authority', await under(await make({ role: 'no-flag', subject: 'CN=no flag', issuer: root })), 'other'],
      [
        'no keyCertSign',
        await under(await make({ role: 'no-key-cert-sign', subject: 'CN=no usage', issuer: root })),
        'other',
      ],
      ['path too long', [...(await under(deep)), short], 'constraint'],
      [
        'name constraints',
        await under(await makeCa({ issuer: root, constraint: { permitted: 'other.example' } })),
        'other',
      ],
      ['unknown critical extension', await under(int, { unknownCritical: 'yes' }), 'other'],
      ['client certificate', await under(int, { purpose: 'client' }), 'constraint'],
    ];
    for (const [why, chain, fault] of rows)
      assert.equal(await path(chain.length === 2 && chain[1] === int ? [...chain] : chain), fault, why);
  });

  test('TLS-23 DANE-44 short keys and SHA-1 spoil the path, not the handshake', async () => {
    const server = { ciphers: 'DEFAULT:@SECLEVEL=0' };
    const rsa = await make({ names, issuer: root, keys: await makeRsaKeys(1024) });
    const sha1 = await make({ names, issuer: root, signature: 'sha1' });
    assert.equal(await path([rsa], { server }), 'weak');
    assert.equal(await path([rsa], { server: { ...server, maxVersion: 'TLSv1.2' } }), 'weak');
    assert.equal(await path([sha1], { server }), 'weak');
  });

  test('DANE-51 DANE-55 PKIX-6 an anchor is the whole store: an intermediate will do, roots do not count', async () => {
    const other = await makeCa();
    assert.equal(await path([leaf, int], { store: anchor(int), roots: [] }), 'trusted');
    assert.equal(await path([leaf], { store: anchor(int), roots: [] }), 'trusted');
    assert.equal(await path([leaf, int], { store: anchor(root), roots: [] }), 'trusted');
    assert.equal(await path([leaf, int], { store: anchor(other) }), 'untrusted');
    assert.equal(await path([leaf, int, other], { store: anchor(other) }), 'untrusted');
    assert.equal(await path([leaf, int], { roots: [] }), 'untrusted');
    // An intermediate is no anchor among public roots.
    assert.equal(await path([leaf, int], { roots: [int.pem] }), 'untrusted');
  });
});

describe('what is offered', () => {
  test('TLS-11 TLS-12 ATK-11 INT-14 1.2 and 1.3 are spoken, nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const result = await meet([leaf, int], { server: { minVersion: version, maxVersion: version } });
      assert.equal(result.kind === 'done' && result.security.protocol, version);
    }
    const old = await meet([leaf, int], {
      server: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' },
    });
    assert(old.kind === 'failed' && old.security.kind === 'handshake-failed', JSON.stringify(old.kind));
  });

  test('TLS-13 TLS-14 ATK-12 CERT-70 unsafe suites fail, weak ones are the last resort of the default profile only', async () => {
    const rsa = await make({ names, issuer: root, keys: await makeRsaKeys(2048) });
    const with12 = (ciphers: string, settings: Partial<TlsSettings> = {}) =>
      meet([rsa], { server: { ciphers, maxVersion: 'TLSv1.2', dhparam: 'auto' } as never, settings });
    for (const ciphers of [
      'NULL:@SECLEVEL=0',
      'aNULL:@SECLEVEL=0',
      'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0',
      'AES128-SHA:@SECLEVEL=0',
    ]) {
      assert.equal((await with12(ciphers)).kind, 'failed', ciphers);
    }
    for (const ciphers of ['ECDHE-RSA-AES128-SHA', 'AES128-GCM-SHA256']) {
      const result = await with12(ciphers);
      assert(result.kind === 'done' && isWeakSuite(result.security.cipher), ciphers);
      assert.equal((await with12(ciphers, { suites: 'strict' })).kind, 'failed', ciphers);
    }
    const strong = await with12('ECDHE-RSA-AES128-GCM-SHA256', { suites: 'strict' });
    assert(strong.kind === 'done' && !isWeakSuite(strong.security.cipher));
  });

  test('TLS-15 TLS-16 TLS-17 TLS-30 CERT-72 the client hello', async () => {
    const hello = await clientHello();
    assert.deepEqual(hello.compressions, [0]);
    const suites = hello.suites.map((suite) => suite.toString(16));
    for (const suite of ['1301', '1302', 'c02b', 'c02c', 'c02f', 'c030']) assert(suites.includes(suite), suite);
    // CBC and static RSA behind everything else.
    const strongEnd = suites.lastIndexOf('c02f');
    for (const weak of ['c013', 'c014', '9c', '9d']) assert(suites.indexOf(weak) > strongEnd, weak);
    // extended_master_secret, renegotiation info, no ALPN, no early data, no pre-shared key, no raw public keys.
    assert(hello.extensions.has(0x17));
    assert(hello.extensions.has(0xff01) || suites.includes('ff'));
    for (const absent of [0x10, 0x2a, 0x29, 0x13, 0x14])
      assert.equal(hello.extensions.has(absent), false, String(absent));
    const groups = hello.extensions.get(0x0a)?.toString('hex').slice(4).match(/.{4}/g) ?? ([] as string[]);
    assert(groups.includes('0017') && groups.includes('001d'), groups.join());
  });

  test('A5 contexts are shared: one for public roots, one for each anchor', () => {
    const client = createTlsClient({
      trustStore: { certificates: [root.pem], source: 'test' },
      suites: 'default',
      minVersion: 'TLSv1.2',
    });
    assert.equal(client.contextFor(webpki), client.contextFor(webpki));
    assert.equal(
      client.contextFor(anchor(int)),
      client.contextFor({ kind: 'anchor', certificate: Uint8Array.from(int.der) }),
    );
    assert.notEqual(client.contextFor(anchor(int)), client.contextFor(anchor(root)));
  });
});

type Hello = { readonly suites: number[]; readonly compressions: number[]; readonly extensions: Map<number, Buffer> };

async function clientHello(): Promise<Hello> {
  const captured = new Promise<Buffer>((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        resolve(data as Buffer);
        socket.destroy();
        server.close();
      });
    }).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      const plain = connect(port, '127.0.0.1', () => {
        const client = createTlsClient({
          trustStore: { certificates: [], source: 'test' },
          suites: 'default',
          minVersion: 'TLSv1.2',
        });
        void shakeHands(plain, { client, store: webpki, sni: domainName('mx.example'), milliseconds: 2000 });
      });
    });
  });
  const data = await captured;
  // record header 5, handshake header 4, version 2, random 32, session id.
  let at = 43;
  at += 1 + (data[at] ?? 0);
  const suites: number[] = [];
  const suitesEnd = at + 2 + data.readUInt16BE(at);
  for (at += 2; at < suitesEnd; at += 2) suites.push(data.readUInt16BE(at));
  const count = data[at] ?? 0;
  const compressions = [...data.subarray(at + 1, at + 1 + count)];
  at += 1 + count + 2;
  const extensions = new Map<number, Buffer>();
  while (at + 4 <= data.length) {
    const length = data.readUInt16BE(at + 2);
    extensions.set(data.readUInt16BE(at), data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { suites, compressions, extensions };
}
