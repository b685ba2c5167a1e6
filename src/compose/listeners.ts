// What a listener is told: ranges made, certificate and key read and fitted, aliases and users. Read alone when only a
// certificate has changed on disk (TLS-27).

import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { checkPair, makeSelfSigned } from '../adapters/smtp/server-certificate.ts';
import { type CertificatePair, defaultLimits, type ListenerOptions } from '../adapters/smtp/server-options.ts';
import { loadTrustStore } from '../adapters/smtp/trust-store.ts';
import type { Config, Listener } from '../config/config.ts';
import { parseMailbox } from '../core/smtp/address.ts';
import type { Identity } from '../core/smtp/admission.ts';
import type { Mailbox } from '../core/smtp/envelope.ts';
import { readNamed } from './input.ts';
import { attempt, type Reader, readSecret } from './reader.ts';

export async function readListeners(
  config: Config,
  identity: Identity,
  reader: Reader,
): Promise<readonly ListenerOptions[]> {
  const aliases = readAliases(config, reader);
  const read = await Promise.all(
    config.listen.map((listener) => readListener(config, listener, { identity, aliases }, reader)),
  );
  return read.filter((options) => options !== undefined);
}

/** The files whose change is a change of what is shown: by the listeners, and to other hosts. */
export const filesOf = ({ listen, tls }: Config): readonly string[] =>
  [...listen, { ...tls, clientCa: undefined }].flatMap(({ certificate, key, clientCa }) => [
    ...(clientCa === undefined ? [] : [clientCa]),
    ...(certificate === undefined || certificate === 'self-signed' ? [] : [certificate]),
    ...(key?.from === 'file' ? [key.name] : []),
  ]);

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
  { identity, aliases }: Pick<ListenerOptions, 'identity' | 'aliases'>,
  reader: Reader,
): Promise<ListenerOptions | undefined> {
  const pair =
    listener.certificate === 'self-signed'
      ? await makeSelfSigned(identity.hostname)
      : readPair(`listen ${listener.name}: `, listener, reader);
  const strict = config.profile === 'strict' || config.profile === 'government';
  const path = `listen ${listener.name}`;
  if (pair === undefined && (listener.tls === 'required' || listener.tls === 'implicit'))
    return reader.fault(`${path}: tls`, `${listener.tls} wants a certificate`);
  if (listener.auth === 'password' && listener.users === undefined)
    return reader.fault(`${path}: users`, 'is wanted with auth = "password"');
  const pins = readPins(listener, reader);
  const authorities = readAuthorities(listener, reader);
  if (listener.auth === 'client-certificate' && listener.clientSpki.length === 0 && listener.clientCa === undefined)
    return reader.fault(`${path}: auth`, 'client-certificate wants client_spki or client_ca');
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
    clientSpki: pins,
    clientAuthorities: authorities,
    requiretls: listener.requiretls,
    // SMUG-2: the strict profiles refuse from everyone.
    bareNewline: strict ? 'refuse' : listener.bareNewline,
    maxMessageSize: listener.maxMessageSize,
    maxRecipients: listener.maxRecipients,
    identity,
    aliases,
    limits: strict ? { ...defaultLimits, line: 1000 } : defaultLimits,
  };
}

/** OPS-65: blanks, colons and capitals are how tools print digests. */
function readPins(listener: Listener, reader: Reader): readonly string[] {
  return listener.clientSpki.flatMap((text) => {
    const hex = text.toLowerCase().replace(/[\s:]/g, '');
    if (/^[0-9a-f]{64}$/.test(hex)) return [hex];
    const says = `${JSON.stringify(text)} is no SHA-256 in hex (64 digits)`;
    return reader.fault(`listen ${listener.name}: client_spki`, says) ?? [];
  });
}

function readAuthorities(listener: Listener, reader: Reader): readonly string[] {
  const file = listener.clientCa;
  if (file === undefined) return [];
  const path = `listen ${listener.name}: client_ca`;
  // Neither the machine's store nor a missing file: public authorities vouch for no right to relay.
  const found = attempt(path, reader, () => loadTrustStore(resolve(file)).certificates);
  if (found?.length === 0) reader.fault(path, `${file} holds no certificate`);
  return found ?? [];
}

/** OPS-3: as certbot and dehydrated write them. @param place what the settings are called after */
export function readPair(
  place: string,
  { certificate: file, key: secret }: Pick<Listener, 'certificate' | 'key'>,
  reader: Reader,
): CertificatePair | undefined {
  if (file === undefined) return undefined;
  const certificate = attempt(`${place}certificate`, reader, () => readNamed(file));
  if (certificate === undefined) return undefined;
  // A file that holds both, as many tools write it, needs no second setting.
  const key =
    secret === undefined && /PRIVATE KEY/.test(certificate)
      ? certificate
      : secret && readSecret(`${place}key`, secret, reader);
  if (key === undefined)
    return secret === undefined ? reader.fault(`${place}key`, 'is wanted beside certificate') : undefined;
  const checked = checkPair({ certificate, key });
  return checked.kind === 'ok'
    ? checked.value
    : reader.fault(`${place}certificate`, `${file} cannot be used: ${checked.fault}`);
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

/** User name to `sha256:` or `scrypt:` hash. */
export function readUsers(listener: Listener, reader: Reader): ReadonlyMap<string, string> {
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
