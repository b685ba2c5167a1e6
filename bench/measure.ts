// What is measured of a relay. A run counts only when every accepted message arrived, once, and inside TLS.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Group, type Memory, settle, watchMemory } from './group.ts';
import {
  allDomains,
  awaitMessages,
  coldDomains,
  type Load,
  oneDomain,
  reset,
  type Seen,
  type Sent,
  seen,
  send,
  setRoundTrip,
  setSink,
} from './load.ts';
import { at } from './place.ts';
import type { Relay } from './relays.ts';
import { newDomains, questionsAsked } from './zones.ts';

export type Parties = { readonly source: Group; readonly sink: Group; readonly dns: Group };

export type Workload = { readonly says: string; readonly load: Load; readonly roundTrip?: string };

/** A: one domain; B: 50 domains, each with its own host. 10 sessions, connections kept, no pipelining. */
export const workloads: Readonly<Record<string, Workload>> = {
  A5k: { says: '5 KB, one domain', load: { domains: oneDomain, messages: 2000 } },
  B5k: { says: '5 KB, 50 domains', load: { domains: allDomains, messages: 2000 } },
  'A5k-c20': { says: '5 KB, one domain, 20 sessions', load: { domains: oneDomain, messages: 2000, sessions: 20 } },
  A100k: { says: '100 KB, one domain', load: { domains: oneDomain, messages: 600, size: 100_000 } },
  'A5k-tls': {
    says: '5 KB, TLS handshake for each message in',
    load: { domains: oneDomain, messages: 1000, tls: 'each' },
  },
  'A5k-rtt50': {
    says: '5 KB, one domain, 50 ms round trip',
    load: { domains: oneDomain, messages: 1000 },
    roundTrip: '50ms',
  },
  'B5k-rtt50': {
    says: '5 KB, 50 domains, 50 ms round trip',
    load: { domains: allDomains, messages: 1000 },
    roundTrip: '50ms',
  },
};

export type Result = Readonly<Record<string, unknown>> & { readonly relay: string; readonly kind: string };

const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

const memoryOf = ({ pss, rss, processes }: Memory): Readonly<Record<string, number>> => ({
  pss_mib: round(pss, 1),
  rss_mib: round(rss, 1),
  processes,
});

function verdictOn(accepted: number, now: Seen): string {
  if (now.unique !== accepted) return `${now.unique} of ${accepted} arrived`;
  if (now.duplicates > 0) return `${now.duplicates} arrived twice`;
  return now.msgs_without_tls > 0 ? `${now.msgs_without_tls} came without TLS` : 'all arrived';
}

/** The relay has started; caches are filled and code is compiled before anything counts. */
export async function warmUp({ source }: Parties, relay: Relay): Promise<void> {
  await setRoundTrip('0s');
  for (const domains of [oneDomain, allDomains]) {
    await reset();
    const { accepted } = await send(source, { domains, messages: 100, sessions: 5 });
    await awaitMessages(accepted, 60_000, 20_000);
  }
  await settle(relay.group);
}

/** Throughput, CPU, latency of the 250 and memory, accepting and delivering at once. */
export async function throughput(parties: Parties, relay: Relay, name: string, work: Workload): Promise<Result> {
  await setRoundTrip(work.roundTrip ?? '0s');
  await reset();
  const groups = { relay: relay.group, dns: parties.dns, sink: parties.sink, source: parties.source };
  const before = Object.fromEntries(Object.entries(groups).map(([who, group]) => [who, group.cpu()]));
  const endOfWatch = watchMemory(relay.group);
  const sent = await send(parties.source, work.load);
  const arrived = await awaitMessages(sent.accepted);
  await settle(relay.group);
  const per1k = (who: keyof typeof groups, part: 'total' | 'user' | 'system' = 'total'): number =>
    round(((groups[who].cpu()[part] - (before[who]?.[part] ?? 0)) / Math.max(arrived.unique, 1)) * 1000, 3);
  const now = await seen();
  const result = {
    kind: 'throughput',
    relay: relay.name,
    workload: name,
    verdict: verdictOn(sent.accepted, now),
    messages: now.unique,
    rate: round(now.unique / ((now.last_ns - sent.start_ns) / 1e9), 1),
    accept_rate: round(sent.rate, 1),
    cpu_per_1k: per1k('relay'),
    user_per_1k: per1k('relay', 'user'),
    system_per_1k: per1k('relay', 'system'),
    dns_cpu_per_1k: per1k('dns'),
    sink_cpu_per_1k: per1k('sink'),
    source_cpu_per_1k: per1k('source'),
    ...latencyOf(sent),
    connections: now.conns,
    handshakes: now.handshakes,
    resumed: now.resumed,
    most_parallel: now.max_active,
    tls: now.tls,
    ...(sent.errors === undefined ? {} : { errors: sent.errors }),
    ...memoryOf(endOfWatch()),
  };
  await setRoundTrip('0s');
  return result;
}

