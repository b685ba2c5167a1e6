// Recipient and routes to a next hop: MX look-up, host, or literal (RTE-13, RTE-14).

import type { DomainName } from '../base/brand.ts';
import type { IpAddress } from '../base/lookup.ts';

export type NextHop =
  /** MX look-up of this domain. `port` only where a route names one. */
  | { readonly kind: 'domain'; readonly domain: DomainName; readonly port?: number; readonly route?: RouteRef }
  /** `[host]:port` of a route: no MX look-up. */
  | { readonly kind: 'host'; readonly host: DomainName | IpAddress; readonly port?: number; readonly route: RouteRef }
  /** The recipient's own address literal. */
  | { readonly kind: 'literal'; readonly address: IpAddress };

/** The route of the configuration that chose the hop. */
export type RouteRef = {
  readonly via: string;
  readonly tls: 'starttls' | 'implicit';
  readonly credentials: 'none' | 'configured';
};
