// One server by name and port as a next hop, without MX look-up (OPS-11): how the tools aim at it.

import type { DomainName } from '../core/base/brand.ts';
import { formatVia, type NextHop } from '../core/routing/next-hop.ts';

/** One server that may publish TLSA records. */
export type Service = { readonly host: DomainName; readonly port: number; readonly tls: 'starttls' | 'implicit' };

export const aimAt = ({ host, port, tls }: Service): NextHop => ({
  kind: 'host',
  host,
  port,
  route: { via: formatVia({ kind: 'host', host, port }), tls, credentials: 'none' },
});
