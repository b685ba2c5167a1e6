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
  const post = async <T>(path: string, body: unknown): Promise<T> => {
    const { status, value } = await ask('POST', path, body);
    const says = (value as { error?: string }).error ?? `status ${status}`;
    if (status >= 500) throw new RelayUnreachable(`the relay at ${name} could not: ${says}`);
    if (status !== 200) throw new Error(says);
    return value as T;
  };
  return {
    live: async () => (await ask('GET', '/livez')).status === 200,
    ready: async () => (await ask('GET', '/readyz')).value as Readiness,
    list: (filter) => post<readonly MessageSummary[]>('/api/v1/messages', { filter }),
    story: async (id) => {
      if (!/^[\w-]{1,64}$/.test(id)) return undefined;
      const { status, value } = await ask('GET', `/api/v1/messages/${id}`);
      return status === 404 ? undefined : (value as MessageStory);
    },
    records: (wanted) => post<RecordsPage>('/api/v1/records', wanted),
    trace: (from) => post<DialoguePage>('/api/v1/trace', from === undefined ? {} : { from }),
    stats: async () => (await ask('GET', '/api/v1/stats')).value as QueueStats,
    act: async (act, filter, note) =>
      (await post<{ recipients: number }>('/api/v1/act', { act, filter, note })).recipients,
    override: async (id, ignore, reason) => {
      const { status, value } = await ask('POST', '/api/v1/override', { id, ignore, reason });
      const { recipients, error } = value as { recipients?: number; error?: string };
      if (status !== 200 && status !== 404) throw new RelayUnreachable(`the relay at ${name} could not: ${error}`);
      return recipients;
    },
    flush: async () => void (await post('/api/v1/flush', {})),
    probe: async (address) => {
      const given = await post<{ id?: string; nonce?: string; refused?: string }>('/api/v1/probe', { address });
      return given.id === undefined
        ? fault(given.refused ?? 'refused')
        : ok({ id: given.id, nonce: given.nonce ?? '' });
    },
    policies: async () => (await ask('GET', '/api/v1/policies')).value as readonly CachedPolicy[],
    policy: async (domain) => {
      const { status, value } = await ask('GET', `/api/v1/policies/${domain}`);
      return status === 404 ? undefined : (value as CachedPolicy);
    },
    refreshPolicy: (domain) => post<RefreshedPolicy>('/api/v1/policies/refresh', { domain }),
    forgetPolicy: async (domain) => {
      const { status, value } = await ask('POST', '/api/v1/policies/forget', { domain });
      return status === 404 ? undefined : (value as CachedPolicy);
    },
    check: (subject, options) => post<Result<CheckReport, string>>('/api/v1/check', { subject, options }),
  };
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
