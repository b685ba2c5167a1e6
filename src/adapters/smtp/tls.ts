// The client's side of TLS: which versions and suites are offered, one shared context per trust store, the handshake, and
// what it showed: the presented chain and OpenSSL's verdict of its path (RFC 9325, A5, A6). Names are judged elsewhere, and
// nothing here refuses a certificate.

import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { DomainName } from '../../core/base/brand.ts';
import type { SecurityState } from '../../core/policy/model.ts';
import type { PathFault, PathVerdict, TrustStoreRef } from '../../core/x509/path-verdict.ts';
import type { PresentedChain } from '../../core/x509/presented-chain.ts';
import { type Hearing, handshakeNote } from './dialogue.ts';
import type { TrustStore } from './trust-store.ts';

export type TlsSettings = {
  readonly trustStore: TrustStore;
  /** `strict`: forward secrecy and AEAD only (profiles strict and government, TLS-14). */
  readonly suites: 'default' | 'strict';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** TLS-24: presented when a server asks for one. PEM. */
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
};

/** Hands out the context for a store; equal stores share one, for loading roots costs milliseconds of CPU each time. */
export type TlsClient = { contextFor(store: TrustStoreRef): SecureContext };

// TLS-12, TLS-15: TLS 1.3 first, then ECDHE with AEAD.
const strongSuites = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

// TLS-14: what old servers have and nothing better; the alternative would be cleartext. Last in the list.
const weakSuites = [
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
];

/** By IANA name: no forward secrecy, or CBC (TLS-14). */
export const isWeakSuite = (cipher: string): boolean => /^TLS_RSA_/.test(cipher) || /_CBC_/.test(cipher);

const maxAnchorContexts = 256;

export function createTlsClient(settings: TlsSettings): TlsClient {
  // TLS-13, TLS-23: level 2 makes OpenSSL distrust paths with RSA below 2048 bits or SHA-1; the handshake itself goes on,
  // so a DANE-EE host with such a chain is still judged by its record.
  const suites = [...strongSuites, ...(settings.suites === 'strict' ? [] : weakSuites), '@SECLEVEL=2'].join(':');
  const contextWith = (ca: readonly string[], partial: 'partial' | 'to-root'): SecureContext =>
    createSecureContext({
      ca: [...ca],
      ciphers: suites,
      // TLS-11: neither offered nor fallen back to.
      minVersion: settings.minVersion,
      maxVersion: 'TLSv1.3',
      // DANE-51: the matched anchor need not be self-signed. Node takes this from the context only (A5).
      allowPartialTrustChain: partial === 'partial',
      ...(settings.clientCertificate === undefined
        ? {}
        : { cert: settings.clientCertificate.certificate, key: settings.clientCertificate.key }),
    });
  const webpki = contextWith(settings.trustStore.certificates, 'to-root');
  const anchors = new Map<string, SecureContext>();
  return {
    contextFor(store) {
      if (store.kind === 'webpki') return webpki;
      const digest = createHash('sha256').update(store.certificate).digest('base64');
      const context = anchors.get(digest) ?? contextWith([pemOf(store.certificate)], 'partial');
      anchors.delete(digest);
      anchors.set(digest, context);
      for (const oldest of anchors.keys()) if (anchors.size > maxAnchorContexts) anchors.delete(oldest);
      return context;
    },
  };
}

