// Whole rounds over real connections: which host gets the message, which does not, and what is said of it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { attempt } from '../../src/agent/attempt.ts';
import { deliver, type Round } from '../../src/agent/deliver.ts';
import type { Session } from '../../src/agent/ports.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import { type DeliveryRecord, wholeRecord } from '../../src/core/policy/record.ts';
import { type Prefix, parsePrefix } from '../../src/core/routing/addresses.ts';
import { type Made, make, makeCa } from '../adapters/smtp/certificates.ts';
import {
  daneZone,
  type Given,
  leaseOf,
  makeGiven,
  plainZone,
  startWorld,
  twoHosts,
  type World,
  type WorldWish,
} from './delivery-world.ts';
import { fakeResolver } from './fake-world.ts';

let given: Given;
let stranger: Made;
let selfSigned: Made;
let expired: Made;
before(async () => {
  given = await makeGiven();
  stranger = await make({ names: ['elsewhere.example'], issuer: given.publicRoot });
  selfSigned = await make({ names: ['mx1.example.com'] });
  expired = await make({ names: ['mx1.example.com'], issuer: given.publicRoot, dates: 'expired' });
});
const parsedPrefix = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix.kind === 'fault') throw new Error(prefix.fault);
  return prefix.value;
};
const digestOf = ({ der }: Made): string => createHash('sha256').update(der).digest('hex');
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
});
const world = (wish: WorldWish): Promise<World> => startWorld(given, wish, (close) => void closers.push(close));

const summary = ({ outcomes }: Round): string[] =>
  outcomes.map((one) => (one.kind === 'sent' ? `sent ${one.host}` : `${one.kind} ${one.because} ${one.status}`));
const recordsOf = ({ records }: Round): DeliveryRecord[] => records.map(wholeRecord);
const reasons = (round: Round): (string | null)[] => recordsOf(round).map(({ reason }) => reason);
const heardMail = (at: World, address = '127.0.0.1'): string[] =>
  (at.sinks[address]?.lines ?? []).filter((line) => /MAIL|RCPT|DATA/.test(line));
const stsZone = `${plainZone}\n_mta-sts.example.com secure TXT v=STSv1; id=1;\n`;
const enforce = 'version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 100000\r\n';
const testing = enforce.replace('enforce', 'testing');

describe('a demand that is met', () => {
  test('OBS-1 DANE-64 a host with a matching record gets the message', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} }, zone: daneZone });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    const [record] = recordsOf(round);
    assert(record);
    assert.deepEqual(
      [
        record.result,
        record.reason,
        record.tls_achieved,
        record.authn,
        record.mx_host,
        record.ip,
        record.tlsa_state,
        record.nexthop_authenticated,
        record.sni,
      ],
      ['sent', null, 'authenticated', 'dane-ee', 'mx1.example.com', '127.0.0.1', 'usable', true, 'mx1.example.com'],
    );
    assert.deepEqual(
      at.sinks['127.0.0.1']?.messages.map(({ data }) => data.toString()),
      ['Subject: x\r\n\r\nhello\r\n'],
    );
    assert.deepEqual(at.sinks['127.0.0.1']?.names, ['mx1.example.com']);
    assert(at.notes.counts.includes('sekisho_delivered_protection_total authenticated dane-ee'));
  });

  test('CERT-20 CERT-26 A5 an anchor named by its digest costs a second handshake once, and none after that', async () => {
    const ca = await makeCa({ issuer: await makeCa() });
    const chain = [await make({ names: ['mx1.example.com'], issuer: ca }), ca];
    const at = await world({
      hosts: { '127.0.0.1': { chain } },
      zone: `${plainZone}\n_PORT._tcp.mx1.example.com secure TLSA 2 0 1 ${digestOf(ca)}`,
    });
    assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ').at(-1)),
      ['webpki', 'anchor'],
    );
    assert.deepEqual(heardMail(at).length, 3);
    at.ports.pool.drain();
    const second = await at.send();
    assert.equal(recordsOf(second)[0]?.authn, 'dane-ta');
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ').at(-1)),
      ['webpki', 'anchor', 'anchor'],
    );
  });

  test('CERT-22 a whole certificate in DNS needs one handshake', async () => {
    const ca = await makeCa();
    const chain = [await make({ names: ['mx1.example.com'], issuer: ca })];
    const at = await world({
      hosts: { '127.0.0.1': { chain } },
      zone: `${plainZone}\n_PORT._tcp.mx1.example.com secure TLSA 2 0 0 ${Buffer.from(ca.der).toString('hex')}`,
    });
    assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
    assert.equal(at.dials.length, 1);
  });

  test('INT-3 A5 DANE-TA and MTA-STS both bind: one handshake each for the same chain, the mail goes on the last', async () => {
    const hex = Buffer.from(given.publicRoot.der).toString('hex');
    const at = await world({
      hosts: { '127.0.0.1': {} },
      policy: enforce,
      zone: `${stsZone}\n_PORT._tcp.mx1.example.com secure TLSA 2 0 0 ${hex}`,
    });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.equal(recordsOf(round)[0]?.authn, 'dane-ta+pkix-sts');
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ').at(-1)),
      ['anchor', 'webpki'],
    );
    assert.deepEqual(
      at.sinks['127.0.0.1']?.sessions.map(({ lines }) => lines.some((line) => line.includes('MAIL'))),
      [false, true],
    );
  });

  test('CERT-60 STS-63 an enforced policy and a public certificate for the host', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} }, policy: enforce, zone: stsZone });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.equal(recordsOf(round)[0]?.authn, 'pkix-sts');
  });

  test('TLS-26 DANE-14 implicit TLS to a smart host', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { implicit: 'yes' } },
      zone: 'relay.example.net secure A 127.0.0.1\n_PORT._tcp.relay.example.net secure TLSA LEAF',
      routes: (port) => [{ to: ['*'], via: `[relay.example.net]:${port}`, tls: 'implicit', credentials: 'none' }],
    });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent relay.example.net']);
    assert.equal(recordsOf(round)[0]?.authn, 'dane-ee');
  });
});

