import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Discovered, type DiscoverOptions, type DiscoverPorts, discover } from '../../src/agent/discover.ts';
import { makePolicyMemory } from '../../src/agent/policies.ts';
import type { LocalResolver } from '../../src/agent/ports.ts';
import { seconds } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import type { Candidate } from '../../src/core/policy/model.ts';
import { plan } from '../../src/core/policy/plan.ts';
import { type Prefix, parsePrefix } from '../../src/core/routing/addresses.ts';
import type { NextHop } from '../../src/core/routing/next-hop.ts';
import { fakeClock, fakePolicyHost, fakeResolver, memoryStore, notebook } from './fake-world.ts';

const digest = 'ab'.repeat(32);
const inside: LocalResolver = {
  async addresses(name) {
    if (name !== 'mailpit') return { kind: 'absent', status: 'insecure', reason: 'nxdomain', ttl: seconds(0) };
    return { kind: 'found', status: 'insecure', ttl: seconds(0), value: ['127.0.0.1' as IpAddress] };
  },
};

function portsOf(zone: string) {
  const log = notebook();
  const resolver = fakeResolver(zone);
  const policyHost = fakePolicyHost('sts-policy-fetch-error');
  const rest = { policyStore: memoryStore(), policyMemory: makePolicyMemory(), clock: fakeClock(), log, metrics: log };
  return { resolver, policyHost, local: inside, ...rest } satisfies DiscoverPorts;
}

const options: DiscoverOptions = {
  reading: 'validated',
  families: 'auto',
  allowed: [],
  port: 25,
  ownNames: [],
  ownSockets: [],
  localZones: [],
  mtaSts: 'on',
};
const prefix = (text: string): Prefix => {
  const parsed = parsePrefix(text);
  assert.ok(parsed.kind === 'ok');
  return parsed.value;
};
const to = (name: string): NextHop => ({ kind: 'domain', domain: domainName(name) });
const via = (host: string, more: object = {}): NextHop => ({
  kind: 'host',
  host: host as IpAddress,
  route: { via: `[${host}]`, tls: 'starttls', credentials: 'none' },
  ...more,
});

const look = (zone: string, more: Partial<DiscoverOptions> = {}, hop = to('example.org')): Promise<Discovered> =>
  discover(portsOf(zone), hop, { ...options, ...more });

/** The host as one line: name, addresses with their state, TLSA finding with its base domain. */
function shown({ host, addresses, dane }: Candidate): string {
  const found =
    addresses.kind === 'addresses' ? `${addresses.status} ${addresses.addresses.join(' ')}` : addresses.kind;
  const reason = 'reason' in dane ? ` ${dane.reason}` : '';
  return `${host}: ${found} | ${dane.kind}${reason}${'baseDomain' in dane ? ` at ${dane.baseDomain}` : ''}`;
}
const hosts = async (zone: string, more: Partial<DiscoverOptions> = {}, hop?: NextHop): Promise<string[]> =>
  (await look(zone, more, hop)).candidates.map(shown);
const codes = (candidate: Candidate | undefined): unknown[] => (candidate?.notes ?? []).map(({ code }) => code);

const mx = 'example.org secure MX 10 mx.example.org\n';
const signed = `${mx}mx.example.org secure A 192.0.2.1\n_25._tcp.mx.example.org secure TLSA 3 1 1 ${digest}\n`;

test('DT-1.5 DT-1.23 DT-1.30 DANE-10 DANE-27 a signed destination, everything known before any connection', async () => {
  assert.deepEqual(await hosts(signed), ['mx.example.org: secure 192.0.2.1 | usable at mx.example.org']);
  const { destination } = await look(signed);
  assert.equal(destination.mx.kind, 'mx');
  assert.equal(destination.expandedNextHop, 'example.org');
  assert.deepEqual(destination.sts, { kind: 'none' });
});

