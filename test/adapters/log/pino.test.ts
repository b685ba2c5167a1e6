import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, redactAddress } from '../../../src/adapters/log/pino.ts';

function lines(format: 'json' | 'pretty', redact: 'none' | 'local-parts' | 'addresses') {
  const written: string[] = [];
  return { log: createLog({ format, level: 'info', redact, write: (line) => written.push(line) }), written };
}

test('OBS-4 secrets and local parts never reach the log', () => {
  const { log, written } = lines('json', 'local-parts');
  log.event('info', 'accepted', {
    queue_id: 'Q1',
    from: 'anna@example.org',
    recipients: ['b@example.nl'],
    password: 'hunter2',
    body: 'x',
  });
  const record = JSON.parse(written[0] as string);
  assert.equal(record.event, 'accepted');
  assert.equal(record.level, 'info');
  assert.match(record.from, /^~[0-9a-f]{8}@example\.org$/);
  assert.match(record.recipients[0], /@example\.nl$/);
  assert.doesNotMatch(written[0] as string, /anna|hunter2|"body"/);
});

test('the same address has the same mark', () => {
  assert.equal(redactAddress('a@b.example', 'local-parts'), redactAddress('a@b.example', 'local-parts'));
  assert.equal(redactAddress('a@b.example', 'none'), 'a@b.example');
  assert.doesNotMatch(redactAddress('a@b.example', 'addresses'), /b\.example/);
});

test('control characters of a peer cannot forge a line of the pretty log', () => {
  const { log, written } = lines('pretty', 'none');
  log.event('warn', 'conn-lost', { says: 'a\nb\u001b[31m' });
  log.event('debug', 'unseen');
  assert.equal(written.length, 1);
  assert.equal(written[0]?.split('\n').length, 2);
  assert.doesNotMatch(written[0] as string, /\u001b/);
});

test('OBS-1 OBS-4 what lines have in common stands in each of them, redacted too', () => {
  const shared = { sender: 'anna@example.org', mx_host: 'mx1.example.net' };
  for (const format of ['json', 'pretty'] as const) {
    const { log, written } = lines(format, 'local-parts');
    log.event('info', 'delivery', { queue_id: 'Q1' }, shared);
    log.event('warn', 'delivery', { queue_id: 'Q2' }, shared);
    assert.deepEqual(
      written.map((line) => /Q\d/.exec(line)?.[0]),
      ['Q1', 'Q2'],
    );
    for (const line of written) {
      assert.match(line, /mx1\.example\.net/);
      assert.doesNotMatch(line, /anna/);
    }
    if (format === 'json')
      assert.deepEqual(
        written.map((line) => JSON.parse(line).level),
        ['info', 'warn'],
      );
  }
});