describe('a demand that is not met: nothing is sent', () => {
  // proves: ATK-1 ATK-2 ATK-3 ATK-5 ATK-6 ATK-7 ATK-10 ATK-11 ATK-13 ATK-16 ATK-41 DT-7.4 DT-7.5 DT-7.6 DT-7.7 DT-7.8 DT-7.9
  // proves: DT-7.10 DT-7.11 DT-7.12 DT-7.13 DT-7.14 TLS-2 TLS-4 TLS-11 CERT-9 CERT-61 CERT-62 CERT-63 STS-61 DT-1.2 DT-1.34
  const rows: readonly (readonly [string, (given: Given) => WorldWish, string])[] = [
    [
      'ATK-1 DT-7.5 STARTTLS taken away from a DANE host',
      () => ({ hosts: { '127.0.0.1': { starttls: 'missing' } }, zone: daneZone }),
      'starttls-missing 4.7.4',
    ],
    [
      'ATK-2 STARTTLS overwritten',
      () => ({ hosts: { '127.0.0.1': { starttls: 'missing', keywords: ['XXXXXXXX'] } }, zone: daneZone }),
      'starttls-missing 4.7.4',
    ],
    [
      'ATK-3 STARTTLS taken away under an enforced policy',
      () => ({ hosts: { '127.0.0.1': { starttls: 'missing' } }, policy: enforce, zone: stsZone }),
      'starttls-missing 4.7.4',
    ],
    [
      'ATK-5 DT-7.6 454 to STARTTLS',
      () => ({
        hosts: { '127.0.0.1': { on: (line) => (line === 'STARTTLS' ? '454 4.7.0 no\r\n' : undefined) } },
        zone: daneZone,
      }),
      'starttls-refused 4.7.4',
    ],
    [
      'ATK-6 DT-7.7 502 to STARTTLS',
      () => ({
        hosts: { '127.0.0.1': { on: (line) => (line === 'STARTTLS' ? '502 5.5.1 no\r\n' : undefined) } },
        zone: daneZone,
      }),
      'starttls-refused 4.7.4',
    ],
    [
      'ATK-7 DT-7.8 a forged reply behind the 220',
      () => ({
        hosts: { '127.0.0.1': { on: (line) => (line === 'STARTTLS' ? '220 go\r\n250 REQUIRETLS\r\n' : undefined) } },
        zone: daneZone,
      }),
      'starttls-injection 4.7.5',
    ],
    [
      'ATK-7 DT-7.8 the same where nothing is demanded',
      () => ({ hosts: { '127.0.0.1': { on: (line) => (line === 'STARTTLS' ? '220 go\r\n250 x' : undefined) } } }),
      'starttls-injection 4.7.5',
    ],
    [
      'ATK-10 DT-7.9 garbage in place of the handshake',
      () => ({ hosts: { '127.0.0.1': { handshake: { answer: Buffer.from('nonsense') } } }, zone: daneZone }),
      'tls-handshake 4.7.5',
    ],
    [
      'ATK-10 DT-7.10 the handshake is cut',
      () => ({ hosts: { '127.0.0.1': { handshake: 'drop' } }, zone: daneZone }),
      'conn-lost 4.4.2',
    ],
    [
      'ATK-11 TLS-11 only TLS 1.1',
      () => ({
        hosts: { '127.0.0.1': { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' } } },
        zone: daneZone,
      }),
      'tls-handshake 4.7.5',
    ],
    [
      'ATK-13 CERT-9 DT-7.11 another certificate at a DANE-EE host',
      () => ({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, zone: daneZone }),
      'cert-no-tlsa-match 4.7.5',
    ],
    [
      'ATK-16 CERT-63 DT-7.12 a certificate for another name',
      () => ({ hosts: { '127.0.0.1': { chain: [stranger] } }, policy: enforce, zone: stsZone }),
      'cert-name 4.7.5',
    ],
    [
      'CERT-62 DT-7.14 a self-signed certificate under an enforced policy',
      () => ({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, policy: enforce, zone: stsZone }),
      'cert-untrusted 4.7.5',
    ],
    [
      'CERT-61 DT-7.13 an expired certificate under an enforced policy',
      () => ({ hosts: { '127.0.0.1': { chain: [expired] } }, policy: enforce, zone: stsZone }),
      'cert-expired 4.7.5',
    ],
    [
      'ATK-41 STS-61 a host outside the policy',
      () => ({ hosts: { '127.0.0.1': {} }, policy: enforce.replace('mx1', 'mx9'), zone: stsZone }),
      'sts-mx-mismatch 4.7.5',
    ],
    [
      'DT-7.4 HELO only, and TLS demanded',
      () => ({
        hosts: { '127.0.0.1': { on: (line) => (line.startsWith('EHLO') ? '502 5.5.1 no\r\n' : undefined) } },
        zone: daneZone,
      }),
      'starttls-missing 4.7.4',
    ],
    [
      'TLS-2 floor encrypt',
      () => ({ hosts: { '127.0.0.1': { starttls: 'missing' } }, operator: { floor: 'encrypt' } }),
      'starttls-missing 4.7.4',
    ],
    [
      'DT-1.34 a bogus TLSA answer',
      () => ({ hosts: { '127.0.0.1': {} }, zone: `${plainZone}\n_PORT._tcp.mx1.example.com bogus TLSA LEAF` }),
      'tlsa-bogus 4.7.5',
    ],
    [
      'DT-1.2 a bogus MX answer',
      () => ({ hosts: { '127.0.0.1': {} }, zone: 'example.com bogus MX 10 mx1.example.com' }),
      'mx-bogus 4.7.5',
    ],
  ];
  for (const [name, wish, expected] of rows) {
    test(`SMTP-12 RTLS-26 QUE-6 ${name}`, async () => {
      const at = await world(wish(given));
      const round = await at.send();
      assert.deepEqual(summary(round), [`deferred ${expected}`]);
      assert.deepEqual(heardMail(at), []);
      assert.equal(reasons(round).at(-1), expected.split(' ')[0]);
      assert.equal(
        at.dials.some((dial) => dial.includes(' cleartext ')),
        false,
      );
    });
  }

  test('TLS-29 the record of a failure shows what the library said, the names and the certificate', async () => {
    const at = await world({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, policy: enforce, zone: stsZone });
    const [record] = recordsOf(await at.send());
    assert.equal(record?.detail, 'depth zero self signed cert');
    assert.deepEqual(
      [record?.tls_version, record?.sni, record?.cert_sha256],
      ['TLSv1.3', 'mx1.example.com', digestOf(selfSigned)],
    );
    assert.match(String(record?.cert_subject), /mx1\.example\.com/);
    const broken = await world({
      hosts: { '127.0.0.1': { handshake: { answer: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40) } } },
      zone: daneZone,
    });
    assert.match(String(recordsOf(await broken.send())[0]?.detail), /handshake failure/);
  });

  test('A5 ATK-13 a host that shows another chain on each connection is never trusted', async () => {
    const first = await makeCa();
    const second = await makeCa();
    const chains = [
      [await make({ names: ['mx1.example.com'], issuer: first }), first],
      [await make({ names: ['mx1.example.com'], issuer: second }), second],
    ] as const;
    const at = await world({
      hosts: { '127.0.0.1': { chain: chains[0] } },
      zone: `${plainZone}\n_PORT._tcp.mx1.example.com secure TLSA 2 0 1 ${digestOf(first)}\n_PORT._tcp.mx1.example.com secure TLSA 2 0 1 ${digestOf(second)}`,
    });
    const sink = at.sinks['127.0.0.1'];
    assert(sink);
    const dial = at.ports.dialer.dial;
    let turn = 0;
    const dialer = {
      ...at.ports.dialer,
      dial: (...call: Parameters<typeof dial>) => {
        turn += 1;
        const chain = chains[turn % 2] ?? chains[0];
        sink.script = { ...sink.script, tls: { key: chain[0].key, cert: chain.map(({ pem }) => pem).join('') } };
        return dial(...call);
      },
    };
    const round = await deliver({ ...at.ports, dialer }, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.equal(round.outcomes[0].kind, 'deferred');
    assert.deepEqual(heardMail(at), []);
    assert(turn <= 8);
  });
});

describe('nothing is demanded', () => {
  test('ATK-4 DT-7.5 without STARTTLS the message goes in cleartext, and the record says so', async () => {
    const at = await world({ hosts: { '127.0.0.1': { starttls: 'missing' } } });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.equal(recordsOf(round)[0]?.tls_achieved, 'cleartext');
    assert.equal(at.dials.length, 1);
  });

  // proves: DT-7.9 DT-7.10 TLS-9
  for (const [name, handshake] of [
    ['DT-7.9 TLS-9 garbage', { answer: Buffer.from('nonsense') }],
    ['DT-7.10 a close', 'drop'],
  ] as const) {
    test(`${name} in the handshake: a new connection in cleartext, both recorded`, async () => {
      const at = await world({ hosts: { '127.0.0.1': { handshake } } });
      const round = await at.send();
      assert.deepEqual(summary(round), ['sent mx1.example.com']);
      assert.deepEqual(
        at.dials.map((dial) => dial.split(' ')[1]),
        ['starttls', 'cleartext'],
      );
      assert.deepEqual(reasons(round), [name.startsWith('DT-7.9') ? 'tls-handshake' : 'conn-lost', null]);
      assert.deepEqual(
        round.trials.map(({ attempt }) => attempt.verdict?.kind),
        ['redial', 'accepted'],
      );
    });
  }

  test('SMTP-15 after a failed handshake the next message tries TLS again', async () => {
    const at = await world({ hosts: { '127.0.0.1': { handshake: 'drop' } } });
    await at.send();
    const sink = at.sinks['127.0.0.1'];
    assert(sink);
    const { handshake: _, ...whole } = sink.script;
    sink.script = whole;
    const round = await at.send();
    assert.equal(recordsOf(round)[0]?.tls_achieved, 'encrypted');
  });

  test('TLS-20 unrecognized_name: once more without SNI, then in cleartext', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { handshake: { answer: Uint8Array.of(0x15, 3, 3, 0, 2, 2, 112) } } },
    });
    assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ').slice(1, 3).join(' ')),
      ['starttls mx1.example.com', 'starttls -', 'cleartext -'],
    );
  });

  test('TLS-10 DT-7.18 a connection that breaks during DATA is no reason for cleartext', async () => {
    const at = await world({ hosts: { '127.0.0.1': { on: (line) => (line === 'DATA' ? 'drop' : undefined) } } });
    assert.deepEqual(summary(await at.send()), ['deferred conn-lost 4.4.2']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ')[1]),
      ['starttls'],
    );
  });

  test('DT-7.17 RTLS-52 the same after a handshake that failed: the first connection is no reason to keep the message', async () => {
    const on = (line: string) => (line.startsWith('MAIL') ? '530 5.7.0 TLS\r\n' : undefined);
    const at = await world({ hosts: { '127.0.0.1': { handshake: { answer: Buffer.from('nonsense') }, on } } });
    assert.deepEqual(summary(await at.send()), ['bounced remote-5yz 5.7.0']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ')[1]),
      ['starttls', 'cleartext'],
    );
  });

  test('CERT-68 TLS-18 a broken certificate is no reason not to encrypt', async () => {
    const at = await world({ hosts: { '127.0.0.1': { chain: [await make({ names: [], dates: 'expired' })] } } });
    const round = await at.send();
    assert.deepEqual([summary(round)[0], recordsOf(round)[0]?.tls_achieved], ['sent mx1.example.com', 'encrypted']);
  });

  test('CERT-66 STS-66 a testing policy is tried, and its failure recorded', async () => {
    const at = await world({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, policy: testing, zone: stsZone });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.deepEqual(recordsOf(round)[0]?.failures, [{ authn: 'pkix-sts', because: 'cert-untrusted' }]);
  });

  test('DT-7.17 RTLS-52 a host that demands TLS and gives none: the other host, then a bounce', async () => {
    const strict = {
      starttls: 'missing',
      on: (line: string) => (line.startsWith('MAIL') ? '530 5.7.0 TLS\r\n' : undefined),
    } as const;
    const both = await world({ hosts: { '127.0.0.1': strict, '127.0.0.2': strict }, zone: twoHosts });
    assert.deepEqual(summary(await both.send()), ['bounced remote-5yz 5.7.0']);
    const one = await world({ hosts: { '127.0.0.1': strict, '127.0.0.2': {} }, zone: twoHosts });
    assert.deepEqual(summary(await one.send()), ['sent mx2.example.com']);
  });
});

