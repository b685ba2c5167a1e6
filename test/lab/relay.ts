// The relay's own discovery, decision and delivery, joined without queue and listener, as the handle that the laboratory
// sends its messages through.

import { createSecureContext } from 'node:tls';
import { createResolver } from '../../src/adapters/dns/resolver.ts';
import { parseServerAddress } from '../../src/adapters/dns/server-address.ts';
import { createPolicyHost } from '../../src/adapters/https/policy-host.ts';
import { createDialer } from '../../src/adapters/smtp/dialer.ts';
import { createTlsClient } from '../../src/adapters/smtp/tls.ts';
import { createAnchorMemory } from '../../src/agent/anchor-memory.ts';
import { type DeliverPorts, type DeliverSettings, deliver, type Round } from '../../src/agent/deliver.ts';
import { createHostLimit } from '../../src/agent/host-limit.ts';
import { createHostMemory } from '../../src/agent/host-memory.ts';
import { makePolicyMemory } from '../../src/agent/policies.ts';
import type { Lease, PolicyStore } from '../../src/agent/ports.ts';
import { instant, type QueueId } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import type { Result } from '../../src/core/base/result.ts';
import { parseAnchors } from '../../src/core/dnssec/anchors.ts';
import type { StsPolicy } from '../../src/core/mtasts/policy.ts';
import { wholeRecord } from '../../src/core/policy/record.ts';
import { parsePrefix } from '../../src/core/routing/addresses.ts';
import type { Envelope, Mailbox } from '../../src/core/smtp/envelope.ts';
import type { Level, Outcome } from '../../src/lab/destination-plan.ts';
import type { LabMessage, RelayHandle } from '../../src/lab/once.ts';
import type { Lab } from '../../src/lab/world.ts';

export type TestRelay = RelayHandle & { close(): void };

export function relayInto(lab: Lab): TestRelay {
  const { clock } = lab;
  const log = { event: () => {} };
  const metrics = { count: () => {}, observe: () => {} };
  const allowed = ['127.0.0.0/8', '::1/128'].map((text) => unwrap(parsePrefix(text)));
  const resolver = createResolver({
    servers: [unwrap(parseServerAddress(lab.resolver))],
    anchors: unwrap(parseAnchors(lab.anchors, clock.now())),
    clock,
    log,
    metrics,
  });
  const trustStore = { certificates: [lab.caBundle], source: 'laboratory' };
  const dialer = createDialer({
    tls: createTlsClient({ trustStore, suites: 'default', minVersion: 'TLSv1.2' }),
    log,
    metrics,
  });
  const bodies = new Map<string, Uint8Array>();
  const ports: DeliverPorts = {
    resolver,
    local: { addresses: async () => ({ kind: 'failed', reason: 'servfail' }) },
    policyHost: createPolicyHost({
      resolver,
      secureContext: () => createSecureContext({ ca: lab.caBundle }),
      port: lab.ports.https,
      allowed,
      families: 'auto',
    }),
    policyStore: storeInMemory(),
    policyMemory: makePolicyMemory(),
    clock,
    log,
    metrics,
    dialer,
    pool: { take: () => undefined, put: (_key, { session }) => dialer.close(session, 'quit'), drain: () => {} },
    hosts: createHostMemory(),
    hostLimit: createHostLimit(5, clock),
    anchors: createAnchorMemory(),
    content: async ({ id, size, content }) => ({ size, facts: content, body: () => once(bodies.get(id)) }),
  };
  const settings: DeliverSettings = {
    ehloName: 'relay.lab.test',
    routes: [],
    operator: { floor: 'may', enforce: true, rules: [], exceptions: [] },
    discover: {
      families: 'auto',
      allowed,
      port: lab.ports.smtp,
      ownNames: [],
      ownSockets: [],
      localZones: [],
      mtaSts: 'on',
    },
    resolverMode: 'validate',
  };
  const rounds = new Map<string, Promise<Round>>();
  return {
    submit: async (message) => {
      bodies.set(message.destination, message.raw);
      rounds.set(message.destination, deliver(ports, settings, leaseFor(message, lab), AbortSignal.timeout(20_000)));
      return message.destination;
    },
    outcomeOf: async (id) => outcomeOf(await valueIn(rounds.get(id))),
    close: () => resolver.close(),
  };
}

function unwrap<T>(result: Result<T, unknown>): T {
  if (result.kind === 'fault') throw new Error(JSON.stringify(result.fault));
  return result.value;
}

function valueIn<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('never submitted');
  return value;
}

async function* once(body: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  yield valueIn(body);
}

function storeInMemory(): PolicyStore {
  const policies = new Map<string, StsPolicy>();
  return {
    get: (domain) => policies.get(domain),
    put: async (domain, policy) => void policies.set(domain, policy),
    forget: async (domain) => void policies.delete(domain),
    entries: () => policies.entries() as ReturnType<PolicyStore['entries']>,
  };
}

const mailboxOf = (text: string): Mailbox => ({
  text,
  domain: { kind: 'name', name: domainName(text.split('@')[1] ?? '') },
});

function leaseFor(message: LabMessage, { clock }: Lab): Lease {
  const now = clock.now();
  const recipient = { mailbox: mailboxOf(message.recipient) };
  const says = Buffer.from(message.raw).toString('latin1');
  const tlsTag: Envelope['tlsTag'] =
    message.requiretls === 'asked' ? 'requiretls' : /^TLS-Required: No/m.test(says) ? 'tls-required-no' : 'none';
  const nextHop = message.recipient.split('@')[1] ?? '';
  return {
    token: 'test',
    until: instant(now + 60_000),
    nextHop,
    recipients: [{ recipient, nextHop, state: 'queued', attempts: 0, dueAt: now }],
    message: {
      id: message.destination as QueueId,
      envelope: {
        reversePath: mailboxOf(message.reversePath),
        recipients: [recipient],
        smtputf8: false,
        tlsTag,
      },
      receivedAt: now,
      expiresAt: instant(now + 5 * 86_400_000),
      size: message.raw.length,
      content: { has8bit: false, hasUtf8Header: false, longestLine: 100 },
      client: { listener: 'lab', kind: 'relay', address: '127.0.0.1' as IpAddress, ehlo: 'test', trusted: true },
    },
  };
}

function outcomeOf({ outcomes: [outcome], records }: Round): Outcome {
  const record = records.map(wholeRecord).findLast(({ result }) => result === 'sent');
  if (outcome.kind !== 'sent' || record === undefined) {
    const reason = outcome.kind === 'sent' ? null : outcome.because;
    return { outcome: outcome.kind, reason, level: null, authn: [] };
  }
  const authn = record.authn === 'none' ? [] : record.authn.split('+');
  return { outcome: 'sent', reason: null, level: levelOf(authn, record.tls_achieved), authn };
}

function levelOf(authn: readonly string[], achieved: string | null): Level {
  if (authn.some((one) => one.startsWith('dane'))) return 'dane';
  if (authn.length > 0) return 'webpki';
  return achieved === 'encrypted' ? 'encrypted' : 'cleartext';
}
