// The laboratory's cases, one row each: every algorithm, way of denial, kind of delegation and alias, with the verdict
// that unbound and BIND agree on.

// proves: SEC-7 SEC-8
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RrType } from '../../../src/core/dns/message.ts';
import { nameToText } from '../../../src/core/dns/name.ts';
import { lookUp, verdictOf } from './driver.ts';
import { labWorld } from './lab-world.ts';

const world = labWorld();

type Case = readonly [ids: string, says: string, name: string, type: keyof typeof RrType, verdict: string];

const tlsa = (zone: string): string => `_25._tcp.mx.${zone}`;

const cases: readonly Case[] = [
  // ---- positive answers
  ['SEC-2', 'MX of a signed domain', 'signed.test', 'MX', 'secure'],
  ['SEC-2', 'a signed domain below an NSEC zone', tlsa('signed.nsectld'), 'TLSA', 'secure'],
  ['SEC-31', 'a signed zone behind an empty non-terminal', tlsa('behind.ent.nsectld'), 'TLSA', 'secure'],
  ['SEC-31', 'the same in an opt-out zone', tlsa('behind.ent.test'), 'TLSA', 'secure'],
  ['SEC-31', 'the same in an NSEC3 zone', tlsa('behind.ent.n3tld'), 'TLSA', 'secure'],
  ['SEC-2', 'the DNSKEY set of the root', '.', 'DNSKEY', 'secure'],
  ['SEC-2', 'the DNSKEY set of a zone', 'signed.test', 'DNSKEY', 'secure'],
  ['SEC-10', 'a DS set comes from the parent', 'signed.test', 'DS', 'secure'],
  ['SEC-40', 'thirty records under a large key', tlsa('many.test'), 'TLSA', 'secure'],

  // ---- algorithms and digests
  ['SEC-25 INT-13', 'RSA/SHA-1', tlsa('alg5.test'), 'TLSA', 'insecure unsupported-algorithm'],
  ['SEC-25 INT-13', 'RSA/SHA-1 with NSEC3', tlsa('alg7.test'), 'TLSA', 'insecure unsupported-algorithm'],
  ['SEC-25', 'RSA/SHA-256', tlsa('alg8.test'), 'TLSA', 'secure'],
  ['SEC-25', 'RSA/SHA-512', tlsa('alg10.test'), 'TLSA', 'secure'],
  ['SEC-25', 'P-256', tlsa('alg13.test'), 'TLSA', 'secure'],
  ['SEC-25', 'P-384', tlsa('alg14.test'), 'TLSA', 'secure'],
  ['SEC-25', 'Ed25519', tlsa('alg15.test'), 'TLSA', 'secure'],
  ['SEC-25', 'Ed448', tlsa('alg16.test'), 'TLSA', 'secure'],
  ['SEC-28', 'RSA of 512 bits counts as unsupported', tlsa('small-rsa.test'), 'TLSA', 'insecure unsupported-algorithm'],
  ['SEC-7', 'two algorithms sign during a rollover', tlsa('rollover.test'), 'TLSA', 'secure'],
  ['SEC-7', 'a standby key that signs nothing', tlsa('spare-key.test'), 'TLSA', 'secure'],
  ['SEC-26', 'DS with SHA-384', tlsa('ds-sha384.test'), 'TLSA', 'secure'],
  ['SEC-26 INT-13', 'DS with SHA-1 alone', tlsa('ds-sha1.test'), 'TLSA', 'insecure unsupported-digest'],

  // ---- DS at the cut
  ['SEC-4 SEC-8', 'DS with a wrong digest', tlsa('ds-wrong.test'), 'TLSA', 'bogus ds-mismatch'],
  ['SEC-8', 'DS for a key of somebody else', tlsa('ds-foreign.test'), 'TLSA', 'bogus ds-mismatch'],
  ['SEC-27', 'DS with an unknown algorithm', tlsa('ds-algorithm.test'), 'TLSA', 'insecure unsupported-algorithm'],
  ['SEC-27', 'DS with an unknown digest type', tlsa('ds-digest.test'), 'TLSA', 'insecure unsupported-digest'],
  ['SEC-7 SEC-8', 'one bad and one good DS', tlsa('ds-half.test'), 'TLSA', 'secure'],
  ['SEC-27', 'an unknown algorithm beside a good DS', tlsa('ds-mixed.test'), 'TLSA', 'secure'],
  ['SEC-27', 'an unknown algorithm beside a broken DS', tlsa('ds-mixed-wrong.test'), 'TLSA', 'bogus ds-mismatch'],
  ['SEC-5 TA-4', 'the only key is revoked', tlsa('revoked.test'), 'TLSA', 'bogus ds-mismatch'],
  ['SEC-5', 'the only key is no zone key', tlsa('not-a-zone-key.test'), 'TLSA', 'bogus ds-mismatch'],
  ['SEC-3', 'a signed island without DS', tlsa('island.nsectld'), 'TLSA', 'insecure unsigned-delegation'],

  // ---- times
  ['SEC-4 SEC-5', 'expired a second ago', tlsa('expired.test'), 'TLSA', 'bogus signature-expired'],
  ['SEC-4 SEC-5 SEC-29', 'valid in a while', tlsa('future.test'), 'TLSA', 'bogus signature-not-yet-valid'],
  ['SEC-5', 'inception and expiration are this second', tlsa('just-in-time.test'), 'TLSA', 'secure'],

  // ---- unsigned delegations
  ['SEC-3', 'unsigned child of an NSEC zone', tlsa('unsigned.nsectld'), 'TLSA', 'insecure unsigned-delegation'],
  ['SEC-3', 'unsigned child of an NSEC3 zone', tlsa('unsigned.n3tld'), 'TLSA', 'insecure unsigned-delegation'],
  ['SEC-3 SEC-17', 'unsigned child of an opt-out zone', tlsa('unsigned.test'), 'TLSA', 'insecure opt-out'],
  [
    'SEC-3',
    'unsigned behind an empty non-terminal, NSEC',
    tlsa('unsigned.ent2.nsectld'),
    'TLSA',
    'insecure unsigned-delegation',
  ],
  [
    'SEC-3',
    'unsigned behind an empty non-terminal, NSEC3',
    tlsa('unsigned.ent2.n3tld'),
    'TLSA',
    'insecure unsigned-delegation',
  ],
  ['SEC-3', 'unsigned behind an empty non-terminal, opt-out', tlsa('unsigned.ent2.test'), 'TLSA', 'insecure opt-out'],
  ['SEC-3', 'an unsigned TLD', tlsa('some.insec'), 'TLSA', 'insecure unsigned-delegation'],
  ['SEC-31', 'signed zone below an unsigned TLD', tlsa('signed.insec'), 'TLSA', 'insecure unsigned-delegation'],
  ['SEC-31', 'two unsigned cuts', tlsa('below.unsigned.test'), 'TLSA', 'insecure opt-out'],
  ['SEC-3', 'absence in an unsigned zone', 'nowhere.unsigned.nsectld', 'TLSA', 'insecure unsigned-delegation nxdomain'],
  [
    'SEC-3',
    'absence of a type in an unsigned zone',
    'mx.unsigned.nsectld',
    'TLSA',
    'insecure unsigned-delegation nodata',
  ],
  ['SEC-10', 'DS of an unsigned child, NSEC', 'unsigned.nsectld', 'DS', 'secure nodata'],
  ['SEC-10', 'DS of an unsigned child, NSEC3', 'unsigned.n3tld', 'DS', 'secure nodata'],
  ['SEC-17', 'DS of an unsigned child, opt-out', 'unsigned.test', 'DS', 'insecure opt-out nodata'],
  ['SEC-10', 'DS of the root', '.', 'DS', 'secure nodata'],
  ['SEC-10', 'DS at a name that is no cut', 'mx.nsec.test', 'DS', 'secure nodata'],
  ['SEC-10', 'DS at a name that does not exist', 'nowhere.nsec.test', 'DS', 'secure nxdomain'],

  // ---- absence, NSEC and NSEC3
  ...['nsec.test', 'nsec3.test', 'salted.test', 'iter50.test'].flatMap((zone): readonly Case[] => [
    ['SEC-14 SEC-16', 'no such name', `nowhere.${zone}`, 'A', 'secure nxdomain'],
    ['SEC-14 SEC-16', 'no such name, deep down', `a.b.c.nowhere.${zone}`, 'A', 'secure nxdomain'],
    ['SEC-14 SEC-16', 'no such name behind the last', `zzz.${zone}`, 'A', 'secure nxdomain'],
    ['SEC-13', 'no such type', `mx.${zone}`, 'AAAA', 'secure nodata'],
    ['SEC-13', 'no such type at the apex', zone, 'TLSA', 'secure nodata'],
    ['SEC-15', 'an empty non-terminal', `_tcp.mx.${zone}`, 'TLSA', 'secure nodata'],
    ['SEC-15', 'an empty non-terminal above another', `b.${zone}`, 'TLSA', 'secure nodata'],
    ['SEC-19', 'wildcard answer', `any.wild.${zone}`, 'A', 'secure'],
    ['SEC-19', 'wildcard answer, two labels down', `x.any.wild.${zone}`, 'TXT', 'secure'],
    ['SEC-20', 'no such type at the wildcard', `any.wild.${zone}`, 'MX', 'secure nodata'],
    ['SEC-19', 'the wildcard is blocked by a name', `there.wild.${zone}`, 'A', 'secure nodata'],
    ['SEC-14 SEC-16', 'and by what is below that name', `x.there.wild.${zone}`, 'A', 'secure nxdomain'],
    ['SEC-6', 'the wildcard itself', `*.wild.${zone}`, 'A', 'secure'],
    ['SEC-19', 'wildcard CNAME', `any.alias.${zone}`, 'A', 'secure'],
  ]),
  ['SEC-18', 'no such name in an opt-out zone', 'nowhere.optout.test', 'A', 'insecure opt-out nxdomain'],
  [
    'SEC-18',
    'no such TLSA owner in an opt-out zone',
    '_25._tcp.nowhere.optout.test',
    'TLSA',
    'insecure opt-out nxdomain',
  ],
  ['SEC-13', 'no such type in an opt-out zone', 'mx.optout.test', 'AAAA', 'secure nodata'],
  ['SEC-18', 'wildcard answer in an opt-out zone', 'any.wild.optout.test', 'A', 'insecure opt-out'],
  ['SEC-14', 'no such TLD', 'nosuchtld', 'A', 'secure nxdomain'],
  ['SEC-18', 'no such domain in an opt-out TLD', 'nosuch.test', 'MX', 'insecure opt-out nxdomain'],
  ['SEC-23 INT-12', '51 iterations: absence is insecure', 'mx.iter51.test', 'AAAA', 'insecure nsec3-iterations nodata'],
  ['SEC-23 INT-12', '51 iterations: what is there stays secure', tlsa('iter51.test'), 'TLSA', 'secure'],
  ['SEC-23', '51 iterations: an unsigned child', tlsa('unsigned.iter51.test'), 'TLSA', 'insecure nsec3-iterations'],

  // ---- aliases
  ['DNS-11', 'CNAME to a secure name', 'secure.alias.test', 'A', 'secure'],
  ['DNS-11', 'CNAME to an unsigned name', 'unsigned.alias.test', 'A', 'insecure opt-out'],
  ['DNS-11', 'CNAME to a bogus name', 'bogus.alias.test', 'A', 'bogus signature-expired'],
  ['DNS-11', 'CNAME to no name', 'nowhere.alias.test', 'A', 'secure nxdomain'],
  ['DNS-11', 'unsigned CNAME to a secure name', 'back.alias.insec', 'A', 'insecure unsigned-delegation'],
  ['DNS-11', 'unsigned CNAME to a bogus name', 'bogus.alias.insec', 'A', 'bogus signature-expired'],
  ['DNS-10', 'CNAME loop', 'loop.alias.test', 'A', 'indeterminate alias-loop'],
  ['SEC-24', 'DNAME to a secure zone', 'mx.dname.alias.test', 'A', 'secure'],
  ['SEC-24', 'DNAME to an unsigned zone', 'mx.dname-unsigned.alias.test', 'A', 'insecure opt-out'],
  ['SEC-24', 'DNAME to no name', 'nowhere.dname.alias.test', 'A', 'secure nxdomain'],
  ['SEC-12', 'the owner of a DNAME itself', 'dname.alias.test', 'DNAME', 'secure'],
  ['DNS-11', 'TLSA through a CNAME', '_25._tcp.secure.alias.test', 'TLSA', 'secure'],
  ['DNS-11', 'a CNAME that was asked for is the answer', 'secure.alias.test', 'CNAME', 'secure'],

  // ---- what cannot be asked
  ['SEC-1', 'signatures are not signed', 'signed.test', 'RRSIG', 'indeterminate meta-type'],
  ['SEC-1', 'ANY is no type', 'signed.test', 'ANY', 'indeterminate meta-type'],
];

