import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type Message, Rcode, RrType } from '../../../src/core/dns/message.ts';
import { name, nameToText } from '../../../src/core/dns/name.ts';
import type { DnsFault } from '../../../src/lab/dns/faults.ts';
import { type Lab, startLab } from '../../../src/lab/world.ts';
import { type Ask, ask, askOctets, queryOf } from '../dns-ask.ts';
import { bogusZones, insecureZones, signedZones } from '../odd-zones.ts';

let lab: Lab;
before(async () => {
  const zones = [...signedZones, ...insecureZones, ...bogusZones];
  lab = await startLab({ destinations: [], zones });
});
after(() => lab.close());
beforeEach(() => lab.clearFaults());

const put = (owner: string, type: string, more: Partial<Ask> = {}): Promise<Message | undefined> =>
  ask({ port: lab.ports.dns, owner, type, ...more });

const types = (records: Message['answer'] | undefined): readonly number[] => (records ?? []).map(({ type }) => type);
const owners = (message: Message | undefined, type: number): readonly string[] =>
  (message?.authority ?? []).filter((record) => record.type === type).map(({ owner }) => nameToText(owner));

test('a positive answer carries its signature with DO and goes without it otherwise', async () => {
  const full = await put('nsec.test', 'MX');
  assert.deepEqual(types(full?.answer), [RrType.MX, RrType.RRSIG]);
  assert.deepEqual(types((await put('nsec.test', 'MX', { flags: [] }))?.answer), [RrType.MX]);
});

test('AD goes to whoever asks for it and only for secure data', async () => {
  const ad = async (owner: string, flags: Ask['flags'] = ['ad']): Promise<boolean | undefined> =>
    (await put(owner, 'MX', { flags: flags ?? [] }))?.authenticData;
  assert.equal(await ad('nsec.test'), true);
  assert.equal(await ad('nsec.test', ['do']), true);
  assert.equal(await ad('nsec.test', []), false);
  for (const { apex } of insecureZones) assert.equal(await ad(apex), false, apex);
  assert.equal(await ad('alias.nsec.test'), true);
  assert.equal(await ad('alias-to-unsigned.nsec.test'), false);
  assert.equal(await ad('missing.nsec3.test'), true);
  assert.equal(await ad('missing.nsec3-opt-out.test'), false);
});

test('a bogus zone is SERVFAIL for a stub and data for a validator', async () => {
  assert.equal((await put('wrong-ds.test', 'MX', { flags: ['ad'] }))?.rcode, Rcode.SERVFAIL);
  assert.deepEqual(types((await put('wrong-ds.test', 'MX'))?.answer), [RrType.MX, RrType.RRSIG]);
});

test('denials: empty non-terminal, missing name, missing type, expanded wildcard', async () => {
  const nodata = await put('_tcp.mail.nsec.test', 'TLSA');
  assert.equal(nodata?.rcode, Rcode.NOERROR);
  assert.deepEqual(owners(nodata, RrType.NSEC), ['mail.nsec.test.']);
  const missing = await put('missing.nsec.test', 'A');
  assert.equal(missing?.rcode, Rcode.NXDOMAIN);
  assert.deepEqual(owners(missing, RrType.NSEC), ['_25._tcp.mail.nsec.test.', 'nsec.test.']);
  const expanded = await put('x.wild.nsec.test', 'A');
  assert.equal(expanded?.rcode, Rcode.NOERROR);
  assert.equal(nameToText(expanded?.answer[0]?.owner ?? name('.')), 'x.wild.nsec.test.');
  assert.equal(owners(expanded, RrType.NSEC).length, 1);
});

test('aliases are followed through CNAME and DNAME, and a loop is an error', async () => {
  const tree = await put('x.tree.nsec.test', 'A');
  assert.deepEqual(types(tree?.answer), [RrType.DNAME, RrType.RRSIG, RrType.CNAME, RrType.A, RrType.RRSIG]);
  assert.equal((await put('alias-to-nothing.nsec.test', 'A'))?.rcode, Rcode.NXDOMAIN);
  assert.equal((await put('loop.nsec.test', 'A'))?.rcode, Rcode.SERVFAIL);
});

test('what does not fit comes with TC by UDP and whole by TCP', async () => {
  const owner = 'large.nsec.test';
  const short = await put(owner, 'TXT');
  assert.equal(short?.truncated, true);
  assert.deepEqual(types(short?.answer), []);
  const whole = await put(owner, 'TXT', { transport: 'tcp' });
  assert.equal(whole?.truncated, false);
  assert.deepEqual(types(whole?.answer), [RrType.TXT, RrType.RRSIG]);
  assert.equal((await put(owner, 'TXT', { udpSize: 4096 }))?.truncated, false);
});

