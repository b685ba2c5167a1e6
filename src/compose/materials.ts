// What the settings name, fetched and read: keys, certificates, anchors, ranges, routes, rules. One way for `run` and
// `config check`, so that a configuration found right is one that starts. All faults are collected.

import { accessSync, constants, mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  formatServerAddress,
  isCredible,
  parseServerAddress,
  readResolvConf,
  type ServerAddress,
} from '../adapters/dns/server-address.ts';
import type { CertificatePair, ListenerOptions } from '../adapters/smtp/server-options.ts';
import { loadTrustStore, type TrustStore } from '../adapters/smtp/trust-store.ts';
import type { Config } from '../config/config.ts';
import type { ConfigFault } from '../config/load.ts';
import type { DomainName, Instant } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { type Anchors, builtinAnchors, parseAnchors } from '../core/dnssec/anchors.ts';
import { type OperatorPolicy, parseOperatorPolicy } from '../core/policy/operator.ts';
import { type Prefix, parsePrefix } from '../core/routing/addresses.ts';
import { formatVia, parseRoute, type Route } from '../core/routing/next-hop.ts';
import { parseMailbox } from '../core/smtp/address.ts';
import type { Identity } from '../core/smtp/admission.ts';
import { languageOf } from '../core/words/say.ts';
import { readNamed } from './input.ts';
import { readListeners, readPair, readUsers } from './listeners.ts';
import { attempt, type Env, makeReader, type Reader, readOne, readSecret } from './reader.ts';

/** What it takes to look and to dial: all that `check` and `dns` need, so that they run without the relay's secrets. */
export type Sight = {
  readonly servers: readonly ServerAddress[];
  readonly anchors: Anchors;
  readonly trustStore: TrustStore;
  readonly identity: Identity;
  readonly routes: readonly Route[];
  readonly policy: OperatorPolicy;
  readonly allowed: readonly Prefix[];
  readonly localZones: readonly DomainName[];
  readonly sourceAddresses: readonly IpAddress[];
};

