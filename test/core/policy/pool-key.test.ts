import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageClass } from '../../../src/core/policy/model.ts';
import { poolKey } from '../../../src/core/policy/pool-key.ts';
import { tlsaOf } from '../dane/records.ts';
import { forge } from '../x509/forge.ts';
import { dialled, type Given } from './given.ts';

const a = tlsaOf('dane-ee', 'spki', 'sha2-256', forge({ cn: 'a' }));
const b = tlsaOf('dane-ee', 'spki', 'sha2-256', forge({ cn: 'b' }));

const keyOf = (input: Given): string => poolKey(dialled(input), (input.message ?? 'normal') as MessageClass);

test('SMTP-13 ATK-98 TLS-21 a session is only for messages that demand the very same', () => {
  const inputs: readonly Given[] = [
    {},
    { floor: 'encrypt' },
    { floor: 'verify' },
    { sts: 'enforce-match' },
    { sts: 'testing-match' },
    { records: [a] },
    { records: [b] },
    { records: [a, b] },
    { records: [a], mx: 'insecure' },
    { records: [a], sts: 'enforce-match' },
    { message: 'requiretls' },
    { message: 'requiretls', records: [a] },
    { message: 'requiretls-null' },
    { message: 'tls-required-no' },
    { message: 'tls-required-no', records: [a] },
    { mx: 'implicit-secure' },
  ];
  const keys = inputs.map(keyOf);
  assert.equal(new Set(keys).size, inputs.length);
  assert.deepEqual(inputs.map(keyOf), keys);
});

test('SMTP-13 the order of records does not matter, host and port do', () => {
  assert.equal(keyOf({ records: [a, b] }), keyOf({ records: [b, a] }));
  const plan = dialled({ records: [a] });
  const other = { ...plan, candidate: { ...plan.candidate, port: 2525 } };
  assert.notEqual(poolKey(other, 'normal'), poolKey(plan, 'normal'));
});