test('the question comes back letter by letter', async () => {
  const asked = { port: lab.ports.dns, owner: 'mail.nsec.test', type: 'A' };
  const query = Buffer.from(queryOf(asked));
  query.write('mAiL', 13);
  const answer = await askOctets(asked, query);
  assert.equal(answer?.subarray(12, 28).toString('latin1'), '\x04mAiL\x04nsec\x04test\0');
});

test('the exchange of an MX record keeps the case it was written in, and its signature holds all the same', async () => {
  const mx = (await put('nsec.test', 'MX'))?.answer[0];
  assert.match(Buffer.from(mx?.rdata ?? []).toString('latin1'), /\x04Mail/);
});

test('signatures follow the clock', async () => {
  const times = async (): Promise<readonly [number, number]> => {
    const rdata = Buffer.from((await put('nsec.test', 'A'))?.answer[1]?.rdata ?? []);
    return [rdata.readUInt32BE(8), rdata.readUInt32BE(12)];
  };
  const now = (): number => lab.clock.now() / 1000;
  const before = await times();
  lab.clock.advance((40 * 86_400) as never);
  const [expiration, inception] = await times();
  assert.ok(expiration > now() && inception <= now());
  assert.ok(inception > before[0]);
});

test('queries are remembered', async () => {
  await put('mail.nsec.test', 'AAAA');
  assert.deepEqual(lab.dns.seen.at(-1), {
    name: 'mail.nsec.test.',
    type: RrType.AAAA,
    transport: 'udp',
    dnssecOk: true,
    checkingDisabled: true,
  });
});

// ---- faults

const owner = '_25._tcp.mail.nsec.test';
const whole = async (more: Partial<Ask> = {}): Promise<Message | undefined> => put(owner, 'TLSA', more);

test('error codes', async () => {
  for (const [fault, rcode] of [
    ['servfail', Rcode.SERVFAIL],
    ['refused', Rcode.REFUSED],
    ['notimp', Rcode.NOTIMP],
    ['formerr', Rcode.FORMERR],
  ] as const) {
    lab.clearFaults();
    lab.setFault(`dns:${fault}`, `${owner}/TLSA`);
    assert.equal((await whole())?.rcode, rcode, fault);
    assert.equal((await put(owner, 'A'))?.rcode, Rcode.NOERROR, 'another type is untouched');
  }
});

test('silence, octets that are no message, and truncation without TCP', async () => {
  lab.setFault('dns:timeout', owner);
  assert.equal(await whole({ patience: 50 }), undefined);
  lab.clearFaults();
  lab.setFault('dns:malformed', owner);
  await assert.rejects(whole());
  lab.clearFaults();
  lab.setFault('dns:truncated', owner);
  assert.equal((await whole())?.truncated, true);
  assert.equal(await whole({ transport: 'tcp', patience: 50 }), undefined);
});

test('a fault below an owner reaches all names there', async () => {
  lab.setFault('dns:servfail', '*.nsec.test');
  assert.equal((await put('mail.nsec.test', 'A'))?.rcode, Rcode.SERVFAIL);
  assert.equal((await put('nsec.test', 'MX'))?.rcode, Rcode.SERVFAIL);
  assert.equal((await put('nsec3.test', 'MX'))?.rcode, Rcode.NOERROR);
});

test('a fault holds where an alias leads to it', async () => {
  lab.setFault('dns:strip-rrsig', 'mail.nsec.test/A');
  assert.ok(!types((await put('alias.nsec.test', 'A'))?.answer).includes(RrType.RRSIG));
});

