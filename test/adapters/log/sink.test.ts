import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openSink } from '../../../src/adapters/log/sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-sink-'));
after(() => rmSync(folder, { recursive: true }));

test('every line arrives once and in order, over many turns', async () => {
  const path = join(folder, 'lines');
  const descriptor = openSync(path, 'w');
  const sink = openSink(descriptor);
  const lines = Array.from({ length: 5000 }, (_, index) => `${index} ${'ü'.repeat(index % 50)}\n`);
  for (const [index, line] of lines.entries()) {
    sink.write(line);
    if (index % 500 === 0) await pause(1);
  }
  while (readFileSync(path, 'utf8').length < lines.join('').length) await pause(5);
  assert.equal(readFileSync(path, 'utf8'), lines.join(''));
  closeSync(descriptor);
});

test('a flush in the same turn has written everything when it returns', () => {
  const path = join(folder, 'last-words');
  const descriptor = openSync(path, 'w');
  const sink = openSink(descriptor);
  sink.write('one\n');
  sink.write('two\n');
  sink.flush();
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
  closeSync(descriptor);
});

test('what cannot be written is dropped, without a word, an exception or an endless wait', async () => {
  const descriptor = openSync('/dev/full', 'w');
  const sink = openSink(descriptor);
  for (let turn = 0; turn < 20; turn++) {
    sink.write('x'.repeat(1000));
    await pause(1);
  }
  sink.write('last');
  sink.flush();
  closeSync(descriptor);
  const closed = openSink(descriptor);
  closed.write('nobody');
  closed.flush();
});
