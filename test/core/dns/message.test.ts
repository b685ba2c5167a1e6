import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodeMessage,
  encodeQuery,
  extendedErrors,
  type Message,
  parseMessage,
  type ResourceRecord,
  RrType,
} from '../../../src/core/dns/message.ts';
import { name, nameFromLabels, nameToOctets, nameToText, rootName } from '../../../src/core/dns/name.ts';

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
const parsed = (octets: Uint8Array): Message => {
  const result = parseMessage(octets);
  assert.equal(result.kind, 'ok', JSON.stringify(result));
  return result.kind === 'ok' ? result.value : assert.fail();
};
const faultOf = (octets: Uint8Array): string => {
  const result = parseMessage(octets);
  return result.kind === 'fault' ? result.fault : assert.fail('parsed');
};

const anyName = fc.array(fc.stringMatching(/^[a-z0-9]{1,12}$/), { maxLength: 5 }).map((labels) => {
  const made = nameFromLabels(labels);
  return made.kind === 'ok' ? made.value : rootName;
});
const anyRecord: fc.Arbitrary<ResourceRecord> = fc
  .record({
    owner: anyName,
    type: fc.constantFrom<number>(RrType.A, RrType.TXT, RrType.TLSA, RrType.RRSIG, 65_280),
    class: fc.constant(1),
    ttl: fc.nat(0x7fff_ffff),
    rdata: fc.uint8Array({ maxLength: 40 }),
  })
  .chain((plain) =>
    fc.oneof(
      fc.constant(plain),
      anyName.map((target) => ({ ...plain, type: RrType.CNAME as number, rdata: nameToOctets(target) })),
    ),
  );
const anyMessage: fc.Arbitrary<Message> = fc.record({
  id: fc.nat(65_535),
  response: fc.boolean(),
  opcode: fc.nat(15),
  authoritative: fc.boolean(),
  truncated: fc.boolean(),
  recursionDesired: fc.boolean(),
  recursionAvailable: fc.boolean(),
  authenticData: fc.boolean(),
  checkingDisabled: fc.boolean(),
  rcode: fc.nat(4_095),
  questions: fc.array(fc.record({ name: anyName, type: fc.nat(65_535), class: fc.constant(1) }), { maxLength: 2 }),
  answer: fc.array(anyRecord, { maxLength: 5 }),
  authority: fc.array(anyRecord, { maxLength: 5 }),
  additional: fc.array(anyRecord, { maxLength: 3 }),
  edns: fc.record({
    version: fc.constant(0),
    udpSize: fc.nat(65_535),
    dnssecOk: fc.boolean(),
    options: fc.array(fc.record({ code: fc.nat(65_535), data: fc.uint8Array({ maxLength: 20 }) }), { maxLength: 3 }),
  }),
});

test('a message survives encoding and parsing', () => {
  fc.assert(
    fc.property(anyMessage, (message) => assert.deepEqual(parsed(encodeMessage(message)), structuredClone(message))),
  );
});

test('random octets and mutated messages never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (octets) => {
      parseMessage(octets);
    }),
  );
  fc.assert(
    fc.property(
      anyMessage,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      (from, flips) => {
        const octets = encodeMessage(from);
        for (const [at, value] of flips) octets[at % octets.length] = value;
        parseMessage(octets);
        parseMessage(octets.subarray(0, flips[0]![0] % octets.length));
      },
    ),
  );
});

test('DNS-1 DNS-2 a validating query carries DO, CD and the size 1232', () => {
  const query = encodeQuery({
    id: 7,
    name: name('_25._tcp.mx.example'),
    type: RrType.TLSA,
    recursionDesired: true,
    authenticData: false,
    checkingDisabled: true,
    dnssecOk: true,
    udpSize: 1232,
  });
  assert.equal(
    Buffer.from(query).toString('hex'),
    '000701100001000000000001' + '035f3235045f746370026d78076578616d706c6500' + '00340001' + '00002904d0000080000000',
  );
});

const header = (answers: number, rest: string): Uint8Array => bytes(`0001 8180 0001 000${answers} 0000 0000 ${rest}`);
const question = '03777777 00 0001 0001'; // www. A, ends at 21

