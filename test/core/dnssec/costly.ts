// Answers made to cost much: KeyTrap (CVE-2023-50387), NSEC3 closest encloser (CVE-2023-50868), floods of signatures and
// denials. Each with what it would cost a validator without limits.

import { type Message, type ResourceRecord, RrType } from '../../../src/core/dns/message.ts';
import { name } from '../../../src/core/dns/name.ts';
import { lookUp, type Meddle, type Outcome } from './driver.ts';
import { ofType, onAnswersTo, signedBy, withAnswer, without } from './tamper.ts';
import { addZone, bytes, makeWorld, nsec, rdata, testKey, type World } from './zone-builder.ts';

/** Keys of one tag: two words of the public key change places, which leaves the checksum as it was. */
export function sameTag(key: Uint8Array, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, at) => {
    const twin = Uint8Array.from(key);
    const [from, to] = [4 + 2 * (at % 16), 36 + 2 * Math.floor(at / 16)];
    twin.set(key.subarray(from, from + 2), to);
    twin.set(key.subarray(to, to + 2), from);
    return twin;
  });
}

export function bad(signature: Uint8Array, count: number): readonly Uint8Array[] {
  return Array.from({ length: count }, (_, at) => {
    const twin = Uint8Array.from(signature);
    twin[twin.length - 1] = twin.at(-1)! ^ (at + 1);
    return twin;
  });
}

/** A zone with 61 keys of one tag. */
export function keyTrapWorld(): World {
  const trap = makeWorld();
  const key = testKey(13, 'trap');
  addZone(trap, '.', { denying: nsec, keys: [testKey(13, 'root')] });
  addZone(trap, 'trap', { denying: nsec, keys: [key], extraKeys: sameTag(key.rdata, 60) }, [
    ['mx.trap', 'A', rdata.a('192.0.2.1')],
  ]);
  return trap;
}

/** So many bad signatures before the good one. */
export const floodOfSignatures =
  (count: number) =>
  (message: Message): Message => {
    const [signature] = message.answer.filter(ofType('RRSIG'));
    const floods = bad(signature!.rdata, count).map((octets) => ({ ...signature!, rdata: octets }));
    const data = message.answer.filter((each) => each.type !== RrType.RRSIG);
    return { ...message, answer: [...data, ...floods, signature!] };
  };

/** Ten denial records, each with eight bad signatures. */
export const floodOfDenials = (world: World): Meddle =>
  onAnswersTo('A', (message) => ({
    ...message,
    authority: Array.from({ length: 10 }, (_, at): readonly ResourceRecord[] => {
      const [record, signature] = signedBy(world, 'nsec.test', `n${at}.nsec.test`, 'NSEC', [bytes([0], [0, 1, 64])]);
      return [record!, ...bad(signature!.rdata, 8).map((octets) => ({ ...signature!, rdata: octets }))];
    }).flat(),
  }));

/** Without the record of the closest encloser every ancestor would have to be tried. */
export const hiddenEncloser: Meddle = onAnswersTo('A', (message) => {
  const first = message.authority.find(ofType('NSEC3'))?.owner;
  return without((record) => record.owner === first)(message);
});

export const deepName = (labels: number, zone: string): string => `${'a.'.repeat(labels)}${zone}`;

export type Costly = { readonly says: string; readonly unbounded: string; readonly proof: Outcome };

/** @param world the laboratory's. */
export function costlyCases(world: World): readonly Costly[] {
  const trap = keyTrapWorld();
  const flood = floodOfSignatures(200);
  const deep = deepName(100, 'nsec.test');
  const forged = { owner: name(deep), type: RrType.A, class: 1, ttl: 1, rdata: rdata.a('192.0.2.66') };
  return [
    {
      says: 'honest: TLSA three zones below the root',
      unbounded: 'the same',
      proof: lookUp(world, '_25._tcp.mx.signed.nsectld', 'TLSA'),
    },
    {
      says: 'honest: a name of 100 labels that is not there, NSEC3',
      unbounded: 'the same',
      proof: lookUp(world, deepName(100, 'nsec3.test'), 'A'),
    },
    {
      says: 'KeyTrap: 61 keys of one tag, 200 bad signatures over the record',
      unbounded: '12,261 verifications',
      proof: lookUp(trap, 'mx.trap', 'A', { meddle: onAnswersTo('A', flood) }),
    },
    {
      says: 'KeyTrap: the same over the DNSKEY set',
      unbounded: '12,261 verifications',
      proof: lookUp(trap, 'mx.trap', 'A', { meddle: onAnswersTo('DNSKEY', flood, 'trap') }),
    },
    {
      says: 'many signatures: 200 bad ones over one record, one key',
      unbounded: '201 verifications',
      proof: lookUp(world, 'mx.signed.test', 'A', { meddle: onAnswersTo('A', flood) }),
    },
    {
      says: 'many denials: ten records with eight bad signatures each',
      unbounded: '80 verifications',
      proof: lookUp(world, 'nowhere.nsec.test', 'A', { meddle: floodOfDenials(world) }),
    },
    {
      says: 'NSEC3 closest encloser: 100 labels, encloser left out, no iterations',
      unbounded: '202 hashes',
      proof: lookUp(world, deepName(100, 'nsec3.test'), 'A', { meddle: hiddenEncloser }),
    },
    {
      says: 'NSEC3 closest encloser: the same with 50 iterations, each hash counted twice',
      unbounded: '202 hashes of 51 rounds',
      proof: lookUp(world, deepName(100, 'iter50.test'), 'A', { meddle: hiddenEncloser }),
    },
    {
      says: 'unsigned record at 100 labels: a walk for an insecure zone',
      unbounded: '102 questions',
      proof: lookUp(world, deep, 'A', { meddle: onAnswersTo('A', withAnswer(forged)) }),
    },
  ];
}
