import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AlarmMemory, type Finding, noAlarms, type Round, settleAlarms } from '../../src/agent/alarms.ts';
import type { TlsaCheck } from '../../src/agent/tlsa-check.ts';
import { findingsOf, serialFindings, serverFindings, signatureFinding } from '../../src/agent/tlsa-findings.ts';
import { type Instant, instant, seconds } from '../../src/core/base/brand.ts';

const hour = 3600_000;
const bad: Finding = { subject: 'mx:25', kind: 'mismatch', detail: '192.0.2.1', says: 'x' };
const quiet: Round = { findings: [], unknown: new Map(), seen: ['mx:25'] };
const broken: Round = { findings: [bad], unknown: new Map(), seen: ['mx:25'] };
const silent: Round = { findings: [], unknown: new Map([['mx:25', 'servfail']]), seen: ['mx:25'] };

function rounds(...all: readonly Round[]): readonly string[] {
  let memory: AlarmMemory = noAlarms;
  return all.map((round, at) => {
    const settled = settleAlarms(memory, round, instant(at * hour), 3 * hour);
    memory = settled.memory;
    return settled.events.map(({ event, kind, since }) => `${event} ${kind} ${since / hour}`).join(', ');
  });
}

test('OPS-52 an alarm is told at once, again after the while, and its end once', () => {
  assert.deepEqual(rounds(quiet, broken, broken, broken, broken, quiet, quiet), [
    '',
    'alarm mismatch 1',
    '',
    '',
    'still mismatch 1',
    'recovered mismatch 1',
    '',
  ]);
});

test('OPS-52 what cannot be told neither raises nor clears, until silence itself is an alarm', () => {
  assert.deepEqual(rounds(broken, silent, silent, quiet), ['alarm mismatch 0', '', '', 'recovered mismatch 0']);
  assert.deepEqual(rounds(silent, silent, silent, silent, quiet), [
    '',
    '',
    'alarm undetermined 2',
    '',
    'recovered undetermined 2',
  ]);
  assert.deepEqual(rounds(silent, silent, quiet, silent, silent), ['', '', '', '', '']);
});

test('alarms of what this round did not look at stay as they are', () => {
  const elsewhere: Round = { findings: [], unknown: new Map(), seen: ['other:25'] };
  assert.deepEqual(rounds(broken, elsewhere, quiet), ['alarm mismatch 0', '', 'recovered mismatch 0']);
});

const check: TlsaCheck = {
  host: 'mx.example',
  port: 25,
  owner: '_25._tcp.mx.example.',
  published: 'secure',
  ttl: 3600,
  records: [{ record: '3 1 1 aa', usable: 'yes' }],
  presented: [],
  verdict: 'match',
  wouldMatch: null,
  says: '',
};
const now = instant(Date.UTC(2026, 10, 1));
const chainUntil = (at: Instant): TlsaCheck['presented'][0]['chain'] => [
  { sha256: '', spkiSha256: 'bb', subject: null, issuer: null, notBefore: null, notAfter: new Date(at).toISOString() },
];

test('OPS-50 OPS-51 a mismatch names host, record and digest; a certificate is told of fourteen days before its end', () => {
  const seen = { address: '192.0.2.1', sni: null, says: '3 1 1: no match', combinations: [] } as const;
  const wrong = {
    ...check,
    verdict: 'mismatch',
    presented: [{ ...seen, outcome: 'mismatch', chain: chainUntil(instant(now + 90 * 24 * hour)) }],
  } as const;
  const [finding] = findingsOf(wrong, now).findings;
  assert.equal(finding?.subject, 'mx.example:25');
  assert.match(finding?.says ?? '', /192\.0\.2\.1 without SNI.*_25\._tcp\.mx\.example\. 3 1 1 aa; presented 3 1 1 bb/);
  const aging = (days: number): readonly string[] =>
    findingsOf(
      { ...check, presented: [{ ...seen, outcome: 'match', chain: chainUntil(instant(now + days * 24 * hour)) }] },
      now,
    ).findings.map(({ kind }) => kind);
  assert.deepEqual(aging(15), []);
  assert.deepEqual(aging(13), ['certificate-expires']);
});

test('OPS-54 STARTTLS at one contact and not at the other is told', () => {
  const with_ = {
    address: '192.0.2.1',
    sni: 'mx.example',
    outcome: 'match',
    says: '',
    combinations: [],
    chain: chainUntil(instant(now + 90 * 24 * hour)),
  } as const;
  const without = { ...with_, sni: null, outcome: 'mismatch', says: 'no STARTTLS is offered', chain: [] } as const;
  const kinds = (presented: TlsaCheck['presented']): readonly string[] =>
    findingsOf({ ...check, presented }, now).findings.map(({ kind }) => kind);
  assert.deepEqual(kinds([without, with_]), ['selective-starttls']);
  assert.deepEqual(kinds([with_, with_]), []);
  assert.deepEqual(kinds([with_, { ...without, address: '192.0.2.2' }]), []);
});

test('OPS-51 signatures are told of three days before their end; servers that differ, with what each has', () => {
  const until = (days: number): readonly string[] =>
    signatureFinding('s', [{ zone: 'example.', what: 'DNSKEY', expiration: now / 1000 + days * 86_400 }], now).map(
      ({ says }) => says,
    );
  assert.equal(until(3.1).length, 0);
  assert.match(until(2.9)[0] ?? '', /^example\. DNSKEY: 2026-11-03/);
  // Made at every answer for two days: a third of that must be left.
  const brief = (left: number): number => {
    const expiration = now / 1000 + left * 86_400;
    return signatureFinding('s', [{ zone: 'e.', what: 'A', inception: expiration - 2 * 86_400, expiration }], now)
      .length;
  };
  assert.deepEqual([brief(1), brief(0.6)], [0, 1]);
  const view = (server: string, digit: number) =>
    ({
      server,
      owner: 'o',
      kind: 'records',
      ttl: seconds(1),
      records: [{ usage: 3, selector: 1, matching: 1, data: Uint8Array.of(digit) }],
    }) as const;
  assert.deepEqual(serverFindings('s', [view('a', 1), view('b', 1)]).findings, []);
  assert.equal(serverFindings('s', [view('a', 1), view('b', 2)]).findings[0]?.says, 'a: 3 1 1 01; b: 3 1 1 02');
  const failed = (says: string) => ({ server: 'c', owner: 'o', kind: 'failed', says }) as const;
  assert.deepEqual(
    serverFindings('s', [view('a', 1), failed('bogus (ds-mismatch)')]).findings.map(({ kind }) => kind),
    ['bogus'],
  );
  assert.deepEqual([...serverFindings('s', [failed('timeout')]).unknown.keys()], ['s']);
  const soa = (server: string, primary: string, serial: number) =>
    ({ server, kind: 'serial', primary, serial }) as const;
  assert.deepEqual(serialFindings('s', [soa('a', 'p', 1), soa('b', 'p', 1)]).findings, []);
  assert.equal(
    serialFindings('s', [soa('b', 'p', 1), soa('c', 'p', 2), soa('a', 'p', 2)]).findings[0]?.says,
    'a c: SOA 2; b: SOA 1',
  );
  // Two providers, each with a primary of his own.
  assert.deepEqual(serialFindings('s', [soa('a', 'p', 1), soa('b', 'q', 7)]).findings, []);
  assert.deepEqual([...serialFindings('s', [soa('a', 'p', 1), failed('timeout')]).unknown], [['s', 'c: timeout']]);
});
