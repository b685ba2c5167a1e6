// A Dialer that calls nobody: every host seems to present the chain of a file. With it the tools judge a certificate that is
// not live yet by the very code that judges live ones (OPS-13).

import type { Clock, Dialer, Session } from '../../agent/ports.ts';
import type { SecurityState } from '../../core/policy/model.ts';
import type { PresentedChain } from '../../core/x509/presented-chain.ts';
import { verifyPath } from '../../core/x509/verify-path.ts';

export type LocalDialerOptions = {
  readonly chain: PresentedChain;
  /** DER of the authorities of the trust store. */
  readonly authorities: readonly Uint8Array[];
  readonly clock: Clock;
};

export function createLocalDialer({ chain, authorities, clock }: LocalDialerOptions): Dialer {
  const never = (): never => {
    throw new Error('a certificate that is not live takes no mail');
  };
  return {
    async dial({ address, store }) {
      const anchors = store.kind === 'webpki' ? authorities : [store.certificate];
      const security: SecurityState = {
        kind: 'encrypted',
        protocol: 'not live',
        cipher: 'certificate from a file',
        chain,
        paths: [verifyPath(chain, anchors, store, clock.now())],
      };
      const session: Session = { address, localAddress: undefined, security, greeting: undefined };
      return { kind: 'session', session };
    },
    // What the server would offer is not known; REQUIRETLS must not be claimed.
    open: async () => ({ kind: 'ready', extensions: new Map() }),
    authenticate: never,
    transfer: never,
    close: () => undefined,
  };
}
