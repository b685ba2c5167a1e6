// Path to answer. Messages and facts go out as they are stored; rendering is the caller's.

import type {
  DialogueLine,
  MessageStory,
  MessageSummary,
  QueueFilter,
  QueueStats,
  RecordsPage,
  RecordsRequest,
} from '../agent/ports.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { isOverride, type MessageOverride } from '../core/policy/operator.ts';
import { inertJson } from '../core/words/harmless.ts';
import { statusPage } from './status-page.ts';

export type Check = { readonly check: string; readonly ok: boolean; readonly says: string };

export type RelayStatus = {
  readonly version: string;
  readonly hostname: string;
  readonly startedAt: number;
  readonly state: 'running' | 'draining';
  readonly checks: readonly Check[];
  readonly stats: QueueStats;
  readonly listeners: readonly string[];
  readonly exceptions: readonly string[];
};

/** STS-49: a cached policy as operators see it; times in RFC 3339. */
export type CachedPolicy = {
  readonly domain: string;
  readonly id: string;
  readonly mode: 'enforce' | 'testing' | 'none';
  /** Seconds. */
  readonly maxAge: number;
  readonly mx: readonly string[];
  readonly fetchedAt: string;
  readonly expiresAt: string;
  readonly state: 'in-force' | 'expired';
  readonly body: string;
};

/** `kept`: the cached policy stands in for one that could not be fetched. */
export type RefreshedPolicy = {
  readonly outcome: 'fetched' | 'cached' | 'kept' | 'none' | 'failed';
  readonly says: string | null;
  readonly policy: CachedPolicy | null;
};

export interface PolicyDesk {
  list(): readonly CachedPolicy[];
  /** @param domain as it was asked for; undefined for one that is not cached. */
  show(domain: string): CachedPolicy | undefined;
  refresh(domain: string): Promise<RefreshedPolicy>;
  /** @returns what was forgotten. */
  forget(domain: string): Promise<CachedPolicy | undefined>;
}

/** The relay's dialogues, kept for a moment while somebody reads them. */
export interface Dialogues {
  /** @param from the `next` of the last reading; undefined: from now on. `missed`: lines that were gone already. */
  read(from: number | undefined): DialoguePage;
}

export type DialoguePage = {
  readonly lines: readonly DialogueLine[];
  readonly next: number;
  readonly missed: number;
};

/** What the endpoint may ask of the relay around it; main.ts provides it. */
export interface Relay {
  status(): Promise<RelayStatus>;
  metrics(): Promise<string>;
  list(filter: QueueFilter): Promise<readonly MessageSummary[]>;
  story(id: string): Promise<MessageStory | undefined>;
  records(request: RecordsRequest): Promise<RecordsPage>;
  readonly dialogues: Dialogues;
  act(act: string, filter: QueueFilter, note: string): Promise<number | undefined>;
  /** QUE-7. @returns how many recipients wait; undefined when there is no such message, or it waits no longer. */
  override(id: string, asked: Pick<MessageOverride, 'ignore' | 'reason'>): Promise<number | undefined>;
  flush(): Promise<void>;
  probe(address: string): Promise<{ readonly id: string; readonly nonce: string } | { readonly refused: string }>;
  check(subject: string, options: unknown): Promise<unknown>;
  readonly policies: PolicyDesk;
}

/** Of the words that are kept with an act. */
const maxReason = 1000;

export type Answer = { readonly status: number; readonly type: string; readonly body: string };

const json = (status: number, value: unknown): Answer => ({
  status,
  type: 'application/json',
  // ATK-112: whoever looks at it with curl is safe as well.
  body: `${inertJson(JSON.stringify(value))}\n`,
});

const foundOr404 = (policy: CachedPolicy | undefined): Answer =>
  policy === undefined ? json(404, { error: 'no such policy' }) : json(200, policy);

