// How a proof is driven: failures, the second question, TTLs, anchors, and the work it may cost.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant } from '../../../src/core/base/brand.ts';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { type Message, type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { name, nameToText } from '../../../src/core/dns/name.ts';
import { proofLimits } from '../../../src/core/dnssec/limits.ts';
import type { Unanswered } from '../../../src/core/dnssec/proof.ts';
import { readDs } from '../../../src/core/dnssec/rdata.ts';
import {
  costlyCases,
  deepName,
  floodOfDenials,
  floodOfSignatures,
  hiddenEncloser,
  keyTrapWorld,
  sameTag,
} from './costly.ts';
import { anchorsOf, lookUp, type Meddle, verdictOf } from './driver.ts';
import { labWorld } from './lab-world.ts';
import { changed, flipped, ofType, onAnswersTo, signatureOver, signedBy, withAnswer, without } from './tamper.ts';
import {
  addZone,
  bytes,
  makeWorld,
  now,
  nowSeconds,
  nsec,
  nsec3,
  rdata,
  signRrset,
  type TestKey,
  tagOf,
  testKey,
} from './zone-builder.ts';

const world = labWorld();
const tlsaName = '_25._tcp.mx.signed.test';

// ---- failures

test('SEC-1 DNS-5 a question that nobody answers leaves the proof indeterminate, wherever it stands', () => {
  for (const [owner, type] of [
    [tlsaName, 'TLSA'],
    ['mx.unsigned.nsectld', 'A'],
    ['nowhere.nsec3.test', 'A'],
    ['secure.alias.test', 'A'],
  ] as const) {
    const whole = lookUp(world, owner, type);
    whole.asked.forEach((_, place) => {
      let count = 0;
      const meddle: Meddle = (_asked, message) => (count++ === place ? 'timeout' : message);
      const proof = lookUp(world, owner, type, { meddle });
      assert.equal(proof.state, 'indeterminate', `${owner}: question ${place}`);
      assert.equal(proof.because, 'timeout');
      assert.deepEqual([proof.records, proof.ttl], [[], 0]);
    });
  }
});

test('SEC-1 DNS-5 every rcode but NOERROR and NXDOMAIN is a failure, never an absence', () => {
  const expected: Readonly<Record<number, Unanswered>> = {
    1: 'malformed',
    2: 'servfail',
    4: 'refused',
    5: 'refused',
    9: 'servfail',
    16: 'malformed',
  };
  for (const [rcode, because] of Object.entries(expected)) {
    const meddle = onAnswersTo('TLSA', (message) => ({ ...message, rcode: Number(rcode), answer: [] }));
    assert.equal(lookUp(world, tlsaName, 'TLSA', { meddle }).because, because, rcode);
  }
  const meddle = onAnswersTo('TLSA', (message) => ({ ...message, truncated: true }));
  assert.equal(lookUp(world, tlsaName, 'TLSA', { meddle }).because, 'malformed');
});

// ---- SEC-34

/** Spoils the first answer of a type; the second is let through. */
const spoiledOnce =
  (type: keyof typeof RrType, spoil: (message: Message) => Message, owner?: string): Meddle =>
  (asked, message) =>
    asked.again === true ? message : onAnswersTo(type, spoil, owner)(asked, message);

test('SEC-34 what does not hold is asked once more before it is bogus', () => {
  const rows: readonly (readonly [string, keyof typeof RrType, Meddle, string])[] = [
    [tlsaName, 'TLSA', spoiledOnce('TLSA', without(ofType('RRSIG'))), 'secure'],
    [tlsaName, 'TLSA', spoiledOnce('DNSKEY', without(ofType('RRSIG')), 'signed.test'), 'secure'],
    [tlsaName, 'TLSA', spoiledOnce('DNSKEY', without(ofType('DNSKEY')), '.'), 'secure'],
    [tlsaName, 'TLSA', spoiledOnce('DS', without(ofType('RRSIG')), 'signed.test'), 'secure'],
    [
      'mx.unsigned.nsectld',
      'A',
      spoiledOnce('DS', without(ofType('NSEC')), 'unsigned.nsectld'),
      'insecure unsigned-delegation',
    ],
    ['nowhere.nsec.test', 'A', spoiledOnce('A', without(signatureOver('NSEC'))), 'secure nxdomain'],
    ['any.wild.nsec3.test', 'A', spoiledOnce('A', (message) => ({ ...message, authority: [] })), 'secure'],
  ];
  for (const [owner, type, meddle, verdict] of rows) {
    const proof = lookUp(world, owner, type, { meddle });
    assert.equal(verdictOf(proof), verdict, owner);
    assert.equal(proof.asked.filter((asked) => asked.endsWith('again')).length, 1);
  }
});