for (const [ids, says, name, type, verdict] of cases) {
  test(`${ids} ${says}: ${name} ${type}`, () => {
    const proof = lookUp(world, name, type);
    assert.equal(verdictOf(proof), verdict);
    assert.equal(
      proof.records.length > 0,
      (proof.state === 'secure' || proof.state === 'insecure') && proof.denial === null,
    );
    assert.equal(proof.because === null, proof.state === 'secure');
  });
}

test('INT-13 SEC-25 SEC-26 algorithms 5 and 7 and digest 1 work when switched on', () => {
  const rules = { sha1: 'allowed' } as const;
  for (const zone of ['alg5.test', 'alg7.test', 'ds-sha1.test']) {
    assert.equal(verdictOf(lookUp(world, tlsa(zone), 'TLSA', { rules })), 'secure', zone);
  }
});

test('SEC-9 a SHA-1 digest beside a SHA-256 one is ignored, whether switched on or not', () => {
  const rules = { sha1: 'allowed' } as const;
  const proof = lookUp(world, tlsa('ds-forged-sha1.test'), 'TLSA', { rules });
  assert.equal(verdictOf(proof), 'secure');
  // With the good DS broken, the SHA-1 one must not step in.
  const broken = lookUp(world, tlsa('ds-sha1-downgrade.test'), 'TLSA', { rules });
  assert.equal(verdictOf(broken), 'bogus ds-mismatch');
});

