// Every reader of foreign octets over its own seeds, changed by chance, and over octets that are pure chance: nothing
// throws, what is read is read again the same, and nothing outgrows its bounds. What fuzzing found once stays here.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { mutate } from '../fuzz/mutate.ts';
import { createRandom } from '../fuzz/random.ts';
import type { Target } from '../fuzz/target.ts';
import { readers, targets } from '../fuzz/targets.ts';
import { validator } from '../fuzz/targets-dns.ts';

/** The rows each reader answers for. */
const rows: Readonly<Record<string, string>> = {
  'dns-message': 'SEC-28 DNS-14',
  rdata: 'SEC-28',
  tlsa: 'DANE-38',
  'sts-record': 'STS-3 STS-4',
  'dns-name': 'SEC-28',
  'domain-name': 'DNS-15 NAME-1',
  anchors: 'TA-5',
  'name-servers': 'DNS-15',
  'smtp-replies': 'SMTP-6',
  ehlo: 'RTLS-30',
  commands: 'ATK-91',
  addresses: 'ATK-91',
  headers: 'SMUG-12',
  'auth-plain': 'SRV-8',
  'quoted-printable': 'DSN-4',
  'sts-policy': 'ATK-66 STS-31',
  'record-texts': 'STS-3',
  'tlsa-text': 'OPS-65',
  der: 'PKIX-10',
  pem: 'PKIX-10',
  'next-hops': 'RTE-14',
  'admin-requests': 'QUE-7',
  envelopes: 'ATK-91 DSN-10 DSN-11',
  notices: 'DSN-4 ATK-91',
  'received-field': 'ATK-91 TRC-1',
  'policy-cache': 'STS-40',
};

const anything = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
);

const changed = ({ seeds, words }: Target): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.nat(seeds.length - 1), fc.nat())
    .map(([seed, chance]) => mutate(createRandom(`${chance}`), seeds[seed]!, seeds, words ?? []));

for (const target of targets.filter((each) => each !== validator)) {
  test(
    `${rows[target.name] ?? ''} no octets make the reader of ${target.name} throw or break its word`.trim(),
    async () => {
      for (const seed of target.seeds) await target.read(seed);
      const read = async (octets: Uint8Array): Promise<void> => target.read(octets);
      await fc.assert(fc.asyncProperty(fc.oneof(changed(target), anything), read), {
        numRuns: readers.includes(target) ? 250 : 60,
      });
    },
  );
}

test('SEC-2 SEC-4 SEC-28 SEC-40 no change of an answer makes the validator throw, spend more or believe something else', () => {
  for (const seed of validator.seeds) validator.read(seed);
  fc.assert(
    fc.property(changed(validator), (octets) => void validator.read(octets)),
    { numRuns: 100 },
  );
});

const found = join(import.meta.dirname, '../fuzz/found');

test('what fuzzing found stays found', async () => {
  for (const file of existsSync(found) ? readdirSync(found) : []) {
    const target = targets.find(({ name }) => file.startsWith(`${name}.`));
    assert.ok(target !== undefined, `${file} is for no target`);
    await target.read(readFileSync(join(found, file)));
  }
});
