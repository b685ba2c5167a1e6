// The DER certificates the peer sent, in the order sent, leaf first (DANE-43). Nothing here comes from a local store.

import type { NonEmpty } from '../base/result.ts';

export type PresentedChain = NonEmpty<Uint8Array>;