test('SEC-23 the iteration limit goes down to 0 and up', () => {
  const at = (nsec3Limit: number): string =>
    verdictOf(lookUp(world, 'mx.iter51.test', 'AAAA', { rules: { nsec3Limit } }));
  assert.equal(at(51), 'secure nodata');
  assert.equal(at(50), 'insecure nsec3-iterations nodata');
  const atZero = lookUp(world, 'mx.salted.test', 'AAAA', { rules: { nsec3Limit: 0 } });
  assert.equal(verdictOf(atZero), 'insecure nsec3-iterations nodata');
  assert.equal(verdictOf(lookUp(world, 'mx.nsec3.test', 'AAAA', { rules: { nsec3Limit: 0 } })), 'secure nodata');
});

test('SEC-29 an inception may lie ahead by the tolerance, an expiration never', () => {
  const rules = { inceptionTolerance: 300 as never };
  assert.equal(verdictOf(lookUp(world, tlsa('future.test'), 'TLSA', { rules })), 'secure');
  assert.equal(verdictOf(lookUp(world, tlsa('expired.test'), 'TLSA', { rules })), 'bogus signature-expired');
});

test('DNS-10 eight aliases work, nine are an error', () => {
  assert.equal(verdictOf(lookUp(world, 'step1.alias.test', 'A')), 'secure');
  assert.equal(lookUp(world, 'step1.alias.test', 'A').aliases.length, 8);
  const nine = lookUp(world, 'step0.alias.test', 'A');
  assert.equal(verdictOf(nine), 'indeterminate alias-limit');
  assert.deepEqual(nine.records, []);
});

