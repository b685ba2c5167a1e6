// A name server beside the laboratory's own, for one zone: it has a copy, as a secondary does, and goes its own way until it
// takes the zone over again. Both hold the same keys, so what the one proves the other may contradict.

import { name as parseName } from '../core/dns/name.ts';
import { makeAuthority } from './dns/authority.ts';
import { type LabDns, startDnsServer } from './dns/server.ts';
import type { Zone } from './dns/zone.ts';
import { replaceRecords, tlsaOwners } from './world-zones.ts';

export type SecondServer = {
  /** `address:port` */
  readonly server: string;
  readonly dns: LabDns;
  /** In the copy alone. */
  setRecords(owner: string, type: string, data: readonly string[]): void;
  /** Takes the zone over as it stands now. */
  transfer(): void;
};

export type SecondServerOptions = {
  readonly zones: readonly Zone[];
  readonly apex: string;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly address: string;
  readonly smtpPort: number;
  readonly maxTtl: number | undefined;
};

/** Any free port. @throws Error where there is no such zone. */
export async function startSecondServer(options: SecondServerOptions): Promise<SecondServer> {
  const { zones, apex, now, address, smtpPort, maxTtl } = options;
  const first = zones.find((zone) => zone.apex === parseName(apex));
  if (first === undefined) throw new Error(`no zone: ${apex}`);
  const copy: Zone = { ...first, sets: new Map() };
  const transfer = (): void => {
    copy.sets.clear();
    for (const [owner, sets] of first.sets) copy.sets.set(owner, new Map(sets));
    copy.version++;
  };
  transfer();
  const authority = makeAuthority(zones.map((zone) => (zone === first ? copy : zone)));
  const dns = await startDnsServer({ authority, now, address, port: 0, ...(maxTtl !== undefined && { maxTtl }) });
  return {
    server: `${address}:${dns.port}`,
    dns,
    setRecords: (owner, type, data) => {
      for (const one of tlsaOwners(owner, smtpPort)) replaceRecords([copy], one, type, data);
    },
    transfer,
  };
}
