// `sekisho check --all-auth` (OPS-19): the records that a verdict rests on, from the resolver and from each authoritative
// server by itself. Caches that still hold old records and secondaries that are out of step show as different answers.

import { type Authorities, createAuthorities } from '../adapters/dns/authorities.ts';
import { formatServerAddress, parseServerAddress, type ServerAddress } from '../adapters/dns/server-address.ts';
import type { AuthorityAnswer, AuthorityRow, CheckReport } from '../agent/check-report.ts';
import { type Name, nameFromText } from '../core/dns/name.ts';
import { rdataToText, typeFromText } from '../core/dns/presentation.ts';
import type { Proof } from '../core/dnssec/proof.ts';
import type { Bench } from './bench.ts';

export const authoritiesOf = ({ outlook, sight, around }: Bench): Authorities =>
  createAuthorities({
    resolver: outlook.resolver,
    servers: sight.servers,
    anchors: sight.anchors,
    clock: around.clock,
    log: around.log,
    patience: around.patience?.lookUp,
  });

/** @returns the first of the texts that no server can be asked at. */
export const strangeServer = (texts: readonly string[]): string | undefined =>
  texts.find((text) => parseServerAddress(text).kind === 'fault');

/** @param only ask these instead of those that the zones name. */
export async function askAuthorities(
  bench: Bench,
  report: CheckReport,
  only: readonly string[],
): Promise<readonly AuthorityRow[]> {
  const authorities = authoritiesOf(bench);
  try {
    const rows: AuthorityRow[] = [];
    for (const [name, type] of questionsOf(report)) rows.push(await ask(bench, authorities, name, type, only));
    return rows;
  } finally {
    authorities.close();
  }
}

/** A stranger's MX set is bounded before; so many hosts are enough to see it. */
const maxHosts = 10;

const questionsOf = ({ domain, mx, hosts }: CheckReport): readonly (readonly [string, string])[] => [
  ...(mx.state === 'literal' || mx.hosts.length === 0 ? [] : [[domain, 'MX'] as const]),
  ...hosts.slice(0, maxHosts).flatMap(({ host, tlsa_base, port }) =>
    host.startsWith('[')
      ? []
      : ([
          [host, 'A'],
          [host, 'AAAA'],
          [`_${port}._tcp.${tlsa_base ?? host}`, 'TLSA'],
        ] as const),
  ),
];

async function ask(
  { outlook }: Bench,
  authorities: Authorities,
  text: string,
  type: string,
  only: readonly string[],
): Promise<AuthorityRow> {
  const name = nameFromText(text);
  const number = typeFromText(type);
  if (name.kind === 'fault' || number === undefined)
    return { name: text, type, agree: 'unknown', answers: [failed('resolver', `${text} is no name`)] };
  const first = answerFrom('resolver', await outlook.resolver.lookup(name.value, number));
  const answers = [first, ...(await ofServers(authorities, name.value, number, only))];
  return { name: text, type, agree: agreement(answers), answers };
}

async function ofServers(
  authorities: Authorities,
  name: Name,
  type: number,
  only: readonly string[],
): Promise<readonly AuthorityAnswer[]> {
  const zone = await authorities.zoneOf(name);
  if (zone.kind === 'fault') return [failed('servers', zone.fault)];
  const servers = only.length === 0 ? zone.value.servers : only.flatMap(addressFrom);
  if (servers.length === 0) return [failed('servers', 'no name server of the zone has an address')];
  return Promise.all(
    servers.map(async (server) =>
      answerFrom(formatServerAddress(server), await authorities.ask(server, zone.value.apex, { name, type })),
    ),
  );
}

function addressFrom(text: string): readonly ServerAddress[] {
  const address = parseServerAddress(text);
  return address.kind === 'ok' ? [address.value] : [];
}

function answerFrom(server: string, { state, because, records, ttl }: Proof): AuthorityAnswer {
  const texts = records.map(({ type, rdata }) => rdataToText(type, rdata)).sort();
  return { server, state, because, ttl: records.length === 0 ? null : ttl, records: texts };
}

const failed = (server: string, because: string): AuthorityAnswer => ({
  server,
  state: 'indeterminate',
  because,
  ttl: null,
  records: [],
});

/** What was not had or cannot be proven is neither. */
function agreement(answers: readonly AuthorityAnswer[]): AuthorityRow['agree'] {
  const had = answers.filter(({ state }) => state === 'secure' || state === 'insecure');
  const different = new Set(had.map(({ state, records }) => `${state} ${records.join('\n')}`));
  if (different.size > 1) return 'no';
  return had.length === answers.length ? 'yes' : 'unknown';
}
