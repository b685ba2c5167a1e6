// Readers of what name servers send, and the validator over answers that somebody changed.

import assert from 'node:assert/strict';
import { parseServerAddress, readResolvConf } from '../../src/adapters/dns/server-address.ts';
import { instant } from '../../src/core/base/brand.ts';
import { makeBudget } from '../../src/core/base/budget.ts';
import { parseDomainName } from '../../src/core/base/domain-name.ts';
import { formatTlsa, parseTlsa } from '../../src/core/dane/tlsa.ts';
import { toHex } from '../../src/core/dns/encodings.ts';
import { encodeMessage, extendedErrors, type Message, parseMessage, type RrType } from '../../src/core/dns/message.ts';
import { nameFromText, nameToText } from '../../src/core/dns/name.ts';
import { rdataToText, typeFromText, typeToText } from '../../src/core/dns/presentation.ts';
import { readTypeBitmap, writeTypeBitmap } from '../../src/core/dns/type-bitmap.ts';
import { lowerRdata } from '../../src/core/dns/wire.ts';
import { describeAnchor, parseAnchors } from '../../src/core/dnssec/anchors.ts';
import { proofLimits } from '../../src/core/dnssec/limits.ts';
import { readDnskey, readDs, readNsec, readNsec3, readRrsig } from '../../src/core/dnssec/rdata.ts';
import { keyFitness, makeZoneKey } from '../../src/core/dnssec/signature.ts';
import { findStsRecord } from '../../src/core/mtasts/record.ts';
import { lookUp, type Outcome } from '../core/dnssec/driver.ts';
import { labWorld } from '../core/dnssec/lab-world.ts';
import { assertPrintable, latin1, ofText, type Target, utf8 } from './target.ts';

// ---- the validator

const subjects = [
  ['_25._tcp.mx.nsec.test', 'TLSA'],
  ['nowhere.nsec.test', 'TLSA'],
  ['nowhere.nsec3.test', 'TLSA'],
  ['any.wild.nsec3.test', 'A'],
  ['secure.alias.test', 'A'],
  ['mx.dname.alias.test', 'A'],
  ['mx.unsigned.ent2.test', 'A'],
] as const satisfies readonly (readonly [string, keyof typeof RrType])[];

type Honest = { readonly outcome: Outcome; readonly heard: readonly Message[] };

let world: ReturnType<typeof labWorld> | undefined;
const honest: Honest[] = [];

/** Built at the first use: keys are made for it. */
function honestly(subject: number): Honest {
  world ??= labWorld();
  const [owner, type] = subjects[subject]!;
  const heard: Message[] = [];
  honest[subject] ??= {
    outcome: lookUp(world, owner, type, {
      meddle: (_asked, message) => {
        heard.push(message);
        return message;
      },
    }),
    heard,
  };
  return honest[subject];
}

const statement = ({ denial, aliases, records }: Outcome): string =>
  [denial, ...aliases.map(({ to }) => to), ...records.map(({ rdata }) => toHex(rdata)).sort()].join(' ');

/** First octet: which question; second: which answer of its proof; the rest stands in the place of that answer. */
export const validator: Target = {
  name: 'validator',
  get seeds() {
    return subjects.flatMap((_, subject) =>
      honestly(subject).heard.map((message, answer) => Buffer.from([subject, answer, ...encodeMessage(message)])),
    );
  },
  read: (octets) => {
    const subject = (octets[0] ?? 0) % subjects.length;
    const { outcome: truth, heard } = honestly(subject);
    const answer = (octets[1] ?? 0) % heard.length;
    const parsed = parseMessage(octets.subarray(2));
    const [owner, type] = subjects[subject]!;
    const struck = heard[answer]!.questions[0]!;
    const budget = makeBudget(proofLimits);
    const proof = lookUp(world!, owner, type, {
      budget,
      meddle: (asked, message) => {
        if (asked.name !== struck.name || asked.type !== struck.type) return message;
        return parsed.kind === 'ok' ? parsed.value : 'malformed';
      },
    });
    if (proof.state === 'secure') assert.equal(`${truth.state} ${statement(proof)}`, `secure ${statement(truth)}`);
    else if (proof.state === 'insecure') assert.equal(truth.state, 'insecure');
    // SEC-40: the spending that passes a limit is the last.
    for (const [kind, limit] of Object.entries(proofLimits))
      if (kind !== 'nsec3Hashes') assert.ok(budget.spent[kind as keyof typeof proofLimits] <= limit + 1, kind);
  },
};

// ---- messages and their parts

const withoutId = (message: Message): unknown => structuredClone({ ...message, additional: [], edns: undefined });

const message: Target = {
  name: 'dns-message',
  get seeds() {
    return validator.seeds.map((seed) => seed.subarray(2));
  },
  read: (octets) => {
    const parsed = parseMessage(octets);
    if (parsed.kind === 'fault') return;
    for (const { code, text } of extendedErrors(parsed.value)) {
      assert.ok(code <= 0xffff);
      assertPrintable(text);
    }
    for (const { owner, type, rdata } of [...parsed.value.answer, ...parsed.value.authority]) {
      assertPrintable(`${nameToText(owner)} ${typeToText(type)} ${rdataToText(type, rdata)}`);
    }
    const again = parseMessage(encodeMessage(parsed.value));
    // Names that were compressed may not fit any more; then TC says so.
    if (again.kind === 'ok' && !again.value.truncated)
      assert.deepEqual(withoutId(again.value), withoutId(parsed.value));
  },
};