test('pointers only lead backwards, so loops end the parsing', () => {
  assert.equal(faultOf(header(1, `${question} c015 0001 0001 00000000 0000`)), 'bad-name'); // to itself
  assert.equal(faultOf(header(1, `${question} c020 0001 0001 00000000 0000`)), 'bad-name'); // forward
  assert.equal(faultOf(header(1, `${question} 0161 c015 0001 0001 00000000 0000`)), 'bad-name'); // to its own start
  assert.equal(faultOf(header(1, `${question} 4161 00 0001 0001 00000000 0000`)), 'bad-name'); // label type 01
});

test('a name grown past 255 octets by pointers is refused', () => {
  const label = `3f${'61'.repeat(63)}`;
  const long = `${label}${label}${label}${label}`.slice(0, 2 * (64 * 3 + 62)).replace(/^(.{384})3f/, '$13d');
  assert.equal(parsed(header(0, `${long}00 0001 0001`)).questions.length, 1);
  assert.equal(faultOf(header(1, `${long}00 0001 0001 0161 c00c 0001 0001 00000000 0000`)), 'bad-name');
});

test('compressed names in RDATA are written out and keep their case', () => {
  const message = parsed(header(1, `${question} c00c 000f 0001 00000e10 0007 000a 024d58 c00c`));
  assert.equal(Buffer.from(message.answer[0]!.rdata).toString('hex'), '000a024d580377777700');
  assert.equal(nameToText(message.answer[0]!.owner), 'www.');
});

test('RDATA that does not fit its type spoils the message', () => {
  assert.equal(
    faultOf(header(1, `${question} c00c 000f 0001 00000000 0003 000a 00 `.replace('0003', '0002'))),
    'bad-record',
  );
  assert.equal(faultOf(header(1, `${question} c00c 0005 0001 00000000 0003 c00c 00`)), 'bad-record'); // octets behind
  assert.equal(faultOf(header(1, `${question} c00c 0006 0001 00000000 0004 c00c c00c`)), 'bad-record'); // SOA without numbers
});

test('counts that the octets cannot hold, and octets that nobody counted, are refused', () => {
  assert.equal(faultOf(bytes('0001 8180 0001 ffff ffff ffff 00 0001 0001')), 'too-many-records');
  assert.equal(faultOf(header(1, question)), 'bad-name');
  assert.equal(faultOf(header(0, `${question} 00`)), 'trailing-octets');
  assert.equal(faultOf(bytes('0001')), 'too-short');
});

test('a TTL with the top bit is 0', () => {
  assert.equal(parsed(header(1, `${question} c00c 0001 0001 80000001 0004 7f000001`)).answer[0]!.ttl, 0);
});

test('the OPT record gives the upper bits of the rcode and stands alone', () => {
  const opt = (count: string, records: string): Uint8Array => bytes(`0001 8180 0000 0000 0000 ${count} ${records}`);
  const message = parsed(opt('0001', '00 0029 04d0 01008000 0000'));
  assert.equal(message.rcode, 16);
  assert.equal(message.edns?.dnssecOk, true);
  assert.deepEqual(message.additional, []);
  assert.equal(faultOf(opt('0002', '00 0029 04d0 00000000 0000 00 0029 04d0 00000000 0000')), 'bad-opt');
  assert.equal(faultOf(opt('0001', '0161 00 0029 04d0 00000000 0000')), 'bad-opt');
  assert.equal(faultOf(opt('0001', '00 0029 04d0 00000000 0003 000f 00')), 'bad-opt');
});

test('DNS-14 extended errors are readable and free of control characters', () => {
  const message = parsed(bytes('0001 8182 0000 0000 0000 0001 00 0029 04d0 00008000 000b 000f 0007 0007 6f6c0a6421'));
  assert.deepEqual(extendedErrors(message), [{ code: 7, text: 'ol d!' }]);
});

test('what does not fit is left out as a whole with TC', () => {
  const record = { owner: name('a.example'), type: 16, class: 1, ttl: 1, rdata: new Uint8Array(300) };
  const message = { ...parsed(header(0, question)), answer: [record, record, record, record] };
  const cut = encodeMessage(message, 512);
  assert.ok(cut.length <= 512);
  assert.equal(parsed(cut).truncated, true);
  assert.deepEqual(parsed(cut).answer, []);
  assert.equal(parsed(encodeMessage(message)).answer.length, 4);
});