describe('hosts and addresses', () => {
  test('RTE-9 DT-7.1 a dead address costs a try, not the host', async () => {
    const at = await world({
      hosts: { '127.0.0.1': {} },
      zone: `example.com secure MX 10 mx1.example.com\nmx1.example.com secure A 127.0.0.3\nmx1.example.com secure A 127.0.0.1`,
    });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ')[0]),
      ['127.0.0.3', '127.0.0.1'],
    );
    assert.deepEqual(reasons(round), ['connect-failed', null]);
  });

  test('RTE-9 an address without a route costs nothing; the families take turns', async () => {
    const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8::4', '2001:db8::5', '127.0.0.1'];
    const at = await world({
      hosts: { '127.0.0.1': { on: (line) => (line === 'CONNECT' ? '421 later\r\n' : undefined) } },
      zone: `example.com secure MX 10 mx1.example.com\n${addresses.map((address) => `mx1.example.com secure ${address.includes(':') ? 'AAAA' : 'A'} ${address}`).join('\n')}`,
    });
    const settings = {
      ...at.settings,
      discover: {
        ...at.settings.discover,
        families: 'auto' as const,
        allowed: [...at.settings.discover.allowed, parsedPrefix('2001:db8::/32')],
      },
    };
    const dial = at.ports.dialer.dial;
    const dialer = {
      ...at.ports.dialer,
      dial: (...[call, signal]: Parameters<typeof dial>): ReturnType<typeof dial> => {
        if (!call.address.includes(':')) return dial(call, signal);
        at.dials.push(call.address);
        return Promise.resolve({
          kind: 'no-session',
          security: { kind: 'lost', during: 'connect', says: 'ENETUNREACH', noRoute: true },
        });
      },
    };
    await deliver({ ...at.ports, dialer }, settings, leaseOf({}, []), new AbortController().signal);
    assert.deepEqual(
      at.dials.map((line) => line.split(' ')[0]),
      ['2001:db8::1', '127.0.0.1', '2001:db8::2', '2001:db8::3', '2001:db8::4', '2001:db8::5'],
    );
  });

  test('QUE-4 DT-8.4 an unreachable address is left alone for a while, a host that was skipped is not', async () => {
    const at = await world({
      hosts: { '127.0.0.1': {} },
      zone: 'example.com secure MX 10 mx1.example.com\nmx1.example.com secure A 127.0.0.3',
    });
    assert.deepEqual(summary(await at.send()), ['deferred connect-failed 4.4.1']);
    const rounds = await Promise.all(Array.from({ length: 20 }, () => at.send()));
    assert.equal(at.dials.length, 1);
    assert((rounds[0]?.trials[0]?.attempt.retryAfter ?? 0) > 0);
  });

  test('SMTP-7 SMTP-8 421 and 5yz greetings lead to the next host; when all refuse, the message bounces', async () => {
    const refuse = (reply: string) => ({ on: (line: string) => (line === 'CONNECT' ? `${reply}\r\n` : undefined) });
    for (const reply of ['421 4.3.2 busy', '521 5.3.2 no mail', '554 5.3.2 no']) {
      const at = await world({ hosts: { '127.0.0.1': refuse(reply), '127.0.0.2': {} }, zone: twoHosts });
      assert.deepEqual(summary(await at.send()), ['sent mx2.example.com'], reply);
    }
    const all = await world({
      hosts: { '127.0.0.1': refuse('521 5.3.2 no mail'), '127.0.0.2': refuse('554 no') },
      zone: twoHosts,
    });
    assert.equal((await all.send()).outcomes[0].kind, 'bounced');
    const some = await world({
      hosts: { '127.0.0.1': refuse('521 5.3.2 no mail'), '127.0.0.2': refuse('421 x') },
      zone: twoHosts,
    });
    assert.equal((await some.send()).outcomes[0].kind, 'deferred');
  });

  test('DT-8.1 ATK-82 each host has its own level; a failed DANE host does not lower itself', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { chain: [selfSigned] }, '127.0.0.2': { starttls: 'missing' } },
      zone: `${twoHosts}\n_PORT._tcp.mx1.example.com secure TLSA LEAF`,
    });
    const round = await at.send();
    assert.deepEqual(summary(round), ['sent mx2.example.com']);
    assert.deepEqual(reasons(round), ['cert-no-tlsa-match', null]);
    assert.deepEqual(heardMail(at), []);
  });

  test('ATK-83 an enforced policy holds for the second host too', async () => {
    const both = enforce.replace('mx: mx1.example.com', 'mx: *.example.com');
    const at = await world({
      hosts: { '127.0.0.2': { chain: [stranger] } },
      policy: both,
      zone: `${twoHosts.replace('127.0.0.1', '127.0.0.3')}\n_mta-sts.example.com secure TXT v=STSv1; id=1;`,
    });
    assert.deepEqual(summary(await at.send()), ['deferred cert-name 4.7.5']);
    assert.deepEqual(heardMail(at, '127.0.0.2'), []);
  });
});