const latencyOf = (sent: Sent): Readonly<Record<string, number>> => ({
  p50_ms: round(sent.lat_ms_p50),
  p99_ms: round(sent.lat_ms_p99),
});

/** The proof that the relay verifies: right TLSA delivered, wrong TLSA nothing, none delivered. */
export async function verification({ source }: Parties, relay: Relay): Promise<Result> {
  const cases = [
    { domains: allDomains, messages: 100, expect: 100 },
    { domains: oneDomain, messages: 100, expect: 100 },
    { domains: 'plain.bench.test', messages: 5, expect: 5 },
    { domains: 'bad.bench.test', messages: 5, expect: 0 },
  ];
  const faults: string[] = [];
  for (const { domains, messages, expect } of cases) {
    await reset();
    const sent = await send(source, { domains, messages, sessions: 5 });
    const now = await awaitMessages(sent.accepted, 30_000, expect === 0 ? 5000 : 15_000);
    if (sent.accepted !== messages) faults.push(`${domains}: ${sent.accepted} of ${messages} accepted`);
    if (now.unique !== expect) faults.push(`${domains}: ${now.unique} delivered, ${expect} expected`);
    if (now.duplicates > 0) faults.push(`${domains}: ${now.duplicates} delivered twice`);
    // Having met the host and having turned away is more than silence.
    if (expect === 0 && now.conns === 0) faults.push(`${domains}: no connection was made`);
    if (now.msgs_without_tls > 0) faults.push(`${domains}: ${now.msgs_without_tls} without TLS`);
  }
  return { kind: 'verification', relay: relay.name, verdict: faults.length === 0 ? 'as expected' : faults.join('; ') };
}

/** In four parts, so that a rate which falls can be seen. */
async function fill({ source }: Parties, count: number): Promise<readonly Sent[]> {
  const quarters: Sent[] = [];
  for (let from = 0; from < count; from += count / 4)
    quarters.push(await send(source, { domains: oneDomain, messages: count / 4, firstId: from }));
  return quarters;
}

/** Refused connections while messages pile up, a restart with all of them, then everything at once. */
export async function backlog(parties: Parties, relay: Relay, count: number): Promise<Result> {
  const { group } = relay;
  await reset();
  await setSink('down');
  try {
    const idle = group.memory();
    const cpu = group.cpu().total;
    const endOfQueueing = watchMemory(group);
    const quarters = await fill(parties, count);
    const queueing = group.cpu().total - cpu;
    await settle(group, 1000, 60_000);
    const queued = group.memory();
    const peak = endOfQueueing();
    await relay.stop();
    const stopped = performance.now();
    await relay.start();
    const restart = (performance.now() - stopped) / 1000;
    await settle(group, 1000, 60_000);
    const restarted = group.memory();
    const [first, last] = [quarters[0], quarters[3]];
    return {
      kind: 'backlog',
      relay: relay.name,
      queued: quarters.reduce((sum, { accepted }) => sum + accepted, 0),
      accept_rates: quarters.map(({ rate }) => round(rate, 1)),
      p50_ms: [first?.lat_ms_p50, last?.lat_ms_p50].map((value) => round(value ?? 0)),
      p99_ms: [first?.lat_ms_p99, last?.lat_ms_p99].map((value) => round(value ?? 0)),
      accept_cpu_per_1k: round((queueing / count) * 1000, 3),
      idle_mib: memoryOf(idle),
      queued_mib: memoryOf(queued),
      queueing_peak_mib: memoryOf(peak),
      restart_s: round(restart),
      restarted_mib: memoryOf(restarted),
      ...(await drain(relay, count)),
    };
  } finally {
    await setSink('up');
  }
}

