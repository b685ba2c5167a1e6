import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { DnssecStatus } from '../../../src/core/base/lookup.ts';
import { tlsaCandidates } from '../../../src/core/dane/base-domain.ts';

const host = domainName('mx.example.com');
const expanded = domainName('mx.provider.example');

const asked = (addresses: DnssecStatus, firstAlias: DnssecStatus | undefined): readonly string[] =>
  tlsaCandidates({ host, expanded: firstAlias === undefined ? host : expanded, addresses, firstAlias });

test('DT-1.23 DANE-10 no alias, secure: the host', () => {
  assert.deepEqual(asked('secure', undefined), [host]);
});

test('DT-1.22 DANE-8 DANE-12 ATK-45 insecure without alias, or by an insecure first alias: nothing is asked', () => {
  assert.deepEqual(asked('insecure', undefined), []);
  assert.deepEqual(asked('insecure', 'insecure'), []);
  assert.deepEqual(asked('secure', 'insecure'), []);
});

test('DT-1.24 DANE-11 all secure: the end of the chain, then the host, none in between', () => {
  assert.deepEqual(asked('secure', 'secure'), [expanded, host]);
});

test('DT-1.25 DANE-12 ATK-46 only the first alias secure: the host alone', () => {
  assert.deepEqual(asked('insecure', 'secure'), [host]);
});
