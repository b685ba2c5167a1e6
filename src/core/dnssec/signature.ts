// One RRSIG over one RRset under one key, at one instant (RFC 4035 §5.3). The only file of the validator that computes
// with `node:crypto`.

import type { KeyObject } from 'node:crypto';
import type { Dnskey } from './rdata.ts';

/** A DNSKEY with its imported key, made on first use and kept as long as the zone's proof. */
export type ZoneKey = { readonly dnskey: Dnskey; readonly load: () => KeyObject | undefined };