describe('recipients', () => {
  test('SMTP-9 QUE-9 each recipient gets its own outcome, and a reply is not asked for twice', async () => {
    const on = (line: string) =>
      line.includes('<b@') ? '550 5.1.1 unknown\r\n' : line.includes('<c@') ? '450 4.2.0 greylisted\r\n' : undefined;
    const at = await world({ hosts: { '127.0.0.1': { on }, '127.0.0.2': {} }, zone: twoHosts });
    const round = await at.send({ to: ['a@example.com', 'b@example.com', 'c@example.com'] });
    assert.deepEqual(summary(round), ['sent mx1.example.com', 'bounced remote-5yz 5.1.1', 'deferred remote-4yz 4.2.0']);
    assert.deepEqual(heardMail(at, '127.0.0.2'), []);
  });

  test('SMTP-5 552 to RCPT keeps the recipient', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { on: (line) => (line.startsWith('RCPT') ? '552 5.5.3 too many\r\n' : undefined) } },
    });
    assert.deepEqual(
      (await at.send()).outcomes.map(({ kind }) => kind),
      ['deferred'],
    );
  });

  test('SMTP-4 SMTP-13 150 recipients are two transactions on one connection', async () => {
    const at = await world({ hosts: { '127.0.0.1': { keywords: ['PIPELINING'] } } });
    const round = await at.send({ to: Array.from({ length: 150 }, (_, index) => `u${index}@example.com`) });
    assert.equal(round.outcomes.filter(({ kind }) => kind === 'sent').length, 150);
    assert.deepEqual(
      at.sinks['127.0.0.1']?.messages.map(({ recipients }) => recipients.length),
      [100, 50],
    );
    assert.equal(at.dials.length, 1);
  });

  test('RTE-18 recipients under different rules of the operator are judged apart', async () => {
    const rule = {
      to: [{ kind: 'name', domain: domainName('bank.example') }],
      floor: 'dane-only',
      names: [],
      requiretls: 'as-asked',
      source: 'policy.rule[0]',
    } as const;
    const at = await world({
      hosts: { '127.0.0.1': {} },
      zone: 'relay.example.net secure A 127.0.0.1',
      routes: (port) => [{ to: ['*'], via: `[relay.example.net]:${port}`, tls: 'starttls', credentials: 'none' }],
      operator: { rules: [rule as never] },
    });
    const round = await at.send({ to: ['a@example.com', 'b@bank.example'] });
    assert.deepEqual(summary(round), ['sent relay.example.net', 'deferred dane-required 4.7.4']);
    assert.equal(at.sinks['127.0.0.1']?.messages.length, 1);
  });

  test('SMTP-10 no reply to the final dot: kept, marked, and not offered to another host', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { on: (line) => (line === '.' ? 'drop' : undefined) }, '127.0.0.2': {} },
      zone: twoHosts,
    });
    const round = await at.send();
    assert.deepEqual(summary(round), ['deferred conn-lost 4.4.2']);
    assert.equal(recordsOf(round)[0]?.possible_duplicate, true);
    assert.deepEqual(heardMail(at, '127.0.0.2'), []);
  });

  test('EXT-2 a message above the size of every host bounces, untried', async () => {
    const at = await world({ hosts: { '127.0.0.1': { keywords: ['SIZE 5'] } } });
    assert.deepEqual(summary(await at.send()), ['bounced size 5.3.4']);
    assert.deepEqual(heardMail(at), []);
  });

  test('QUE-8 a fault of ours defers, and says so', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} } });
    const broken = { ...at.ports, content: () => Promise.reject(new Error('no such body')) };
    const round = await deliver(broken, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.equal(round.outcomes[0].kind, 'deferred');
    assert(at.notes.lines.some((line) => line.startsWith('error bug') && line.includes('no such body')));
    const stopped = await at.send({ signal: AbortSignal.abort() });
    assert.equal(stopped.outcomes[0].kind, 'deferred');
  });
});

