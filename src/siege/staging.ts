// What attackers bring along: certificates, hosts of their own, sight of the zones.

import { createHash, X509Certificate } from 'node:crypto';
import { RrType } from '../core/dns/message.ts';
import { name as parseName } from '../core/dns/name.ts';
import type { CertificatePlan } from '../lab/destination-plan.ts';
import { putSet, type Zone } from '../lab/dns/zone.ts';
import type { Identity } from '../lab/mx-host.ts';
import type { Lab } from '../lab/world.ts';
import { identityOf, issueFor } from '../lab/world-hosts.ts';
import type { Arena } from './attack.ts';

/** A certificate of another key for a host of this name. */
export async function newIdentity(lab: Lab, host: string, plan: CertificatePlan): Promise<Identity> {
  return identityOf(await issueFor(host, plan, lab.authorities), plan, lab.authorities);
}

/** TLSA data published for the host, as text. */
export function tlsaOf(lab: Lab, host: string): readonly string[] {
  const owner = parseName(`_25._tcp.${host}`);
  const sets = lab.zones.map((zone) => zone.sets.get(owner)?.get(RrType.TLSA));
  const records = sets.flatMap((set) => set?.records ?? []);
  return records.map(({ rdata }) => {
    const [usage, selector, matching] = rdata;
    return `${usage} ${selector} ${matching} ${Buffer.from(rdata.subarray(3)).toString('hex')}`;
  });
}

/** The attacker's own domain, signed, with a host whose TLSA record matches; all of it in order. */
export async function attackersHost(arena: Arena): Promise<{ domain: string; host: string; address: string }> {
  const domain = await arena.fresh('dane-ee');
  const host = `mx.${domain}`;
  return { domain, host, address: arena.lab.host(host).address };
}

/** The 3 1 1 record of the first certificate. */
export function tlsaFor(chainPem: string): string {
  const { publicKey } = new X509Certificate(chainPem);
  return `3 1 1 ${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`;
}

/** Seconds that the root's keys may be kept in a laboratory under siege, so that a false set gets its chance. */
export const rootKeyTtl = 2;

/** To be done before anybody has asked. */
export function shortenRootKeys(lab: Lab): void {
  const root = zoneAt(lab, '.');
  const set = root.sets.get(root.apex)?.get(RrType.DNSKEY);
  if (set) putSet(root, root.apex, RrType.DNSKEY, set.records, rootKeyTtl);
}

export const dialled = (lab: Lab, host: string): boolean => lab.host(host).sessions.length > 0;

/** Ends all sessions at the host, so that the next message needs a new one. */
export async function dropSessions(lab: Lab, host: string): Promise<void> {
  await lab.host(host).listen('closed');
  await lab.host(host).listen('open');
}

/** @throws Error where there is no such zone. */
export function zoneAt(lab: Lab, apex: string): Zone {
  const zone = lab.zones.find((one) => one.apex === parseName(apex));
  if (zone === undefined) throw new Error(`no zone: ${apex}`);
  return zone;
}
