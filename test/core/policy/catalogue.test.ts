import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { catalogue, reasons, reportedAs } from '../../../src/core/policy/catalogue.ts';
import type { Reason } from '../../../src/core/policy/reasons.ts';

const specification = readFileSync(join(import.meta.dirname, '../../../docs/spec/requirements.md'), 'utf8');

/** The table of reason codes: code, status, immediate bounce, report. */
function rows(): readonly (readonly [Reason, string, string, string])[] {
  const section = specification.slice(specification.indexOf('## 5.'), specification.indexOf('## 6.'));
  return section.split('\n').flatMap((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const codes = [...(cells[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code]) => code as Reason);
    const spread = (cell: string, index: number): string => {
      const parts = cell.split(' / ');
      return (parts.length === codes.length ? parts[index] : parts[0]) as string;
    };
    return codes.map((code, index): [Reason, string, string, string] => [
      code,
      spread(cells[3] ?? '', index),
      spread(cells[4] ?? '', index),
      spread(cells[5] ?? '', index),
    ]);
  });
}

test('OBS-2 every reason of the specification has its entry, and none is made up', () => {
  assert.deepEqual(new Set(rows().map(([code]) => code)), new Set(reasons));
});

test('OBS-2 statuses are those of the specification', () => {
  for (const [code, status] of rows()) {
    const [first] = /[245]\.\d+\.\d+/.exec(status) ?? [];
    if (first !== undefined && !status.includes("server's own")) assert.equal(catalogue[code].status, first, code);
  }
});

test('OBS-2 who hears at once, and what is reported', () => {
  for (const [code, , bounce, report] of rows()) {
    if (bounce.startsWith('yes, after all')) assert.equal(catalogue[code].bounce, 'after-all-hosts', code);
    else if (bounce === 'yes') assert.equal(catalogue[code].bounce, 'at-once', code);
    else if (bounce.startsWith('no')) assert.equal(catalogue[code].bounce, 'at-expiry', code);
    const [type] = /`([a-z-]+)`/.exec(report) ?? [];
    if (type !== undefined && !report.startsWith('–') && !report.startsWith('none'))
      assert.equal(`\`${reportedAs(code)}\``, type, code);
  }
});

test('every entry says what happened, why, and who can do what', () => {
  for (const code of reasons) {
    const { sentence, cause, remedy, rfc } = catalogue[code];
    for (const text of [sentence, cause, remedy]) assert.match(text, /^[A-Z].*[^.]$/, code);
    assert.match(rfc, /^(RFC \d+ §|[A-Z]+-\d)/, code);
  }
});
