// What an attacker or a broken forwarder does to answers.

import { type Message, type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { name } from '../../../src/core/dns/name.ts';
import type { Meddle } from './driver.ts';
import { type SignOptions, signRrset, type World } from './zone-builder.ts';

type Pick = (record: ResourceRecord) => boolean;
type TypeName = keyof typeof RrType;

export const all: Pick = () => true;
export const ofType =
  (type: TypeName): Pick =>
  (record) =>
    record.type === RrType[type];
export const signatureOver =
  (type: TypeName): Pick =>
  (record) =>
    record.type === RrType.RRSIG && record.rdata[0]! * 256 + record.rdata[1]! === RrType[type];

/** Answers to one question (all of a type, or of a name and type) changed, the rest let through. */
export const onAnswersTo =
  (type: TypeName, change: (message: Message) => Message, nameText?: string): Meddle =>
  (asked, message) =>
    asked.type === RrType[type] && (nameText === undefined || asked.name === name(nameText))
      ? change(message)
      : message;

export const without =
  (pick: Pick) =>
  (message: Message): Message => ({
    ...message,
    answer: message.answer.filter((record) => !pick(record)),
    authority: message.authority.filter((record) => !pick(record)),
  });

export const changed =
  (pick: Pick, change: (record: ResourceRecord) => ResourceRecord) =>
  (message: Message): Message => ({
    ...message,
    answer: message.answer.map((record) => (pick(record) ? change(record) : record)),
    authority: message.authority.map((record) => (pick(record) ? change(record) : record)),
  });

export const withAnswer =
  (...records: readonly ResourceRecord[]) =>
  (message: Message): Message => ({ ...message, rcode: 0, answer: records, authority: [] });

export const withAuthority =
  (rcode: number, ...records: readonly ResourceRecord[]) =>
  (message: Message): Message => ({ ...message, rcode, answer: [], authority: records });

export const flipped =
  (at: number, mask = 1) =>
  (record: ResourceRecord): ResourceRecord => {
    const rdata = Uint8Array.from(record.rdata);
    const index = at < 0 ? rdata.length + at : at;
    rdata[index] = rdata[index]! ^ mask;
    return { ...record, rdata };
  };

/** Records that the zone's keys really signed, whatever nonsense they say. */
export function signedBy(
  world: World,
  apex: string,
  owner: string,
  type: TypeName,
  data: readonly Uint8Array[],
  options: SignOptions = {},
): readonly ResourceRecord[] {
  const zone = world.zones.get(name(apex))!;
  const record = (recordType: number, rdata: Uint8Array): ResourceRecord => ({
    owner: name(owner),
    type: recordType,
    class: 1,
    ttl: 3_600,
    rdata,
  });
  const signatures = (zone.keys ?? []).map((key) =>
    signRrset(key, zone.apex, name(owner), RrType[type], data, 3_600, options),
  );
  return [
    ...data.map((rdata) => record(RrType[type], rdata)),
    ...signatures.map((rdata) => record(RrType.RRSIG, rdata)),
  ];
}