const pemOf = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n')
    .trimEnd()}\n-----END CERTIFICATE-----\n`;

export type Handshake =
  | {
      readonly kind: 'done';
      readonly socket: TLSSocket;
      readonly security: Extract<SecurityState, { kind: 'encrypted' }>;
    }
  | { readonly kind: 'failed'; readonly security: Extract<SecurityState, { kind: 'lost' | 'handshake-failed' }> };

export type HandshakeCall = {
  readonly client: TlsClient;
  readonly store: TrustStoreRef;
  readonly sni: DomainName | undefined;
  readonly milliseconds: number;
  /** Somebody reads along. */
  readonly hearing?: Hearing | undefined;
};

/**
 * Runs the handshake over a connected socket whose other listeners were taken off. When it is done the TLS socket is
 * unread and has no listener but one for errors; nothing was sent inside it. When it failed both sockets are destroyed.
 */
export function shakeHands(plain: Socket, call: HandshakeCall): Promise<Handshake> {
  return new Promise((resolve) => {
    const socket = connect({
      socket: plain,
      secureContext: call.client.contextFor(call.store),
      // TLS-19: `undefined` sends no name; never an address.
      ...(call.sni === undefined ? {} : { servername: call.sni }),
      // TLS-22: the verdict is read, not enforced here; names are judged by `judge`. A6: no session, so no resumption.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    const end = (result: Handshake): void => {
      clearTimeout(timer);
      socket.removeListener('close', onClose);
      call.hearing?.note('tls', handshakeNote(result.security));
      if (result.kind === 'done') call.hearing?.follow(result.socket, 'tls');
      if (result.kind === 'failed') {
        socket.destroy();
        plain.destroy();
      }
      resolve(result);
    };
    const onClose = (): void => end(failed('lost', 'connection closed by the peer'));
    const timer = setTimeout(() => end(failed('lost', 'time-out')), call.milliseconds);
    plain.on('error', () => undefined);
    socket.on('error', (error: NodeJS.ErrnoException) => end(failureOf(error)));
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      // TLS-16: neither side renegotiates.
      socket.disableRenegotiation();
      end(readSafely(socket, call.store));
    });
  });
}

// PKIX-10: OpenSSL itself refuses certificate messages above 100 KiB.
const maxCertificates = 20;

/** PKIX-10: an exception in an event of the socket would end the process, and with it everybody's mail. */
function readSafely(socket: TLSSocket, store: TrustStoreRef): Handshake {
  try {
    return readPeer(socket, store);
  } catch (error) {
    return failed('handshake-failed', `what the host presented cannot be read: ${(error as Error).message}`);
  }
}

function readPeer(socket: TLSSocket, store: TrustStoreRef): Handshake {
  const chain = presentedChain(socket);
  if (typeof chain === 'string') return failed('handshake-failed', chain);
  const { standardName } = socket.getCipher();
  const group = ephemeralGroup(socket);
  return {
    kind: 'done',
    socket,
    security: {
      kind: 'encrypted',
      protocol: socket.getProtocol() ?? 'unknown',
      cipher: standardName,
      ...(group === undefined ? {} : { group }),
      chain,
      paths: [pathVerdict(socket, store, chain)],
    },
  };
}

/** DANE-43: exactly what the peer sent, in its order; the older `getPeerCertificate` hides and adds certificates. */
function presentedChain(socket: TLSSocket): PresentedChain | string {
  const chain: Uint8Array[] = [];
  for (let at = socket.getPeerX509Certificate(); at !== undefined; at = at.issuerCertificate) {
    if (chain.length === maxCertificates) return `more than ${maxCertificates} certificates`;
    chain.push(at.raw);
  }
  return chain.length > 0 ? met(chain as unknown as PresentedChain) : 'no certificate was presented';
}

const maxMet = 64;
const maxMetOctets = 16 * 1024;
const chainsMet = new Map<string, PresentedChain>();

/**
 * The same chain as one object: what is read of it is kept with that object. A hoster shows one for thousands of domains.
 * Chains are told apart by all of their octets.
 */
function met(chain: PresentedChain): PresentedChain {
  const octets = chain.reduce((sum, { length }) => sum + length, 0);
  if (octets > maxMetOctets) return chain;
  const key = chain.map((one) => `${one.length} ${Buffer.from(one).toString('latin1')}`).join('');
  const before = chainsMet.get(key);
  chainsMet.delete(key);
  chainsMet.set(key, before ?? chain);
  for (const oldest of chainsMet.keys()) if (chainsMet.size > maxMet) chainsMet.delete(oldest);
  return before ?? chain;
}

/** Unknown for groups that Node cannot name, such as hybrid ones. */
function ephemeralGroup(socket: TLSSocket): string | undefined {
  const info = socket.getEphemeralKeyInfo();
  return info !== null && 'name' in info && typeof info.name === 'string' ? info.name : undefined;
}

function pathVerdict(socket: TLSSocket, store: TrustStoreRef, chain: PresentedChain): PathVerdict {
  if (socket.authorized) return { kind: 'trusted', store };
  const code = String(socket.authorizationError ?? 'UNSPECIFIED');
  const fault = faults[code] ?? (chain.some(isWeak) ? 'weak' : 'other');
  return { kind: 'untrusted', store, fault, says: code.toLowerCase().replaceAll('_', ' ') };
}

/** OpenSSL's words; `UNSPECIFIED` stands for many, among them weak keys and name constraints. */
const faults: Readonly<Record<string, PathFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  CERT_UNTRUSTED: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  INVALID_CA: 'constraint',
  PATH_LENGTH_EXCEEDED: 'constraint',
  INVALID_PURPOSE: 'constraint',
  CERT_CHAIN_TOO_LONG: 'constraint',
};

// TLS-23: only to name the fault; the refusal is OpenSSL's.
function isWeak(der: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(der);
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    return (
      (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < 2048) ||
      /sha1|md5/i.test(certificate.signatureAlgorithm ?? '')
    );
  } catch {
    // PKIX-10: the peer chose these octets, and a key that OpenSSL cannot decode throws when it is looked at.
    return false;
  }
}

const failed = (kind: 'lost' | 'handshake-failed', says: string): Handshake => ({
  kind: 'failed',
  security: kind === 'lost' ? { kind, during: 'handshake', says } : { kind, alert: says, unrecognizedName: false },
});

/** An answer of TLS, even a senseless one, is a failed handshake; a torn line is a loss (DT-7.9, DT-7.10). */
function failureOf(error: NodeJS.ErrnoException): Handshake {
  const code = error.code ?? '';
  if (!/^ERR_(SSL|TLS)_|^EPROTO$/.test(code)) return failed('lost', code === '' ? error.message : code);
  const alert = code
    .replace(/^ERR_SSL_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  return {
    kind: 'failed',
    security: { kind: 'handshake-failed', alert, unrecognizedName: /unrecognized name/.test(alert) },
  };
}
