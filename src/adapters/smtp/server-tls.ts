// TLS of one listener: contexts made once for all its sessions, the one for a session chosen by SNI, and the socket wrapped,
// after STARTTLS or at once. What client certificates mean is in client-certificate.ts.

import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { clientTlsOptions } from './client-certificate.ts';
import { namesOf } from './server-certificate.ts';
import type { CertificatePair, ListenerOptions } from './server-options.ts';

export type Secure = {
  /** Takes the socket over; `secure` is emitted when the handshake is done. */
  wrap(socket: Socket): TLSSocket;
};

/** @returns undefined without a certificate. */
export function secureOf(listener: ListenerOptions): Secure | undefined {
  const [first, ...others] = listener.certificates;
  if (first === undefined) return undefined;
  const { requestCert, rejectUnauthorized, ...authorities } = clientTlsOptions(listener);
  const contextOf = (pair: CertificatePair): SecureContext =>
    createSecureContext({
      // TLS-11, TLS-12.
      minVersion: listener.minVersion,
      // TLS-16, A6: no renegotiation; no resumption where a client certificate counts, for a resumed session shows none.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (requestCert ? constants.SSL_OP_NO_TICKET : 0),
      honorCipherOrder: true,
      sessionIdContext: 'sekisho',
      ...authorities,
      cert: pair.certificate,
      key: pair.key,
    });
  const secureContext = contextOf(first);
  const named = new Map<string, SecureContext>();
  for (const pair of others) {
    const context = contextOf(pair);
    for (const name of namesOf(pair)) named.set(name, context);
  }
  // TLS-28. With one certificate there is nothing to choose, and the handshake needs not come back here for it.
  const chooser = named.size > 0 && {
    SNICallback: (name: string, done: (error: Error | null, context?: SecureContext) => void): void =>
      done(null, named.get(name.toLowerCase()) ?? secureContext),
  };
  const options = { isServer: true, secureContext, requestCert, rejectUnauthorized, ...chooser };
  return { wrap: (socket) => new TLSSocket(socket, options) };
}