test('DT-1.1 DT-1.2 DT-1.3 DT-1.4 DANE-4 terminal MX answers have no hosts, and nothing more is asked', async () => {
  const ended = async (line: string): Promise<string> => {
    const ports = portsOf(line);
    const { destination, candidates } = await discover(ports, to('example.org'), options);
    assert.deepEqual(candidates, []);
    assert.deepEqual(ports.resolver.asked, ['example.org MX']);
    return destination.mx.kind === 'failed' ? destination.mx.reason : destination.mx.kind;
  };
  for (const reason of ['bogus', 'servfail', 'timeout', 'refused', 'malformed'])
    assert.equal(await ended(`example.org ${reason} MX`), reason);
  assert.equal(await ended('other.example secure A 192.0.2.1'), 'nxdomain');
  assert.equal(await ended('example.org secure MX 0 .'), 'null-mx');
  // DANE-4: an error in the alias chain is an error of the whole.
  assert.equal(await ended('example.org secure CNAME a.example\na.example bogus MX'), 'bogus');
});

test('OPS-15 the step that failed stands in the notes', async () => {
  const { destination } = await look('example.org bogus/signature-expired MX');
  assert.equal(destination.notes?.[0]?.code, 'signature-expired');
  const tlsa = await look(`${mx}mx.example.org secure A 192.0.2.1\n_25._tcp.mx.example.org bogus/no-ds-proof TLSA`);
  assert.deepEqual(codes(tlsa.candidates[0]), ['no-ds-proof']);
});

test('RTE-1 DANE-58 the chain of the next hop is followed, its policy stays with its own name', async () => {
  const ports = portsOf(`
    example.org   secure CNAME alias.example
    alias.example secure CNAME end.example
    end.example   secure MX 10 mx.example.org
    mx.example.org secure A 192.0.2.1
    _mta-sts.end.example secure TXT v=STSv1; id=other;`);
  const { destination } = await discover(ports, to('example.org'), options);
  assert.equal(destination.expandedNextHop, 'end.example');
  assert.equal(destination.mx.kind === 'mx' && destination.mx.status, 'secure');
  assert.ok(ports.resolver.asked.includes('_mta-sts.example.org TXT'));
  assert.ok(!ports.resolver.asked.includes('_mta-sts.end.example TXT'));
  assert.deepEqual(destination.sts, { kind: 'none' });
  const insecure = await look('example.org insecure CNAME b.example\nb.example secure MX 10 mx.example.org');
  assert.equal(insecure.destination.mx.kind === 'mx' && insecure.destination.mx.status, 'insecure');
});

test('RTE-2 DT-1.7 DT-1.8 DANE-19 without MX the domain is its own host', async () => {
  const zone = `example.org secure A 192.0.2.1\n_25._tcp.example.org secure TLSA 3 1 1 ${digest}`;
  assert.deepEqual(await hosts(zone), ['example.org: secure 192.0.2.1 | usable at example.org']);
  assert.deepEqual((await look(zone)).destination.mx, { kind: 'implicit', status: 'secure' });
  const insecure = await look('example.org insecure A 192.0.2.1\nexample.org insecure ZONE');
  assert.deepEqual(insecure.destination.mx, { kind: 'implicit', status: 'insecure' });
  // DT-4.4: an aliased next hop without MX ends at the base domain.
  const aliased = `example.org secure CNAME end.example\nend.example secure A 192.0.2.1
    _25._tcp.end.example secure TLSA 3 1 1 ${digest}`;
  assert.deepEqual(await hosts(aliased), ['example.org: secure 192.0.2.1 | usable at end.example']);
  assert.equal((await look(aliased)).destination.expandedNextHop, 'end.example');
});

test('RTE-3 a dead MX host does not bring the addresses of the domain back', async () => {
  const zone = `${mx}example.org secure A 192.0.2.9\nmx.example.org secure NONE`;
  assert.deepEqual(await hosts(zone), ['mx.example.org: none | not-applicable']);
});