const rdata: Target = {
  name: 'rdata',
  seeds: [
    Buffer.from('0030010103080301000193f0', 'hex'),
    Buffer.from(`002b4f66${'0802'}${'ab'.repeat(32)}`, 'hex'),
    Buffer.from('002e00340d030000012c5f0000005e0000001234047465737400aabb', 'hex'),
    Buffer.from('002f0161047465737400000640000000000304', 'hex'),
    Buffer.from(`0032010000020aabb14${'11'.repeat(20)}0006400000000012`.replace('020aabb', '0002aabb'), 'hex'),
    Buffer.from('0006016103736f6100016203736f6100000000010000000200000003000000040000000500', 'hex'),
    Buffer.from('000f000a026d7804746573740000', 'hex'),
  ],
  read: (octets) => {
    const type = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
    const data = octets.subarray(2);
    assertPrintable(rdataToText(type, data));
    const folded = lowerRdata(data, type);
    if (folded !== undefined) assert.deepEqual(lowerRdata(folded, type), folded);
    const key = readDnskey(data);
    if (key !== undefined && keyFitness(key) === 'usable') makeZoneKey(key).load();
    readDs(data);
    readRrsig(data);
    readNsec(data);
    readNsec3(data);
    const types = readTypeBitmap(data);
    if (types !== undefined) assert.deepEqual(readTypeBitmap(writeTypeBitmap(types)), types);
  },
};

const tlsa: Target = {
  name: 'tlsa',
  seeds: [Buffer.from(`030101${'ab'.repeat(32)}`, 'hex'), Buffer.from(`020002${'cd'.repeat(64)}`, 'hex')],
  read: (octets) => {
    const parsed = parseTlsa(octets);
    if (parsed.kind === 'fault') return;
    assert.deepEqual(Buffer.from(octets.subarray(3)), Buffer.from(parsed.value.data));
    // The first octets of the three and of the data, for people.
    assert.match(formatTlsa(parsed.value), /^[23] [01] [012] [0-9a-f]{0,16}…$/);
  },
};

const stsRecord: Target = {
  name: 'sts-record',
  seeds: [utf8('v=STSv1; id=20160831085700Z;'), utf8('v=STSv1;\nid=1;\n\nv=spf1 -all')],
  words: ['v=STSv1', 'id=', ';'],
  // Strings end with a line, records with an empty one.
  read: (octets) => {
    const records = latin1(octets)
      .split('\n\n')
      .map((record) => record.split('\n').map((string) => Buffer.from(string, 'latin1')));
    const found = findStsRecord(records);
    if (found.kind === 'id') assert.match(found.id, /^[A-Za-z0-9]{1,32}$/);
    if (found.kind === 'invalid') assertPrintable(found.says);
  },
};

// ---- texts about names and servers

const name = ofText('dns-name', ['_25._tcp.mx.example.org.', 'a\\.b\\255.test', '*.x.'], (text) => {
  const parsed = nameFromText(text);
  if (parsed.kind === 'fault') return;
  const shown = nameToText(parsed.value);
  assert.deepEqual(nameFromText(shown), parsed);
  assertPrintable(shown);
});

const domain = ofText(
  'domain-name',
  ['Mail.Example.ORG.', 'bücher.example', 'xn--bcher-kva.example', '_dmarc.x'],
  (text) => {
    const parsed = parseDomainName(text);
    if (parsed.kind === 'fault') return;
    assert.ok(parsed.value.length <= 253 && /^[a-z0-9_.-]+$/.test(parsed.value));
    assert.deepEqual(parseDomainName(parsed.value), parsed);
    assert.equal(nameFromText(parsed.value).kind, 'ok');
  },
);

const anchors = ofText(
  'anchors',
  [
    '. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D',
    'test. 300 IN DNSKEY 257 3 13 ( mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxIL\n fDLUT0rAK9iUzy1L53eKGQ== ) ; key',
    '<TrustAnchor><Zone>.</Zone><KeyDigest id="K" validFrom="2017-02-02T00:00:00+00:00"><KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest></KeyDigest></TrustAnchor>',
  ],
  (text) => {
    const read = parseAnchors(text, instant(1_795_000_000_000));
    if (read.kind === 'fault') return assertPrintable(read.fault.says);
    // TA-5
    assert.ok(read.value.length > 0);
    for (const anchor of read.value) assertPrintable(describeAnchor(anchor));
  },
);

const servers = ofText(
  'name-servers',
  ['nameserver 192.0.2.1\nnameserver ::1 # x\noptions edns0', '[2001:db8::1]:53'],
  (text) => {
    parseServerAddress(text);
    typeFromText(text);
    const found = readResolvConf(text);
    assert.ok(found.length >= 1 && found.length <= 8);
  },
);

export const dnsTargets: readonly Target[] = [message, rdata, tlsa, stsRecord, name, domain, anchors, servers];