describe('sessions', () => {
  test('SMTP-13 A8 equal messages share a session, a stronger demand makes its own', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { keywords: (secure) => (secure === 'tls' ? ['REQUIRETLS'] : []) } },
    });
    await at.send();
    await at.send();
    assert.equal(at.dials.length, 1);
    const round = await at.send({ tag: 'requiretls' });
    assert.equal(recordsOf(round)[0]?.authn, 'pkix-requiretls');
    assert.equal(at.dials.length, 2);
    assert.deepEqual(
      at.sinks['127.0.0.1']?.sessions.map(({ lines }) => lines.filter((line) => line.includes('MAIL')).length),
      [2, 1],
    );
  });

  test('ATK-98 TLS-21 a session of an old record set is not used for a new one', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} }, zone: daneZone });
    await at.send();
    const changed = {
      ...at.ports,
      resolver: fakeResolver(
        `${plainZone}\n_${at.port}._tcp.mx1.example.com secure TLSA ${at.tlsa(3, 1, 1, selfSigned)}`,
      ),
    };
    const round = await deliver(changed, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.deepEqual(summary(round), ['deferred cert-no-tlsa-match 4.7.5']);
  });

  test('SMTP-13 a session that the host closed meanwhile is replaced, not reported', async () => {
    const at = await world({
      hosts: {
        '127.0.0.1': {
          on: (line, { lines }) =>
            line.startsWith('MAIL') && lines.filter((one) => one.includes('MAIL')).length > 1 ? 'drop' : undefined,
        },
      },
    });
    await at.send();
    assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
    assert.equal(at.dials.length, 2);
  });

  for (const [name, refusal] of [
    ['every recipient', (line: string) => (line.startsWith('RCPT') ? '550 5.1.1 no\r\n' : undefined)],
    ['DATA', (line: string) => (line === 'DATA' ? '554 5.5.1 no\r\n' : undefined)],
  ] as const)
    for (const keywords of [[], ['PIPELINING']])
      test(`SMTP-9 SMTP-13 refusing ${name} leaves no open transaction to the next message (${keywords.join() || 'plain'})`, async () => {
        const open = new Set<number>();
        let refuses = true;
        const on = (line: string, { number }: { readonly number: number }): string | undefined => {
          // RFC 5321 §4.1.4: MAIL is allowed when no transaction is open.
          if (line.startsWith('MAIL') && open.has(number)) return '503 5.5.1 nested MAIL command\r\n';
          if (line.startsWith('MAIL')) open.add(number);
          if (line === '.' || line === 'RSET') open.delete(number);
          return refuses ? refusal(line) : undefined;
        };
        const at = await world({ hosts: { '127.0.0.1': { keywords, on } } });
        assert.equal((await at.send()).outcomes[0].kind, 'bounced');
        refuses = false;
        assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
      });

  for (const reply of ['421 4.7.0 too many messages', '450 4.7.1 enough for this session', '503 5.5.1 sequence'])
    test(`SMTP-13 a host that has had enough of a session (${reply}) is asked again on a fresh one`, async () => {
      const isSecond = (lines: readonly string[]): boolean => lines.filter((one) => one.includes('MAIL')).length > 1;
      const on = (line: string, { lines }: { readonly lines: readonly string[] }) =>
        line.startsWith('MAIL') && isSecond(lines) ? `${reply}\r\n` : undefined;
      const at = await world({ hosts: { '127.0.0.1': { on } } });
      for (let round = 0; round < 3; round += 1) assert.deepEqual(summary(await at.send()), ['sent mx1.example.com']);
      assert.equal(at.dials.length, 3);
    });

  test('SMTP-9 SMTP-13 4yz to the first MAIL of a session is the answer', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { on: (line) => (line.startsWith('MAIL') ? '450 4.7.1 later\r\n' : undefined) } },
    });
    assert.deepEqual(summary(await at.send()), ['deferred remote-4yz 4.7.1']);
    assert.equal(at.dials.length, 1);
  });

  test('SMTP-13 SMTP-16 EXT-5 A8 a crowd goes through five sessions, and no session carries two kinds of messages', async () => {
    const keywords = (secure: string) => (secure === 'tls' ? ['REQUIRETLS', 'PIPELINING'] : []);
    const at = await world({ hosts: { '127.0.0.1': { keywords } } });
    const rounds = await Promise.all(
      Array.from({ length: 24 }, (_, index) => at.send(index % 6 === 0 ? { tag: 'requiretls' } : {})),
    );
    for (const round of rounds) assert.deepEqual(summary(round), ['sent mx1.example.com']);
    const sink = at.sinks['127.0.0.1'];
    assert.equal(sink?.messages.length, 24);
    const kinds = sink?.sessions.map(({ lines }) => {
      const mails = lines.filter((line) => line.includes('MAIL'));
      return new Set(mails.map((line) => line.includes('REQUIRETLS'))).size;
    });
    assert(
      kinds?.every((count) => count <= 1),
      JSON.stringify(kinds),
    );
  });

  test('SMTP-13 RTE-16 a session is ridden only to an address that this destination has', async () => {
    const at = await world({ hosts: { '127.0.0.1': {}, '127.0.0.2': {} } });
    await at.send();
    const elsewhere = { ...at.ports, resolver: fakeResolver(plainZone.replace('127.0.0.1', '127.0.0.2')) };
    await deliver(elsewhere, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.deepEqual(
      Object.values(at.sinks).map(({ messages }) => messages.length),
      [1, 1],
    );
  });

  test('QUE-8 a body that cannot be opened leaves no connection behind', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} } });
    const closed: string[] = [];
    const ports = {
      ...at.ports,
      content: async () => {
        throw new Error('the disk is gone');
      },
      dialer: {
        ...at.ports.dialer,
        close: (session: Session, how: 'quit' | 'abort') => {
          closed.push(how);
          at.ports.dialer.close(session, how);
        },
      },
    };
    const round = await deliver(ports, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.equal(round.outcomes[0].kind, 'deferred');
    assert.equal(closed.length, 1);
  });

  test('QUE-9 a message that was taken stays taken, whatever befalls its record', async () => {
    const at = await world({ hosts: { '127.0.0.1': {} } });
    const ports = {
      ...at.ports,
      metrics: {
        ...at.ports.metrics,
        observe: () => {
          throw new Error('no such histogram');
        },
      },
    };
    const round = await deliver(ports, at.settings, leaseOf({}, []), new AbortController().signal);
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert(at.notes.lines.some((line) => line.includes('no such histogram')));
  });

  test('STS-1 STS-63 trap 10 two domains on one MX host: the policy of one binds its own mail alone', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { chain: [selfSigned] } },
      zone: `${stsZone}\nother.example secure MX 10 mx1.example.com\n`,
      policy: enforce,
    });
    assert.deepEqual(summary(await at.send({ to: ['u@example.com'] })), ['deferred cert-untrusted 4.7.5']);
    assert.deepEqual(summary(await at.send({ to: ['u@other.example'] })), ['sent mx1.example.com']);
    // Nor does the session that was good enough for the other one serve.
    assert.deepEqual(summary(await at.send({ to: ['u@example.com'] })), ['deferred cert-untrusted 4.7.5']);
    assert.equal(at.sinks['127.0.0.1']?.messages.length, 1);
  });

  test('RTLS-50 SMTP-13 trap 21 a session that TLS-Required: No was content with serves no other message', async () => {
    const at = await world({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, zone: stsZone, policy: enforce });
    assert.deepEqual(summary(await at.send({ tag: 'tls-required-no' })), ['sent mx1.example.com']);
    assert.deepEqual(summary(await at.send()), ['deferred cert-untrusted 4.7.5']);
    assert.equal(at.sinks['127.0.0.1']?.messages.length, 1);
  });

  test('SMTP-16 a host has at most five sessions at once', async () => {
    let [open, most] = [0, 0];
    const on = (line: string) => {
      if (line.startsWith('MAIL')) open += 1;
      most = Math.max(most, open);
      if (line === '.') open -= 1;
      return undefined;
    };
    const at = await world({ hosts: { '127.0.0.1': { on } } });
    await Promise.all(Array.from({ length: 15 }, () => at.send()));
    assert.equal(at.sinks['127.0.0.1']?.messages.length, 15);
    assert(most <= 5, String(most));
    assert(at.dials.length <= 5, String(at.dials.length));
  });
});

