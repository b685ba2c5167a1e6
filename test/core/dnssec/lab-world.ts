// The hierarchy of the laboratory's cases: root (RSA, NSEC), `test` (P-256, NSEC3 opt-out), `nsectld` (RSA, NSEC),
// `insec` (unsigned), and below them one zone per case.

import { name } from '../../../src/core/dns/name.ts';
import {
  addZone,
  bytes,
  type Denying,
  makeWorld,
  nowSeconds,
  nsec,
  nsec3,
  type Row,
  rdata,
  type TestKey,
  testKey,
  u16,
  type World,
  type ZoneOptions,
} from './zone-builder.ts';

const day = 86_400;
const p256 = (label = ''): readonly TestKey[] => [testKey(13, label)];

/** What every mail domain has: MX, a host with address and TLSA, and an empty non-terminal between. */
const mail = (apex: string): readonly Row[] => [
  [apex, 'MX', rdata.mx(10, `mx.${apex}`)],
  [`mx.${apex}`, 'A', rdata.a('192.0.2.1')],
  [`_25._tcp.mx.${apex}`, 'TLSA', rdata.tlsa(1)],
];

export function labWorld(): World {
  const world = makeWorld();
  const zone = (apex: string, options: ZoneOptions, rows: readonly Row[] = []): void => {
    addZone(world, apex, options, [...mail(apex), ...rows]);
  };
  const signed = (apex: string, denying: Denying = nsec, rows: readonly Row[] = []): void =>
    zone(apex, { denying, keys: p256(apex) }, rows);

  addZone(world, '.', { denying: nsec, keys: [testKey(8, 'rsa')] });
  addZone(world, 'test', { denying: nsec3(0, [], true), keys: p256('test') });
  addZone(world, 'nsectld', { denying: nsec, keys: [testKey(8, 'rsa')] });
  addZone(world, 'n3tld', { denying: nsec3(), keys: p256('n3tld') });
  addZone(world, 'insec', {});

  // Algorithms
  for (const algorithm of [5, 7, 8, 10, 13, 14, 15, 16]) {
    zone(`alg${algorithm}.test`, { denying: nsec, keys: [testKey(algorithm, 'rsa')] });
  }
  const small = testKey(8, 'small', 257, 512);
  zone('small-rsa.test', { denying: nsec, keys: [small] });
  const two = [testKey(13, 'old'), testKey(15, 'new')];
  zone('rollover.test', { denying: nsec, keys: two });
  const ksk = testKey(13, 'ksk');
  const spare = testKey(13, 'spare').rdata;
  zone('spare-key.test', { denying: nsec, keys: [ksk], extraKeys: [spare] });

  // DS at the cut
  const plain = (label: string): TestKey => testKey(13, label);
  const ds = (apex: string, key: TestKey, digestType = 2): Uint8Array => rdata.ds(name(apex), key, digestType);
  const spoiled = (record: Uint8Array): Uint8Array =>
    bytes(record.subarray(0, 4), [record[4]! ^ 1], record.subarray(5));
  const withAlgorithm = (record: Uint8Array, algorithm: number): Uint8Array =>
    bytes(record.subarray(0, 2), [algorithm], record.subarray(3));
  const withDigest = (record: Uint8Array, type: number): Uint8Array =>
    bytes(record.subarray(0, 3), [type], record.subarray(4));
  const dsZone = (apex: string, records: (good: Uint8Array) => readonly Uint8Array[]): void =>
    zone(apex, { denying: nsec, keys: [plain(apex)], ds: records(ds(apex, plain(apex))) });
  dsZone('ds-wrong.test', (good) => [spoiled(good)]);
  dsZone('ds-algorithm.test', (good) => [withAlgorithm(good, 253)]);
  dsZone('ds-digest.test', (good) => [withDigest(good, 200)]);
  dsZone('ds-half.test', (good) => [spoiled(good), good]);
  dsZone('ds-mixed.test', (good) => [withAlgorithm(good, 253), good]);
  dsZone('ds-mixed-wrong.test', (good) => [withAlgorithm(good, 253), spoiled(good)]);
  dsZone('ds-sha384.test', () => [ds('ds-sha384.test', plain('ds-sha384.test'), 4)]);
  dsZone('ds-sha1.test', () => [ds('ds-sha1.test', plain('ds-sha1.test'), 1)]);
  dsZone('ds-foreign.test', () => [ds('ds-foreign.test', plain('somebody'))]);
  dsZone('ds-forged-sha1.test', (good) => [ds('ds-forged-sha1.test', plain('attacker'), 1), good]);
  dsZone('ds-sha1-downgrade.test', (good) => [
    ds('ds-sha1-downgrade.test', plain('ds-sha1-downgrade.test'), 1),
    spoiled(good),
  ]);
  dsZone('island.test', () => []);
  dsZone('island.nsectld', () => []);
  zone('revoked.test', {
    denying: nsec,
    keys: [testKey(13, 'revoked', 257 | 0x80)],
  });
  zone('not-a-zone-key.test', { denying: nsec, keys: [testKey(13, 'nozone', 1)] });

  // Times
  zone('expired.test', {
    denying: nsec,
    keys: p256('expired'),
    expiration: nowSeconds - 1,
    inception: nowSeconds - day,
  });
  zone('future.test', {
    denying: nsec,
    keys: p256('future'),
    inception: nowSeconds + 200,
    expiration: nowSeconds + day,
  });
  zone('just-in-time.test', { denying: nsec, keys: p256('just'), inception: nowSeconds, expiration: nowSeconds });

  // Denial
  const wild = (apex: string): readonly Row[] => [
    [`*.wild.${apex}`, 'A', rdata.a('192.0.2.7')],
    [`*.wild.${apex}`, 'TXT', rdata.txt('wild')],
    [`there.wild.${apex}`, 'TXT', rdata.txt('there')],
    [`*.alias.${apex}`, 'CNAME', rdata.name(`mx.${apex}`)],
    [`deep.a.b.${apex}`, 'A', rdata.a('192.0.2.8')],
  ];
  signed('nsec.test', nsec, wild('nsec.test'));
  signed('nsec3.test', nsec3(), wild('nsec3.test'));
  signed('salted.test', nsec3(10, [0xaa, 0xbb]), wild('salted.test'));
  signed('optout.test', nsec3(0, [], true), wild('optout.test'));
  signed('iter50.test', nsec3(50), wild('iter50.test'));
  signed('iter51.test', nsec3(51), wild('iter51.test'));

  // Delegations
  for (const parent of ['test', 'nsectld', 'n3tld']) {
    zone(`unsigned.${parent}`, {});
    signed(`signed.${parent}`);
    signed(`behind.ent.${parent}`);
    zone(`unsigned.ent2.${parent}`, {});
  }
  zone('some.insec', {});
  signed('signed.insec');
  zone('below.unsigned.test', {});
  zone('unsigned.iter51.test', {});

  // Aliases
  signed('alias.test', nsec, [
    ['secure.alias.test', 'CNAME', rdata.name('mx.nsec3.test')],
    ['unsigned.alias.test', 'CNAME', rdata.name('mx.unsigned.test')],
    ['bogus.alias.test', 'CNAME', rdata.name('mx.expired.test')],
    ['nowhere.alias.test', 'CNAME', rdata.name('nowhere.nsec.test')],
    ['loop.alias.test', 'CNAME', rdata.name('pool.alias.test')],
    ['pool.alias.test', 'CNAME', rdata.name('loop.alias.test')],
    ['dname.alias.test', 'DNAME', rdata.name('nsec.test')],
    ['dname-unsigned.alias.test', 'DNAME', rdata.name('unsigned.test')],
    ['_25._tcp.secure.alias.test', 'CNAME', rdata.name('_25._tcp.mx.nsec.test')],
    ...Array.from(
      { length: 9 },
      (_, at): Row => [
        `step${at}.alias.test`,
        'CNAME',
        rdata.name(at === 8 ? 'mx.alias.test' : `step${at + 1}.alias.test`),
      ],
    ),
  ]);
  addZone(world, 'alias.insec', {}, [
    ['back.alias.insec', 'CNAME', rdata.name('mx.nsec.test')],
    ['twice.alias.insec', 'CNAME', rdata.name('secure.alias.test')],
    ['bogus.alias.insec', 'CNAME', rdata.name('mx.expired.test')],
  ]);

  // Size
  addZone(world, 'many.test', { denying: nsec, keys: [testKey(8, 'rsa')] }, [
    ...Array.from(
      { length: 30 },
      (_, at): Row => ['_25._tcp.mx.many.test', 'TLSA', bytes([3, 1, 2], new Uint8Array(62), u16(at))],
    ),
  ]);
  return world;
}
