// What the settings name, fetched and read: keys, certificates, anchors, ranges, routes, rules. One way for `run` and
// `config check`, so that a configuration found right is one that starts. All faults are collected.

import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { parseServerAddress, readResolvConf, type ServerAddress } from '../adapters/dns/server-address.ts';
import { checkPair, makeSelfSigned } from '../adapters/smtp/server-certificate.ts';
import { type CertificatePair, defaultLimits, type ListenerOptions } from '../adapters/smtp/server-options.ts';
import { loadTrustStore, type TrustStore } from '../adapters/smtp/trust-store.ts';
import type { Config, Listener } from '../config/config.ts';
import type { ConfigFault } from '../config/load.ts';
import type { SecretRef } from '../config/values.ts';
import type { DomainName, Instant } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import type { Result } from '../core/base/result.ts';
import { type Anchors, builtinAnchors, parseAnchors } from '../core/dnssec/anchors.ts';
import { type OperatorPolicy, parseOperatorPolicy } from '../core/policy/operator.ts';
import { type Prefix, parsePrefix } from '../core/routing/addresses.ts';
import { parseRoute, type Route } from '../core/routing/next-hop.ts';
import { parseMailbox } from '../core/smtp/address.ts';
import type { Identity } from '../core/smtp/admission.ts';
import type { Mailbox } from '../core/smtp/envelope.ts';

export type Materials = {
  readonly servers: readonly ServerAddress[];
  readonly anchors: Anchors;
  readonly trustStore: TrustStore;
  readonly identity: Identity;
  readonly listeners: readonly ListenerOptions[];
  readonly routes: readonly Route[];
  /** By the canonical text of the route's `via`. */
  readonly credentials: ReadonlyMap<string, { readonly user: string; readonly pass: string }>;
  readonly policy: OperatorPolicy;
  readonly allowed: readonly Prefix[];
  readonly localZones: readonly DomainName[];
  readonly sourceAddresses: readonly IpAddress[];
  /** User name to `sha256:` or `scrypt:` hash, by listener name. */
  readonly users: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly adminToken: string | undefined;
  readonly queuePath: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/** Collects faults while values are read; a fault yields `undefined` and the rest goes on. */
type Reader = { readonly env: Env; fault(path: string, says: string, at?: string): undefined };

export async function gather(
  config: Config,
  env: Env,
  now: Instant,
): Promise<{ readonly materials: Materials | undefined; readonly faults: readonly ConfigFault[] }> {
  const faults: ConfigFault[] = [];
  const reader: Reader = {
    env,
    fault: (path, says, at = 'configuration') => {
      faults.push({ at, path, says });
      return undefined;
    },
  };
  const identity = readIdentity(config, reader);
  const users = new Map<string, ReadonlyMap<string, string>>();
  const listeners: ListenerOptions[] = [];
  for (const listener of config.listen) {
    const read = identity && (await readListener(config, listener, identity, reader));
    if (read) listeners.push(read);
    if (listener.auth === 'password') users.set(listener.name, readUsers(listener, reader));
  }
  const routes = readRoutes(config, reader);
  const materials = {
    servers: readServers(config, reader),
    anchors: readAnchors(config, now, reader),
    trustStore: attempt('tls.trust_store', reader, () => loadTrustStore(config.tls.trustStore)),
    identity,
    listeners,
    ...routes,
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
    users,
    adminToken: config.admin.token && readSecret('admin.token', config.admin.token, reader),
    queuePath: readQueuePath(config, reader),
  };
  if (config.admin.token === undefined && !/^127\.|^::1$|^localhost$/.test(config.admin.address.host)) {
    reader.fault('admin.address', `${config.admin.address.host} is not loopback, so admin.token is wanted`);
  }
  return { materials: faults.length === 0 ? (materials as Materials) : undefined, faults };
}

function attempt<T>(path: string, reader: Reader, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    return reader.fault(path, (error as Error).message);
  }
}