describe('REQUIRETLS', () => {
  // proves: RTLS-20 RTLS-28 RTLS-30 RTLS-33 INT-1 ATK-9 ATK-80 DT-7.5 DT-7.6 DT-7.15
  const offers = { keywords: (secure: string) => (secure === 'tls' ? ['REQUIRETLS'] : []) };

  test('RTLS-20 RTLS-22 TLS, a verified certificate, the keyword inside TLS: sent with the parameter', async () => {
    const at = await world({ hosts: { '127.0.0.1': offers } });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['sent mx1.example.com']);
    assert.deepEqual(heardMail(at)[0], 'tls:MAIL FROM:<from@sender.example> REQUIRETLS');
  });

  for (const [name, wish, expected] of [
    [
      'RTLS-30 ATK-9 the keyword only before TLS',
      { keywords: (secure: string) => (secure === 'clear' ? ['REQUIRETLS'] : []) },
      'bounced requiretls-unsupported 5.7.30',
    ],
    ['ATK-80 RTLS-28 no keyword', {}, 'bounced requiretls-unsupported 5.7.30'],
    [
      'RTLS-20 a keyword that only contains it',
      { keywords: ['X-REQUIRETLS'] },
      'bounced requiretls-unsupported 5.7.30',
    ],
    ['RTLS-28 DT-7.5 no STARTTLS', { starttls: 'missing' }, 'bounced requiretls-no-tls 5.7.10'],
    [
      'INT-1 DT-7.6 454 to STARTTLS',
      { on: (line: string) => (line === 'STARTTLS' ? '454 4.7.0 no\r\n' : undefined) },
      'deferred starttls-refused 4.7.4',
    ],
    [
      'RTLS-33 the parameter refused after all',
      { ...offers, on: (line: string) => (line.startsWith('MAIL') ? '555 5.5.4 what\r\n' : undefined) },
      'bounced requiretls-unsupported 5.7.30',
    ],
  ] as const) {
    test(`RTLS-26 RTLS-31 ${name}`, async () => {
      const at = await world({ hosts: { '127.0.0.1': wish as never } });
      assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), [expected]);
      assert.deepEqual(at.sinks['127.0.0.1']?.messages, []);
      assert.equal(
        heardMail(at).some((line) => line.includes('MAIL') && !line.includes('REQUIRETLS')),
        false,
      );
    });
  }

  test('RTLS-24 CERT-69 DT-7.14 an unverified certificate', async () => {
    const at = await world({ hosts: { '127.0.0.1': { ...offers, chain: [selfSigned] } } });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['bounced requiretls-unauthenticated 5.7.10']);
    assert.deepEqual(heardMail(at), []);
  });

  test('RTLS-21 ATK-42 an MX answer that nothing vouches for', async () => {
    const at = await world({ hosts: { '127.0.0.1': offers }, zone: plainZone.replaceAll('secure', 'insecure') });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['bounced requiretls-mx-unvalidated 5.7.10']);
    assert.deepEqual(at.dials, []);
  });

  test('ATK-81 RTLS-29 the host that could take it is out of reach: kept, and the other does not get it', async () => {
    const at = await world({ hosts: { '127.0.0.2': {} }, zone: twoHosts.replace('127.0.0.1', '127.0.0.3') });
    const round = await at.send({ tag: 'requiretls' });
    assert.equal(round.outcomes[0].kind, 'deferred');
    assert.deepEqual(heardMail(at, '127.0.0.2'), []);
  });

  test('RTLS-23 CERT-17 a public certificate does not stand in for DANE that fails', async () => {
    const at = await world({
      hosts: { '127.0.0.1': offers },
      zone: `${plainZone}\n_PORT._tcp.mx1.example.com secure TLSA 3 1 1 ${digestOf(selfSigned)}`,
    });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['bounced requiretls-unauthenticated 5.7.10']);
    assert.deepEqual(heardMail(at), []);
  });

  test('RTLS-25 an enforced policy binds in addition', async () => {
    const at = await world({ hosts: { '127.0.0.1': offers }, policy: enforce.replace('mx1', 'mx9'), zone: stsZone });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['deferred sts-mx-mismatch 4.7.5']);
    assert.deepEqual(at.dials, []);
  });

  test('INT-1 RTLS-28 a host that was reached at its second address did not fail for the first', async () => {
    const at = await world({
      hosts: { '127.0.0.1': {} },
      zone: 'example.com secure MX 10 mx1.example.com\nmx1.example.com secure A 127.0.0.3\nmx1.example.com secure A 127.0.0.1',
    });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls' })), ['bounced requiretls-unsupported 5.7.30']);
    assert.equal(at.dials.length, 2);
  });

  test('RTLS-42 DT-2 a notice goes to the host with REQUIRETLS, though another comes first', async () => {
    const at = await world({ hosts: { '127.0.0.1': {}, '127.0.0.2': offers }, zone: twoHosts });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls', from: 'null' })), ['sent mx2.example.com']);
    assert.deepEqual(heardMail(at), []);
    assert.deepEqual(heardMail(at, '127.0.0.2')[0], 'tls:MAIL FROM:<> REQUIRETLS');
    assert.deepEqual(at.forms, ['as-stored']);
  });

  test('RTLS-42 RTLS-43 where no host has it the notice leaves without, redacted', async () => {
    const at = await world({ hosts: { '127.0.0.1': {}, '127.0.0.2': { starttls: 'missing' } }, zone: twoHosts });
    assert.deepEqual(summary(await at.send({ tag: 'requiretls', from: 'null' })), ['sent mx1.example.com']);
    assert.deepEqual(heardMail(at)[0], 'tls:MAIL FROM:<>');
    assert.deepEqual(at.forms, ['redacted']);
    assert.match(String(at.sinks['127.0.0.1']?.messages[0]?.data), /redacted/);
  });

  test('RTLS-42 ATK-86 a notice without the parameter still obeys DANE', async () => {
    const at = await world({ hosts: { '127.0.0.1': { chain: [selfSigned] } }, zone: daneZone });
    assert.equal((await at.send({ tag: 'requiretls', from: 'null' })).outcomes[0].kind, 'deferred');
    assert.deepEqual(heardMail(at), []);
  });
});

