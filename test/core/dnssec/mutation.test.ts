// No octet of a secure answer can be changed, no record dropped or moved, so that something else becomes secure; and
// nothing an answer holds makes the proof throw.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toHex } from '../../../src/core/dns/encodings.ts';
import {
  encodeMessage,
  type Message,
  parseMessage,
  type ResourceRecord,
  RrType,
} from '../../../src/core/dns/message.ts';
import { type Asked, lookUp, type Outcome } from './driver.ts';
import { labWorld } from './lab-world.ts';

const world = labWorld();

type Subject = readonly [owner: string, type: keyof typeof RrType];

const subjects: readonly Subject[] = [
  ['_25._tcp.mx.signed.nsectld', 'TLSA'],
  ['nowhere.nsec.test', 'TLSA'],
  ['mx.nsec3.test', 'TLSA'],
  ['nowhere.nsec3.test', 'TLSA'],
  ['any.wild.nsec3.test', 'A'],
  ['secure.alias.test', 'A'],
  ['mx.dname.alias.test', 'A'],
];

/** What a caller would act on. */
const statement = (proof: Outcome): string =>
  [
    proof.denial,
    ...proof.aliases.map((link) => link.to),
    ...proof.records.map((record) => toHex(record.rdata)).sort(),
  ].join(' ');

/** True while nothing but the truth is secure. A changed answer of a signed zone must not become insecure either. */
function holds([owner, type]: Subject, truth: Outcome, meddle: (asked: Asked, message: Message) => Message): void {
  const proof = lookUp(world, owner, type, { meddle });
  if (proof.state === 'secure') assert.equal(statement(proof), statement(truth));
  else assert.notEqual(proof.state, 'insecure');
}

const sections = ['answer', 'authority'] as const;

function* places(
  truth: Outcome,
  [owner, type]: Subject,
): Generator<{ question: number; section: (typeof sections)[number]; record: number; length: number }> {
  const messages: Message[] = [];
  lookUp(world, owner, type, {
    meddle: (_asked, message) => {
      messages.push(message);
      return message;
    },
  });
  assert.equal(messages.length, truth.asked.length);
  for (const [question, message] of messages.entries()) {
    for (const section of sections) {
      for (const [record, { rdata }] of message[section].entries())
        yield { question, section, record, length: rdata.length };
    }
  }
}

const replace = (
  place: { readonly question: string; readonly section: (typeof sections)[number]; readonly record: number },
  change: (record: ResourceRecord) => readonly ResourceRecord[],
) => {
  return (asked: Asked, message: Message): Message =>
    `${asked.name} ${asked.type}` !== place.question
      ? message
      : {
          ...message,
          [place.section]: message[place.section].flatMap((each, at) => (at === place.record ? change(each) : [each])),
        };
};

for (const subject of [subjects[0]!, subjects[1]!, subjects[3]!, subjects[5]!]) {
  const truth = lookUp(world, ...subject);

  test(`SEC-2 SEC-5 SEC-6 no octet of any record can change: ${subject.join(' ')}`, () => {
    assert.equal(truth.state, 'secure');
    for (const { question, section, record, length } of places(truth, subject)) {
      const place = { question: truth.asked[question]!, section, record };
      // Every octet of the fields, every nineteenth of keys and signatures, and the last.
      for (let at = 0; at < length; at += at < 20 ? 1 : 19) {
        holds(
          subject,
          truth,
          replace(place, (each) => [withOctet(each, at)]),
        );
      }
      holds(
        subject,
        truth,
        replace(place, (each) => [withOctet(each, length - 1)]),
      );
      holds(
        subject,
        truth,
        replace(place, (each) => [{ ...each, rdata: each.rdata.subarray(0, length - 1) }]),
      );
    }
  });
}

for (const subject of subjects) {
  const truth = lookUp(world, ...subject);

  test(`SEC-4 no record can be dropped, renamed, retyped or moved: ${subject.join(' ')}`, () => {
    for (const { question, section, record } of places(truth, subject)) {
      const place = { question: truth.asked[question]!, section, record };
      holds(
        subject,
        truth,
        replace(place, () => []),
      );
      holds(
        subject,
        truth,
        replace(place, (each) => [{ ...each, owner: `\x01x${each.owner}` as never }]),
      );
      holds(
        subject,
        truth,
        replace(place, (each) => [{ ...each, type: each.type ^ 1 }]),
      );
      holds(
        subject,
        truth,
        replace(place, (each) => [{ ...each, class: 3 }]),
      );
      holds(
        subject,
        truth,
        replace(place, (each) => [each, withOctet(each, each.rdata.length - 1)]),
      );
    }
    holds(subject, truth, (_asked, message) => ({ ...message, answer: message.authority, authority: message.answer }));
  });
}

function withOctet(record: ResourceRecord, at: number): ResourceRecord {
  const rdata = Uint8Array.from(record.rdata);
  rdata[at] = rdata[at]! ^ 1;
  return { ...record, rdata };
}

test('SEC-28 answers mutated on the wire never throw and never change what is secure', () => {
  const subject: Subject = ['nowhere.nsec3.test', 'TLSA'];
  const truth = lookUp(world, ...subject);
  fc.assert(
    fc.property(
      fc.nat(truth.asked.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (question, flips) => {
        holds(subject, truth, (asked, message) => {
          if (`${asked.name} ${asked.type}` !== truth.asked[question]) return message;
          const octets = encodeMessage(message);
          for (const [at, value] of flips) octets[12 + (at % (octets.length - 12))] = value;
          const parsed = parseMessage(octets);
          return parsed.kind === 'ok' ? parsed.value : { ...message, rcode: 2 };
        });
      },
    ),
    { numRuns: 150 },
  );
});

test('SEC-4 records of one answer shuffled among sections and questions never make another statement secure', () => {
  const pool = subjects.flatMap(([owner, type]) => {
    const seen: ResourceRecord[] = [];
    lookUp(world, owner, type, {
      meddle: (_asked, message) => {
        seen.push(...message.answer, ...message.authority);
        return message;
      },
    });
    return seen;
  });
  const some = fc.array(fc.nat(pool.length - 1), { maxLength: 12 }).map((picks) => picks.map((at) => pool[at]!));
  fc.assert(
    fc.property(
      fc.constantFrom(...subjects),
      some,
      some,
      fc.constantFrom(0, 3),
      (subject, answer, authority, rcode) => {
        const truth = lookUp(world, ...subject);
        const type = RrType[subject[1]];
        holds(subject, truth, (asked, message) =>
          asked.type === type ? { ...message, rcode, answer, authority } : message,
        );
      },
    ),
    { numRuns: 150 },
  );
});
