import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { MessageStory } from '../src/agent/ports.ts';
import { explainView } from '../src/cli/explain.ts';
import type { DnsReport } from '../src/cli/program.ts';
import { queueView } from '../src/cli/queue.ts';
import { instant, type QueueId } from '../src/core/base/brand.ts';
import { domainName } from '../src/core/base/domain-name.ts';
import type { IpAddress } from '../src/core/base/lookup.ts';
import { ruleDestination } from '../src/core/policy/plan.ts';
import { settledParts, wholeRecord } from '../src/core/policy/record.ts';
import { faultsOf } from './schema-checker.ts';

const at = instant(Date.UTC(2026, 10, 21, 9));
const domain = domainName('example.org');
const operator = { floor: 'may', names: [], ignore: [], requiretls: 'as-asked', enforce: true, source: '' } as const;
const destination = {
  nextHop: { kind: 'domain', domain },
  expandedNextHop: domain,
  mx: { kind: 'failed', reason: 'bogus' },
  sts: { kind: 'none' },
  observedAt: at,
} as const;

function story(): MessageStory {
  const queueId = '4kQ7m2' as QueueId;
  const recipient = { mailbox: { text: 'anna@example.org', domain: { kind: 'name', name: domain } } } as const;
  const ruling = ruleDestination(destination, 'normal', operator);
  assert.ok(ruling.kind === 'settled');
  const context = { queueId, attemptNumber: 1, destination, messageClass: 'normal', operator } as const;
  const last = { because: 'mx-bogus', status: '4.7.5', says: 'the MX answer is bogus', at };
  const row = { recipient, nextHop: 'example.org', attempts: 1, dueAt: instant(at + 300_000) };
  return {
    message: {
      id: queueId,
      envelope: { reversePath: 'null', recipients: [recipient], smtputf8: false, tlsTag: 'requiretls' },
      receivedAt: at,
      expiresAt: instant(at + 86_400_000),
      size: 1234,
      content: { has8bit: false, hasUtf8Header: false, longestLine: 70 },
      client: { listener: 'lan', kind: 'relay', address: '192.0.2.7' as IpAddress, ehlo: 'app.example', trusted: true },
    },
    recipients: [
      { ...row, state: 'deferred', last },
      { ...row, state: 'sent' },
      { ...row, state: 'held' },
    ],
    records: [wholeRecord(settledParts(ruling, context, { startedAt: at, endedAt: at }))],
    events: [{ at, says: 'retry asked for by the operator' }],
  };
}

test('OPS-18 queue and explain print what their schemas say', () => {
  assert.deepEqual(faultsOf('queue', queueView(story())), []);
  assert.deepEqual(faultsOf('queue', { schema: 'sekisho.queue/1', act: 'hold', recipients: 3 }), []);
  assert.deepEqual(faultsOf('explain', explainView(story())), []);
  // A record inside the story is held to its own schema.
  const broken = { ...explainView(story()), attempts: [{ ...story().records[0], result: 'perhaps' }] };
  assert.equal(faultsOf('explain', broken).length, 1);
});

test('OPS-18 dns prints what its schema says', () => {
  const report: DnsReport = {
    name: '_25._tcp.mx.example.org.',
    type: 'TLSA',
    state: 'secure',
    rcode: 'NOERROR',
    answers: [{ name: '_25._tcp.mx.example.org.', type: 'TLSA', ttl: 300, data: '3 1 1 ab', state: 'secure' }],
    aliases: [{ name: 'a.example.', type: 'CNAME', target: 'b.example.', state: 'insecure' }],
    denial: null,
    reason: null,
    chain: [{ zone: '.', keyTag: 20326, algorithm: 8, outcome: 'secure' }],
    elapsedMs: 1.5,
    queries: 3,
    verifications: 4,
  };
  assert.deepEqual(faultsOf('dns', { schema: 'sekisho.dns/1', ...report }), []);
  assert.equal(faultsOf('dns', { schema: 'sekisho.dns/1', ...report, state: 'signed' }).length, 1);
});

test('OPS-18 the frozen schemas are all there', () => {
  const names = readdirSync(new URL('../docs/schemas/', import.meta.url)).map((file) =>
    file.replace('.schema.json', ''),
  );
  for (const name of ['check', 'delivery-record', 'dns', 'explain', 'queue']) assert.ok(names.includes(name), name);
});
