// The running relay as its endpoint shows it: state with reasons, metrics, messages, acts.

import type { Gauge, Registry } from '../adapters/metrics/registry.ts';
import type { BoundAddress } from '../adapters/smtp/server.ts';
import type { OverrideStore } from '../adapters/store/overrides.ts';
import type { Check, Dialogues, Relay as RelayFace } from '../admin/api.ts';
import type { accept } from '../agent/accept.ts';
import { createHostMemory } from '../agent/host-memory.ts';
import type { Clock, Incoming, IncomingBody, Log, QueueStats, QueueStore } from '../agent/ports.ts';
import { probe } from '../agent/probe.ts';
import type { CheckOptions } from '../cli/program.ts';
import type { Config } from '../config/config.ts';
import { instant, type QueueId } from '../core/base/brand.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { MessageOverride } from '../core/policy/operator.ts';
import { parseMailbox } from '../core/smtp/address.ts';
import { diskOf } from './disk.ts';
import type { InForce } from './in-force.ts';
import { version } from './package.ts';
import { makePolicyDesk } from './policy-desk.ts';
import { probeOptionsOf, subjectOf } from './probe-options.ts';

export type FaceParts = {
  readonly queue: QueueStore;
  readonly overrides: OverrideStore;
  readonly kick: () => void;
  readonly forgetHosts: () => void;
  /** Threads that run. */
  readonly threads: () => number;
  readonly submit: (incoming: Incoming, body: IncomingBody) => ReturnType<typeof accept>;
  readonly inForce: () => InForce;
  readonly addresses: () => readonly BoundAddress[];
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly log: Log;
  /** Why what is on disk is not what is in force. */
  readonly trouble: () => string | undefined;
  readonly draining: () => boolean;
  readonly dialogues: Dialogues;
};

const acts = ['retry', 'hold', 'release', 'drop', 'bounce'] as const;

export function makeRelayFace(parts: FaceParts): RelayFace {
  const { queue, clock, inForce } = parts;
  const startedAt = clock.now();
  return {
    status: async () => {
      const stats = await statsOf(queue);
      return {
        version,
        hostname: inForce().materials.identity.hostname,
        startedAt,
        state: parts.draining() ? 'draining' : 'running',
        checks: checksOf(parts, stats),
        stats: stats.kind === 'ok' ? stats.value : noStats,
        listeners: parts.addresses().map(({ host, port }) => `${host}:${port}`),
        exceptions: exceptionsOf(parts),
      };
    },
    metrics: async () => parts.metrics.expose(await gaugesOf(parts)),
    list: (filter) => queue.list(filter),
    story: (id) => queue.story(id as QueueId),
    records: (request) => queue.records(request),
    dialogues: parts.dialogues,
    act: async (act, filter, note) => {
      const known = acts.find((candidate) => candidate === act);
      if (known === undefined) return undefined;
      const changed = await queue.act(known, filter, clock.now(), note);
      parts.kick();
      return changed;
    },
    override: (id, asked) => overrideMessage(parts, id as QueueId, asked),
    flush: async () => {
      // A host that rests after a failed connection is tried all the same.
      parts.forgetHosts();
      const done = queue.act('retry', {}, clock.now(), '');
      // What was due all the time need not wait for the last of the others.
      parts.kick();
      await done;
      parts.kick();
    },
    probe: (address) => submitProbe(parts, address),
    policies: makePolicyDesk(() => inForce().outlook.discoverPorts, clock),
    check: async (subject, options) => {
      const { loaded, materials, outlook } = inForce();
      const asked = options as CheckOptions;
      const read = probeOptionsOf(loaded, materials, asked);
      if (read.kind === 'fault') return read;
      // A host that rests after a failed connection is asked all the same.
      const ports = { ...outlook.probePorts, hosts: createHostMemory() };
      return probe(ports, subjectOf(subject, asked), {
        ...read.value,
        discover: outlook.discoverOptions,
        signal: AbortSignal.timeout(60_000),
      });
    },
  };
}

/** QUE-7: stored, told to the log with the operator's words, and the message is tried at once. */
async function overrideMessage(
  { queue, overrides, clock, log, kick }: FaceParts,
  id: QueueId,
  { ignore, reason }: Pick<MessageOverride, 'ignore' | 'reason'>,
): Promise<number | undefined> {
  const story = await queue.story(id);
  const waiting = story?.recipients.filter(
    ({ state }) => state === 'queued' || state === 'deferred' || state === 'held',
  );
  if (story === undefined || waiting === undefined || waiting.length === 0) return undefined;
  const now = clock.now();
  // The last round may begin late on the last day.
  const until = instant(story.message.expiresAt + 86_400_000);
  await overrides.put(id, { ignore, reason, until }, now);
  log.event('warn', 'policy-override', { queue_id: id, ignore, says: reason });
  await queue.act('retry', { ids: [id] }, now, `${ignore.join(', ')} ignored for this message: ${reason}`);
  kick();
  return waiting.length;
}

const noStats: QueueStats = {
  messages: 0,
  recipients: { queued: 0, deferred: 0, held: 0 },
  oldestAt: undefined,
  bytes: 0,
};

/** A queue that does not answer is a state to be told, not a fault of the question. */
const statsOf = (queue: QueueStore): Promise<Result<QueueStats, string>> =>
  queue.stats().then(ok, (error: unknown) => fault(String(error)));

