// What `sekisho tlsa watch` asks of zones beside the records: how long signatures last, and whether every name server
// gives out the same version (OPS-51).

import type { Authorities } from '../adapters/dns/authorities.ts';
import { formatServerAddress, type ServerAddress } from '../adapters/dns/server-address.ts';
import type { Finding, Round } from '../agent/alarms.ts';
import { type SerialView, serialFindings, signatureFinding } from '../agent/tlsa-findings.ts';
import type { WatchRequest } from '../cli/program.ts';
import { seconds } from '../core/base/brand.ts';
import { type Name, nameFromText, nameToText } from '../core/dns/name.ts';
import { RrType } from '../core/dns/registry.ts';
import { readPlainName } from '../core/dns/wire.ts';
import type { Bench } from './bench.ts';
import { serversToAsk } from './rollover.ts';

type WatchedType = 'TLSA' | 'A' | 'AAAA' | 'MX';

/** The signatures from the anchor down to these answers. */
export async function lookAtSignatures(
  { outlook, around }: Bench,
  subject: string,
  owner: string,
  types: readonly WatchedType[],
): Promise<readonly Finding[]> {
  const name = nameFromText(owner);
  if (name.kind === 'fault') return [];
  const found = await Promise.all(
    types.map(async (type) => {
      const { chain, aliases } = await outlook.resolver.lookup(name.value, RrType[type]);
      const own = chain.at(-1)?.zone;
      // A DS set is a set of the zone above like any other.
      const setIn = (zone: Name): string => (zone === own ? type : aliases.length > 0 ? 'RRSET' : 'DS');
      const steps = chain.map((step) => ({
        ...step,
        zone: nameToText(step.zone),
        what: step.what === 'rrset' ? setIn(step.zone) : step.what.toUpperCase(),
      }));
      return signatureFinding(subject, steps, around.clock.now());
    }),
  );
  return found.flat();
}

/** A secondary that was told of a change is there within moments; only then is it behind. */
const moments = seconds(3);

export async function lookAtSerials(
  bench: Bench,
  authorities: Authorities,
  subject: string,
  name: Name,
  servers: WatchRequest['servers'],
): Promise<Round> {
  const asked = await serversToAsk(authorities, name, servers);
  if (asked.kind === 'fault') return { findings: [], unknown: new Map([[subject, asked.fault]]), seen: [subject] };
  const { apex } = asked.value;
  const look = async (): Promise<Round> =>
    serialFindings(
      subject,
      await Promise.all(asked.value.servers.map((server) => serialOf(authorities, server, apex))),
    );
  const first = await look();
  if (first.findings.length === 0) return first;
  await bench.around.clock.sleep(moments);
  return look();
}

async function serialOf(authorities: Authorities, server: ServerAddress, apex: Name): Promise<SerialView> {
  const place = formatServerAddress(server);
  const { state, because, records } = await authorities.ask(server, apex, { name: apex, type: RrType.SOA });
  const rdata = records[0]?.rdata;
  const primary = rdata && readPlainName(rdata, 0);
  if ((state !== 'secure' && state !== 'insecure') || rdata === undefined || primary === undefined || rdata.length < 22)
    return { server: place, kind: 'failed', says: `SOA ${because ?? state}` };
  // RFC 1035 §3.3.13: the serial is the first of the five last numbers.
  const serial = new DataView(rdata.buffer, rdata.byteOffset, rdata.byteLength).getUint32(rdata.length - 20);
  return { server: place, kind: 'serial', primary: primary.wire.toLowerCase(), serial };
}