function readBody(body: string): Record<string, unknown> | undefined {
  try {
    const asked: unknown = JSON.parse(body === '' ? '{}' : body);
    return typeof asked === 'object' && asked !== null ? (asked as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTime = (value: unknown): boolean => Number.isFinite(value);

const filterParts: { readonly [Part in keyof Required<QueueFilter>]: (value: unknown) => boolean } = {
  domain: isText,
  from: isText,
  to: isText,
  because: isText,
  olderThan: isTime,
  newerThan: isTime,
  state: (value) => ['queued', 'deferred', 'held', 'sent', 'bounced', 'dropped'].includes(value as string),
  ids: (value) => Array.isArray(value) && value.every(isText),
  limit: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

/** QUE-7: a mistyped part must not widen an act to the whole queue. */
function readFilter(given: unknown): Result<QueueFilter, string> {
  const filter = given === undefined ? {} : given;
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter)) return fault('the filter is no object');
  const wrong = Object.entries(filter).find(
    ([part, value]) => !Object.hasOwn(filterParts, part) || !filterParts[part as keyof QueueFilter](value),
  );
  return wrong === undefined ? ok(filter) : fault(`this is no filter: ${JSON.stringify(wrong[0])}`);
}

export async function answer(relay: Relay, method: string, url: URL, body: string): Promise<Answer> {
  const { pathname } = url;
  if (method === 'GET') {
    if (pathname === '/livez') return json(200, { live: true });
    if (pathname === '/readyz') {
      const { checks } = await relay.status();
      const ready = checks.every((found) => found.ok);
      return json(ready ? 200 : 503, { ready, checks });
    }
    if (pathname === '/metrics')
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await relay.metrics() };
    if (pathname === '/')
      return {
        status: 200,
        type: 'text/html; charset=utf-8',
        body: statusPage(await relay.status(), await relay.list({ limit: 50 })),
      };
    if (pathname === '/api/v1/status') return json(200, await relay.status());
    if (pathname === '/api/v1/stats') return json(200, (await relay.status()).stats);
    const story = /^\/api\/v1\/messages\/([\w-]{1,64})$/.exec(pathname);
    if (story) {
      const found = await relay.story(story[1] as string);
      return found === undefined ? json(404, { error: 'no such message' }) : json(200, found);
    }
    if (pathname === '/api/v1/policies') return json(200, relay.policies.list());
    const policy = /^\/api\/v1\/policies\/([\w.-]{1,253})$/.exec(pathname);
    if (policy) return foundOr404(relay.policies.show(policy[1] as string));
    return json(404, { error: 'no such page' });
  }
  const asked = readBody(body);
  if (asked === undefined) return json(400, { error: 'the body is no JSON object' });
  if (pathname === '/api/v1/messages') {
    const filter = readFilter(asked.filter);
    return filter.kind === 'ok' ? json(200, await relay.list(filter.value)) : json(400, { error: filter.fault });
  }
  if (pathname === '/api/v1/records') {
    const filter = readFilter(asked.filter);
    if (filter.kind === 'fault') return json(400, { error: filter.fault });
    const { order, from, limit } = asked;
    if ((order !== 'newest' && order !== 'oldest') || !Number.isSafeInteger(from) || !Number.isSafeInteger(limit))
      return json(400, { error: 'order, from and limit are wanted' });
    return json(200, await relay.records({ filter: filter.value, order, from: Number(from), limit: Number(limit) }));
  }
  if (pathname === '/api/v1/trace')
    return json(200, relay.dialogues.read(Number.isSafeInteger(asked.from) ? Number(asked.from) : undefined));
  if (pathname === '/api/v1/act') {
    const filter = readFilter(asked.filter);
    if (filter.kind === 'fault') return json(400, { error: filter.fault });
    const changed = await relay.act(String(asked.act), filter.value, String(asked.note ?? ''));
    return changed === undefined ? json(400, { error: 'no such act' }) : json(200, { recipients: changed });
  }
  if (pathname === '/api/v1/override') {
    const override = { ignore: asked.ignore, reason: String(asked.reason ?? '').slice(0, maxReason), until: 0 };
    if (!isOverride(override)) return json(400, { error: 'an override wants what to ignore, and a reason' });
    const changed = await relay.override(String(asked.id ?? ''), override);
    return changed === undefined ? json(404, { error: 'no such message waits' }) : json(200, { recipients: changed });
  }
  if (pathname === '/api/v1/flush') {
    await relay.flush();
    return json(200, {});
  }
  if (pathname === '/api/v1/probe') return json(200, await relay.probe(String(asked.address ?? '')));
  if (pathname === '/api/v1/policies/refresh')
    return json(200, await relay.policies.refresh(String(asked.domain ?? '')));
  if (pathname === '/api/v1/policies/forget')
    return foundOr404(await relay.policies.forget(String(asked.domain ?? '')));
  if (pathname === '/api/v1/check') return json(200, await relay.check(String(asked.subject ?? ''), asked.options));
  return json(404, { error: 'no such page' });
}
