// The laboratory's MTA-STS policy hosts (RFC 8461 §3.3): real HTTPS for any number of domains behind one address, told
// apart by SNI, each with its own policy, certificate and faults. A domain nobody publishes gets no certificate.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { Identity } from './mx-host.ts';

export type PolicyHostFault =
  | 'redirect'
  | 'html'
  | 'not-found'
  | 'not-modified'
  | 'server-error'
  | 'wrong-media-type'
  | 'slow'
  | 'silent'
  | 'endless'
  | 'giant-header'
  | 'gzip'
  | 'drop'
  | 'certificate-name'
  | 'certificate-expired'
  | 'certificate-cn-only'
  | 'certificate-self-signed';

export const policyHostFaults: readonly PolicyHostFault[] = [
  'redirect',
  'html',
  'not-found',
  'not-modified',
  'server-error',
  'wrong-media-type',
  'slow',
  'silent',
  'endless',
  'giant-header',
  'gzip',
  'drop',
  'certificate-name',
  'certificate-expired',
  'certificate-cn-only',
  'certificate-self-signed',
];

type CertificateFault = Extract<PolicyHostFault, `certificate-${string}`>;

export type PublishedPolicy = {
  /** The policy domain; the host is `mta-sts.` before it. */
  readonly domain: string;
  body: string;
  readonly identity: Identity;
  /** What it presents under a certificate fault; made when first needed. */
  readonly flawed: (fault: CertificateFault) => Promise<Identity>;
  readonly faults: Set<PolicyHostFault>;
};

export type SeenRequest = {
  readonly host: string;
  readonly sni: string | undefined;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

export type PolicyHosts = {
  readonly address: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  publish(policy: PublishedPolicy): void;
  policy(domain: string): PublishedPolicy | undefined;
  close(): Promise<void>;
};

const wellKnown = '/.well-known/mta-sts.txt';

/** @throws Error when the address cannot be bound. */
export async function startPolicyHosts(options: { address: string; port: number }): Promise<PolicyHosts> {
  const policies = new Map<string, PublishedPolicy>();
  const requests: SeenRequest[] = [];
  const open = new Set<Socket>();
  const hostOf = (name: string): PublishedPolicy | undefined => policies.get(name.toLowerCase());

  const contextFor = async (name: string): Promise<SecureContext> => {
    const policy = hostOf(name);
    if (!policy) throw new Error(`nobody publishes at ${name}`);
    const flaw = [...policy.faults].find((fault) => fault.startsWith('certificate-'));
    const identity = flaw ? await policy.flawed(flaw as CertificateFault) : policy.identity;
    return createSecureContext({ cert: identity.chainPem, key: identity.keyPem });
  };

  const server = createServer({
    SNICallback: (name, done) => {
      contextFor(name).then((context) => done(null, context), done);
    },
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const sni = (request.socket as { servername?: string }).servername;
    requests.push({ host, sni, path: request.url ?? '', headers: request.headers });
    const policy = hostOf(host);
    if (policy && request.url === wellKnown) serve(response, policy);
    // Where the redirect leads to, the policy is there, for whoever should not have followed.
    else if (policy && request.url === '/elsewhere') send(response, 200, text, policy.body);
    else send(response, 404, text, '');
  });
  server.on('tlsClientError', () => {});
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.address }, resolve);
  });
  const bound = server.address();
  return {
    address: options.address,
    port: typeof bound === 'object' && bound ? bound.port : options.port,
    requests,
    publish: (policy) => void policies.set(`mta-sts.${policy.domain}`, policy),
    policy: (domain) => hostOf(`mta-sts.${domain}`),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function serve(response: ServerResponse, policy: PublishedPolicy): void {
  const { body, domain } = policy;
  const fault = [...policy.faults].findLast((one) => !one.startsWith('certificate-'));
  switch (fault) {
    case 'redirect':
      send(response, 302, { location: `https://mta-sts.${domain}/elsewhere` }, '');
      break;
    case 'html':
      send(response, 200, { 'content-type': 'text/html' }, '<!doctype html><title>Parked</title><p>For sale.');
      break;
    case 'wrong-media-type':
      send(response, 200, { 'content-type': 'application/octet-stream' }, body);
      break;
    case 'not-found':
      send(response, 404, text, 'not found\r\n');
      break;
    case 'not-modified':
      response.writeHead(304, { etag: '"1"' }).end();
      break;
    case 'server-error':
      send(response, 503, text, 'later\r\n');
      break;
    case 'giant-header':
      send(response, 200, { ...text, 'x-large': 'x'.repeat(256 * 1024) }, body);
      break;
    case 'gzip':
      send(response, 200, { ...text, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(16 * 1024 * 1024, 'x')));
      break;
    case 'slow':
      drip(response, body, 1000);
      break;
    case 'endless':
      flood(response);
      break;
    case 'drop':
      response.socket?.destroy();
      break;
    case 'silent':
      break;
    default:
      send(response, 200, text, body);
  }
}

const text = { 'content-type': 'text/plain' };

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string | Buffer): void {
  response.writeHead(status, headers).end(body);
}

/** One octet a time. */
function drip(response: ServerResponse, body: string, pause: number): void {
  response.writeHead(200, text);
  let at = 0;
  const timer = setInterval(() => {
    if (at < body.length) response.write(body[at++]);
    else response.end();
  }, pause);
  response.once('close', () => clearInterval(timer));
}

/** Until the client has enough. */
function flood(response: ServerResponse): void {
  response.writeHead(200, text);
  response.write('version: STSv1\r\nmode: none\r\n');
  const line = 'padding: '.padEnd(1022, 'x').concat('\r\n').repeat(16);
  const more = (): void => {
    while (!response.destroyed && response.write(line));
  };
  response.on('drain', more);
  more();
}