test('DT-1.20 DT-1.21 DANE-5 DANE-9 hosts without addresses are told from hosts that could not be looked up', async () => {
  const one = async (lines: string): Promise<string> => (await hosts(mx + lines))[0] ?? '';
  assert.equal(await one(''), 'mx.example.org: none | not-applicable');
  assert.equal(
    await one('mx.example.org servfail A\nmx.example.org servfail AAAA'),
    'mx.example.org: failed | not-applicable',
  );
  const finding = (await look(`${mx}mx.example.org timeout A\nmx.example.org bogus AAAA`)).candidates[0]?.addresses;
  assert.deepEqual(finding, { kind: 'failed', reason: 'bogus' });
  // One family unanswered, the other absent: that is no absence.
  assert.equal(await one('mx.example.org timeout A'), 'mx.example.org: failed | not-applicable');
});

test('DANE-13 RTE-10 one family in error loses only its own addresses, and is noted', async () => {
  const { candidates } = await look(`${signed}mx.example.org bogus AAAA`);
  assert.equal(candidates.map(shown)[0], 'mx.example.org: secure 192.0.2.1 | usable at mx.example.org');
  assert.deepEqual(codes(candidates[0]), ['bogus']);
});

test('DANE-13 every address answer that is used must be secure; a denial is not used', async () => {
  assert.deepEqual(await hosts(`${signed}mx.example.org insecure AAAA 2001:db8::1`), [
    'mx.example.org: insecure 2001:db8::1 192.0.2.1 | insecure',
  ]);
  // INT-12: an insecure denial of AAAA does not weaken the signed A.
  const ports = portsOf(signed);
  const plain = ports.resolver.resolve;
  ports.resolver.resolve = async (name, type, reading) => {
    const resolved = await plain(name, type, reading);
    return type === 'AAAA' && resolved.answer.kind === 'absent'
      ? { ...resolved, answer: { ...resolved.answer, status: 'insecure' }, because: 'nsec3-iterations' }
      : resolved;
  };
  const { candidates } = await discover(ports, to('example.org'), options);
  assert.deepEqual(candidates.map(shown), ['mx.example.org: secure 192.0.2.1 | usable at mx.example.org']);
});

test('RTE-9 families take turns; only the wanted ones are asked', async () => {
  const zone = `${mx}mx.example.org secure A 192.0.2.1\nmx.example.org secure A 192.0.2.2
    mx.example.org secure AAAA 2001:db8::1`;
  assert.deepEqual(await hosts(zone), ['mx.example.org: secure 2001:db8::1 192.0.2.1 192.0.2.2 | absent']);
  assert.deepEqual(await hosts(zone, { families: 'ipv6' }), ['mx.example.org: secure 2001:db8::1 | absent']);
  const ports = portsOf(zone);
  await discover(ports, to('example.org'), { ...options, families: 'ipv4' });
  assert.ok(!ports.resolver.asked.includes('mx.example.org AAAA'));
});

test('DT-1.22 DANE-8 no TLSA question in a zone without signatures, whatever its servers would say', async () => {
  const ports = portsOf(`${mx}mx.example.org insecure A 192.0.2.1\n_25._tcp.mx.example.org servfail TLSA`);
  const { candidates } = await discover(ports, to('example.org'), options);
  assert.deepEqual(candidates.map(shown), ['mx.example.org: insecure 192.0.2.1 | insecure']);
  assert.ok(!ports.resolver.asked.some((question) => question.endsWith('TLSA')));
});

const aliased = (first: string, end: string): string => `${mx}
  mx.example.org  ${first} CNAME mid.example.net
  mid.example.net secure   CNAME end.example.net
  end.example.net ${end}   A     192.0.2.1\n`;
const tlsaAt = (name: string, data = `3 1 1 ${digest}`, state = 'secure'): string =>
  `_25._tcp.${name} ${state} TLSA ${data}\n`;
const questions = async (zone: string): Promise<{ host: string; asked: string }> => {
  const ports = portsOf(zone);
  const { candidates } = await discover(ports, to('example.org'), options);
  const asked = ports.resolver.asked.filter((question) => question.endsWith(' TLSA'));
  return { host: candidates.map(shown).join(), asked: asked.join(', ').replaceAll(' TLSA', '') };
};