function readOne<T>(path: string, text: string, read: Result<T, string>, reader: Reader): readonly T[] {
  return read.kind === 'ok' ? [read.value] : (reader.fault(path, `${JSON.stringify(text)}: ${read.fault}`) ?? []);
}

/** `credential:` is systemd's LoadCredential. @returns the text without a final line end. */
function readSecret(path: string, ref: SecretRef, reader: Reader): string | undefined {
  if (ref.from === 'env') return reader.env[ref.name] ?? reader.fault(path, `the variable ${ref.name} is not set`);
  const folder = reader.env.CREDENTIALS_DIRECTORY;
  if (ref.from === 'credential' && folder === undefined) {
    return reader.fault(
      path,
      `credential:${ref.name} is wanted, but $CREDENTIALS_DIRECTORY is not set; use file: outside systemd`,
    );
  }
  const file = ref.from === 'credential' ? `${folder}/${ref.name}` : ref.name;
  return attempt(path, reader, () => readFileSync(file, 'utf8').replace(/\r?\n$/, ''));
}

// ---- identity and listeners

function readIdentity(config: Config, reader: Reader): Identity | undefined {
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
  };
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', '127.0.0.0/8', '::1/128'];

function readRanges(listener: Listener, reader: Reader): BlockList {
  const ranges = new BlockList();
  for (const text of listener.clients.flatMap((range) => (range === 'private' ? privateRanges : [range]))) {
    const [address = '', bits] = text.split('/');
    const family = isIP(address);
    const prefix = bits === undefined ? (family === 4 ? 32 : 128) : Number(bits);
    if (family === 0 || !/^\d*$/.test(bits ?? '') || prefix > (family === 4 ? 32 : 128)) {
      reader.fault(
        `listen ${listener.name}: clients`,
        `${JSON.stringify(text)} is no range such as 10.0.0.0/8, and not "private"`,
      );
    } else ranges.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return ranges;
}

async function readListener(
  config: Config,
  listener: Listener,
  identity: Identity,
  reader: Reader,
): Promise<ListenerOptions | undefined> {
  const pair = await readCertificate(listener, identity, reader);
  const strict = config.profile === 'strict' || config.profile === 'government';
  const path = `listen ${listener.name}`;
  if (pair === undefined && (listener.tls === 'required' || listener.tls === 'implicit'))
    return reader.fault(`${path}: tls`, `${listener.tls} wants a certificate`);
  if (listener.auth === 'password' && listener.users === undefined)
    return reader.fault(`${path}: users`, 'is wanted with auth = "password"');
  return {
    name: listener.name,
    kind: listener.kind,
    host: listener.address.host,
    port: listener.address.port,
    clients: readRanges(listener, reader),
    tls: listener.tls,
    minVersion: config.tls.minVersion,
    certificates: pair === undefined || listener.tls === 'off' ? [] : [pair],
    auth: listener.auth,
    clientSpki: listener.clientSpki.map((text) => text.toLowerCase().replace(/[\s:]/g, '')),
    requiretls: listener.requiretls,
    // SMUG-2: the strict profiles refuse from everyone.
    bareNewline: strict ? 'refuse' : listener.bareNewline,
    maxMessageSize: listener.maxMessageSize,
    maxRecipients: listener.maxRecipients,
    identity,
    aliases: readAliases(config, reader),
    limits: strict ? { ...defaultLimits, line: 1000 } : defaultLimits,
  };
}

async function readCertificate(
  listener: Listener,
  identity: Identity,
  reader: Reader,
): Promise<CertificatePair | undefined> {
  const path = `listen ${listener.name}`;
  if (listener.certificate === undefined) return undefined;
  if (listener.certificate === 'self-signed') return makeSelfSigned(identity.hostname);
  const file = listener.certificate;
  const certificate = attempt(`${path}: certificate`, reader, () => readFileSync(file, 'utf8'));
  if (certificate === undefined) return undefined;
  // A file that holds both, as many tools write it, needs no second setting.
  const key =
    listener.key === undefined && /PRIVATE KEY/.test(certificate)
      ? certificate
      : listener.key && readSecret(`${path}: key`, listener.key, reader);
  if (key === undefined)
    return listener.key === undefined ? reader.fault(`${path}: key`, 'is wanted beside certificate') : undefined;
  const checked = checkPair({ certificate, key });
  return checked.kind === 'ok'
    ? checked.value
    : reader.fault(`${path}: certificate`, `${file} cannot be used: ${checked.fault}`);
}

function readAliases(config: Config, reader: Reader): ReadonlyMap<string, Mailbox> {
  const aliases = new Map<string, Mailbox>();
  for (const [name, target] of Object.entries(config.aliases)) {
    const mailbox = parseMailbox(target);
    if (mailbox.kind === 'ok') aliases.set(name.toLowerCase(), mailbox.value);
    else reader.fault(`aliases.${name}`, `${JSON.stringify(target)} is no address (${mailbox.fault})`);
  }
  return aliases;
}

function readUsers(listener: Listener, reader: Reader): ReadonlyMap<string, string> {
  const path = `listen ${listener.name}: users`;
  const text = (listener.users && readSecret(path, listener.users, reader)) ?? '';
  const users = new Map<string, string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const match = /^([^:\s]+):((?:sha256|scrypt):\S+)$/.exec(line.trim());
    if (match) users.set(match[1] as string, match[2] as string);
    else reader.fault(path, `line ${index + 1} is not "name:sha256:<hex>" or "name:scrypt:<salt hex>:<hash hex>"`);
  }
  return users;
}