describe('TLS-Required: No', () => {
  test('RTLS-50 RTLS-56 RTLS-57 DANE that fails is passed over, recorded and warned of', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { chain: [selfSigned], keywords: ['REQUIRETLS'] } },
      zone: daneZone,
    });
    const round = await at.send({ tag: 'tls-required-no' });
    assert.deepEqual(summary(round), ['sent mx1.example.com']);
    assert.equal(recordsOf(round)[0]?.policy_overridden, true);
    assert.deepEqual(recordsOf(round)[0]?.failures, [{ authn: 'dane', because: 'cert-no-tlsa-match' }]);
    assert(at.notes.lines.some((line) => line.startsWith('warn delivery')));
    assert.equal(heardMail(at)[0], 'tls:MAIL FROM:<from@sender.example>');
  });

  test('RTLS-51 RTLS-53 a broken handshake leads to cleartext, also at a DANE host', async () => {
    const at = await world({ hosts: { '127.0.0.1': { handshake: 'drop' } }, zone: daneZone });
    const round = await at.send({ tag: 'tls-required-no' });
    assert.deepEqual([summary(round)[0], recordsOf(round).at(-1)?.tls_achieved], ['sent mx1.example.com', 'cleartext']);
  });

  test('RTLS-54 INT-9 the floor of the operator holds', async () => {
    const at = await world({ hosts: { '127.0.0.1': { starttls: 'missing' } }, operator: { floor: 'encrypt' } });
    assert.deepEqual(summary(await at.send({ tag: 'tls-required-no' })), ['deferred starttls-missing 4.7.4']);
    assert.deepEqual(heardMail(at), []);
  });
});