test('DT-1.24 DANE-11 DANE-17 the end of a secure chain is asked first, then the start, never the middle', async () => {
  const zone = aliased('secure', 'secure');
  assert.deepEqual(await questions(zone + tlsaAt('end.example.net') + tlsaAt('mx.example.org')), {
    host: 'mx.example.org: secure 192.0.2.1 | usable at end.example.net',
    asked: '_25._tcp.end.example.net',
  });
  assert.deepEqual(await questions(zone + tlsaAt('mx.example.org') + tlsaAt('mid.example.net')), {
    host: 'mx.example.org: secure 192.0.2.1 | usable at mx.example.org',
    asked: '_25._tcp.end.example.net, _25._tcp.mx.example.org',
  });
  // Unusable records decide as well as usable ones.
  assert.deepEqual(await questions(zone + tlsaAt('end.example.net', '0 0 1 00') + tlsaAt('mx.example.org')), {
    host: 'mx.example.org: secure 192.0.2.1 | unusable at end.example.net',
    asked: '_25._tcp.end.example.net',
  });
});

test('DT-1.25 DANE-12 ATK-45 ATK-46 DNS-12 the state of the first alias decides which name may be asked', async () => {
  assert.deepEqual(
    await questions(aliased('secure', 'insecure') + tlsaAt('mx.example.org') + tlsaAt('end.example.net')),
    {
      host: 'mx.example.org: insecure 192.0.2.1 | usable at mx.example.org',
      asked: '_25._tcp.mx.example.org',
    },
  );
  assert.deepEqual(await questions(aliased('insecure', 'secure') + tlsaAt('end.example.net')), {
    host: 'mx.example.org: insecure 192.0.2.1 | insecure',
    asked: '',
  });
});

test('DT-1.32 DT-1.33 DT-1.34 DT-1.35 DANE-1 DANE-3 DANE-6 DANE-16 DANE-18 the TLSA answers and what they come to', async () => {
  const state = async (lines: string): Promise<string> =>
    (await hosts(`${mx}mx.example.org secure A 192.0.2.1\n${lines}`))[0] ?? '';
  assert.match(await state(''), /\| absent$/);
  assert.match(await state('_25._tcp.mx.example.org secure A 192.0.2.1'), /\| absent$/); // NODATA
  assert.match(await state(tlsaAt('mx.example.org', undefined, 'insecure')), /\| insecure$/);
  assert.match(await state('_tcp.mx.example.org insecure ZONE'), /\| insecure$/);
  for (const reason of ['bogus', 'servfail', 'timeout', 'refused', 'malformed'])
    assert.match(await state(`_25._tcp.mx.example.org ${reason} TLSA`), new RegExp(`\\| failed ${reason}$`));
  // An error at the first candidate is not covered up by the second.
  const covered = await questions(
    `${aliased('secure', 'secure')}_25._tcp.end.example.net servfail TLSA\n${tlsaAt('mx.example.org')}`,
  );
  assert.deepEqual(covered, {
    host: 'mx.example.org: secure 192.0.2.1 | failed servfail',
    asked: '_25._tcp.end.example.net',
  });
  const next = await questions(
    aliased('secure', 'secure') + tlsaAt('end.example.net', undefined, 'insecure') + tlsaAt('mx.example.org'),
  );
  assert.match(next.host, /usable at mx\.example\.org$/);
});

test('DANE-26 TLSA is asked anew for each round', async () => {
  const ports = portsOf(signed);
  for (let round = 0; round < 2; round++) await discover(ports, to('example.org'), options);
  assert.equal(ports.resolver.asked.filter((question) => question.endsWith(' TLSA')).length, 2);
});

test('DANE-15 a TLSA alias is followed while it is secure, and the base domain stays', async () => {
  const zone = (state: string): string => `${mx}mx.example.org secure A 192.0.2.1
    _25._tcp.mx.example.org ${state} CNAME tlsa._dane.example.net
    tlsa._dane.example.net secure TLSA 3 1 1 ${digest}`;
  assert.match((await hosts(zone('secure')))[0] ?? '', /usable at mx\.example\.org$/);
  assert.match((await hosts(zone('insecure')))[0] ?? '', /\| insecure$/);
});

