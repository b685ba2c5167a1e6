// Domain names as wire octets, lower-cased (RFC 1035 §3.1, RFC 4034 §6.2): text only at the edges.

import type { Brand } from '../base/brand.ts';

/** Uncompressed wire form including the root octet; each char is one octet, ASCII letters in lower case. */
export type Name = Brand<string, 'Name'>;
