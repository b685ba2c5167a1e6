// What can be done to the answers of a proof one at a time: octets of every record changed, records dropped, renamed,
// retyped, doubled, cut short, sections swapped. And what must hold after each.

import assert from 'node:assert/strict';
import { toHex } from '../../../src/core/dns/encodings.ts';
import type { Message, ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { type Name, name, nameToText } from '../../../src/core/dns/name.ts';
import { type Asked, lookUp, type Meddle, type Outcome } from './driver.ts';
import type { World } from './zone-builder.ts';

export type Subject = readonly [owner: string, type: keyof typeof RrType];

/** What a caller would act on. */
export const statement = (proof: Outcome): string =>
  [
    proof.denial,
    ...proof.aliases.map((link) => link.to),
    ...proof.records.map((record) => toHex(record.rdata)).sort(),
  ].join(' ');

/**
 * Nothing but the truth is secure, and nothing that was not insecure becomes so, but for one ground: a zone with too many
 * iterations is taken for insecure wherever its denial is shown (RFC 9276 §3.2).
 */
export function assertHolds(truth: Outcome, proof: Outcome, says: string): void {
  if (proof.state === 'secure')
    assert.equal(`${proof.state} ${statement(proof)}`, `${truth.state} ${statement(truth)}`, says);
  else if (proof.state === 'insecure' && proof.because !== 'nsec3-iterations')
    assert.equal(truth.state, 'insecure', says);
}

export type Mutation = { readonly kind: string; readonly says: string; readonly meddle: Meddle };

const sections = ['answer', 'authority'] as const;

type Place = {
  readonly name: Name;
  readonly type: number;
  readonly section: (typeof sections)[number];
  readonly index: number;
};

/** The answers that the proof hears, in its order. */
export function heardBy(world: World, [owner, type]: Subject): readonly (readonly [Asked, Message])[] {
  const heard: (readonly [Asked, Message])[] = [];
  lookUp(world, owner, type, {
    meddle: (asked, message) => {
      heard.push([asked, message]);
      return message;
    },
  });
  return heard;
}

const replace =
  (place: Place, change: (record: ResourceRecord) => readonly ResourceRecord[]): Meddle =>
  (asked, message) =>
    asked.name !== place.name || asked.type !== place.type
      ? message
      : {
          ...message,
          [place.section]: message[place.section].flatMap((record, at) =>
            at === place.index ? change(record) : [record],
          ),
        };

const withOctet = (record: ResourceRecord, at: number, mask: number): ResourceRecord => {
  const rdata = Uint8Array.from(record.rdata);
  rdata[at] = rdata[at]! ^ mask;
  return { ...record, rdata };
};

const swapped = (message: Message): Message => ({ ...message, answer: message.authority, authority: message.answer });

export type Density = { readonly fields: number; readonly every: number; readonly masks: readonly number[] };

/**
 * Every mutation of the answers. `fields`, `every`: of so many octets of RDATA one is changed, among the first twenty, where
 * the fields are, and beyond. `masks`: what is flipped in each.
 */
export function* mutationsOf(world: World, subject: Subject, density: Density): Generator<Mutation> {
  for (const [asked, message] of heardBy(world, subject)) {
    const question = `${nameToText(asked.name)} ${asked.type}`;
    for (const section of sections)
      for (const [index, record] of message[section].entries())
        yield* ofRecord({ name: asked.name, type: asked.type, section, index }, record, question, density);
    const here =
      (change: (message: Message) => Message): Meddle =>
      (other, said) =>
        other.name === asked.name && other.type === asked.type ? change(said) : said;
    yield { kind: 'sections swapped', says: question, meddle: here(swapped) };
    const none = { answer: [], authority: [] };
    yield { kind: 'sections emptied', says: question, meddle: here((said) => ({ ...said, ...none })) };
    const moved = (said: Message): Message => ({ ...said, ...none, additional: [...said.answer, ...said.authority] });
    yield { kind: 'sections swapped', says: `${question} into the additional section`, meddle: here(moved) };
    for (const rcode of [0, 2, 3, 5])
      yield { kind: 'rcode changed', says: `${question} ${rcode}`, meddle: here((said) => ({ ...said, rcode })) };
  }
  yield { kind: 'sections swapped', says: 'of all answers', meddle: (_asked, message) => swapped(message) };
}

function* ofRecord(
  place: Place,
  { type, rdata }: ResourceRecord,
  question: string,
  { fields, every, masks }: Density,
): Generator<Mutation> {
  const says = `${question}, ${place.section} ${place.index} of type ${type}`;
  const last = rdata.length - 1;
  // The last octet is always among them.
  for (let at = 0; at <= last; at = at === last ? last + 1 : Math.min(at + (at < 20 ? fields : every), last))
    for (const mask of masks)
      yield {
        kind: 'octet changed',
        says: `${says}, octet ${at} ^ ${mask}`,
        meddle: replace(place, (record) => [withOctet(record, at, mask)]),
      };
  const whole: readonly (readonly [string, (record: ResourceRecord) => readonly ResourceRecord[]])[] = [
    ['record dropped', () => []],
    ['record cut short', (record) => [{ ...record, rdata: record.rdata.subarray(0, last) }]],
    ['record renamed', (record) => [{ ...record, owner: `\x01x${record.owner}` as Name }]],
    ['record renamed', (record) => [{ ...record, owner: name('elsewhere.test') }]],
    ['record retyped', (record) => [{ ...record, type: record.type ^ 1 }]],
    ['record of another class', (record) => [{ ...record, class: 3 }]],
    ['record doubled, one changed', (record) => [record, withOctet(record, last, 1)]],
  ];
  for (const [kind, change] of whole) yield { kind, says, meddle: replace(place, change) };
}
