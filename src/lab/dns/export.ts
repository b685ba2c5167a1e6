// The zones as signed master files (RFC 1035 §5, generic RDATA of RFC 3597), so that other people's name servers can
// serve them and other people's validators can judge them.

import { type ResourceRecord, RrType } from '../../core/dns/message.ts';
import { nameToText } from '../../core/dns/name.ts';
import { signed } from './authority.ts';
import { denialSets } from './denial.ts';
import { dsRdata } from './keys.ts';
import { delegationAbove, type RrSet, type Zone } from './zone.ts';

export type ZoneFile = { readonly name: string; readonly text: string };

/**
 * One file per zone, named after it with `.zone` behind; `root.zone` for the root; `root.key` with the trust anchor.
 * @param now seconds since the epoch: signatures are valid around it.
 */
export function zoneFiles(zones: readonly Zone[], now: number): readonly ZoneFile[] {
  const files = zones.map((zone) => ({ name: `${fileName(zone)}.zone`, text: zoneText(zone, now) }));
  const root = zones.find((zone) => zone.apex.length === 1);
  return root ? [...files, { name: 'root.key', text: `${anchorLine(root)}\n` }] : files;
}

/** The key of a zone as a DS line, the form in which trust anchors are configured. */
export function anchorLine(zone: Zone): string {
  if (zone.keys === undefined) throw new Error('an unsigned zone anchors nothing');
  const rdata = Buffer.from(dsRdata(zone.apex, zone.keys.entry));
  const digest = rdata.subarray(4).toString('hex').toUpperCase();
  return `${nameToText(zone.apex)} IN DS ${rdata.readUInt16BE(0)} ${rdata[2]} ${rdata[3]} ${digest}`;
}

const fileName = (zone: Zone): string => nameToText(zone.apex).slice(0, -1) || 'root';

function zoneText(zone: Zone, now: number): string {
  const apexSets = [...(zone.sets.get(zone.apex)?.values() ?? [])];
  // The SOA comes first.
  const rest = [...zone.sets.values()].flatMap((node) => [...node.values()]);
  const soa = apexSets.filter((set) => set.type === RrType.SOA);
  const sets = [...soa, ...rest.filter((set) => !soa.includes(set)), ...denialSets(zone)];
  return sets.flatMap((set) => recordsFor(zone, set, now).map(line)).join('');
}

// Below a delegation stands glue, which nobody signs.
function recordsFor(zone: Zone, set: RrSet, now: number): readonly ResourceRecord[] {
  const cut = delegationAbove(zone, set.owner);
  const records = signed(zone, set, now);
  return cut === undefined || cut === set.owner ? records : records.filter(({ type }) => type !== RrType.RRSIG);
}

const line = ({ owner, type, ttl, rdata }: ResourceRecord): string =>
  `${nameToText(owner)} ${ttl} IN TYPE${type} \\# ${rdata.length} ${Buffer.from(rdata).toString('hex')}\n`;