test('DNS-12 each step keeps its own state, insecure from the first insecure one on', () => {
  const links = (name: string): unknown =>
    lookUp(world, name, 'A').aliases.map(({ from, to, by, state }) => [nameToText(from), by, nameToText(to), state]);
  assert.deepEqual(links('unsigned.alias.test'), [['unsigned.alias.test.', 'CNAME', 'mx.unsigned.test.', 'secure']]);
  assert.deepEqual(links('bogus.alias.test'), [['bogus.alias.test.', 'CNAME', 'mx.expired.test.', 'secure']]);
  assert.deepEqual(links('twice.alias.insec'), [
    ['twice.alias.insec.', 'CNAME', 'secure.alias.test.', 'insecure'],
    ['secure.alias.test.', 'CNAME', 'mx.nsec3.test.', 'insecure'],
  ]);
  assert.deepEqual(links('mx.dname.alias.test'), [['mx.dname.alias.test.', 'DNAME', 'mx.nsec.test.', 'secure']]);
});

test('SEC-42 the chain names zones, keys and times from the anchor to the answer', () => {
  const { chain } = lookUp(world, tlsa('signed.test'), 'TLSA');
  const lines = chain.map(({ zone, what, outcome }) => `${nameToText(zone)} ${what} ${outcome}`);
  assert.deepEqual(lines, [
    '. anchor secure',
    '. dnskey secure',
    '. rrset secure',
    'test. ds secure',
    'test. dnskey secure',
    'test. rrset secure',
    'signed.test. ds secure',
    'signed.test. dnskey secure',
    'signed.test. rrset secure',
  ]);
  for (const { what, keyTag, algorithm, expiration, digestType } of chain) {
    assert.ok(keyTag !== null && algorithm !== null);
    assert.ok(what === 'ds' || what === 'anchor' ? digestType === 2 : expiration !== undefined);
  }
});

test('SEC-31 the signer leads to the zone: six questions for a TLSA set, none label by label', () => {
  const proof = lookUp(world, tlsa('behind.ent.test'), 'TLSA');
  assert.equal(proof.asked.length, 6);
  assert.equal(proof.work.queries, 6);
});
