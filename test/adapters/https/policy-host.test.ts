import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { createPolicyHost } from '../../../src/adapters/https/policy-host.ts';
import type { RecordValues, Resolved, Resolver } from '../../../src/agent/ports.ts';
import { seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { IpAddress, LookupFailure } from '../../../src/core/base/lookup.ts';
import { type Prefix, parsePrefix } from '../../../src/core/routing/addresses.ts';
import { type Certified, issueLeaf, type LeafRequest, makeAuthority, pemOf } from '../../../src/lab/certificates.ts';

const policy = 'version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n';
const loopback = ((): Prefix => {
  const parsed = parsePrefix('127.0.0.0/8');
  assert.ok(parsed.kind === 'ok');
  return parsed.value;
})();

let authority: Certified;
let good: Certified;
before(async () => {
  authority = await makeAuthority({ subject: 'CN=Test Root' });
  good = await issueLeaf({ names: ['mta-sts.example.org'], issuer: authority });
});
const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

/** Every name has these addresses, or every question fails. */
function resolver(addresses: readonly string[] | LookupFailure): Resolver {
  return {
    async resolve<Type extends keyof RecordValues>(_name: unknown, type: Type): Promise<Resolved<RecordValues[Type]>> {
      const rest = { aliases: [], queries: 1, verifications: 0 };
      if (typeof addresses === 'string') return { answer: { kind: 'failed', reason: addresses }, ...rest };
      const value = addresses.filter((address) => (type === 'AAAA') === address.includes(':')) as IpAddress[];
      if (value.length === 0)
        return { answer: { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: seconds(60) }, ...rest };
      const answer = { kind: 'found', status: 'insecure', ttl: seconds(60), value } as const;
      return { answer, ...rest } as unknown as Resolved<RecordValues[Type]>;
    },
  };
}

type World = {
  readonly certificate?: Certified;
  readonly tls?: ServerOptions;
  readonly addresses?: readonly string[] | LookupFailure;
  readonly allowed?: readonly Prefix[];
  readonly ca?: readonly string[];
  readonly timeoutMs?: number;
};

type Fetch = { readonly says: string; readonly requests: readonly IncomingMessage[] };

/** One fetch of example.org's policy from a real server: the body, or `fault: sentence`. */
async function fetchFrom(listener: RequestListener, world: World = {}): Promise<Fetch> {
  const leaf = world.certificate ?? good;
  const requests: IncomingMessage[] = [];
  const server = createServer({ key: leaf.keyPem, cert: pemOf([leaf]), ...world.tls }, (asked, reply) => {
    requests.push(asked);
    listener(asked, reply);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const context = createSecureContext({ ca: [...(world.ca ?? [pemOf([authority])])], minVersion: 'TLSv1.2' });
  const host = createPolicyHost({
    resolver: resolver(world.addresses ?? ['127.0.0.1']),
    secureContext: () => context,
    port: (server.address() as AddressInfo).port,
    allowed: world.allowed ?? [loopback],
    families: 'auto',
    ...(world.timeoutMs === undefined ? {} : { timeoutMs: world.timeoutMs }),
  });
  const fetched = await host.fetch(domainName('example.org'));
  return { says: fetched.kind === 'body' ? fetched.body : `${fetched.fault}: ${fetched.says}`, requests };
}

const answer =
  (body: string | Buffer, headers: Record<string, string> = { 'content-type': 'text/plain' }, status = 200) =>
  (_asked: IncomingMessage, reply: ServerResponse): void => {
    reply.writeHead(status, headers).end(body);
  };

test('STS-10 STS-13 STS-17 one plain GET of the well-known path, and nothing else in it', async () => {
  const { says, requests } = await fetchFrom(answer(policy));
  assert.equal(says, policy);
  const [asked] = requests as [IncomingMessage];
  assert.equal(asked.method, 'GET');
  assert.equal(asked.url, '/.well-known/mta-sts.txt');
  assert.match(asked.headers.host ?? '', /^mta-sts\.example\.org(:\d+)?$/);
  assert.equal((asked.socket as TLSSocket & { servername: string }).servername, 'mta-sts.example.org');
  assert.deepEqual(Object.keys(asked.headers).sort(), [
    'accept',
    'accept-encoding',
    'connection',
    'host',
    'user-agent',
  ]);
  assert.equal(asked.headers['accept-encoding'], 'identity');
});

test('STS-12 STS-20 only 200 counts, and a redirect is not followed', async () => {
  const elsewhere = { location: 'https://mta-sts.example.org/other', 'content-type': 'text/plain' };
  for (const status of [204, 301, 302, 304, 307, 404, 410, 500, 503]) {
    const { says, requests } = await fetchFrom(answer('', elsewhere, status));
    assert.equal(says, `sts-policy-fetch-error: the policy host answered with status ${status}`);
    assert.equal(requests.length, 1);
  }
});

test('STS-14 the media type is text/plain, whatever its parameters', async () => {
  const typed = async (type: Record<string, string>): Promise<string> => (await fetchFrom(answer(policy, type))).says;
  assert.equal(await typed({ 'content-type': 'Text/Plain; charset=utf-8' }), policy);
  assert.match(await typed({ 'content-type': 'text/html' }), /^sts-policy-invalid/);
  assert.match(await typed({ 'content-type': 'text/plainly' }), /^sts-policy-invalid/);
  assert.match(await typed({}), /^sts-policy-invalid/);
});

test('STS-11 STS-20 NAME-4 the certificate must hold, by path, date and dNSName', async () => {
  const withLeaf = async (request: LeafRequest): Promise<string> =>
    (await fetchFrom(answer(policy), { certificate: await issueLeaf(request) })).says;
  const issuer = authority;
  const names = ['mta-sts.example.org'];
  assert.match(await withLeaf({ names }), /^sts-webpki-invalid/); // self-signed
  assert.match(await withLeaf({ names, issuer, validity: 'expired' }), /^sts-webpki-invalid/);
  assert.match(await withLeaf({ names, issuer, validity: 'future' }), /^sts-webpki-invalid/);
  assert.match(await withLeaf({ names: ['example.org'], issuer }), /^sts-webpki-invalid/);
  assert.match(await withLeaf({ names: ['*.org'], issuer }), /^sts-webpki-invalid/);
  assert.match(await withLeaf({ names: ['mta*.example.org'], issuer }), /^sts-webpki-invalid/);
  assert.match(await withLeaf({ names: [], commonName: 'mta-sts.example.org', issuer }), /^sts-webpki-invalid/);
  assert.match(
    await withLeaf({ names: ['other.example'], commonName: 'mta-sts.example.org', issuer }),
    /^sts-webpki-invalid/,
  );
  assert.equal(await withLeaf({ names: ['*.example.org'], issuer }), policy);
});

test('PKIX-6 STS-11 an empty trust store means that nothing is trusted', async () => {
  assert.match((await fetchFrom(answer(policy), { ca: [] })).says, /^sts-webpki-invalid/);
});

test('STS-11 TLS-11 TLS 1.1 is no TLS', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  assert.match((await fetchFrom(answer(policy), { tls: old })).says, /^sts-policy-fetch-error/);
});

test('STS-15 bodies, headers, encodings and time are limited', async () => {
  const large = 'x'.repeat(64 * 1024 + 1);
  assert.match((await fetchFrom(answer(large))).says, /^sts-policy-fetch-error: .* 64 KiB/);
  // Endless and without a length that would tell beforehand.
  const endless = (_asked: IncomingMessage, reply: ServerResponse): void => {
    reply.writeHead(200, { 'content-type': 'text/plain' });
    const more = (): void => {
      while (!reply.destroyed && reply.write('x'.repeat(16_384)));
      reply.once('drain', more);
    };
    more();
  };
  assert.match((await fetchFrom(endless)).says, /^sts-policy-fetch-error: .* 64 KiB/);
  const packed = { 'content-type': 'text/plain', 'content-encoding': 'gzip' };
  assert.match((await fetchFrom(answer(gzipSync(large), packed))).says, /^sts-policy-fetch-error: .*encoding/);
  const wordy = { 'content-type': 'text/plain', 'x-words': 'x'.repeat(20_000) };
  assert.match((await fetchFrom(answer(policy, wordy))).says, /^sts-policy-fetch-error/);
  const slow = (_asked: IncomingMessage, reply: ServerResponse): void => {
    reply.writeHead(200, { 'content-type': 'text/plain' });
    const drip = setInterval(() => reply.write('v'), 20);
    reply.on('close', () => clearInterval(drip));
  };
  assert.equal((await fetchFrom(slow, { timeoutMs: 300 })).says, 'sts-policy-fetch-error: no policy within 0.3 s');
  assert.equal(
    (await fetchFrom(() => undefined, { timeoutMs: 200 })).says,
    'sts-policy-fetch-error: no policy within 0.2 s',
  );
});

test('STS-20 a body that breaks off is no body', async () => {
  const broken = (_asked: IncomingMessage, reply: ServerResponse): void => {
    reply.writeHead(200, { 'content-type': 'text/plain', 'content-length': '1000' });
    reply.write(policy);
    setTimeout(() => reply.destroy(), 20);
  };
  assert.match((await fetchFrom(broken)).says, /^sts-policy-fetch-error/);
});

test('STS-18 RTE-16 a policy host inside our own network is not asked', async () => {
  for (const address of [
    '127.0.0.1',
    '::ffff:127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    'fd00::1',
    '64:ff9b::7f00:1',
  ]) {
    const { says, requests } = await fetchFrom(answer(policy), { addresses: [address], allowed: [] });
    assert.match(says, /^sts-policy-fetch-error: mta-sts\.example\.org has only private addresses/);
    assert.equal(requests.length, 0);
  }
  // A private address beside a usable one is just left out.
  assert.equal((await fetchFrom(answer(policy), { addresses: ['10.0.0.1', '127.0.0.1'] })).says, policy);
});

test('STS-20 DNS and TCP failures are fetch errors', async () => {
  assert.match((await fetchFrom(answer(policy), { addresses: 'bogus' })).says, /^sts-policy-fetch-error: .*bogus/);
  assert.match((await fetchFrom(answer(policy), { addresses: [] })).says, /^sts-policy-fetch-error: .*no address/);
  assert.match((await fetchFrom(answer(policy), { addresses: ['127.9.9.9'] })).says, /^sts-policy-fetch-error/);
  const endsAtOnce = (asked: IncomingMessage): void => void asked.socket.destroy();
  assert.match((await fetchFrom(endsAtOnce)).says, /^sts-policy-fetch-error/);
});