test('DANE-14 TLS-26 the TLSA name carries the port that is dialled', async () => {
  const zone = `relay.example secure A 192.0.2.1\n_2525._tcp.relay.example secure TLSA 3 1 1 ${digest}
    _465._tcp.relay.example secure TLSA 3 1 1 ${digest}`;
  const asked = async (hop: NextHop, port = 25): Promise<string[]> => {
    const ports = portsOf(zone);
    await discover(ports, hop, { ...options, port });
    return ports.resolver.asked.filter((question) => question.endsWith('TLSA'));
  };
  assert.deepEqual(await asked(via('relay.example', { port: 2525 })), ['_2525._tcp.relay.example TLSA']);
  assert.deepEqual(await asked(via('relay.example'), 2525), ['_2525._tcp.relay.example TLSA']);
  const implicit = via('relay.example', { route: { via: '[relay.example]', tls: 'implicit', credentials: 'none' } });
  assert.deepEqual(await asked(implicit), ['_465._tcp.relay.example TLSA']);
});

test('DT-1.9 RTE-14 DANE-20 the host of a route is taken as it is, with policies of its own', async () => {
  const ports = portsOf(`relay.example secure A 10.0.0.5\n_25._tcp.relay.example secure TLSA 3 1 1 ${digest}`);
  const { destination, candidates } = await discover(ports, via('relay.example'), options);
  assert.deepEqual(destination.mx, { kind: 'relay' });
  // RTE-16: the operator named it, so a private address is no surprise.
  assert.deepEqual(candidates.map(shown), ['relay.example: secure 10.0.0.5 | usable at relay.example']);
  assert.ok(!ports.resolver.asked.includes('relay.example MX'));
  assert.ok(ports.resolver.asked.includes('_mta-sts.relay.example TXT'));
});

test('RTE-17 inside names come from the machine, without DANE and without policy', async () => {
  const ports = portsOf('');
  const { destination, candidates } = await discover(ports, via('mailpit', { port: 1025 }), options);
  assert.deepEqual(candidates.map(shown), ['mailpit: insecure 127.0.0.1 | not-applicable']);
  assert.deepEqual([destination.mx.kind, destination.sts.kind, candidates[0]?.port], ['relay', 'none', 1025]);
  assert.deepEqual(ports.resolver.asked, []);
  assert.deepEqual(await hosts('', {}, via('192.0.2.7')), ['192.0.2.7: insecure 192.0.2.7 | not-applicable']);
});

test('RTE-17 a recipient or an MX record cannot reach inside names that no local zone holds', async () => {
  const asked = async (zone: string, localZones: string[], hop: NextHop): Promise<string[]> => {
    const ports = portsOf(zone);
    await discover(ports, hop, { ...options, localZones: localZones.map(domainName) });
    return ports.resolver.asked;
  };
  assert.ok((await asked('', [], to('mail.localhost'))).includes('mail.localhost MX'));
  assert.deepEqual(await asked('', ['corp.example'], to('corp.example')), []);
  const evil = 'example.org secure MX 10 hr.corp.example';
  assert.ok((await asked(evil, ['corp.example'], to('example.org'))).includes('hr.corp.example A'));
});

test('DT-1.10 RTE-13 DANE-21 an address literal is its own host', async () => {
  const ports = portsOf('');
  const { destination, candidates } = await discover(
    ports,
    { kind: 'literal', address: '192.0.2.1' as IpAddress },
    options,
  );
  assert.deepEqual(
    [destination.mx, destination.sts, destination.expandedNextHop],
    [{ kind: 'literal' }, { kind: 'none' }, undefined],
  );
  assert.deepEqual(candidates.map(shown), ['192.0.2.1: insecure 192.0.2.1 | not-applicable']);
  assert.deepEqual(ports.resolver.asked, []);
  assert.deepEqual(await hosts('', {}, { kind: 'literal', address: '127.0.0.1' as IpAddress }), [
    '127.0.0.1: refused | not-applicable',
  ]);
});

