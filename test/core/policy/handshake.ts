// A real handshake on the loopback interface, so that OpenSSL itself judges forged chains. The chain is read as sent.

import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect, createSecureContext, createServer } from 'node:tls';
import type { Encrypted } from '../../../src/core/policy/authenticate.ts';
import type { PathFault, PathVerdict, TrustStoreRef } from '../../../src/core/x509/path-verdict.ts';
import type { PresentedChain } from '../../../src/core/x509/presented-chain.ts';
import type { Forged } from '../x509/forge.ts';

const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n-----END CERTIFICATE-----\n`;

const faults: Readonly<Record<string, PathFault>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  CERT_SIGNATURE_FAILURE: 'untrusted',
  INVALID_CA: 'constraint',
  PATH_LENGTH_EXCEEDED: 'constraint',
  INVALID_PURPOSE: 'constraint',
};

/** @param roots what `webpki` means. */
export async function shakeHands(
  chain: readonly [Forged, ...Forged[]],
  store: TrustStoreRef,
  roots: readonly Forged[],
): Promise<Encrypted> {
  const server = createServer({
    cert: chain.map(({ der }) => pem(der)).join(''),
    key: chain[0].key.export({ type: 'pkcs8', format: 'pem' }),
    ciphers: 'DEFAULT:@SECLEVEL=0',
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const plain = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
  const socket = connect({
    socket: plain,
    secureContext: createSecureContext({
      ca: store.kind === 'anchor' ? [pem(store.certificate)] : roots.map(({ der }) => pem(der)),
      ciphers: 'DEFAULT:@SECLEVEL=2',
      allowPartialTrustChain: store.kind === 'anchor',
    }),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  await once(socket, 'secureConnect');
  const presented: Uint8Array[] = [];
  for (let at = socket.getPeerX509Certificate(); at !== undefined; at = at.issuerCertificate) presented.push(at.raw);
  const code = String(socket.authorizationError ?? '');
  const path: PathVerdict = socket.authorized
    ? { kind: 'trusted', store }
    : { kind: 'untrusted', store, fault: faults[code] ?? 'other', says: code };
  socket.destroy();
  plain.destroy();
  server.close();
  return {
    kind: 'encrypted',
    protocol: 'TLSv1.3',
    cipher: 'TLS_AES_256_GCM_SHA384',
    chain: presented as unknown as PresentedChain,
    paths: [path],
  };
}
