// The running relay's own endpoint: a Unix socket in the state directory, and a loopback TCP port with health, metrics and
// a plain status page. Acts come over the socket, or over TCP when admin.actions is on and the token fits.

import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { languageOf } from '../core/words/say.ts';
import { answer, type Relay } from './api.ts';
import { pageIn } from './status-page.ts';

export type AdminOptions = {
  readonly socketPath: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly token: string | undefined;
  readonly actions: boolean;
};

export type Admin = { readonly port: number; close(): Promise<void> };

const maxBody = 64 * 1024;

/** @throws Error that names the socket or address that is in use or not writable. */
export async function startAdmin(options: AdminOptions, relay: Relay): Promise<Admin> {
  const socket = createServer((request, response) => void serve(request, response, relay, { acts: true }));
  const tcp = createServer((request, response) => {
    if (!allowed(request, options)) return refuse(response, 401, 'a token is wanted: Authorization: Bearer …');
    void serve(request, response, relay, { acts: options.actions });
  });
  for (const server of [socket, tcp]) {
    server.headersTimeout = 10_000;
    server.requestTimeout = 30_000;
    server.maxConnections = 100;
  }
  await removeStale(options.socketPath);
  await listen(socket, { path: options.socketPath }, options.socketPath);
  // The socket stands in for a login: only the relay's own user and root may speak through it.
  chmodSync(options.socketPath, 0o600);
  try {
    await listen(tcp, options.address, `${options.address.host}:${options.address.port}`);
  } catch (error) {
    await closed(socket);
    throw error;
  }
  const bound = tcp.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.address.port,
    close: async () => {
      await Promise.all([closed(socket), closed(tcp)]);
      rmSync(options.socketPath, { force: true });
    },
  };
}

/** A socket file without a listener is left over from a crash; one with a listener is another relay. */
function removeStale(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const trial = connect({ path });
    trial.once('connect', () => {
      trial.destroy();
      reject(new Error(`another relay answers on ${path}; stop it or choose another state directory`));
    });
    trial.once('error', () => {
      rmSync(path, { force: true });
      resolve();
    });
  });
}

function listen(server: Server, where: { path: string } | { host: string; port: number }, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new Error(
          `cannot listen on ${name}: ${error.code === 'EADDRINUSE' ? 'the address is in use; set admin.address' : error.message}`,
        ),
      );
    });
    server.listen(where, resolve);
  });
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

const isLoopback = (host: string): boolean => /^127\.|^::1$|^localhost$/.test(host);

function allowed(request: IncomingMessage, options: AdminOptions): boolean {
  // A page of another site must not reach us through a name that points to loopback.
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (options.token === undefined) return isLoopback(options.address.host) && isLoopback(host);
  const probe = request.url === '/livez' || request.url === '/readyz';
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return probe || timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${options.token}`));
}

function refuse(response: ServerResponse, status: number, says: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify({ error: says })}\n`);
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  relay: Relay,
  rights: { acts: boolean },
): Promise<void> {
  try {
    const method = request.method ?? 'GET';
    if (method !== 'GET' && method !== 'POST') return refuse(response, 405, 'GET or POST');
    if (method === 'POST' && !rights.acts)
      return refuse(response, 403, 'acts are off here: use the socket, or set admin.actions');
    // A form of another site cannot set this type without asking first.
    if (method === 'POST' && request.headers['content-type'] !== 'application/json')
      return refuse(response, 415, 'application/json is wanted');
    const body = await read(request);
    if (body === undefined) return refuse(response, 413, `at most ${maxBody} octets`);
    const given = await answer(relay, method, new URL(request.url ?? '/', 'http://relay'), body);
    response.writeHead(given.status, {
      'content-type': given.type,
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      'x-content-type-options': 'nosniff',
    });
    // OPS-64: people read the page, programs all the rest.
    const language = languageOf(request.headers['accept-language']?.split(/[,;]/)[0], {});
    response.end(given.type.startsWith('text/html') ? pageIn(language, given.body) : given.body);
  } catch (error) {
    refuse(response, 500, (error as Error).message);
  }
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBody) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