test('RTE-16 ATK-97 public DNS does not lead us into our own network', async () => {
  const zone = `${mx}mx.example.org secure A 127.0.0.1\nmx.example.org secure A 10.0.0.1\n`;
  assert.deepEqual(await hosts(zone), ['mx.example.org: refused | not-applicable']);
  assert.deepEqual(await hosts(zone, { allowed: [prefix('10.0.0.0/8')] }), [
    'mx.example.org: secure 10.0.0.1 | absent',
  ]);
  const mixed = await look(`${zone}mx.example.org secure AAAA 2001:db8::1`);
  assert.deepEqual(mixed.candidates.map(shown), ['mx.example.org: secure 2001:db8::1 | absent']);
  assert.deepEqual(codes(mixed.candidates[0]), ['addr-refused']);
});

test('RTE-8 hosts that are us, by address and port, take the worse ones with them', async () => {
  const zone = `example.org secure MX 10 a.example\nexample.org secure MX 20 us.example\nexample.org secure MX 30 c.example
    a.example secure A 192.0.2.1\nus.example secure A 192.0.2.2\nc.example secure A 192.0.2.3`;
  const own = (port: number): Partial<DiscoverOptions> => ({
    ownSockets: [{ address: '192.0.2.2' as IpAddress, port }],
  });
  const names = async (more: Partial<DiscoverOptions>): Promise<string> =>
    (await look(zone, more)).candidates.map(({ host }) => host).join(' ');
  assert.equal(await names(own(25)), 'a.example');
  // Another MTA on the same machine is not us.
  assert.equal(await names(own(2525)), 'a.example us.example c.example');
  assert.equal(await names({ ownNames: [domainName('us.example')] }), 'a.example');
  const only = await look('example.org secure MX 10 us.example\nus.example secure A 192.0.2.2', own(25));
  assert.deepEqual([only.destination.mx, only.candidates], [{ kind: 'loop' }, []]);
  const named = await look('example.org secure A 192.0.2.9', { ownNames: [domainName('example.org')] });
  assert.deepEqual(named.destination.mx, { kind: 'loop' });
});

test('RTE-11 an MX host that is an alias is followed, with a warning', async () => {
  const ports = portsOf(aliased('secure', 'secure'));
  const { candidates } = await discover(ports, to('example.org'), options);
  assert.deepEqual(codes(candidates[0]), ['mx-cname']);
  assert.deepEqual(ports.log.lines, ['warn mx-cname mx_host=mx.example.org addr_name=end.example.net']);
});

test('RTE-12 DANE-21 an address in place of an MX name is passed over', async () => {
  const zone =
    'example.org secure MX 10 192.0.2.1\nexample.org secure MX 20 mx.example.org\nmx.example.org secure A 192.0.2.2';
  const { candidates } = await look(zone);
  assert.deepEqual(candidates.map(shown), [
    '192.0.2.1: none | not-applicable',
    'mx.example.org: secure 192.0.2.2 | absent',
  ]);
  assert.deepEqual(codes(candidates[0]), ['mx-address']);
});

test('DANE-7 DANE-25 RTE-7 each host has its own TLSA, and none of them moves it', async () => {
  const zone = `example.org secure MX 10 a.example\nexample.org secure MX 20 b.example\na.example secure A 192.0.2.1
    b.example secure A 192.0.2.2\n${tlsaAt('b.example')}`;
  assert.deepEqual(await hosts(zone), [
    'a.example: secure 192.0.2.1 | absent',
    'b.example: secure 192.0.2.2 | usable at b.example',
  ]);
});

test('DANE-38 DT-1.34 a record set without measure is an error, and so is a domain with hundreds of hosts bounded', async () => {
  const many = Array.from({ length: 65 }, () => tlsaAt('mx.example.org')).join('');
  assert.match((await hosts(`${mx}mx.example.org secure A 192.0.2.1\n${many}`))[0] ?? '', /\| failed malformed$/);
  const wide = Array.from({ length: 300 }, (_, n) => `example.org secure MX ${n} h${n}.example\n`).join('');
  assert.equal((await hosts(wide)).length, 20);
});

