// One stream to a name server: plain TCP, or TLS whose other end has proven the configured name (RFC 7858, strict profile of
// RFC 8310 §5). Opportunistic encryption is left out: it could be stripped, and nobody would notice.

import { connect, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { formatServerAddress, type ServerAddress } from './server-address.ts';

export type StreamEvents = {
  /** Connected, and for TLS authenticated: octets may be written. */
  readonly ready: () => void;
  /** Who answered is not who was meant. */
  readonly refused: (says: string) => void;
};

/** @param context holds the authorities and versions for TLS; asked for only when there is TLS. */
export function dial(server: ServerAddress, context: () => SecureContext, events: StreamEvents): Socket {
  const { host, port, tls } = server;
  if (tls === undefined) {
    const plain = connect({ host, port, noDelay: true });
    plain.once('connect', events.ready);
    return plain;
  }
  const socket = connectTls({
    host,
    port,
    servername: tls.name,
    secureContext: context(),
    // Judged below, with words of our own; nothing was written until then.
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  socket.once('secureConnect', () => {
    const says = faultOf(socket, tls.name);
    if (says === undefined) events.ready();
    else events.refused(`${formatServerAddress(server)}: ${says}`);
  });
  return socket;
}

/** RFC 8310 §8.1: a path to a trusted authority, and the name as a dNSName; the common name does not count. */
function faultOf(socket: TLSSocket, name: string): string | undefined {
  if (!socket.authorized) return `its certificate is not trusted (${String(socket.authorizationError)})`;
  const named = socket.getPeerX509Certificate()?.checkHost(name, { subject: 'never' });
  return named === undefined ? `its certificate does not hold the name ${name}` : undefined;
}