// ---- resolver, routes, policy, queue

function readServers(config: Config, reader: Reader): readonly ServerAddress[] {
  if (config.resolver.servers.length === 0) {
    const servers = attempt('resolver.servers', reader, () => readResolvConf(readFileSync('/etc/resolv.conf', 'utf8')));
    return servers === undefined || servers.length > 0
      ? (servers ?? [])
      : (reader.fault('resolver.servers', 'is empty, and so is /etc/resolv.conf') ?? []);
  }
  return config.resolver.servers.flatMap((text) => readOne('resolver.servers', text, parseServerAddress(text), reader));
}

/** TA-5: unreadable or empty anchors refuse the start. */
function readAnchors(config: Config, now: Instant, reader: Reader): Anchors | undefined {
  const setting = config.resolver.trustAnchors;
  if (setting === 'builtin') return builtinAnchors;
  const inline = /\b(DS|DNSKEY)\b/.test(setting);
  const text = inline ? setting : attempt('resolver.trust_anchors', reader, () => readFileSync(setting, 'utf8'));
  if (text === undefined) return undefined;
  const parsed = parseAnchors(text, now);
  return parsed.kind === 'ok'
    ? parsed.value
    : reader.fault('resolver.trust_anchors', `${inline ? '' : `${setting}: `}${JSON.stringify(parsed.fault)}`);
}

function readRoutes(config: Config, reader: Reader): Pick<Materials, 'routes' | 'credentials'> {
  const routes: Route[] = [];
  const credentials = new Map<string, { user: string; pass: string }>();
  for (const route of config.routes) {
    const parsed = parseRoute({
      to: route.to,
      via: route.via,
      tls: route.tls,
      credentials: route.credentials === undefined ? 'none' : 'configured',
    });
    if (parsed.kind === 'fault') {
      reader.fault('route', JSON.stringify(parsed.fault), route.source);
      continue;
    }
    routes.push(parsed.value);
    if (route.credentials === undefined) continue;
    const secret = readSecret('route.credentials', route.credentials, reader);
    const colon = secret?.indexOf(':') ?? -1;
    if (secret !== undefined && colon < 1)
      reader.fault('route.credentials', 'does not hold "user:password"', route.source);
    else if (secret !== undefined)
      credentials.set(route.via, { user: secret.slice(0, colon), pass: secret.slice(colon + 1) });
  }
  return { routes, credentials };
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
  for (const wanted of [config.stateDirectory, folder]) {
    try {
      mkdirSync(wanted, { recursive: true });
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