async function drain(relay: Relay, count: number): Promise<Readonly<Record<string, unknown>>> {
  const { group } = relay;
  await reset();
  await setSink('up');
  const endOfWatch = watchMemory(group);
  const cpu = group.cpu().total;
  const begin = Date.now();
  let flushes = 0;
  let now = await seen();
  // A relay may hold a destination back for a while; it is asked again when nothing moves.
  do {
    await relay.flush();
    flushes += 1;
    now = await awaitMessages(count, 300_000 - (Date.now() - begin), 12_000);
  } while (now.unique < count && Date.now() - begin < 300_000);
  await settle(group, 500);
  const took = now.last_ns / 1e6 - begin;
  return {
    verdict: verdictOn(count, await seen()),
    drained: now.unique,
    first_delivery_s: round((now.first_ns / 1e6 - begin) / 1000),
    drain_rate: round((now.unique / took) * 1000, 1),
    drain_cpu_per_1k: round(((group.cpu().total - cpu) / Math.max(now.unique, 1)) * 1000, 3),
    drain_connections: now.conns,
    drain_peak_mib: memoryOf(endOfWatch()),
    flushes,
  };
}

/** The first message to each of many signed domains: look-ups, proofs and handshakes, nothing remembered. */
export async function cold(parties: Parties, relay: Relay): Promise<Result> {
  await reset();
  const [cpu, dnsCpu, asked] = [relay.group.cpu().total, parties.dns.cpu().total, questionsAsked()];
  const sent = await send(parties.source, { domains: coldDomains, messages: newDomains });
  const now = await awaitMessages(sent.accepted);
  await settle(relay.group);
  return {
    kind: 'cold',
    relay: relay.name,
    verdict: verdictOn(sent.accepted, now),
    messages: now.unique,
    wall_s: round((now.last_ns - sent.start_ns) / 1e9),
    queries_each: round((questionsAsked() - asked) / now.unique, 2),
    cpu_ms_each: round(((relay.group.cpu().total - cpu) / now.unique) * 1000),
    cpu_ms_each_with_dns: round(
      ((relay.group.cpu().total - cpu + parties.dns.cpu().total - dnsCpu) / now.unique) * 1000,
    ),
  };
}

/** A queue that is long: what does a restart take, and what an operator's question? */
export async function huge(parties: Parties, relay: Relay, count: number): Promise<Result> {
  const { group, state } = relay;
  if (state === undefined) return { kind: 'huge', relay: relay.name, verdict: 'not asked' };
  await reset();
  await setSink('down');
  try {
    const quarters = await fill(parties, count);
    await relay.stop();
    const stopped = performance.now();
    await relay.start();
    const restart = (performance.now() - stopped) / 1000;
    await settle(group, 1000, 60_000);
    const restarted = group.memory();
    const ask = async (path: string, body?: unknown): Promise<{ ms: number; value: unknown }> => {
      const begin = performance.now();
      const value = await askSocket(`${state}/admin.sock`, path, body);
      return { ms: round(performance.now() - begin, 1), value };
    };
    const list = await ask('/api/v1/messages', { filter: { limit: 100 } });
    const [first] = list.value as readonly { readonly id: string }[];
    const story = await ask(`/api/v1/messages/${first?.id}`);
    const queued = quarters.reduce((sum, { accepted }) => sum + accepted, 0);
    return {
      kind: 'huge',
      relay: relay.name,
      verdict: queued === count ? 'as expected' : `${queued} of ${count} queued`,
      queued,
      accept_rates: quarters.map(({ rate }) => round(rate, 1)),
      restart_s: round(restart),
      restarted_mib: memoryOf(restarted),
      list_ms: list.ms,
      story_ms: story.ms,
    };
  } finally {
    await setSink('up');
  }
}

