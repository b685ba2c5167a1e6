// INT-15: reading without validation, for a recipient domain under a dated exception.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { type Message, RrType } from '../../../src/core/dns/message.ts';
import { name } from '../../../src/core/dns/name.ts';
import { proofLimits } from '../../../src/core/dnssec/limits.ts';
import type { Fact, Proof } from '../../../src/core/dnssec/proof.ts';
import { readUnvalidated } from '../../../src/core/dnssec/prove.ts';
import { verdictOf } from './driver.ts';
import { labWorld } from './lab-world.ts';
import { now, respond } from './zone-builder.ts';

const world = labWorld();

function read(owner: string, type: keyof typeof RrType, change = (message: Message): Message => message): Proof {
  const reading = readUnvalidated({ name: name(owner), type: RrType[type] }, now, makeBudget(proofLimits));
  let facts: readonly Fact[] = [];
  for (;;) {
    const step = reading.next(facts);
    if (step.done) return step.value;
    facts = step.value.map((need): Fact => {
      assert.equal(need.kind, 'ask');
      if (need.kind !== 'ask') throw new Error('a zone was asked for');
      return { kind: 'message', message: change(respond(world, need.name, need.type)) };
    });
  }
}

test('INT-15 bogus data is read and counts as insecure, and no zone is proven', () => {
  const proof = read('_25._tcp.mx.expired.test', 'TLSA');
  assert.equal(verdictOf(proof), 'insecure validation-ignored');
  assert.equal(proof.records.length, 1);
  assert.equal(proof.work.verifications, 0);
  assert.equal(verdictOf(read('_25._tcp.mx.signed.test', 'TLSA')), 'insecure validation-ignored');
});

test('INT-15 absence is told by the rcode, aliases are followed, failures stay failures', () => {
  assert.equal(verdictOf(read('nowhere.expired.test', 'A')), 'insecure validation-ignored nxdomain');
  assert.equal(verdictOf(read('mx.expired.test', 'AAAA')), 'insecure validation-ignored nodata');
  const alias = read('bogus.alias.test', 'A');
  assert.equal(verdictOf(alias), 'insecure validation-ignored');
  assert.deepEqual(
    alias.aliases.map((link) => link.state),
    ['insecure'],
  );
  assert.equal(verdictOf(read('loop.alias.test', 'A')), 'indeterminate alias-loop');
  assert.equal(
    verdictOf(read('mx.expired.test', 'A', (message) => ({ ...message, rcode: 2 }))),
    'indeterminate servfail',
  );
});

test('INT-15 the answer may stop at the alias', () => {
  const cut = (message: Message): Message => ({ ...message, answer: message.answer.slice(0, 1) });
  assert.equal(read('bogus.alias.test', 'A', cut).records.length, 1);
});