test('SEC-34 a second answer that fails leaves the first verdict', () => {
  const meddle: Meddle = (asked, message) =>
    asked.again ? 'servfail' : onAnswersTo('TLSA', changed(ofType('RRSIG'), flipped(-1)))(asked, message);
  assert.equal(verdictOf(lookUp(world, tlsaName, 'TLSA', { meddle })), 'bogus signature-mismatch');
});

test('SEC-34 a zone that is bogus is not asked for by asking the name again', () => {
  const proof = lookUp(world, '_25._tcp.mx.ds-wrong.test', 'TLSA');
  assert.deepEqual(proof.asked.filter((asked) => asked.endsWith('again')).length, 1);
});

// ---- TTL

const ttlWith = (change: (record: ResourceRecord) => ResourceRecord, at: Instant = now): number =>
  lookUp(world, tlsaName, 'TLSA', {
    at,
    meddle: onAnswersTo(
      'TLSA',
      changed(() => true, change),
    ),
  }).ttl;

test('DNS-8 the TTL is the least of RRset, RRSIG, original TTL and what is left of the signature', () => {
  assert.equal(
    ttlWith((record) => record),
    3_600,
  );
  assert.equal(
    ttlWith((record) => ({ ...record, ttl: 90_000 })),
    3_600,
  );
  assert.equal(
    ttlWith((record) => (record.type === RrType.TLSA ? { ...record, ttl: 70 } : record)),
    70,
  );
  assert.equal(
    ttlWith((record) => (record.type === RrType.RRSIG ? { ...record, ttl: 80 } : record)),
    80,
  );
  assert.equal(
    ttlWith((record) => record, instant((nowSeconds + 86_400 - 50) * 1_000)),
    50,
  );
});

test('DNS-8 a negative answer is kept as long as the SOA says, at most three hours', () => {
  assert.equal(lookUp(world, 'nowhere.nsec.test', 'A').ttl, 300);
  assert.equal(lookUp(world, 'nowhere.unsigned.nsectld', 'A').ttl, 300);
  const long = makeWorld();
  addZone(long, '.', { denying: nsec, keys: [testKey(13, 'root')], ttl: 86_400 });
  long.zones
    .get(name('.'))!
    .nodes.get(name('.'))!
    .set(RrType.SOA, [rdata.soa('root.example', 86_400)]);
  assert.equal(lookUp(long, 'nowhere', 'A').ttl, 10_800);
  const noSoa = onAnswersTo('A', without(ofType('SOA')));
  assert.equal(lookUp(world, 'nowhere.unsigned.nsectld', 'A', { meddle: noSoa }).ttl, 0);
});

test('SEC-33 data that may be insecure is kept no longer than the proof of it', () => {
  assert.equal(lookUp(world, 'mx.unsigned.nsectld', 'A').ttl, 300);
});

// ---- anchors

test('TA-6 SEC-31 an anchor makes an island secure, below an unsigned zone too', () => {
  const anchors = [
    ...anchorsOf(world, '.'),
    ...anchorsOf(world, 'island.nsectld'),
    ...anchorsOf(world, 'signed.insec'),
  ];
  const verdict = (owner: string): string => verdictOf(lookUp(world, owner, 'TLSA', { anchors }));
  assert.equal(verdict('_25._tcp.mx.island.nsectld'), 'secure');
  assert.equal(verdict('_25._tcp.mx.signed.insec'), 'secure');
  assert.equal(verdict('_25._tcp.mx.some.insec'), 'insecure unsigned-delegation');
});

