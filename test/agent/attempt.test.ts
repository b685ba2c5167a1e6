// The parts of one try that need no network: memories, limits, and what a probe sees.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createAnchorMemory } from '../../src/agent/anchor-memory.ts';
import { look } from '../../src/agent/attempt.ts';
import { createHostMemory } from '../../src/agent/host-memory.ts';
import { instant } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import type { TlsaRecord } from '../../src/core/dane/tlsa.ts';
import type { DialPlan } from '../../src/core/policy/judge.ts';
import type { Demand } from '../../src/core/policy/model.ts';
import { daneZone, type Given, makeGiven, startWorld } from './delivery-world.ts';

const address = '192.0.2.1' as IpAddress;
const running = new AbortController().signal;

describe('unreachable addresses', () => {
  test('QUE-4 rest longer after each failure, up to a bound, and not at all once reached', () => {
    const memory = createHostMemory();
    const now = (minutes: number) => instant(minutes * 60_000);
    assert.equal(memory.restOf(address, 25, now(0)), undefined);
    memory.failed(address, 25, now(0));
    assert.equal(memory.restOf(address, 25, now(0.5)), 30);
    assert.equal(memory.restOf(address, 465, now(0.5)), undefined);
    assert.equal(memory.restOf(address, 25, now(1)), undefined);
    memory.failed(address, 25, now(1));
    assert.equal(memory.restOf(address, 25, now(1)), 120);
    for (let round = 0; round < 20; round += 1) memory.failed(address, 25, now(2));
    assert.equal(memory.restOf(address, 25, now(2)), 900);
    memory.reached(address, 25);
    assert.equal(memory.restOf(address, 25, now(2)), undefined);
  });

  test('QUE-4 PKIX-11 a clock that was set back leaves no address alone for years', () => {
    const memory = createHostMemory();
    const later = instant(Date.UTC(2040, 0, 1));
    memory.failed(address, 25, later);
    assert.equal(memory.restOf(address, 25, later), 60);
    assert.equal(memory.restOf(address, 25, instant(Date.UTC(2026, 0, 1))), undefined);
  });

  test('QUE-7 an operator who wants everything tried ends every rest', () => {
    const memory = createHostMemory();
    memory.failed(address, 25, instant(0));
    memory.forget();
    assert.equal(memory.restOf(address, 25, instant(0)), undefined);
  });

  test('QUE-4 the memory is bounded', () => {
    const memory = createHostMemory();
    for (let port = 1; port <= 10_001; port += 1) memory.failed(address, port, instant(0));
    assert.equal(memory.restOf(address, 1, instant(0)), undefined);
    assert.equal(memory.restOf(address, 2, instant(0)), 60);
  });
});

describe('anchors', () => {
  const record = (matching: TlsaRecord['matching'], octet: number): TlsaRecord => ({
    usage: 'dane-ta',
    selector: 'cert',
    matching,
    data: Uint8Array.of(octet),
  });
  const demand = (...records: TlsaRecord[]): Demand => ({
    tls: 'authenticated',
    all:
      records.length === 0
        ? []
        : [
            [
              {
                by: 'dane',
                baseDomain: domainName('mx.example'),
                records: records as never,
                names: [domainName('mx.example')],
              },
            ],
          ],
    observed: [],
    requiretls: 'no',
    sni: undefined,
    sniSource: 'none',
    nexthopAuthenticated: true,
    onFailure: 'defer',
    credentials: 'none',
  });

  test('A5 the anchor of a record set is used at once the next time, and only for that set', () => {
    const memory = createAnchorMemory();
    const anchor = { kind: 'anchor', certificate: Uint8Array.of(7) } as const;
    const known = demand(record('sha2-256', 1), record('sha2-256', 2));
    assert.deepEqual(memory.storeFor(known), { kind: 'webpki' });
    memory.remember(known, anchor);
    assert.equal(memory.storeFor(demand(record('sha2-256', 2), record('sha2-256', 1))), anchor);
    assert.deepEqual(memory.storeFor(demand(record('sha2-256', 1))), { kind: 'webpki' });
    memory.remember(demand(), anchor);
    assert.deepEqual(memory.storeFor(demand()), { kind: 'webpki' });
  });

  test('CERT-22 a record that is the certificate needs no memory', () => {
    assert.deepEqual(createAnchorMemory().storeFor(demand(record('full', 9))), {
      kind: 'anchor',
      certificate: Uint8Array.of(9),
    });
  });
});

describe('a probe', () => {
  let given: Given;
  const closers: (() => Promise<void>)[] = [];
  before(async () => {
    given = await makeGiven();
  });
  after(async () => {
    for (const close of closers) await close();
  });

  test('OBS-5 OPS-17 sees what delivery sees, says QUIT, and never MAIL', async () => {
    const at = await startWorld(
      given,
      { hosts: { '127.0.0.1': {} }, zone: daneZone },
      (close) => void closers.push(close),
    );
    const delivered = (await at.send()).trials[0]?.attempt;
    at.ports.pool.drain();
    const plan = delivered?.plan as DialPlan;
    const seen = await look(
      at.ports,
      { plan, address: '127.0.0.1' as IpAddress, ehloName: 'check.example', route: undefined },
      running,
    );
    assert.deepEqual(seen.verdict, delivered?.verdict);
    assert.equal(seen.because, undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(at.sinks['127.0.0.1']?.sessions.at(-1)?.lines, [
      'EHLO check.example',
      'STARTTLS',
      'tls:EHLO check.example',
      'tls:QUIT',
    ]);
  });
});
