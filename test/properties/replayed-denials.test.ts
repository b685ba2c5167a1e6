// Denials that zones really signed, shown where they do not belong: the parent's about the child, an alias's about its
// types, an opt-out span about a name. Every record that lies near the name, alone and with the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Message, type ResourceRecord, RrType } from '../../src/core/dns/message.ts';
import { isAtOrBelow, labelCount, lastLabels, type Name, name, wildcardAt } from '../../src/core/dns/name.ts';
import { lookUp, type Outcome } from '../core/dnssec/driver.ts';
import { labWorld } from '../core/dnssec/lab-world.ts';
import { denialFor } from '../core/dnssec/zone-builder.ts';

const world = labWorld();

type TypeName = keyof typeof RrType;

/** Sets of denial records that a zone at or above the name has near it. */
function replays(of: Name): readonly (readonly ResourceRecord[])[] {
  const ancestors = Array.from({ length: labelCount(of) + 1 }, (_, labels) => lastLabels(of, labels));
  const around = [...ancestors, ...ancestors.flatMap((each) => wildcardAt(each) ?? [])];
  const byZone = [...world.zones.values()]
    .filter((zone) => zone.keys !== undefined && isAtOrBelow(of, zone.apex))
    .map((zone) => {
      const inside = around.filter((each) => isAtOrBelow(each, zone.apex));
      const sets = new Map(inside.map((each) => denialFor(zone, each)).map((set) => [set[0]?.owner, set]));
      return [...sets.values()];
    });
  return byZone.flatMap((sets) => [...sets, sets.flat()]).concat([byZone.flat(2)]);
}

/** Every verdict on the question while the answer to one question is replaced by a denial. */
function* underReplay(subject: string, type: TypeName, struck: string, struckType: TypeName): Generator<Outcome> {
  for (const [index, authority] of replays(name(struck)).entries()) {
    const rcode = index % 2 === 0 ? 0 : 3;
    const meddle = (asked: { readonly name: Name; readonly type: number }, message: Message): Message =>
      asked.name === name(struck) && asked.type === RrType[struckType]
        ? { ...message, rcode, answer: [], authority }
        : message;
    yield lookUp(world, subject, type, { meddle });
  }
}

const zones = ['nsec.test', 'nsec3.test', 'optout.test', 'signed.test', 'signed.nsectld', 'signed.n3tld'] as const;
const there: readonly (readonly [string, TypeName])[] = [
  ...[...zones, 'behind.ent.test', 'behind.ent.nsectld', 'behind.ent.n3tld'].flatMap(
    (zone): readonly (readonly [string, TypeName])[] => [
      [`mx.${zone}`, 'A'],
      [`_25._tcp.mx.${zone}`, 'TLSA'],
    ],
  ),
  ['there.wild.nsec.test', 'TXT'],
  ['any.wild.nsec.test', 'A'],
  ['any.wild.nsec3.test', 'A'],
  ['deep.a.b.nsec3.test', 'A'],
];

test('SEC-11 SEC-14 SEC-16 no replayed denial makes a record absent or its name insecure', () => {
  for (const [owner, type] of there)
    for (const proof of underReplay(owner, type, owner, type)) {
      const says = `${owner} ${type} is ${proof.state} ${proof.because} ${proof.denial}`;
      assert.ok(proof.denial === null && proof.state !== 'insecure', says);
    }
});

const aliases: readonly (readonly [string, TypeName])[] = [
  ['secure.alias.test', 'A'],
  ['secure.alias.test', 'TLSA'],
  ['_25._tcp.secure.alias.test', 'TLSA'],
  ['any.alias.nsec.test', 'A'],
  ['any.alias.nsec3.test', 'TLSA'],
  ['mx.dname.alias.test', 'A'],
  ['_25._tcp.mx.dname.alias.test', 'TLSA'],
];

test('SEC-12 SEC-13 SEC-20 no replayed denial makes an alias, a wildcard one or what lies below a DNAME absent', () => {
  for (const [owner, type] of aliases)
    for (const proof of underReplay(owner, type, owner, type)) {
      const says = `${owner} ${type} is ${proof.state} ${proof.because} ${proof.denial}`;
      assert.ok((proof.denial === null || proof.aliases.length > 0) && proof.state !== 'insecure', says);
    }
});

const beneathOptOut: readonly (readonly [string, TypeName])[] = [
  ['nowhere.test', 'MX'],
  ['_25._tcp.mx.nowhere.test', 'TLSA'],
  ['nowhere.optout.test', 'A'],
  ['_25._tcp.nowhere.optout.test', 'TLSA'],
  ['unsigned.test', 'MX'],
  ['mx.unsigned.test', 'A'],
  ['_25._tcp.mx.unsigned.test', 'TLSA'],
  ['mx.unsigned.ent2.test', 'A'],
];

test('SEC-17 SEC-18 no set of opt-out spans makes anything about a name between them secure', () => {
  for (const [owner, type] of beneathOptOut) {
    assert.notEqual(lookUp(world, owner, type).state, 'secure');
    for (const proof of underReplay(owner, type, owner, type)) {
      assert.notEqual(proof.state, 'secure', `${owner} ${type} ${proof.denial}`);
    }
  }
});

test('SEC-3 SEC-10 no replayed denial of DS makes a signed zone insecure', () => {
  for (const zone of zones)
    for (const proof of underReplay(`mx.${zone}`, 'A', zone, 'DS')) {
      assert.ok(proof.state === 'bogus' || proof.state === 'secure', `${zone} is ${proof.state} ${proof.because}`);
    }
});