test('SEC-31 an insecure zone above an island cannot speak for it', () => {
  const anchors = [...anchorsOf(world, '.'), ...anchorsOf(world, 'signed.insec')];
  const owner = '_25._tcp.mx.signed.insec';
  const evil = {
    zones: new Map([[name('insec'), { ...world.zones.get(name('insec'))!, keys: [testKey(13, 'evil')] }]]),
  };
  const forged = withAnswer(...signedBy(evil, 'insec', owner, 'TLSA', [rdata.tlsa(66)]));
  assert.equal(
    verdictOf(lookUp(world, owner, 'TLSA', { anchors, meddle: onAnswersTo('TLSA', forged) })),
    'bogus missing-signature',
  );
});

test('SEC-32 an outdated anchor of an island is made good by the chain from above, but only to secure', () => {
  const wrong = (apex: string) => ({ zone: name(apex), ds: readDs(rdata.ds(name(apex), testKey(13, 'wrong')))! });
  const verdict = (apex: string): string =>
    verdictOf(lookUp(world, `_25._tcp.mx.${apex}`, 'TLSA', { anchors: [...anchorsOf(world, '.'), wrong(apex)] }));
  assert.equal(verdict('signed.nsectld'), 'secure');
  assert.equal(verdict('island.nsectld'), 'bogus anchor-mismatch');
});

test('TA-1 either of two root anchors will do', () => {
  const other = { zone: name('.'), ds: readDs(rdata.ds(name('.'), testKey(8, 'wrong')))! };
  for (const anchors of [
    [other, ...anchorsOf(world, '.')],
    [...anchorsOf(world, '.'), other],
  ]) {
    assert.equal(verdictOf(lookUp(world, tlsaName, 'TLSA', { anchors })), 'secure');
  }
});

test('TA-7 if no anchor fits the root, nothing is secure or insecure', () => {
  const anchors = [{ zone: name('.'), ds: readDs(rdata.ds(name('.'), testKey(8, 'wrong')))! }];
  for (const owner of [tlsaName, 'mx.unsigned.nsectld', 'mx.some.insec', 'nosuch']) {
    assert.equal(verdictOf(lookUp(world, owner, 'TLSA', { anchors })), 'bogus anchor-mismatch', owner);
  }
});

test('TA-2 an anchor counts only in its time', () => {
  const [anchor] = anchorsOf(world, '.');
  const verdict = (times: object): string =>
    verdictOf(lookUp(world, tlsaName, 'TLSA', { anchors: [{ ...anchor!, ...times }] }));
  assert.equal(verdict({ validFrom: now }), 'secure');
  assert.equal(verdict({ validUntil: now }), 'insecure no-anchor');
  assert.equal(verdict({ validFrom: instant(now + 1) }), 'insecure no-anchor');
});

test('TA-4 a revoked key in the set is not used, though a DS of its unrevoked form is an anchor', () => {
  const old = testKey(13, 'ksk-old');
  const revoked: TestKey = { ...old, rdata: bytes([0x01, 0x81], old.rdata.subarray(2)) };
  const revoking = makeWorld();
  addZone(revoking, '.', { denying: nsec, keys: [revoked, testKey(13, 'ksk-new')] });
  const anchorFor = (key: TestKey) => [{ zone: name('.'), ds: readDs(rdata.ds(name('.'), key))! }];
  assert.equal(tagOf(revoked.rdata), tagOf(old.rdata) + 128);
  assert.equal(verdictOf(lookUp(revoking, '.', 'SOA', { anchors: anchorFor(testKey(13, 'ksk-new')) })), 'secure');
  assert.equal(verdictOf(lookUp(revoking, '.', 'SOA', { anchors: anchorFor(old) })), 'bogus anchor-mismatch');
  assert.equal(verdictOf(lookUp(revoking, '.', 'SOA', { anchors: anchorFor(revoked) })), 'bogus anchor-mismatch');
});

