import assert from 'node:assert/strict';
import { get } from 'node:https';
import { after, before, beforeEach, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { RrType } from '../../src/core/dns/message.ts';
import { name } from '../../src/core/dns/name.ts';
import { destinations } from '../../src/lab/destinations.ts';
import type { RrSet } from '../../src/lab/dns/zone.ts';
import type { PolicyHostFault } from '../../src/lab/policy-host.ts';
import { type Lab, startLab } from '../../src/lab/world.ts';

const domain = 'sts-enforce.example';
let lab: Lab;
before(async () => {
  lab = await startLab({ destinations: destinations.filter(({ name }) => name === 'sts-enforce') });
});
after(() => lab.close());
beforeEach(() => lab.clearFaults());

type Fetched = {
  readonly status: number;
  readonly type: string | undefined;
  readonly body: string;
  readonly certificate: string;
};

/** Cuts the body at 100 kB; rejects with the error's code. */
function fetchPolicy(host = `mta-sts.${domain}`): Promise<Fetched> {
  const { address, port } = lab.policyHosts;
  return new Promise((resolve, reject) => {
    const options = { host: address, port, servername: host, ca: lab.caBundle, agent: false as const };
    const request = get({ ...options, path: '/.well-known/mta-sts.txt', headers: { host } }, (response) => {
      let body = '';
      const certificate = (response.socket as TLSSocket).getPeerCertificate().fingerprint256;
      const done = (): void => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], body, certificate });
        request.destroy();
      };
      response.on('data', (octets) => {
        body += octets;
        if (body.length > 100_000) done();
      });
      response.on('end', done);
    });
    request.on('error', (error: Error & { code?: string }) => reject(new Error(error.code)));
  });
}

test('the policy is served under its name with a certificate of the public authority', async () => {
  const { status, type, body } = await fetchPolicy();
  assert.equal(status, 200);
  assert.equal(type, 'text/plain');
  assert.equal(body, 'version: STSv1\r\nmode: enforce\r\nmx: mx.sts-enforce.example\r\nmax_age: 604800\r\n');
  assert.deepEqual(
    lab.policyHosts.requests.map(({ host, sni, path }) => [host, sni, path]),
    [[`mta-sts.${domain}`, `mta-sts.${domain}`, '/.well-known/mta-sts.txt']],
  );
});

test('a domain that publishes nothing gets no certificate', async () => {
  await assert.rejects(fetchPolicy('mta-sts.nobody.example'));
});

const wrong: readonly (readonly [PolicyHostFault, Partial<Fetched>])[] = [
  ['redirect', { status: 302 }],
  ['html', { status: 200, type: 'text/html' }],
  ['not-found', { status: 404 }],
  ['server-error', { status: 503 }],
  ['not-modified', { status: 304 }],
  ['wrong-media-type', { status: 200, type: 'application/octet-stream' }],
];
for (const [fault, expected] of wrong) {
  test(`${fault}: status and media type`, async () => {
    lab.setFault(`sts:${fault}`, domain);
    const { status, type } = await fetchPolicy();
    assert.equal(status, expected.status);
    if (expected.type) assert.equal(type, expected.type);
  });
}

const refused: readonly (readonly [PolicyHostFault, RegExp])[] = [
  ['certificate-name', /ERR_TLS_CERT_ALTNAME_INVALID/],
  ['certificate-expired', /CERT_HAS_EXPIRED/],
  ['certificate-self-signed', /DEPTH_ZERO_SELF_SIGNED_CERT/],
  ['drop', /ECONNRESET/],
  ['giant-header', /HPE_HEADER_OVERFLOW/],
];
for (const [fault, code] of refused) {
  test(`${fault}: the client stops`, async () => {
    lab.setFault(`sts:${fault}`, domain);
    await assert.rejects(fetchPolicy(), code);
  });
}

test('certificate-cn-only: a client that takes the common name for a name goes on', async () => {
  lab.setFault('sts:certificate-cn-only', domain);
  assert.equal((await fetchPolicy()).status, 200);
});

test('endless: more than anybody wants', async () => {
  lab.setFault('sts:endless', domain);
  assert.ok((await fetchPolicy()).body.length > 100_000);
});

test('a new policy comes with a new id, and alone when that is wished', async () => {
  const zone = lab.zones.find(({ apex }) => apex === name(domain));
  const txt = (): RrSet | undefined => zone?.sets.get(name(`_mta-sts.${domain}`))?.get(RrType.TXT);
  const idOf = (): string => Buffer.from(txt()?.records[0]?.rdata.subarray(1) ?? []).toString();
  assert.equal(idOf(), 'v=STSv1; id=1;');
  lab.publishPolicy(domain, { mode: 'testing', mx: ['*.example'], maxAge: 60 });
  assert.equal(idOf(), 'v=STSv1; id=2;');
  assert.match((await fetchPolicy()).body, /mode: testing\r\nmx: \*.example\r\nmax_age: 60/);
  lab.publishPolicy(domain, { mode: 'none', mx: [] }, 'same-id');
  assert.equal(idOf(), 'v=STSv1; id=2;');
  assert.match((await fetchPolicy()).body, /mode: none\r\nmax_age/);
});
