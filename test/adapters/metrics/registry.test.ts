import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRegistry, definitions } from '../../../src/adapters/metrics/registry.ts';

test('OBS-6 counters, histograms and gauges come out in the text form', () => {
  const registry = createRegistry();
  registry.count('sekisho_attempts_total', { reason: 'tlsa-bogus' });
  registry.count('sekisho_attempts_total', { reason: 'tlsa-bogus' }, 2);
  registry.observe('sekisho_attempt_duration_seconds', 0.3);
  const text = registry.expose([{ name: 'sekisho_queue_messages', says: 'Messages waiting.', value: 4 }]);
  assert.match(text, /^sekisho_attempts_total\{reason="tlsa-bogus"\} 3$/m);
  assert.match(text, /^sekisho_attempt_duration_seconds_bucket\{le="0.5"\} 1$/m);
  assert.match(text, /^sekisho_attempt_duration_seconds_count 1$/m);
  assert.match(text, /^# TYPE sekisho_queue_messages gauge\nsekisho_queue_messages 4$/m);
  assert.equal(registry.total('sekisho_attempts_total'), 3);
});

test('a metric that is not in the list is a mistake, and none of the sources makes it', () => {
  assert.throws(() => createRegistry().count('sekisho_unknown_total'), /unknown counter/);
  const root = join(import.meta.dirname, '../../../src');
  for (const file of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    for (const [, name] of readFileSync(join(root, file), 'utf8').matchAll(
      /\.(?:count|observe)\(\s*'(sekisho_\w+)'/g,
    )) {
      assert.ok(definitions[name as string], `${file} counts ${name}, which is not defined`);
    }
  }
});

test('OBS-6 what another thread counted is taken once and adds up', () => {
  const [first, other] = [createRegistry(), createRegistry()];
  for (const registry of [first, other, other]) {
    registry.count('sekisho_connections_total', { listener: 'a', outcome: 'accepted' });
    registry.observe('sekisho_attempt_duration_seconds', 0.3);
  }
  first.add(other.take() ?? assert.fail('nothing was counted'));
  assert.equal(other.take(), undefined);
  const text = first.expose([]);
  assert.match(text, /sekisho_connections_total\{listener="a",outcome="accepted"\} 3/);
  assert.match(text, /_bucket\{le="0.25"\} 0\n.*_bucket\{le="0.5"\} 3/);
  assert.match(text, /_sum 0.8999|_sum 0.9/);
});