describe('routes with credentials', () => {
  const smartHost = (hosts: WorldWish['hosts'], tls: 'starttls' | 'implicit' = 'starttls'): WorldWish => ({
    hosts,
    zone: 'relay.example.net secure A 127.0.0.1',
    routes: (port) => [{ to: ['*'], via: `[relay.example.net]:${port}`, tls, credentials: 'configured' }],
  });
  const auth = {
    keywords: ['AUTH PLAIN'],
    on: (line: string) => (line.startsWith('AUTH') ? '235 2.7.0 ok\r\n' : undefined),
  };

  test('SMTP-17 an authenticated host hears the password, and then the message', async () => {
    const at = await world(smartHost({ '127.0.0.1': auth }));
    assert.deepEqual(summary(await at.send()), ['sent relay.example.net']);
    const lines = at.sinks['127.0.0.1']?.lines.map((line) => line.split(' ')[0]) ?? [];
    assert.deepEqual(lines.slice(2, 5), ['tls:EHLO', 'tls:AUTH', 'tls:MAIL']);
  });

  test('SMTP-13 SMTP-17 a session logged in for one route serves no other, though the host is the same', async () => {
    const at = await world({
      hosts: { '127.0.0.1': { keywords: (secure) => (secure === 'tls' ? ['AUTH PLAIN'] : []) } },
      zone: 'relay.example.net secure A 127.0.0.1',
      routes: (port) => [
        { to: ['one.example'], via: `[relay.example.net]:${port}`, tls: 'starttls', credentials: 'configured' },
        { to: ['two.example'], via: `relay.example.net:${port}`, tls: 'starttls', credentials: 'configured' },
      ],
    });
    for (const to of ['u@one.example', 'u@two.example', 'u@one.example'])
      assert.deepEqual(summary(await at.send({ to: [to] })), ['sent relay.example.net']);
    assert.deepEqual(
      at.sinks['127.0.0.1']?.sessions.map(({ lines }) => lines.filter((line) => line.includes('MAIL')).length),
      [2, 1],
    );
  });

  test('SMTP-17 nobody else does', async () => {
    for (const host of [
      { ...auth, starttls: 'missing' as const },
      { ...auth, chain: [stranger] },
      { ...auth, chain: [selfSigned] },
    ]) {
      const at = await world(smartHost({ '127.0.0.1': host }));
      assert.deepEqual(summary(await at.send()), ['deferred route-auth-unprotected 4.7.5']);
      assert.equal(
        at.sinks['127.0.0.1']?.lines.some((line) => /AUTH |MAIL/.test(line)),
        false,
      );
    }
  });

  test('SMTP-17 a plan that forgot to demand it does not help', async () => {
    const at = await world(smartHost({ '127.0.0.1': { ...auth, chain: [selfSigned] } }));
    const made = (await at.send()).trials[0]?.attempt.plan;
    assert(made?.kind === 'dial');
    const plan = { ...made, demand: { ...made.demand, tls: 'encrypted', all: [] } } as const;
    const route = { via: '[relay.example.net]', tls: 'starttls', credentials: 'configured' } as const;
    const compose = () => Promise.reject(new Error('no message is asked for'));
    const address = '127.0.0.1' as IpAddress;
    const errand = { plan, address, ehloName: 'relay.example', route, messageClass: 'normal', compose } as const;
    const [tried] = await attempt(at.ports, errand, new AbortController().signal);
    assert.equal(tried.because, 'route-auth-unprotected');
    assert.equal(
      at.sinks['127.0.0.1']?.lines.some((line) => /AUTH |MAIL/.test(line)),
      false,
    );
  });

  test('SMTP-17 a refused password defers', async () => {
    const at = await world(
      smartHost({ '127.0.0.1': { ...auth, on: (line) => (line.startsWith('AUTH') ? '535 5.7.8 no\r\n' : undefined) } }),
    );
    const round = await at.send();
    assert.deepEqual([round.outcomes[0].kind, heardMail(at)], ['deferred', []]);
  });

  test('TLS-26 trap 21 a port of implicit TLS is never spoken to in cleartext', async () => {
    const at = await world({
      ...smartHost({ '127.0.0.1': { implicit: 'yes', handshake: 'drop' } }),
      routes: (port) => [{ to: ['*'], via: `[relay.example.net]:${port}`, tls: 'implicit', credentials: 'none' }],
    });
    assert.deepEqual(summary(await at.send()), ['deferred conn-lost 4.4.2']);
    assert.deepEqual(
      at.dials.map((dial) => dial.split(' ')[1]),
      ['implicit'],
    );
  });
});