test('SEC-3 without an anchor above, a name is insecure and nothing more is asked', () => {
  const proof = lookUp(world, tlsaName, 'TLSA', { anchors: anchorsOf(world, 'island.nsectld') });
  assert.equal(verdictOf(proof), 'insecure no-anchor');
  assert.equal(proof.asked.length, 1);
});

// ---- work

test('SEC-40 whatever is made to cost much stays within the limits', () => {
  for (const { says, proof } of costlyCases(world)) {
    const { queries, verifications, failedVerifications, nsec3Hashes, zoneCuts } = proof.work;
    // What is asked for past a limit is counted and refused; of failures the one that passes it has been seen.
    assert.ok(queries <= 64 && verifications <= 102 && failedVerifications <= 17 && zoneCuts <= 16, says);
    assert.ok(nsec3Hashes <= 34, says);
    assert.equal(proof.state, says.startsWith('honest') ? 'secure' : 'bogus', says);
  }
});

test('SEC-40 KeyTrap: many keys of one tag and many bad signatures cost no more than eight trials', () => {
  const trap = keyTrapWorld();
  const record = lookUp(trap, 'mx.trap', 'A');
  assert.equal(verdictOf(record), 'secure');
  const flood = floodOfSignatures(200);
  const flooded = lookUp(trap, 'mx.trap', 'A', { meddle: onAnswersTo('A', flood) });
  assert.equal(verdictOf(flooded), 'bogus budget');
  assert.ok(flooded.work.failedVerifications <= 8, String(flooded.work.failedVerifications));
  const keys = lookUp(trap, 'mx.trap', 'A', { meddle: onAnswersTo('DNSKEY', flood, 'trap') });
  assert.equal(verdictOf(keys), 'bogus budget');
  assert.ok(keys.work.verifications <= 16);
});

test('SEC-40 of a flood of signatures only sixteen are looked at, of keys only sixty-four', () => {
  const others = (message: Message): Message => {
    const [signature] = message.answer.filter(ofType('RRSIG'));
    const strangers = Array.from({ length: 16 }, () => flipped(17)(signature!));
    return { ...message, answer: [...strangers, ...message.answer] };
  };
  const proof = lookUp(world, tlsaName, 'TLSA', { meddle: onAnswersTo('TLSA', others) });
  assert.equal(verdictOf(proof), 'bogus no-matching-key');

  const key = testKey(13, 'last');
  const crowd = makeWorld();
  addZone(crowd, '.', { denying: nsec, keys: [testKey(13, 'root')] });
  addZone(crowd, 'crowd', { denying: nsec, keys: [key], extraKeys: sameTag(testKey(13, 'other').rdata, 70) });
  const last = onAnswersTo('DNSKEY', (message) => ({ ...message, answer: [...message.answer].reverse() }), 'crowd');
  assert.equal(verdictOf(lookUp(crowd, 'crowd', 'SOA')), 'secure');
  assert.equal(verdictOf(lookUp(crowd, 'crowd', 'SOA', { meddle: last })), 'bogus ds-mismatch');
});

test('SEC-40 no more than two keys of one tag are tried', () => {
  const trap = keyTrapWorld();
  const corrupt = onAnswersTo('A', changed(ofType('RRSIG'), flipped(-1)));
  // Two on the first answer and two on the second.
  assert.equal(lookUp(trap, 'mx.trap', 'A', { meddle: corrupt }).work.failedVerifications, 4);
  const last = onAnswersTo('DNSKEY', (message) => ({ ...message, answer: [...message.answer].reverse() }), 'trap');
  const proof = lookUp(trap, 'mx.trap', 'A', { meddle: last });
  assert.equal(verdictOf(proof), 'bogus ds-mismatch');
});

test('SEC-40 sixteen failed verifications are the end of the question', () => {
  const proof = lookUp(world, 'nowhere.nsec.test', 'A', { meddle: floodOfDenials(world) });
  assert.equal(verdictOf(proof), 'bogus budget');
  assert.equal(proof.work.failedVerifications, 17);
});

