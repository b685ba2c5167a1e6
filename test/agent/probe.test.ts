import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { createAnchorMemory } from '../../src/agent/anchor-memory.ts';
import { createHostLimit } from '../../src/agent/host-limit.ts';
import { createHostMemory } from '../../src/agent/host-memory.ts';
import { makePolicyMemory } from '../../src/agent/policies.ts';
import type { Dialed, Dialer, SessionPool } from '../../src/agent/ports.ts';
import { type CheckReport, type ProbeOptions, type ProbePorts, probe, type Subject } from '../../src/agent/probe.ts';
import { instant, seconds } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { SecurityState } from '../../src/core/policy/model.ts';
import { parseRoute } from '../../src/core/routing/next-hop.ts';
import { type Certified, issueLeaf, makeAuthority } from '../../src/lab/certificates.ts';
import { faultsOf } from '../schema-checker.ts';
import { fakeClock, fakePolicyHost, fakeResolver, memoryStore, notebook } from './fake-world.ts';

/** What each address answers: `tls` with a certificate nobody vouches for, `webpki` with one that is trusted. */
type Answer = 'cleartext' | 'tls' | 'webpki' | 'requiretls' | 'refused' | 'no-mail';
type Hosts = Readonly<Record<string, Answer>>;

let leaf: Certified;
before(async () => {
  leaf = await issueLeaf({
    names: ['mx.example.org', 'mx2.example.org'],
    issuer: await makeAuthority({ subject: 'CN=Root' }),
  });
});

function stateOf(answer: Answer): SecurityState {
  if (answer === 'cleartext') return { kind: 'cleartext', because: 'starttls-missing' };
  if (answer === 'refused') return { kind: 'lost', during: 'connect', says: 'ECONNREFUSED' };
  if (answer === 'no-mail') return { kind: 'greeting-refused', reply: { code: 521, lines: ['no mail here'] } };
  const store = { kind: 'webpki' } as const;
  const untrusted = { kind: 'untrusted', store, fault: 'untrusted', says: 'self-signed' } as const;
  return {
    kind: 'encrypted',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain: [leaf.der],
    paths: [answer === 'tls' ? untrusted : { kind: 'trusted', store }],
  };
}

function fakeDialer(hosts: Hosts, dialled: string[]): Dialer {
  const closed = (): never => assert.fail('a probe goes no further than the offer');
  return {
    async dial(call): Promise<Dialed> {
      dialled.push(`${call.address}${call.mode === 'starttls' ? '' : ` ${call.mode}`}`);
      const security = stateOf(hosts[call.address] ?? 'refused');
      if (security.kind === 'lost' || security.kind === 'greeting-refused') return { kind: 'no-session', security };
      const session = { address: call.address, localAddress: undefined, security, greeting: 'hello' };
      return { kind: 'session', session };
    },
    async open({ address }) {
      return { kind: 'ready', extensions: new Map([[hosts[address] === 'requiretls' ? 'REQUIRETLS' : 'SIZE', '']]) };
    },
    authenticate: closed,
    transfer: closed,
    close: () => undefined,
  };
}

function portsOf(zone: string, hosts: Hosts) {
  const log = notebook();
  const dialled: string[] = [];
  const pool: SessionPool = { take: () => undefined, put: () => undefined, drain: () => undefined };
  return {
    resolver: fakeResolver(zone),
    policyHost: fakePolicyHost('version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n'),
    local: {
      addresses: async () => ({ kind: 'absent', status: 'insecure', reason: 'nxdomain', ttl: seconds(0) }) as const,
    },
    policyStore: memoryStore(),
    policyMemory: makePolicyMemory(),
    clock: { ...fakeClock(), now: () => instant(Date.now()) },
    log,
    metrics: log,
    dialer: fakeDialer(hosts, dialled),
    pool,
    hosts: createHostMemory(),
    hostLimit: createHostLimit(5, { sleep: async () => undefined }),
    anchors: createAnchorMemory(),
    dialled,
  } satisfies ProbePorts & { dialled: string[] };
}

const options: ProbeOptions = {
  routes: [],
  operator: { floor: 'may', enforce: true, rules: [], exceptions: [] },
  discover: { families: 'auto', allowed: [], port: 25, ownNames: [], ownSockets: [], localZones: [], mtaSts: 'on' },
  resolverMode: 'validate',
  ehloName: 'relay.example',
  connect: 'yes',
  requiretls: 'no',
  all: 'no',
  signal: new AbortController().signal,
};