function askSocket(socketPath: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    const asking = request({ socketPath, path, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(JSON.parse(text)));
    });
    asking.on('error', reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** One thing grows and all else stays: what does a message cost? */
export const curves: Readonly<
  Record<string, { readonly unit: string; readonly points: readonly (Workload & { readonly x: number })[] }>
> = {
  messages: {
    unit: 'messages in a run',
    points: [500, 1000, 2000, 4000, 8000].map((x) => ({ x, says: '', load: { domains: oneDomain, messages: x } })),
  },
  domains: {
    unit: 'destination domains',
    points: [1, 5, 10, 25, 50].map((x) => ({
      x,
      says: '',
      load: { domains: `d%02d.bench.test*${x}`, messages: 1500 },
    })),
  },
  size: {
    unit: 'octets of a message',
    points: [1000, 5000, 20_000, 60_000, 100_000, 500_000].map((x) => ({
      x,
      says: '',
      load: { domains: oneDomain, messages: Math.min(1500, Math.ceil(3e7 / x)), size: x },
    })),
  },
  recipients: {
    unit: 'recipients of a message',
    points: [1, 5, 20, 100].map((x) => ({
      x,
      says: '',
      load: { domains: oneDomain, messages: Math.ceil(1500 / Math.sqrt(x)), recipients: x },
    })),
  },
  roundTrip: {
    unit: 'milliseconds to the destination and back',
    points: [0, 10, 25, 50, 100].map((x) => ({
      x,
      says: '',
      load: { domains: oneDomain, messages: 600 },
      roundTrip: `${x}ms`,
    })),
  },
};

/** Messages of 50 MB in and out: does memory stay where it was? */
export async function large({ source }: Parties, relay: Relay, count: number): Promise<Result> {
  await reset();
  const idle = relay.group.memory();
  const endOfWatch = watchMemory(relay.group, 100);
  const sent = await send(source, { domains: oneDomain, messages: count, size: 50_000_000, sessions: 2 });
  const now = await awaitMessages(sent.accepted, 120_000, 30_000);
  await settle(relay.group);
  return {
    kind: 'large',
    relay: relay.name,
    verdict: verdictOn(sent.accepted, now),
    messages: now.unique,
    mb_per_s: round(now.bytes / 1e6 / ((now.last_ns - sent.start_ns) / 1e9), 1),
    idle_mib: memoryOf(idle),
    peak_mib: memoryOf(endOfWatch()),
    ...(sent.errors === undefined ? {} : { errors: sent.errors }),
  };
}

/** Calls that force data onto the disk, for each message at ten sessions; strace slows the relay down. */
export async function diskCalls({ source }: Parties, relay: Relay, count: number): Promise<Result> {
  const trace = at(`logs/${relay.name}.strace`);
  rmSync(trace, { force: true });
  const tracer = relay.group.pids().flatMap((pid) => ['-p', String(pid)]);
  const calls = 'trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync';
  const group = { ...relay.group };
  // In the source's group, so that the relay is not charged for it.
  const strace = source.start(['strace', '-f', '-qq', '-o', trace, '-e', calls, ...tracer]);
  await sleep(2000);
  await reset();
  const sent = await send(source, { domains: oneDomain, messages: count });
  const now = await awaitMessages(sent.accepted, 120_000);
  await settle(group, 1000);
  strace.kill('SIGINT');
  await sleep(1000);
  const counts: Record<string, number> = {};
  for (const [, call = ''] of readFileSync(trace, 'utf8').matchAll(/^\d+\s+(\w+)\(/gm))
    counts[call] = (counts[call] ?? 0) + 1;
  const per1k = Object.fromEntries(
    Object.entries(counts).map(([call, many]) => [call, round((many / now.unique) * 1000, 0)]),
  );
  return { kind: 'disk', relay: relay.name, verdict: verdictOn(sent.accepted, now), per_1k: per1k };
}

/** The disk itself: median milliseconds of creating a file of 5 KB and forcing it down. */
export function diskFloor(): number {
  const script = `
    const { openSync, writeSync, fsyncSync, closeSync } = require('node:fs');
    const body = Buffer.alloc(5000, 'x'), times = [];
    for (let i = 0; i < 200; i += 1) {
      const begin = performance.now();
      const file = openSync(process.argv[1] + '/' + i, 'w');
      writeSync(file, body); fsyncSync(file); closeSync(file);
      times.push(performance.now() - begin);
    }
    console.log(times.sort((a, b) => a - b)[100]);`;
  const folder = at('state/floor');
  execFileSync('mkdir', ['-p', folder]);
  try {
    return round(Number(execFileSync(process.execPath, ['-e', script, folder], { encoding: 'utf8' })), 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