test('SEC-40 a hundred verifications are the end of the question', () => {
  const budget = makeBudget({ ...proofLimits, verifications: 5 });
  assert.equal(verdictOf(lookUp(world, tlsaName, 'TLSA', { budget })), 'bogus budget');
  assert.equal(proofLimits.verifications, 100);
  const enough = makeBudget({ ...proofLimits, verifications: 6 });
  assert.equal(verdictOf(lookUp(world, tlsaName, 'TLSA', { budget: enough })), 'secure');
});

test('SEC-40 a long name in an NSEC3 zone costs no more than 32 hashes, weighted by iterations', () => {
  const cheap = lookUp(world, deepName(100, 'nsec3.test'), 'A');
  assert.equal(verdictOf(cheap), 'secure nxdomain');
  assert.ok(cheap.work.nsec3Hashes <= 4, String(cheap.work.nsec3Hashes));
  const costly = lookUp(world, deepName(100, 'nsec3.test'), 'A', { meddle: hiddenEncloser });
  assert.equal(verdictOf(costly), 'bogus budget');
  assert.equal(costly.work.nsec3Hashes, 33);

  const weighted = lookUp(world, 'nowhere.iter50.test', 'A');
  const plain = lookUp(world, 'nowhere.nsec3.test', 'A');
  assert.equal(weighted.work.nsec3Hashes, plain.work.nsec3Hashes * 2);
});

test('SEC-40 a walk down a long name ends with the questions', () => {
  const owner = `${'a.'.repeat(100)}nsec.test`;
  const forged = { owner: name(owner), type: RrType.A, class: 1, ttl: 1, rdata: rdata.a('192.0.2.66') };
  const meddle = onAnswersTo('A', withAnswer(forged));
  const proof = lookUp(world, owner, 'A', { meddle });
  assert.equal(verdictOf(proof), 'bogus budget');
  assert.ok(proof.asked.length <= 64);
  assert.equal(proofLimits.queries, 64);
  const short = lookUp(world, owner, 'A', { meddle, budget: makeBudget({ ...proofLimits, queries: 10 }) });
  assert.equal(verdictOf(short), 'bogus budget');
  assert.equal(short.asked.length, 10);
});

test('SEC-40 sixteen zone cuts work, seventeen do not', () => {
  const tower = makeWorld();
  addZone(tower, '.', { denying: nsec3(), keys: [testKey(13, 'root')] });
  let apex = '';
  for (let level = 1; level <= 17; level++) {
    apex = level === 1 ? 'z' : `z.${apex}`;
    addZone(tower, apex, { denying: nsec, keys: [testKey(13, 'tower')] });
  }
  assert.equal(verdictOf(lookUp(tower, apex.slice(2), 'SOA')), 'secure');
  assert.equal(verdictOf(lookUp(tower, apex, 'SOA')), 'bogus budget');
});

test('SEC-41 the event loop gets a turn after every fourth verification', () => {
  const proof = lookUp(world, tlsaName, 'TLSA');
  assert.equal(proof.work.verifications, 6);
  assert.equal(proof.turns, 1);
});

test('SEC-30 records that come with the answer to another question are judged one by one', () => {
  const proof = lookUp(world, 'secure.alias.test', 'A');
  assert.deepEqual(
    proof.records.map((record) => nameToText(record.owner)),
    ['mx.nsec3.test.'],
  );
  assert.equal(proof.asked.filter((asked) => asked.endsWith(` ${RrType.A}`)).length, 1);
  const spoiled = lookUp(world, 'secure.alias.test', 'A', {
    meddle: onAnswersTo(
      'A',
      changed((record) => ofType('A')(record), flipped(3)),
    ),
  });
  assert.equal(verdictOf(spoiled), 'bogus signature-mismatch');
  assert.deepEqual(
    spoiled.aliases.map((link) => link.state),
    ['secure'],
  );
});

