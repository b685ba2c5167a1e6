// GET of an MTA-STS policy (RFC 8461 §3.3) behind the PolicyHost port: addresses from our own resolver, one certificate
// check, no redirect, no cache, and a limit on everything the other side may send. Leaves the body unparsed.

import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import type { PolicyHost, Reading, Resolver } from '../../agent/ports.ts';
import type { DomainName } from '../../core/base/brand.ts';
import { parseDomainName } from '../../core/base/domain-name.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import { type Prefix, refusalOf } from '../../core/routing/addresses.ts';
import { readCertificate } from '../../core/x509/certificate.ts';
import { matchNames } from '../../core/x509/identity.ts';

export type PolicyHostOptions = {
  readonly resolver: Resolver;
  /** TLS 1.2 or later and the trust anchors; asked anew for each fetch, so that a reloaded bundle counts. */
  readonly secureContext: () => SecureContext;
  /** 443, except in laboratories (STS-10). */
  readonly port: number;
  /** `delivery.allow_addresses`: ranges that a policy host may live in although they are private (STS-18). */
  readonly allowed: readonly Prefix[];
  readonly families: 'auto' | 'ipv4' | 'ipv6';
  /** For the whole fetch, DNS included. Default 60 s (STS-15). */
  readonly timeoutMs?: number;
};

type Fetched = Awaited<ReturnType<PolicyHost['fetch']>>;
type Failed = Extract<Fetched, { kind: 'failed' }>;

/** STS-15. */
const maxBody = 64 * 1024;
const maxHeaders = 16 * 1024;
const defaultTimeout = 60_000;

export function createPolicyHost(options: PolicyHostOptions): PolicyHost {
  return {
    async fetch(domain, reading = 'validated') {
      const name = parseDomainName(`mta-sts.${domain}`);
      if (name.kind === 'fault') return failed('sts-policy-fetch-error', 'the name of the policy host is too long');
      const timeout = options.timeoutMs ?? defaultTimeout;
      const deadline = AbortSignal.timeout(timeout);
      const late = new Promise<Failed>((resolve) => {
        const says = `no policy within ${timeout / 1000} s`;
        deadline.addEventListener('abort', () => resolve(failed('sts-policy-fetch-error', says)));
      });
      return Promise.race([late, fetchFrom(name.value, reading, options, deadline)]);
    },
  };
}

async function fetchFrom(
  host: DomainName,
  reading: Reading,
  options: PolicyHostOptions,
  deadline: AbortSignal,
): Promise<Fetched> {
  const addresses = await addressesOf(host, reading, options);
  if ('kind' in addresses) return addresses;
  return get(host, addresses, options, deadline);
}

/** STS-18: public DNS must not send us to our own network. */
async function addressesOf(
  host: DomainName,
  reading: Reading,
  options: PolicyHostOptions,
): Promise<readonly IpAddress[] | Failed> {
  const types = ({ auto: ['AAAA', 'A'], ipv4: ['A'], ipv6: ['AAAA'] } as const)[options.families];
  const answers = await Promise.all(types.map((type) => options.resolver.resolve(host, type, reading)));
  const found = answers.flatMap(({ answer }) => (answer.kind === 'found' ? answer.value : []));
  if (found.length === 0) {
    const reason = answers.map(({ answer }) => (answer.kind === 'failed' ? answer.reason : 'no address')).join(', ');
    return failed('sts-policy-fetch-error', `the addresses of ${host} could not be had: ${reason}`);
  }
  const usable = found.filter((address) => refusalOf(address, options.allowed) === undefined);
  if (usable.length > 0) return usable.slice(0, 8);
  return failed('sts-policy-fetch-error', `${host} has only private addresses (${found.slice(0, 4).join(', ')})`);
}

