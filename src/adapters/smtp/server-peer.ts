// What the socket shows of the client: inside the listener's ranges or not, TLS parameters, pinned key or not.

import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientFacts } from '../../agent/ports.ts';
import type { ListenerOptions } from './server-options.ts';

export type TlsFacts = NonNullable<ClientFacts['tls']>;

/** @param address as the socket says it, without the IPv4-mapped prefix. */
export const isTrusted = (listener: ListenerOptions, address: string): boolean =>
  address !== '' && listener.clients.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

/** @param pins SHA-256 of public keys in hex. A pin is all that makes a client certificate count: whatever its names, EKU or dates. */
export function tlsFactsOf(socket: TLSSocket, pins: readonly string[]): TlsFacts {
  const { name, standardName } = socket.getCipher();
  // TRC-4: the IANA name.
  const cipher = standardName || name;
  const bits = /AES_?256|CHACHA20/.test(cipher) ? 256 : /AES_?128/.test(cipher) ? 128 : undefined;
  const certificate = socket.getPeerX509Certificate();
  const spki = certificate?.publicKey.export({ type: 'spki', format: 'der' });
  const pinned = spki !== undefined && pins.includes(createHash('sha256').update(spki).digest('hex'));
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher,
    ...(bits !== undefined && { bits }),
    clientCertificate: certificate === undefined ? 'none' : pinned ? 'verified' : 'not verified',
  };
}