async function check(
  zone: string,
  hosts: Hosts = {},
  more: Partial<ProbeOptions> = {},
  subject: Subject = 'example.org',
) {
  const ports = portsOf(zone, hosts);
  const asked = await probe(ports, subject, { ...options, ...more });
  assert.ok(asked.kind === 'ok', JSON.stringify(asked));
  const report = asked.value;
  assert.deepEqual(faultsOf('check', { schema: 'sekisho.check/1', ...report }), []);
  return { report, ports };
}
const sum = ({ verdict, level, reason }: CheckReport): string => `${verdict} ${level} ${reason}`;
const verdict = async (...given: Parameters<typeof check>): Promise<string> => sum((await check(...given)).report);

const two = `example.org secure MX 10 mx.example.org
  example.org     secure MX 20 mx2.example.org
  mx.example.org  secure A  192.0.2.1
  mx2.example.org secure A  192.0.2.2\n`;
const daneLine = `_25._tcp.mx.example.org secure TLSA 3 1 1 ${'ab'.repeat(32)}\n`;

test('OPS-10 cleared as soon as one host would take the message, and by what', async () => {
  assert.equal(await verdict(two, { '192.0.2.1': 'tls' }), 'cleared encrypted null');
  assert.equal(await verdict(two, { '192.0.2.1': 'cleartext' }), 'cleared cleartext null');
  const { report, ports } = await check(two, { '192.0.2.2': 'tls' });
  assert.equal(sum(report), 'cleared encrypted null');
  assert.deepEqual(ports.dialled, ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(report.mx, { state: 'secure', hosts: ['mx.example.org', 'mx2.example.org'] });
  const spki = createHash('sha256').update(leaf.spki).digest('hex');
  const dane = `_25._tcp.mx.example.org secure TLSA 3 1 1 ${spki}`;
  const proven = await check(two + dane, { '192.0.2.1': 'tls' });
  assert.equal(sum(proven.report), 'cleared dane null');
  const [host] = proven.report.hosts;
  assert.deepEqual([host?.authn, host?.chain[0]?.spkiSha256, host?.sni], ['dane-ee', spki, 'mx.example.org']);
  assert.equal(await verdict(two, { '192.0.2.1': 'webpki' }, { floor: 'verify' }), 'cleared webpki null');
  const first = await check(two, { '192.0.2.1': 'tls' });
  assert.deepEqual(first.ports.dialled, ['192.0.2.1']);
  assert.deepEqual(
    first.report.hosts.map(({ host, tried }) => `${host} ${tried}`),
    ['mx.example.org yes', 'mx2.example.org no'],
  );
});

test('OPS-12 a demand that is not met is a no', async () => {
  const { report } = await check(two + daneLine, { '192.0.2.1': 'tls', '192.0.2.2': 'no-mail' });
  assert.equal(report.verdict, 'blocked');
  assert.equal(report.reason, 'cert-no-tlsa-match');
  const [host] = report.hosts;
  assert.deepEqual(
    [host?.tlsa_state, host?.tls_required, host?.authn_required, host?.tls_achieved, host?.authn, host?.reason],
    ['usable', 'authenticated', 'dane', 'encrypted', 'none', 'cert-no-tlsa-match'],
  );
  assert.deepEqual(host?.records, [`3 1 1 ${'ab'.repeat(32)}`]);
  assert.equal(await verdict(two, { '192.0.2.1': 'tls' }, { floor: 'encrypt' }), 'cleared encrypted null');
  assert.equal(
    await verdict(two, { '192.0.2.1': 'cleartext', '192.0.2.2': 'cleartext' }, { floor: 'encrypt' }),
    'blocked null starttls-missing',
  );
  assert.equal(await verdict('example.org secure MX 0 .'), 'blocked null null-mx');
  assert.equal(await verdict(''), 'blocked null mx-nxdomain');
});

test('OPS-12 what could not be asked is no answer', async () => {
  assert.equal(await verdict('example.org bogus MX'), 'undetermined null mx-bogus');
  assert.equal(await verdict('example.org timeout MX'), 'undetermined null mx-lookup-error');
  assert.equal(
    await verdict(`${two}mx.example.org servfail AAAA\n_25._tcp.mx.example.org servfail TLSA`, {
      '192.0.2.2': 'refused',
    }),
    'undetermined null connect-failed',
  );
  assert.equal(await verdict(two), 'undetermined null connect-failed');
  // A host that could not be asked might have taken the message.
  assert.equal((await check(two + daneLine, { '192.0.2.1': 'tls' })).report.verdict, 'undetermined');
  assert.equal(await verdict(`${two}_mta-sts.example.org bogus TXT`), 'undetermined null sts-txt-bogus');
});

test('OPS-15 the step of the proof that failed is told', async () => {
  const { report } = await check('example.org bogus/signature-expired MX');
  assert.ok(report.evidence.some(({ code }) => code === 'signature-expired'));
  assert.ok(report.explain.some((line) => line.includes('signature-expired')));
});

test('OPS-14 with --all every host and address is tried, and the worst is the verdict', async () => {
  const zone = `${two}mx.example.org secure A 192.0.2.3`;
  const all = { all: 'yes' } as const;
  const { report, ports } = await check(zone, { '192.0.2.1': 'tls', '192.0.2.2': 'tls', '192.0.2.3': 'tls' }, all);
  assert.equal(sum(report), 'cleared encrypted null');
  assert.deepEqual(ports.dialled, ['192.0.2.1', '192.0.2.3', '192.0.2.2']);
  assert.equal(
    await verdict(zone, { '192.0.2.1': 'tls', '192.0.2.2': 'cleartext', '192.0.2.3': 'tls' }, all),
    'cleared cleartext null',
  );
  const second = { '192.0.2.1': 'tls', '192.0.2.2': 'cleartext', '192.0.2.3': 'tls' } as const;
  assert.equal(await verdict(zone, second, { ...all, floor: 'encrypt' }), 'blocked null starttls-missing');
  const address = { '192.0.2.1': 'tls', '192.0.2.2': 'tls', '192.0.2.3': 'cleartext' } as const;
  const faulty = await check(zone, address, { ...all, floor: 'encrypt' });
  assert.equal(sum(faulty.report), 'blocked null starttls-missing');
  assert.deepEqual(
    faulty.report.hosts[0]?.attempts.map(({ ip, reason }) => `${ip} ${reason}`),
    ['192.0.2.1 null', '192.0.2.3 starttls-missing'],
  );
});

test('OPS-10 --no-connect ends after the plan', async () => {
  const { report, ports } = await check(two + daneLine, { '192.0.2.1': 'tls' }, { connect: 'no' });
  assert.equal(sum(report), 'undetermined null null');
  assert.deepEqual(ports.dialled, []);
  assert.equal(report.hosts[0]?.authn_required, 'dane');
  assert.equal(await verdict('example.org secure MX 0 .', {}, { connect: 'no' }), 'blocked null null-mx');
});

test('OPS-10 RTLS-30 --requiretls asks as for a message with the tag', async () => {
  const asked = await check(two, { '192.0.2.1': 'requiretls' }, { requiretls: 'yes' });
  assert.equal(asked.report.hosts[0]?.authn_required, 'pkix-requiretls');
  assert.equal(sum(asked.report), 'cleared webpki null');
  const both = { '192.0.2.1': 'webpki', '192.0.2.2': 'webpki' } as const;
  assert.equal(await verdict(two, both, { requiretls: 'yes' }), 'blocked null requiretls-unsupported');
  assert.equal((await check(two, { '192.0.2.1': 'requiretls' })).report.hosts[0]?.requiretls, 'offered');
  assert.equal((await check(two, { '192.0.2.1': 'tls' })).report.hosts[0]?.requiretls, 'not-offered');
  assert.equal((await check(two)).report.hosts[0]?.requiretls, null);
});

test('OPS-10 MTA-STS and TLSRPT are shown', async () => {
  const zone = `${two}_mta-sts.example.org insecure TXT v=STSv1; id=a1;
    _smtp._tls.example.org insecure TXT v=TLSRPTv1; rua=mailto:tls@example.org,https://example.net/tls`;
  const { report } = await check(zone, { '192.0.2.1': 'webpki' });
  assert.equal(sum(report), 'cleared webpki null');
  const { state, id, mode, maxAge, mx, source } = report.sts;
  assert.deepEqual(
    { state, id, mode, maxAge, mx, source },
    {
      state: 'enforce',
      id: 'a1',
      mode: 'enforce',
      maxAge: 86_400,
      mx: ['mx.example.org'],
      source: 'fetched',
    },
  );
  assert.deepEqual(report.tlsrpt, { state: 'wanted', rua: ['mailto:tls@example.org', 'https://example.net/tls'] });
  assert.deepEqual(
    report.hosts.map(({ sts_match }) => sts_match),
    ['match', 'mismatch'],
  );
  assert.equal(report.hosts[1]?.reason, 'sts-mx-mismatch');
  const none = await check(two, { '192.0.2.1': 'tls' });
  assert.deepEqual([none.report.sts.state, none.report.tlsrpt], ['none', { state: 'none', rua: [] }]);
});

test('OPS-10 --mx keeps to one host', async () => {
  const { report, ports } = await check(two, { '192.0.2.2': 'tls' }, { mx: domainName('mx2.example.org') });
  assert.equal(sum(report), 'cleared encrypted null');
  assert.deepEqual(ports.dialled, ['192.0.2.2']);
  const wrong = await probe(portsOf(two, {}), 'example.org', { ...options, mx: domainName('mx3.example.org') });
  assert.deepEqual(wrong, { kind: 'fault', fault: 'mx3.example.org is no MX host of example.org' });
});

test('OPS-11 one server without MX look-up, on its port', async () => {
  const zone = `www.example.org secure A 192.0.2.9\n_2525._tcp.www.example.org secure TLSA 3 1 1 ${'ab'.repeat(32)}`;
  const subject = { host: 'www.example.org', port: 2525, starttls: 'smtp' } as const;
  const { report, ports } = await check(zone, { '192.0.2.9': 'tls' }, {}, subject);
  assert.deepEqual(
    [report.domain, report.mx.state, report.hosts[0]?.tlsa_state, report.hosts[0]?.port],
    ['www.example.org', 'relay', 'usable', 2525],
  );
  assert.ok(!ports.resolver.asked.includes('www.example.org MX'));
  const implicit = await check(
    zone,
    { '192.0.2.9': 'tls' },
    {},
    { host: 'www.example.org', port: 465, starttls: 'none' },
  );
  assert.deepEqual(implicit.ports.dialled, ['192.0.2.9 implicit']);
  const literal = await check('', { '192.0.2.9': 'tls' }, {}, { host: '192.0.2.9', port: 25, starttls: 'smtp' });
  assert.equal(sum(literal.report), 'cleared encrypted null');
});

test('OBS-5 RTE-14 RTE-18 routes and rules count as they do for delivery', async () => {
  const route = parseRoute({ to: ['*'], via: '[hub.example]:587', tls: 'starttls', credentials: 'none' });
  assert.ok(route.kind === 'ok');
  const operator: ProbeOptions['operator'] = {
    floor: 'may',
    enforce: true,
    exceptions: [],
    rules: [
      {
        to: [{ kind: 'name', domain: domainName('example.org') }],
        source: 'rule 1',
        floor: 'encrypt',
        names: [],
        requiretls: 'as-asked',
      },
    ],
  };
  const { report, ports } = await check(
    'hub.example secure A 192.0.2.7',
    { '192.0.2.7': 'cleartext' },
    { routes: [route.value], operator },
  );
  assert.deepEqual([report.mx.state, sum(report)], ['relay', 'blocked null starttls-missing']);
  assert.deepEqual(ports.dialled, ['192.0.2.7']);
});

test('OPS-12 what is no destination is asked wrongly', async () => {
  for (const subject of [
    '',
    'a b',
    '192.0.2.1',
    '[mx.example.org]',
    '[192.0.2.1]:25',
    'anna@',
    `${'a'.repeat(64)}.example`,
  ])
    assert.equal((await probe(portsOf('', {}), subject, options)).kind, 'fault', subject);
  const address = await check(two, { '192.0.2.1': 'tls' }, {}, 'anna@Example.ORG');
  assert.equal(address.report.domain, 'example.org');
  const literal = await check('', { '192.0.2.1': 'tls' }, {}, 'anna@[192.0.2.1]');
  assert.deepEqual([literal.report.mx.state, literal.report.hosts[0]?.tlsa_state], ['literal', 'n/a']);
});