function get(
  host: DomainName,
  addresses: readonly IpAddress[],
  options: PolicyHostOptions,
  deadline: AbortSignal,
): Promise<Fetched> {
  return new Promise((resolve) => {
    const call: RequestOptions & Pick<ConnectionOptions, 'secureContext'> = {
      host,
      servername: host,
      port: options.port,
      method: 'GET',
      path: '/.well-known/mta-sts.txt',
      // STS-17: nothing but these goes out; the Host header is made from the name.
      headers: { 'user-agent': 'sekisho', accept: 'text/plain', 'accept-encoding': 'identity', connection: 'close' },
      // STS-13, TLS-21: a new connection with a full handshake for every fetch.
      agent: false,
      lookup: lookupIn(addresses),
      secureContext: options.secureContext(),
      rejectUnauthorized: true,
      checkServerIdentity: (_name: string, peer: PeerCertificate) => nameFault(host, peer),
      maxHeaderSize: maxHeaders,
      signal: deadline,
    };
    const asked = request(call);
    asked.on('error', (error) => resolve(transportFault(error)));
    asked.on('response', (response) => {
      const refused = refusalOfHead(response);
      if (refused) {
        resolve(refused);
        asked.destroy();
      } else readBody(response).then(resolve);
    });
    asked.end();
  });
}

/** The resolver of the machine is never asked: it is not the one that was judged. */
const lookupIn = (addresses: readonly IpAddress[]): LookupFunction => {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return (_name, { all: wanted }, done) =>
    wanted ? done(null, all) : done(null, all[0]?.address ?? '', all[0]?.family ?? 4);
};

/** STS-11, NAME-4: dNSName entries only; our own comparison, as for MX hosts. */
function nameFault(host: DomainName, peer: PeerCertificate): Error | undefined {
  const certificate = readCertificate(new Uint8Array(peer.raw));
  if (certificate && matchNames(certificate, [host], 'never').kind === 'match') return undefined;
  return Object.assign(new Error(`the certificate does not name ${host}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

/** What can be said before the body is read. */
function refusalOfHead(response: IncomingMessage): Failed | undefined {
  const { statusCode, headers } = response;
  // STS-12: redirects are answers like any other that is not 200.
  if (statusCode !== 200) return failed('sts-policy-fetch-error', `the policy host answered with status ${statusCode}`);
  const encoding = headers['content-encoding'];
  // STS-15: identity was asked for; what is packed may unpack to anything.
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity')
    return failed('sts-policy-fetch-error', 'the policy came in a content encoding that was not asked for');
  // STS-14.
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'text/plain') return failed('sts-policy-invalid', 'the media type of the policy is not text/plain');
  if (Number(headers['content-length'] ?? 0) > maxBody) return tooLarge;
  return undefined;
}

function readBody(response: IncomingMessage): Promise<Fetched> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBody) return;
      resolve(tooLarge);
      response.destroy();
    });
    response.on('end', () => resolve({ kind: 'body', body: Buffer.concat(chunks).toString('utf8') }));
    // A body cut off in the middle must not pass for a short one.
    response.on('error', (error) => resolve(transportFault(error)));
  });
}

/** STS-20: what OpenSSL says of the path or we of the name is the certificate's fault, the rest is the network's. */
function transportFault(error: Error & { code?: string; errors?: readonly Error[] }): Failed {
  const code = error.code ?? '';
  const first = error.errors?.[0];
  const says = shown(first ? `${code} ${first.message}` : error.message);
  if (certificateCodes.test(code)) return failed('sts-webpki-invalid', `the certificate of the policy host: ${says}`);
  return failed('sts-policy-fetch-error', `the policy host could not be asked: ${says}`);
}

// The names of X509_V_ERR_… as Node gives them, and our own for the name.
const certificateCodes =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERROR_IN_CERT_|CRL_|UNSPECIFIED$)/;

const shown = (text: string): string => text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200);

const failed = (fault: Failed['fault'], says: string): Failed => ({ kind: 'failed', fault, says });

const tooLarge: Failed = failed('sts-policy-fetch-error', 'the policy is larger than 64 KiB');
