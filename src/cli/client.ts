// The running relay through its Unix socket, or through --url with the token of the configuration.

import { request } from 'node:http';
import type { CachedPolicy, DialoguePage, RefreshedPolicy } from '../admin/api.ts';
import type { MessageStory, MessageSummary, QueueStats, RecordsPage } from '../agent/ports.ts';
import type { CheckReport } from '../agent/probe.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { type Readiness, type RelayClient, RelayUnreachable } from './program.ts';

export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string; readonly token: string | undefined };

const maxAnswer = 256 * 1024 * 1024;

export function createRelayClient(endpoint: Endpoint, timeoutMs: number): RelayClient {
  const name = endpoint.kind === 'socket' ? endpoint.path : endpoint.url;
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; value: unknown }> =>
    new Promise((resolve, reject) => {
      const where = endpoint.kind === 'socket' ? { socketPath: endpoint.path, path } : splitUrl(endpoint.url, path);
      const token =
        endpoint.kind === 'url' && endpoint.token !== undefined ? { authorization: `Bearer ${endpoint.token}` } : {};
      const sent = request(
        {
          ...where,
          method,
          headers: { host: 'localhost', 'content-type': 'application/json', ...token },
          timeout: timeoutMs,
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > maxAnswer) sent.destroy(new Error('the answer is too long'));
            chunks.push(chunk);
          });
          response.on('end', () => {
            const status = response.statusCode ?? 0;
            if (status === 401 || status === 403)
              return reject(
                new RelayUnreachable(`the relay at ${name} refused: ${Buffer.concat(chunks).toString('utf8').trim()}`),
              );
            const value = objectIn(Buffer.concat(chunks).toString('utf8'));
            if (value === undefined) return reject(new RelayUnreachable(`what answers at ${name} is no sekisho`));
            resolve({ status, value });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', (error) =>
        reject(
          new RelayUnreachable(
            `no relay answers at ${name} (${error.message}); is it running? --socket or --url name another`,
          ),
        ),
      );
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  /** @param other a status that is an answer too, and stands for nothing found. */
  const answer = async <T extends object>(
    [method, path, body]: Parameters<typeof ask>,
    form: Form<T>,
    other?: 404 | 503,
  ): Promise<T | undefined> => {
    const { status, value } = await ask(method, path, body);
    if (status === 404 && other === 404) return undefined;
    if (status !== 200 && status !== other) {
      const { error } = value as { error?: unknown };
      throw new RelayUnreachable(`the relay at ${name} could not: ${error ?? `status ${status}`}`);
    }
    if (!fits(value, form)) throw new RelayUnreachable(`what answers at ${name} is no sekisho`);
    return value as T;
  };
  const get = async <T extends object>(path: string, form: Form<T>, other?: 503): Promise<T> =>
    (await answer(['GET', path], form, other)) as T;
  const post = async <T extends object>(path: string, body: unknown, form: Form<T>): Promise<T> =>
    (await answer(['POST', path, body], form)) as T;
  return {
    live: async () => (await ask('GET', '/livez')).status === 200,
    ready: () => get<Readiness>('/readyz', { checks: 'list' }, 503),
    list: (filter) => post<MessageSummary[]>('/api/v1/messages', { filter }, [summary]),
    story: async (id) =>
      /^[\w-]{1,64}$/.test(id)
        ? answer<MessageStory>(['GET', `/api/v1/messages/${id}`], { ...summary, records: 'list', events: 'list' }, 404)
        : undefined,
    records: (wanted) => post<RecordsPage>('/api/v1/records', wanted, { found: 'list' }),
    trace: (from) => post<DialoguePage>('/api/v1/trace', from === undefined ? {} : { from }, { lines: 'list' }),
    stats: () => get<QueueStats>('/api/v1/stats', { messages: 'number', recipients: 'object' }),
    act: async (act, filter, note) =>
      (await post<{ recipients: number }>('/api/v1/act', { act, filter, note }, { recipients: 'number' })).recipients,
    override: async (id, ignore, reason) => {
      const asked = ['POST', '/api/v1/override', { id, ignore, reason }] as const;
      return (await answer<{ recipients: number }>([...asked], { recipients: 'number' }, 404))?.recipients;
    },
    flush: async () => void (await post('/api/v1/flush', {}, {})),
    probe: async (address) => {
      const given = await post<{ id?: string; nonce?: string; refused?: string }>('/api/v1/probe', { address }, {});
      return given.id === undefined
        ? fault(given.refused ?? 'refused')
        : ok({ id: given.id, nonce: given.nonce ?? '' });
    },
    policies: () => get<CachedPolicy[]>('/api/v1/policies', [cached]),
    policy: (domain) => answer<CachedPolicy>(['GET', `/api/v1/policies/${domain}`], cached, 404),
    refreshPolicy: (domain) =>
      post<RefreshedPolicy>('/api/v1/policies/refresh', { domain }, { outcome: 'string', policy: 'object' }),
    forgetPolicy: (domain) => answer<CachedPolicy>(['POST', '/api/v1/policies/forget', { domain }], cached, 404),
    check: (subject, options) =>
      post<Result<CheckReport, string>>('/api/v1/check', { subject, options }, { kind: 'string' }),
  };
}

type Word = 'list' | 'number' | 'object' | 'string';
/** As much of an answer as tells a relay from any other server; null is an object here. */
type Form<T> = T extends readonly (infer Row)[] ? readonly [Form<Row>] : { readonly [Key in keyof T]?: Word };

const summary: Form<MessageSummary> = { message: 'object', recipients: 'list' };
const cached: Form<CachedPolicy> = { domain: 'string', id: 'string', mode: 'string', mx: 'list', body: 'string' };

function fits(value: unknown, form: object): boolean {
  if (Array.isArray(form)) return Array.isArray(value) && value.every((row) => fits(row, form[0] as object));
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(form).every(([key, word]) => {
      const held = (value as Readonly<Record<string, unknown>>)[key];
      return word === 'list' ? Array.isArray(held) : typeof held === word;
    })
  );
}

/** The relay answers with an object or a list, never with a bare value. */
function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function splitUrl(url: string, path: string): { host: string; port: string; path: string } {
  const parsed = new URL(path, url);
  return { host: parsed.hostname, port: parsed.port || '80', path: parsed.pathname };
}