const lies: readonly (readonly [DnsFault, (message: Message | undefined, truth: Message | undefined) => void])[] = [
  ['strip-rrsig', (message) => assert.deepEqual(types(message?.answer), [RrType.TLSA])],
  [
    'corrupt-signature',
    (message, truth) => {
      assert.deepEqual(types(message?.answer), types(truth?.answer));
      assert.deepEqual(message?.answer[0], truth?.answer[0]);
      assert.notDeepEqual(message?.answer[1]?.rdata, truth?.answer[1]?.rdata);
    },
  ],
  ['unknown-algorithm', (message) => assert.equal(message?.answer[1]?.rdata[2], 253)],
  [
    'signature-expired',
    (message) => {
      const rdata = Buffer.from(message?.answer[1]?.rdata ?? []);
      assert.ok(rdata.readUInt32BE(8) < lab.clock.now() / 1000);
    },
  ],
  [
    'signature-from-the-future',
    (message) => {
      const rdata = Buffer.from(message?.answer[1]?.rdata ?? []);
      assert.ok(rdata.readUInt32BE(12) > lab.clock.now() / 1000);
    },
  ],
  [
    'nodata-without-proof',
    (message) => {
      assert.equal(message?.rcode, Rcode.NOERROR);
      assert.deepEqual(types(message?.answer), []);
      assert.deepEqual(types(message?.authority), [RrType.SOA, RrType.RRSIG]);
    },
  ],
  [
    'nxdomain-without-proof',
    (message) => {
      assert.equal(message?.rcode, Rcode.NXDOMAIN);
      assert.deepEqual(types(message?.authority), [RrType.SOA, RrType.RRSIG]);
    },
  ],
  ['nodata-foreign-proof', (message) => assert.deepEqual(owners(message, RrType.NSEC), ['nsec.test.'])],
  ['nodata-matching-proof', (message) => assert.deepEqual(owners(message, RrType.NSEC), [`${owner}.`])],
  ['nodata-ancestor-proof', (message) => assert.equal(owners(message, RrType.NSEC3).length, 1)],
  ['nxdomain-foreign-proof', (message) => assert.equal(message?.rcode, Rcode.NXDOMAIN)],
  [
    'forged-ad',
    (message) => {
      assert.equal(message?.authenticData, true);
      assert.deepEqual(types(message?.answer), [RrType.TLSA]);
    },
  ],
  [
    'wrong-signer',
    (message) => assert.match(Buffer.from(message?.answer[1]?.rdata ?? []).toString('latin1'), /\x04_tcp/),
  ],
];
for (const [fault, check] of lies) {
  test(`${fault}: the answer is changed so, and a stub gets SERVFAIL`, async () => {
    const truth = await whole();
    lab.setFault(`dns:${fault}`, `${owner}/TLSA`);
    check(await whole(), truth);
    assert.equal((await whole({ flags: ['ad'] }))?.rcode, Rcode.SERVFAIL);
  });
}

test('strip-proof takes the denial and its signatures', async () => {
  lab.setFault('dns:strip-proof', 'missing.nsec3.test');
  assert.deepEqual(types((await put('missing.nsec3.test', 'A'))?.authority), [RrType.SOA, RrType.RRSIG]);
});

test('rewrite, altered-cname and wildcard-replay show other data', async () => {
  lab.setFault('dns:rewrite', 'nsec.test/MX', ['5 mx.evil.test.']);
  assert.deepEqual(types((await put('nsec.test', 'MX'))?.answer), [RrType.MX]);
  lab.setFault('dns:altered-cname', 'x.tree.nsec.test', ['evil.test.']);
  const altered = await put('x.tree.nsec.test', 'A');
  assert.match(Buffer.from(altered?.answer[2]?.rdata ?? []).toString('latin1'), /evil/);
  lab.setFault('dns:wildcard-replay', 'mail.nsec.test/A');
  const replayed = await put('mail.nsec.test', 'A');
  assert.equal(replayed?.answer[0]?.rdata.at(-1), 3);
  assert.deepEqual(replayed?.authority, []);
});

test('rewriting an unsigned zone shows even to a stub', async () => {
  lab.setFault('dns:rewrite', 'unsigned.example/MX', ['5 mx.evil.test.']);
  const answer = await put('unsigned.example', 'MX', { flags: ['ad'] });
  assert.match(Buffer.from(answer?.answer[0]?.rdata ?? []).toString('latin1'), /evil/);
});

test('decoys: additional data, another question, another id', async () => {
  lab.setFault('dns:forged-additional', 'nsec.test/MX', ['192.0.2.66']);
  assert.deepEqual(types((await put('nsec.test', 'MX'))?.additional), [RrType.A]);
  lab.setFault('dns:wrong-question', 'nsec.test/A');
  assert.equal(nameToText((await put('nsec.test', 'A'))?.questions[0]?.name ?? name('.')), 'other.nsec.test.');
  lab.setFault('dns:wrong-id', 'nsec.test/AAAA');
  assert.notEqual((await put('nsec.test', 'AAAA'))?.id, 4711);
});
