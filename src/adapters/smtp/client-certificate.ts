// Client certificates on a listener: what the handshake asks for, and whether what came may relay. By pinned key, whatever
// names, purpose or dates stand beside it, or by a path to the operator's own authority, which OpenSSL judges (purpose
// included). Public authorities never count: they vouch for names and for no right to relay.

import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ListenerOptions } from './server-options.ts';

export type ClientTrust = Pick<ListenerOptions, 'auth' | 'clientSpki' | 'clientAuthorities'>;

export type ClientStanding = 'none' | 'verified' | 'not verified';

/** What a client showed. `path` is OpenSSL's verdict against the authorities of `clientTlsOptions`. */
export type ShownCertificate = { readonly spkiSha256: string; readonly path: 'trusted' | 'untrusted' };

export const asksCertificate = ({ auth, clientSpki, clientAuthorities = [] }: ClientTrust): boolean =>
  auth === 'client-certificate' || clientSpki.length > 0 || clientAuthorities.length > 0;

/** For the TLS options of a listener and for each of its SNI contexts. A pin or an authority decides, not the handshake. */
export function clientTlsOptions(trust: ClientTrust): {
  readonly requestCert: boolean;
  readonly rejectUnauthorized: false;
  readonly ca?: string[];
} {
  const { clientAuthorities = [] } = trust;
  return {
    requestCert: asksCertificate(trust),
    rejectUnauthorized: false,
    ...(clientAuthorities.length > 0 && { ca: [...clientAuthorities] }),
  };
}

/** SRV-15: who may relay by certificate. */
export function judgeClient(shown: ShownCertificate | undefined, trust: ClientTrust): ClientStanding {
  if (shown === undefined) return 'none';
  const { clientSpki, clientAuthorities = [] } = trust;
  if (clientSpki.includes(shown.spkiSha256)) return 'verified';
  // Without authorities of our own OpenSSL has judged against everybody's.
  return clientAuthorities.length > 0 && shown.path === 'trusted' ? 'verified' : 'not verified';
}

/** @returns undefined where no certificate came; a key that cannot be decoded is none that was pinned. */
export function shownBy(socket: TLSSocket): ShownCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  return { spkiSha256: digestOfKey(certificate), path: pathOf(socket) };
}

function digestOfKey(certificate: X509Certificate): string {
  try {
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(spki).digest('hex');
  } catch {
    // PKIX-10: the client chose these octets.
    return '';
  }
}

type Handle = { readonly _handle?: { verifyError?: () => Error | null | undefined } | null };

/** `authorized` is filled by `tls.Server` alone; a socket that was wrapped after STARTTLS is asked itself. */
function pathOf(socket: TLSSocket): ShownCertificate['path'] {
  if (socket.authorized) return 'trusted';
  const { _handle: handle } = socket as unknown as Handle;
  if (typeof handle?.verifyError !== 'function') return 'untrusted';
  return handle.verifyError() ? 'untrusted' : 'trusted';
}