test('SEC-5 every field of the RRSIG is part of what is signed', () => {
  const key = testKey(13, 'signed.test');
  const owner = name(tlsaName);
  const octets = signRrset(key, name('signed.test'), owner, RrType.TLSA, [rdata.tlsa(1)], 3_600, {
    expiration: nowSeconds - 5,
  });
  const late = bytes(octets.subarray(0, 8), [0xff], octets.subarray(9));
  for (const [signature, because] of [
    [octets, 'signature-expired'],
    [late, 'signature-expired'],
  ] as const) {
    const meddle = onAnswersTo('TLSA', (message) => ({
      ...message,
      answer: [message.answer[0]!, { ...message.answer[1]!, rdata: signature }],
    }));
    assert.equal(lookUp(world, tlsaName, 'TLSA', { meddle }).because, because);
  }
  const prolonged = Uint8Array.from(octets);
  new DataView(prolonged.buffer).setUint32(8, nowSeconds + 1_000);
  const meddle = onAnswersTo('TLSA', (message) => ({
    ...message,
    answer: [message.answer[0]!, { ...message.answer[1]!, rdata: prolonged }],
  }));
  assert.equal(lookUp(world, tlsaName, 'TLSA', { meddle }).because, 'signature-mismatch');
});

test('SEC-10 a DS set signed by the child is not taken for that of the parent', () => {
  const apex = 'signed.nsectld';
  const forged = withAnswer(...signedBy(world, apex, apex, 'DS', [rdata.ds(name(apex), testKey(13, 'evil'))]));
  let first = true;
  const meddle: Meddle = (_asked, message) => {
    const changedMessage = first ? forged(message) : message;
    first = false;
    return changedMessage;
  };
  const proof = lookUp(world, apex, 'DS', { meddle });
  assert.equal(verdictOf(proof), 'secure');
  assert.deepEqual(
    proof.records.map((record) => record.rdata),
    [rdata.ds(name(apex), testKey(13, apex))],
  );
});

test('SEC-42 the chain of an insecure or bogus verdict ends with the step that decided', () => {
  const last = (owner: string, options: Parameters<typeof lookUp>[3] = {}): string => {
    const step = lookUp(world, owner, 'TLSA', options).chain.at(-1)!;
    return `${nameToText(step.zone)} ${step.what} ${step.outcome}`;
  };
  assert.equal(last('_25._tcp.mx.unsigned.nsectld'), 'unsigned.nsectld. ds unsigned-delegation');
  assert.equal(last('_25._tcp.mx.unsigned.test'), 'unsigned.test. ds opt-out');
  assert.equal(last('_25._tcp.mx.ds-algorithm.test'), 'ds-algorithm.test. ds unsupported-algorithm');
  assert.equal(last('_25._tcp.mx.ds-wrong.test'), 'ds-wrong.test. ds ds-mismatch');
  assert.equal(last('_25._tcp.mx.expired.test'), 'expired.test. dnskey signature-expired');
  const noDs = {
    meddle: onAnswersTo(
      'DS',
      without(() => true),
      'signed.test',
    ),
  };
  assert.equal(last(tlsaName, noDs), 'signed.test. ds no-ds-proof');
  const noKeys = {
    meddle: onAnswersTo(
      'DNSKEY',
      without(() => true),
      'signed.test',
    ),
  };
  assert.equal(last(tlsaName, noKeys), 'signed.test. dnskey no-dnskey');
});

test('SEC-40 thousands of owners in one answer are not looked at', () => {
  const [record, signature] = signedBy(world, 'nsec.test', 'nsec.test', 'NSEC', [bytes([0], [0, 1, 64])]);
  const crowd = Array.from({ length: 900 }, (_, at) => name(`n${at}.nsec.test`)).flatMap((owner) => [
    { ...record!, owner },
    { ...signature!, owner },
  ]);
  const meddle = onAnswersTo('A', (message) => ({ ...message, authority: [...crowd, ...message.authority] }));
  const proof = lookUp(world, 'nowhere.nsec.test', 'A', { meddle });
  assert.equal(proof.state, 'bogus');
  assert.ok(proof.work.verifications < 60);
});