export type Materials = Sight & {
  readonly listeners: readonly ListenerOptions[];
  /** OPS-3: for hosts that ask for one. */
  readonly clientCertificate: CertificatePair | undefined;
  /** By the canonical text of the route's `via`. */
  readonly credentials: ReadonlyMap<string, Credentials>;
  /** User name to `sha256:` or `scrypt:` hash, by listener name. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly adminToken: string | undefined;
  readonly queuePath: string;
};

export type Credentials = { readonly user: string; readonly pass: string };

export type Gathered<T> = { readonly materials: T | undefined; readonly faults: readonly ConfigFault[] };

/** Everything that the relay runs on. */
export async function gather(config: Config, env: Env, now: Instant): Promise<Gathered<Materials>> {
  const reader = makeReader(env);
  const sight = readSight(config, env, now, reader);
  const users = new Map<string, ReadonlyMap<string, string>>();
  for (const listener of config.listen)
    if (listener.auth === 'password') users.set(listener.name, readUsers(listener, reader));
  const materials = {
    ...sight,
    listeners: sight.identity === undefined ? [] : await readListeners(config, sight.identity, reader),
    clientCertificate: readPair('tls.', config.tls, reader),
    credentials: readCredentials(config, reader),
    users,
    adminToken: config.admin.token && readSecret('admin.token', config.admin.token, reader),
    queuePath: readQueuePath(config, reader),
  };
  if (config.admin.token === undefined && !/^127\.|^::1$|^localhost$/.test(config.admin.address.host)) {
    reader.fault('admin.address', `${config.admin.address.host} is not loopback, so admin.token is wanted`);
  }
  const { faults } = reader;
  return { materials: faults.length === 0 ? (materials as Materials) : undefined, faults };
}

/** What the tools need. Touches no state directory, no key, no secret. */
export function gatherSight(config: Config, env: Env, now: Instant): Gathered<Sight> {
  const reader = makeReader(env);
  const sight = readSight(config, env, now, reader);
  const { faults } = reader;
  return { materials: faults.length === 0 ? (sight as Sight) : undefined, faults };
}

/** Parts that could not be read are undefined, and the reader has their faults. */
type Partly<T> = { readonly [Key in keyof T]: T[Key] | undefined };

function readSight(config: Config, env: Env, now: Instant, reader: Reader): Partly<Sight> {
  return {
    servers: readServers(config, reader),
    anchors: readAnchors(config, now, reader),
    trustStore: attempt('tls.trust_store', reader, () => loadTrustStore(config.tls.trustStore)),
    identity: readIdentity(config, env, reader),
    routes: readRoutes(config, reader),
    policy: readPolicy(config, reader),
    allowed: config.delivery.allowAddresses.flatMap((text) =>
      readOne('delivery.allow_addresses', text, parsePrefix(text), reader),
    ),
    localZones: config.resolver.localZones.flatMap((text) =>
      readOne('resolver.local_zones', text, parseDomainName(text), reader),
    ),
    sourceAddresses: config.delivery.sourceAddresses.flatMap((text) =>
      isIP(text) === 0
        ? (reader.fault('delivery.source_addresses', `${text} is no IP address`) ?? [])
        : [text as IpAddress],
    ),
  };
}

function readIdentity(config: Config, env: Env, reader: Reader): Identity | undefined {
  const { hostname, origin, ownNames, postmaster } = config.identity;
  const literal = /^\[.*\]$/.test(hostname);
  const host = literal ? undefined : parseDomainName(hostname);
  if (host?.kind === 'fault')
    return reader.fault('identity.hostname', `${JSON.stringify(hostname)} is no host name (${host.fault})`);
  const domain = parseDomainName(origin);
  if (domain.kind === 'fault')
    return reader.fault(
      'identity.origin',
      `${JSON.stringify(origin)} is no domain (${domain.fault}); set it beside an address literal`,
    );
  const mailbox = parseMailbox(postmaster);
  if (mailbox.kind === 'fault')
    return reader.fault('identity.postmaster', `${JSON.stringify(postmaster)} is no address (${mailbox.fault})`);
  return {
    hostname: host?.value ?? hostname,
    origin: domain.value,
    ownNames: ownNames.flatMap((name) => readOne('identity.own_names', name, parseDomainName(name), reader)),
    postmaster: mailbox.value,
    language: languageOf(undefined, env),
  };
}

// ---- resolver, routes, policy, queue

function readServers(config: Config, reader: Reader): readonly ServerAddress[] {
  if (config.resolver.servers.length === 0) {
    const servers = attempt('resolver.servers', reader, () => readResolvConf(readNamed('/etc/resolv.conf')));
    return servers === undefined || servers.length > 0
      ? (servers ?? [])
      : (reader.fault('resolver.servers', 'is empty, and so is /etc/resolv.conf') ?? []);
  }
  const servers = config.resolver.servers.flatMap((text) =>
    readOne('resolver.servers', text, parseServerAddress(text), reader),
  );
  // DNS-6: what the resolver itself would refuse at the start.
  const remote = config.resolver.mode === 'trust-ad' ? servers.find((server) => !isCredible(server)) : undefined;
  if (remote !== undefined)
    reader.fault(
      'resolver.servers',
      `mode "trust-ad" believes what the server says, and ${formatServerAddress(remote)} is not on this machine; use a loopback server, DNS over TLS (tls://address#name), or mode "validate"`,
    );
  return servers;
}

/** TA-5: unreadable or empty anchors refuse the start. */
function readAnchors(config: Config, now: Instant, reader: Reader): Anchors | undefined {
  const setting = config.resolver.trustAnchors;
  if (setting === 'builtin') return builtinAnchors;
  const inline = /\b(DS|DNSKEY)\b/.test(setting);
  const text = inline ? setting : attempt('resolver.trust_anchors', reader, () => readNamed(setting));
  if (text === undefined) return undefined;
  const parsed = parseAnchors(text, now);
  return parsed.kind === 'ok'
    ? parsed.value
    : reader.fault('resolver.trust_anchors', `${inline ? '' : `${setting}: `}${parsed.fault.says}`);
}

function readRoutes(config: Config, reader: Reader): readonly Route[] {
  return config.routes.flatMap((route) => {
    const credentials = route.credentials === undefined ? 'none' : 'configured';
    const parsed = parseRoute({ to: route.to, via: route.via, tls: route.tls, credentials });
    if (parsed.kind === 'ok') return [parsed.value];
    return reader.fault('route', parsed.fault, route.source) ?? [];
  });
}

function readCredentials(config: Config, reader: Reader): ReadonlyMap<string, Credentials> {
  const credentials = new Map<string, Credentials>();
  for (const route of config.routes) {
    const secret = route.credentials && readSecret('route.credentials', route.credentials, reader);
    const parsed = parseRoute({ to: route.to, via: route.via, tls: route.tls, credentials: 'configured' });
    if (secret === undefined || parsed.kind === 'fault') continue;
    const colon = secret.indexOf(':');
    const via = formatVia(parsed.value.via);
    const given = { user: secret.slice(0, colon), pass: secret.slice(colon + 1) };
    const other = credentials.get(via);
    if (colon < 1) reader.fault('route.credentials', 'does not hold "user:password"', route.source);
    else if (other !== undefined && (other.user !== given.user || other.pass !== given.pass))
      reader.fault('route.credentials', `${via} has other credentials in another route`, route.source);
    else credentials.set(via, given);
  }
  return credentials;
}

function readPolicy(config: Config, reader: Reader): OperatorPolicy | undefined {
  const parsed = parseOperatorPolicy(config.policy);
  if (parsed.kind === 'ok') return parsed.value;
  for (const says of parsed.fault) reader.fault('policy', says);
  return undefined;
}

function readQueuePath(config: Config, reader: Reader): string {
  const match = /^sqlite:(\/.+)$/.exec(config.queue.url);
  if (!match) {
    reader.fault(
      'queue.url',
      `${JSON.stringify(config.queue.url)} is not "sqlite:/absolute/path"; postgres is not served by this version`,
    );
    return '';
  }
  const path = match[1] as string;
  const folder = path.slice(0, path.lastIndexOf('/')) || '/';
  for (const wanted of new Set([config.stateDirectory, folder])) {
    try {
      mkdirSync(wanted, { recursive: true, mode: 0o700 });
      accessSync(wanted, constants.W_OK | constants.X_OK);
    } catch (error) {
      reader.fault(
        'state directory',
        `${wanted} cannot be written (${(error as NodeJS.ErrnoException).code}); set $STATE_DIRECTORY or queue.url to a place that can`,
      );
    }
  }
  return path;
}
