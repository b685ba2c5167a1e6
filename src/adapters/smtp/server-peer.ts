// What the socket shows of the client: inside the listener's ranges or not, TLS parameters, pinned key or not.

import { isIPv4 } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientFacts } from '../../agent/ports.ts';
import { type ClientTrust, judgeClient, shownBy } from './client-certificate.ts';
import type { ListenerOptions } from './server-options.ts';

export type TlsFacts = NonNullable<ClientFacts['tls']>;

/** @param address as the socket says it, without the IPv4-mapped prefix. */
export const isTrusted = (listener: ListenerOptions, address: string): boolean =>
  address !== '' && listener.clients.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');

/** @param trust what makes a client certificate count on this listener. */
export function tlsFactsOf(socket: TLSSocket, trust: ClientTrust): TlsFacts {
  const { name, standardName } = socket.getCipher();
  // TRC-4: the IANA name.
  const cipher = standardName || name;
  const bits = /AES_?256|CHACHA20/.test(cipher) ? 256 : /AES_?128/.test(cipher) ? 128 : undefined;
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher,
    ...(bits !== undefined && { bits }),
    clientCertificate: judgeClient(shownBy(socket), trust),
  };
}
