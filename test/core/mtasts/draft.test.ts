import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { type DraftWish, draftPolicy, type Published, stepsFor } from '../../../src/core/mtasts/draft.ts';
import { lintPolicy, lintRecords } from '../../../src/core/mtasts/lint.ts';

const now = instant(Date.UTC(2026, 10, 21, 9, 8, 7));
const nothing: Published = { id: null, mode: null, maxAge: null, mx: [] };
const wish = (over: Partial<DraftWish> = {}): DraftWish => ({
  domain: domainName('example.org'),
  hosts: ['mx2.example.org', 'mx1.example.org', 'mx1.example.org'].map(domainName),
  mode: 'enforce',
  maxAge: 2_592_000,
  ...over,
});

test('STS-80 what is made reads back as it was meant', () => {
  for (const mode of ['enforce', 'testing', 'none'] as const) {
    const made = draftPolicy(wish({ mode }), nothing, now);
    const read = lintPolicy(new TextEncoder().encode(made.body));
    assert.equal(read.valid, true);
    assert.equal(read.mode, mode);
    assert.deepEqual(read.mx, mode === 'none' ? [] : ['mx1.example.org', 'mx2.example.org']);
    assert.deepEqual(read.warnings, []);
    const record = /TXT (".*")$/.exec(made.record)?.[1] ?? '';
    assert.deepEqual(lintRecords([record]), { state: 'id', id: '20261121090807', says: null });
  }
});

test('STS-80 the id changes with the body and only then', () => {
  const first = draftPolicy(wish(), nothing, now);
  assert.equal(first.change, 'first');
  const published: Published = {
    id: 'abc',
    mode: 'enforce',
    maxAge: 2_592_000,
    mx: ['mx2.example.org', 'mx1.example.org'],
  };
  const same = draftPolicy(wish(), published, now);
  assert.deepEqual([same.change, same.id], ['same', 'abc']);
  assert.match(stepsFor(wish(), same, published).join(), /nothing/);
  for (const other of [{ mode: 'testing' }, { maxAge: 604_800 }, { hosts: [domainName('mx1.example.org')] }] as const) {
    const changed = draftPolicy(wish(other), published, now);
    assert.equal(changed.change, 'changed');
    assert.notEqual(changed.id, 'abc');
  }
  // Made twice within one second.
  const again = draftPolicy(wish({ mode: 'testing' }), { ...published, id: first.id }, now);
  assert.notEqual(again.id, first.id);
  assert.match(again.id, /^[A-Za-z0-9]{1,32}$/);
});

test('STS-80 the body comes before the record', () => {
  const steps = stepsFor(wish(), draftPolicy(wish(), nothing, now), nothing);
  const at = (word: RegExp): number => steps.findIndex((step) => word.test(step));
  assert.ok(at(/serve the body/) < at(/publish the TXT record/));
  assert.ok(at(/serve the body/) >= 0);
});

test('STS-81 removal: mode none, a new id, the largest max_age waited for, then both away', () => {
  const removing = wish({ mode: 'none', maxAge: 86_400 });
  const published: Published = { id: 'abc', mode: 'enforce', maxAge: 2_592_000, mx: ['mx1.example.org'] };
  const made = draftPolicy(removing, published, now);
  assert.notEqual(made.id, 'abc');
  assert.match(made.body, /mode: none\r\nmax_age: 86400/);
  const steps = stepsFor(removing, made, published);
  assert.equal(steps.length, 4);
  assert.match(steps[1] as string, /new id/);
  assert.match(steps[2] as string, /largest max_age.*30 days/);
  assert.match(steps[3] as string, /remove the TXT record/);
});