/** Each reason why mail would not flow, in words; all hold when the relay is ready. */
function checksOf(
  { inForce, addresses, trouble, draining }: FaceParts,
  stats: Result<QueueStats, string>,
): readonly Check[] {
  const { outlook, loaded } = inForce();
  const exam = outlook.resolver.exam();
  const unfit = exam.servers.filter((server) => !server.passed).map((server) => `${server.server}: ${server.says}`);
  const amiss = trouble();
  const disk = diskOf(loaded.config);
  return [
    {
      check: 'listeners',
      ok: !draining(),
      says: draining()
        ? 'draining, nothing is accepted any more'
        : addresses()
            .map(({ host, port }) => `${host}:${port}`)
            .join(' '),
    },
    {
      check: 'resolver',
      ok: exam.state === 'passed',
      says:
        exam.state === 'passed'
          ? `${exam.servers
              .filter((server) => server.passed)
              .map((server) => server.server)
              .join(' ')} carries DNSSEC`
          : exam.state === 'pending'
            ? 'the exam is under way'
            : `cannot carry DNSSEC, nothing is delivered: ${unfit.join('; ')}`,
    },
    { check: 'configuration', ok: amiss === undefined, says: amiss ?? 'in force' },
    { check: 'queue', ok: stats.kind === 'ok', says: stats.kind === 'ok' ? 'open' : stats.fault },
    { check: 'disk', ok: disk.enough, says: disk.says },
    { check: 'enforcement', ok: true, says: enforcementOf(loaded.config) },
  ];
}

/** OPS-67: on unless somebody switched it off, which is a choice and no fault; exceptions are listed by themselves. */
export function enforcementOf({ mtaSts, policy }: Pick<Config, 'mtaSts' | 'policy'>): string {
  const what = mtaSts.enabled
    ? 'DANE and MTA-STS are enforced on sending'
    : 'DANE is enforced on sending; MTA-STS is switched off by mta_sts.enabled';
  return policy.enforce ? what : `${what}; the floor is only rehearsed: policy.enforce is off`;
}

function exceptionsOf({ inForce, clock }: FaceParts): readonly string[] {
  const today = new Date(clock.now()).toISOString().slice(0, 10);
  return inForce()
    .loaded.config.policy.exceptions.filter(({ until }) => until >= today)
    .map(({ to, ignore, until, reason }) => `${to.join(' ')}: ${ignore.join(' ')} ignored until ${until} (${reason})`);
}

async function gaugesOf(parts: FaceParts): Promise<readonly Gauge[]> {
  const { queue, clock, inForce } = parts;
  const stats = await queue.stats();
  const waiting = Object.entries(stats.recipients).map(([state, value]) => ({
    name: 'sekisho_queue_recipients',
    says: 'Recipients that wait, by state.',
    labels: { state },
    value,
  }));
  return [
    { name: 'sekisho_queue_messages', says: 'Messages in the queue.', value: stats.messages },
    ...waiting,
    {
      name: 'sekisho_queue_oldest_age_seconds',
      says: 'Age of the oldest waiting message.',
      value: stats.oldestAt === undefined ? 0 : (clock.now() - stats.oldestAt) / 1000,
    },
    { name: 'sekisho_queue_bytes', says: 'Octets of waiting messages.', value: stats.bytes },
    { name: 'sekisho_workers', says: 'Threads that take mail in and send it out.', value: parts.threads() },
    {
      name: 'sekisho_resolver_validating',
      says: '1 while a resolver passes the DNSSEC exam.',
      value: inForce().outlook.resolver.exam().state === 'passed' ? 1 : 0,
    },
    { name: 'sekisho_policy_exceptions', says: 'Exceptions in force.', value: exceptionsOf(parts).length },
    {
      name: 'sekisho_build_info',
      says: 'The version that runs.',
      labels: { version, node: process.versions.node },
      value: 1,
    },
  ];
}

/** OPS-7: an ordinary message of ours, so that what protects it is what protects mail. */
async function submitProbe(
  parts: FaceParts,
  address: string,
): Promise<{ readonly id: string; readonly nonce: string } | { readonly refused: string }> {
  const mailbox = parseMailbox(address);
  if (mailbox.kind === 'fault') return { refused: `${JSON.stringify(address)} is no mail address (${mailbox.fault})` };
  const { identity } = parts.inForce().materials;
  const nonce = Math.floor(parts.clock.random() * 2 ** 48).toString(36);
  const text = [
    `From: ${identity.postmaster.text}`,
    `To: ${mailbox.value.text}`,
    `Date: ${new Date(parts.clock.now()).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <probe-${nonce}@${identity.origin}>`,
    `Subject: sekisho probe ${nonce}`,
    '',
    'This message tests how mail is protected on its way. The Received fields show each hop.',
    `Its word is ${nonce}: the same stands in the subject and in the answer of "sekisho probe".`,
    '',
  ].join('\r\n');
  const body = new TextEncoder().encode(text);
  const accepted = await parts.submit(
    {
      client: {
        listener: 'probe',
        kind: 'submission',
        address: '127.0.0.1' as IpAddress,
        ehlo: 'localhost',
        trusted: true,
      },
      hello: 'EHLO',
      envelope: {
        reversePath: identity.postmaster,
        recipients: [{ mailbox: mailbox.value }],
        smtputf8: false,
        requiretls: 'not-asked',
      },
    },
    {
      chunks: (async function* () {
        yield body;
      })(),
      ending: () => ({ kind: 'whole', has8bit: false, longestLine: 100 }),
    },
  );
  return accepted.kind === 'queued'
    ? { id: accepted.id, nonce }
    : { refused: `the message was not queued: ${accepted.kind}` };
}
