// No octet of a secure answer can be changed, no record dropped or moved, so that something else becomes secure; and
// nothing an answer holds makes the proof throw.

import { test } from 'node:test';
import fc from 'fast-check';
import {
  encodeMessage,
  type Message,
  parseMessage,
  type ResourceRecord,
  RrType,
} from '../../../src/core/dns/message.ts';
import { type Asked, lookUp, type Outcome } from './driver.ts';
import { labWorld } from './lab-world.ts';
import { assertHolds, mutationsOf, type Subject } from './mutations.ts';

const world = labWorld();

const subjects: readonly Subject[] = [
  ['_25._tcp.mx.signed.nsectld', 'TLSA'],
  ['nowhere.nsec.test', 'TLSA'],
  ['mx.nsec3.test', 'TLSA'],
  ['nowhere.nsec3.test', 'TLSA'],
  ['any.wild.nsec3.test', 'A'],
  ['secure.alias.test', 'A'],
  ['mx.dname.alias.test', 'A'],
];

/** `npm run mutation` changes every octet of many more answers. */
for (const subject of subjects) {
  test(`SEC-2 SEC-4 SEC-5 SEC-6 no octet can change, no record be dropped, renamed, retyped or moved: ${subject.join(' ')}`, () => {
    const truth = lookUp(world, ...subject);
    for (const { says, meddle } of mutationsOf(world, subject, { fields: 3, every: 61, masks: [1] }))
      assertHolds(truth, lookUp(world, ...subject, { meddle }), says);
  });
}

const holds = (subject: Subject, truth: Outcome, meddle: (asked: Asked, message: Message) => Message): void =>
  assertHolds(truth, lookUp(world, ...subject, { meddle }), subject.join(' '));

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