test('INT-15 under a dated exception bogus is no obstacle and nothing is secure', async () => {
  const zone = `${signed.replace('secure MX', 'bogus MX')}_mta-sts.example.org bogus TXT v=STSv1; id=a1;`;
  const ports = portsOf(zone);
  const { destination, candidates } = await discover(ports, to('example.org'), { ...options, reading: 'unvalidated' });
  assert.equal(destination.mx.kind === 'mx' && destination.mx.status, 'insecure');
  assert.deepEqual(candidates.map(shown), ['mx.example.org: insecure 192.0.2.1 | insecure']);
  assert.deepEqual(ports.policyHost.fetched, ['example.org unvalidated']);
});

test('STS-64 an enforced policy that names one host alone neither shortens nor reorders the list', async () => {
  const zone = `example.org secure MX 10 mx1.example.org
    example.org secure MX 20 mx2.example.org
    mx1.example.org secure A 192.0.2.1
    mx2.example.org secure A 192.0.2.2
    _mta-sts.example.org insecure TXT v=STSv1; id=a1;`;
  const policyHost = fakePolicyHost('version: STSv1\nmode: enforce\nmx: mx2.example.org\nmax_age: 604800\n');
  const { destination, candidates } = await discover({ ...portsOf(zone), policyHost }, to('example.org'), options);
  assert.equal(destination.sts.kind, 'policy');
  assert.deepEqual(
    candidates.map(({ host }) => host),
    ['mx1.example.org', 'mx2.example.org'],
  );
  // The host that is not named is one that could not be reached, and the next one is tried.
  const operator = { floor: 'may', names: [], ignore: [], requiretls: 'as-asked', enforce: true, source: '' } as const;
  const [first, second] = candidates.map((candidate) =>
    plan({ destination, candidate, messageClass: 'normal', operator }),
  );
  assert.equal(first?.kind === 'skip' && first.because, 'sts-mx-mismatch');
  assert.equal(second?.kind, 'dial');
});

test('DANE-76 nothing but MX, addresses, TXT of the policy and TLSA of the port is asked: no SRV, no submission service', async () => {
  const ports = portsOf(`${signed}_mta-sts.example.org insecure TXT v=STSv1; id=a1;`);
  await discover(ports, to('example.org'), options);
  assert.deepEqual([...new Set(ports.resolver.asked)].sort(), [
    '_25._tcp.mx.example.org TLSA',
    '_mta-sts.example.org TXT',
    'example.org MX',
    'mx.example.org A',
    'mx.example.org AAAA',
  ]);
});

test('STS-6 DT-1.42a without one the policy record must not be bogus', async () => {
  const { destination } = await look(`${signed}_mta-sts.example.org bogus TXT v=STSv1; id=a1;`);
  assert.deepEqual(destination.sts, { kind: 'txt-bogus' });
});

test('STS-1 RTE-1 trap 7 of an aliased domain the policy of its own name counts, never that of the end of the alias', async () => {
  const ports = portsOf(`example.org insecure CNAME attacker.example
    attacker.example insecure MX 10 mx.attacker.example
    mx.attacker.example insecure A 192.0.2.66
    _mta-sts.example.org insecure TXT v=STSv1; id=a1;
    _mta-sts.attacker.example insecure TXT v=STSv1; id=b1;`);
  const { destination } = await discover(ports, to('example.org'), options);
  assert.equal(destination.expandedNextHop, 'attacker.example');
  assert.equal(destination.sts.kind, 'unavailable');
  assert.deepEqual(ports.policyHost.fetched, ['example.org']);
  assert(!ports.resolver.asked.includes('_mta-sts.attacker.example TXT'));
});

test('STS-1 RTE-14 the policy is looked up beside the hosts, unless it is switched off', async () => {
  const ports = portsOf(`${signed}_mta-sts.example.org insecure TXT v=STSv1; id=a1;`);
  const { destination } = await discover(ports, to('example.org'), options);
  assert.equal(destination.sts.kind, 'unavailable');
  assert.deepEqual(ports.policyHost.fetched, ['example.org']);
  const off = await discover(ports, to('example.org'), { ...options, mtaSts: 'off' });
  assert.deepEqual(off.destination.sts, { kind: 'none' });
  assert.equal(ports.policyHost.fetched.length, 1);
});
