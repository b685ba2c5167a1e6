// The check that CI makes: what it lets through and what it does not, on a small tree of its own.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { document, faultsOf, gather, render } from './rows.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

// Put together so that this file names no rows itself.
const title = (ids: string): string => `te${'st'}('${ids} holds', () => {});`;

const whole: Readonly<Record<string, string>> = {
  'docs/spec/x.md': '| SEC-1 | MUST | a |\n| SEC-2 | SHOULD | b † |\n| SEC-3 | MUST NOT | c |\n',
  'src/a.ts': '// SEC-1: a rule\n',
  'test/a.test.ts': title('SEC-1'),
};
const reasons = new Map([['SEC-3', 'not built: nobody asked']]);

function faults(changes: Readonly<Record<string, string>> = {}, given = reasons, fresh = true): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'sekisho-conformance-'));
  folders.push(root);
  for (const [path, text] of Object.entries({ ...whole, ...changes })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const found = gather(root, given);
  writeFileSync(join(root, document), fresh ? render(found) : 'old');
  return faultsOf(root, found).map((fault) => fault.replace(/: run .*/, ''));
}

test('a whole tree has no faults, and its table says yes, no with the reason, and what is from memory', () => {
  assert.deepEqual(faults(), []);
  const root = folders.at(-1) as string;
  const text = render(gather(root, reasons));
  assert.match(text, /\| SEC-1 \| MUST \| yes \| `a.ts` \| `a.test.ts` \|/);
  assert.match(text, /\| SEC-2 † \| SHOULD \| no \|/);
  assert.match(text, /\| SEC-3 \| MUST NOT \| no: not built: nobody asked \|/);
});

test('a MUST that the code cites and no test names is a fault, whatever reason is given', () => {
  const says = 'MUST rows that the code cites and no test names: SEC-1';
  assert.deepEqual(faults({ 'test/a.test.ts': '' }), [says]);
  assert.deepEqual(faults({ 'test/a.test.ts': '' }, new Map([...reasons, ['SEC-1', 'not shown']])), [says]);
});

test('a MUST that only the siege cites needs a reason or a test', () => {
  const onlySiege = { 'src/a.ts': '', 'src/siege/b.ts': '// SEC-1: shown, not run\n', 'test/a.test.ts': '' };
  assert.deepEqual(faults(onlySiege), ['MUST rows that the code cites and no test names: SEC-1']);
  assert.deepEqual(faults(onlySiege, new Map([...reasons, ['SEC-1', 'a limit']])), []);
});

test('a MUST without test, code or reason is a fault; a SHOULD is not', () => {
  assert.deepEqual(faults({}, new Map()), ['MUST rows without test, code or reason (test/conformance/open.ts): SEC-3']);
});

test('an ID that no specification has is a fault, in code, in a title and among the reasons', () => {
  const says = ['IDs that no specification has: SEC-99'];
  assert.deepEqual(faults({ 'src/b.ts': '// SEC-99: a slip\n' }), says);
  assert.deepEqual(faults({ 'test/b.test.ts': title('SEC-99') }), says);
  assert.deepEqual(faults({}, new Map([...reasons, ['SEC-99', 'gone']])), says);
});

test('a table that is not what the tree says is stale', () => {
  assert.deepEqual(faults({}, reasons, false), ['docs/conformance.md is stale']);
});
