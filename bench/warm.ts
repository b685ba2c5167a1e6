// node bench/warm.ts: what a decision costs when everything is known and a session is open, from the lease to MAIL FROM, and
// what a delivery costs the main thread besides the dialogue: decision, record and log line. Needs openssl, no network.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../src/adapters/log/pino.ts';
import { createRegistry } from '../src/adapters/metrics/registry.ts';
import { createPool } from '../src/adapters/smtp/pool.ts';
import { systemClock } from '../src/adapters/system/clock.ts';
import { createAnchorMemory } from '../src/agent/anchor-memory.ts';
import { type DeliverPorts, type DeliverSettings, deliver } from '../src/agent/deliver.ts';
import { createDiscoveryMemory } from '../src/agent/discovery-memory.ts';
import { createHostLimit } from '../src/agent/host-limit.ts';
import { createHostMemory } from '../src/agent/host-memory.ts';
import { makePolicyMemory } from '../src/agent/policies.ts';
import type { Lease, RecordValues, Resolved, Session } from '../src/agent/ports.ts';
import { instant, type QueueId, seconds } from '../src/core/base/brand.ts';
import { domainName } from '../src/core/base/domain-name.ts';
import type { IpAddress } from '../src/core/base/lookup.ts';
import type { TransferOutcome } from '../src/core/policy/model.ts';

const rounds = 50_000;
const domain = domainName('example.com');
const host = domainName('mx1.example.com');
const address = '198.51.100.1' as IpAddress;

/** @returns a certificate of the host as DER. */
function makeCertificate(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-warm-'));
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, '-subj', `/CN=${host}`], { stdio: 'ignore' });
    return new Uint8Array(new X509Certificate(readFileSync(cert)).raw);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const der = makeCertificate();
const spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
const digest = createHash('sha256').update(spki).digest();

const zone: { readonly [name: string]: readonly unknown[] } = {
  [`${domain} MX`]: [{ preference: 10, exchange: host }],
  [`${host} A`]: [address],
  [`_25._tcp.${host} TLSA`]: [Uint8Array.from([3, 1, 1, ...digest])],
};

const resolve = async (name: string, type: keyof RecordValues): Promise<Resolved<never>> => {
  const value = zone[`${name} ${type}`];
  const common = { status: 'secure', ttl: seconds(3600) } as const;
  const answer = value ? { kind: 'found', value, ...common } : { kind: 'absent', reason: 'nodata', ...common };
  return { answer: answer as never, aliases: [], queries: 0, verifications: 0 };
};

let atMailFrom = 0;
const session: Session = {
  address,
  localAddress: undefined,
  security: { kind: 'encrypted', protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', chain: [der], paths: [] },
  greeting: 'mx1.example.com',
};
let written = 0;
const log = createLog({ format: 'json', level: 'info', redact: 'none', write: (line) => (written += line.length) });
const metrics = createRegistry();
const ports: DeliverPorts = {
  dialer: {
    dial: async () => ({ kind: 'session', session }),
    open: async () => ({ kind: 'ready', extensions: new Map() as never }),
    authenticate: async () => ({ kind: 'done' }),
    transfer: async (_session, { recipients }): Promise<TransferOutcome> => {
      atMailFrom = performance.now();
      const reply = { code: 250, lines: ['taken'] as const };
      const replies = recipients.map(({ mailbox }) => ({ recipient: mailbox.text, reply, at: 'final-dot' }) as const);
      return { kind: 'replied', replies: replies as never, bytes: 5000 };
    },
    close: () => undefined,
  },
  pool: createPool({ clock: systemClock, isUsable: () => true, close: () => undefined }),
  hosts: createHostMemory(),
  hostLimit: createHostLimit(5, systemClock),
  anchors: createAnchorMemory(),
  clock: systemClock,
  resolver: { resolve },
  local: { addresses: async () => ({ kind: 'failed', reason: 'servfail' }) },
  policyHost: { fetch: async () => ({ kind: 'failed', fault: 'sts-policy-fetch-error', says: '' }) },
  policyStore: {
    get: () => undefined,
    put: async () => undefined,
    forget: async () => undefined,
    entries: () => [],
  },
  policyMemory: makePolicyMemory(),
  memory: createDiscoveryMemory(),
  log,
  metrics,
  content: async ({ size, content }) => ({ size, facts: content, body: async function* () {} }),
};
const settings: DeliverSettings = {
  ehloName: 'relay.example',
  routes: [],
  operator: { floor: 'may', enforce: true, rules: [], exceptions: [] },
  discover: {
    port: 25,
    ownNames: [],
    ownSockets: [],
    localZones: [],
    mtaSts: 'on',
    families: 'ipv4',
    allowed: [],
  },
  resolverMode: 'validate',
};

function leaseOf(n: number): Lease {
  const text = `user${n}@${domain}`;
  const recipient = { mailbox: { text, domain: { kind: 'name', name: domain } } } as const;
  const now = systemClock.now();
  return {
    token: 't',
    until: instant(now + 300_000),
    nextHop: domain,
    recipients: [{ recipient, nextHop: domain, state: 'queued', attempts: 0, dueAt: now }],
    message: {
      id: `Q${n}` as QueueId,
      envelope: { reversePath: recipient.mailbox, recipients: [recipient], smtputf8: false, tlsTag: 'none' },
      receivedAt: now,
      expiresAt: instant(now + 1e9),
      size: 5000,
      content: { has8bit: false, hasUtf8Header: false, longestLine: 80 },
      client: { listener: 'l', kind: 'relay', address, ehlo: 'c', trusted: true },
    },
  };
}

const middle = (times: number[], part: number): string =>
  `${((times.sort((a, b) => a - b)[Math.floor(times.length * part)] ?? 0) * 1000).toFixed(1)} µs`;

const decisions: number[] = [];
const { signal } = new AbortController();
const before = process.cpuUsage();
for (let n = 0; n < rounds; n += 1) {
  const lease = leaseOf(n);
  const begin = performance.now();
  const round = await deliver(ports, settings, lease, signal);
  if (round.outcomes[0].kind !== 'sent') throw new Error(JSON.stringify(round.outcomes));
  decisions.push(atMailFrom - begin);
}
const cpu = process.cpuUsage(before);
ports.pool.drain();
process.stdout.write(
  `from the lease to MAIL FROM: median ${middle(decisions, 0.5)}, p99 ${middle(decisions, 0.99)}\n` +
    `decision, record and log line: ${((cpu.user + cpu.system) / 1e6 / (rounds / 1000)).toFixed(3)} CPU-s per 1,000 (${written} octets of log)\n`,
);
