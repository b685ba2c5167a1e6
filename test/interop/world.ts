// Debian's mail servers with names of their own, and a relay that finds them: what every file about mail begins with.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeys, tlsaOfKey } from './keys.ts';
import { type MailZone, type MailZones, startMailZones } from './mail-zones.ts';
import type { Keys, Peer } from './peers.ts';
import { type Sekisho, type SekishoOptions, startSekisho } from './sekisho.ts';

/** Where every MX host listens. */
export const mxPort = 2600;
export const postfixAt = '127.0.4.1';
export const eximAt = '127.0.4.2';
export const secondAt = '127.0.4.3';

/** A domain with one MX host in it. */
export const mailZone = (
  domain: string,
  address: string,
  tlsa: readonly string[],
  more: Partial<MailZone> = {},
): MailZone => ({
  domain,
  sign: 'signed',
  records: ['@ MX 10 mx', `mx A ${address}`, ...tlsa.map((record) => `_${mxPort}._tcp.mx TLSA ${record}`)],
  ...more,
});

export type World = Peer & {
  readonly folder: string;
  readonly zones: MailZones;
  readonly relay: Sekisho;
  /** A further relay in the same world. */
  another(options: Pick<SekishoOptions, 'hostname'> & Partial<SekishoOptions>): Promise<Sekisho>;
};

export const relayName = 'relay.interop.test';

export async function startWorld(zones: readonly MailZone[], relay: Partial<SekishoOptions> = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-interop-'));
  const opened: Peer[] = [];
  const stop = async (): Promise<void> => {
    for (const peer of opened.reverse()) await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const names = await startMailZones({ folder: join(folder, 'names'), ports: { nsd: 5395, unbound: 5396 }, zones });
    opened.push(names);
    const another: World['another'] = async (options) => {
      const started = await startSekisho({
        folder: join(folder, options.hostname),
        resolver: names.resolver,
        anchors: names.anchors,
        deliveryPort: mxPort,
        ...options,
      });
      opened.push(started);
      return started;
    };
    return { folder, zones: names, relay: await another({ hostname: relayName, ...relay }), another, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keys and the record that fits them. */
export function keysWithRecord(name: string): { readonly keys: Keys; readonly tlsa: string } {
  const keys = makeKeys(name);
  return { keys, tlsa: tlsaOfKey(keys.certificate) };
}
