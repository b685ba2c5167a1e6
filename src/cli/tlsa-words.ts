// What the tlsa verbs read from the command line alike: hosts, ports, how TLS begins there.

import type { Service } from '../agent/host-aim.ts';
import type { DomainName } from '../core/base/brand.ts';
import { looksLikeAddress, parseDomainName } from '../core/base/domain-name.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { Flags } from './flags.ts';

export type Tls = Service['tls'];

/** Ports that begin with the handshake unless `--starttls smtp` says otherwise. */
const implicitPorts: ReadonlySet<number> = new Set([443, 465, 636, 853, 990, 993, 995, 5061]);

/** `--starttls`; else by port. */
export const tlsAt = (port: number, given: string | undefined): Tls =>
  given === 'none' || (given === undefined && implicitPorts.has(port)) ? 'implicit' : 'starttls';

export function readStarttls(flags: Flags): Result<string | undefined, string> {
  const text = flags.text('starttls');
  return text === undefined || text === 'smtp' || text === 'none' ? ok(text) : fault('--starttls wants smtp or none');
}

export function readPort(text: string): Result<number, string> {
  return /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
    ? ok(Number(text))
    : fault(`a port is 1 to 65535, not ${JSON.stringify(text)}`);
}

/** @returns the ports of `--port`, in order, each once. */
export function readPorts(flags: Flags): Result<readonly number[], string> {
  const ports: number[] = [];
  for (const text of flags.all('port')) {
    const port = readPort(text);
    if (port.kind === 'fault') return port;
    if (!ports.includes(port.value)) ports.push(port.value);
  }
  return ok(ports);
}

/** TLSA records belong to names, never to addresses. */
export function readHost(text: string): Result<DomainName, string> {
  const name = parseDomainName(text);
  if (name.kind === 'fault') return fault(`${JSON.stringify(text)} is no host name`);
  return looksLikeAddress(name.value)
    ? fault(`${JSON.stringify(text)} is an address; TLSA records belong to host names`)
    : name;
}

/** `host` or `host:port`. */
export function readPlace(
  text: string,
): Result<{ readonly host: DomainName; readonly port: number | undefined }, string> {
  if (text.includes('://')) return fault(`${JSON.stringify(text)} is a URL; the host name alone is wanted`);
  if (text.includes('@'))
    return fault(`${JSON.stringify(text)} is a mail address; --domain looks at the MX hosts of a domain`);
  const match = /^(.*?)(?::([^:]*))?$/.exec(text);
  const host = readHost(match?.[1] ?? text);
  if (host.kind === 'fault')
    return /^[\d.]+$|^\[/.test(match?.[1] ?? text) || (match?.[1] ?? '').includes(':')
      ? fault(`${JSON.stringify(text)} is an address; TLSA records belong to host names`)
      : fault(`${JSON.stringify(text)} is no host:port`);
  if (match?.[2] === undefined) return ok({ host: host.value, port: undefined });
  const port = readPort(match[2]);
  return port.kind === 'fault' ? port : ok({ host: host.value, port: port.value });
}
