// Every authoritative server of a zone asked by itself, its answers proven like any other (OPS-19, OPS-32): what secondaries
// give out is what caches will hold next. Zones above, and names elsewhere, come from the recursive servers.

import type { Clock, Log } from '../../agent/ports.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import { fault, ok, type Result } from '../../core/base/result.ts';
import { domainFromName, foldName, isAtOrBelow, type Name, nameToText, parentName } from '../../core/dns/name.ts';
import { RrType } from '../../core/dns/registry.ts';
import { readPlainName } from '../../core/dns/wire.ts';
import type { Anchors } from '../../core/dnssec/anchors.ts';
import { defaultRules } from '../../core/dnssec/limits.ts';
import type { Proof } from '../../core/dnssec/proof.ts';
import { prove, proveZone } from '../../core/dnssec/prove.ts';
import type { ValidatingResolver } from './answering.ts';
import { createProver, type Proving } from './prover.ts';
import { formatServerAddress, type ServerAddress } from './server-address.ts';
import { createTransport } from './transport.ts';
import { createUpstream, type Patience } from './upstream.ts';

export type AuthorityOptions = {
  readonly resolver: ValidatingResolver;
  /** Recursive; for what the zone does not hold itself. */
  readonly servers: readonly ServerAddress[];
  readonly anchors: Anchors;
  readonly clock: Clock;
  readonly log: Log;
  readonly patience?: Patience | undefined;
};

export type Zone = { readonly apex: Name; readonly servers: readonly ServerAddress[] };

export type Authorities = {
  /** The zone that holds the name, with every address of every server that it names; perhaps none. */
  zoneOf(name: Name): Promise<Result<Zone, string>>;
  /** One server's own answer. */
  ask(server: ServerAddress, apex: Name, question: { readonly name: Name; readonly type: number }): Promise<Proof>;
  close(): void;
};

/** Nobody's zone has more; what a stranger's zone names is bounded. */
const maxServers = 26;

export function createAuthorities(options: AuthorityOptions): Authorities {
  const { resolver, anchors, clock, log, patience } = options;
  const transport = createTransport();
  const upstream = createUpstream(transport, log, patience);
  const proving: Proving = {
    prove: (question, now, budget) => prove(question, anchors, now, budget, defaultRules),
    proveZone: (apex, now, budget) => proveZone(apex, anchors, now, budget, defaultRules),
  };
  return {
    zoneOf: async (name) => {
      for (let apex: Name | undefined = name; apex !== undefined; apex = parentName(apex)) {
        const proof = await resolver.lookup(apex, RrType.NS);
        if (proof.state === 'bogus' || proof.state === 'indeterminate')
          return fault(`the name servers of ${nameToText(apex)} are unknown (${proof.because ?? proof.state})`);
        if (proof.records.length === 0 || proof.aliases.length > 0) continue;
        const hosts = proof.records.flatMap(({ rdata }) => {
          const host = readPlainName(rdata, 0);
          return host === undefined ? [] : [foldName(host.wire)];
        });
        const servers = await addressesOf(resolver, hosts);
        return ok({ apex, servers: servers.slice(0, maxServers) });
      }
      return fault(`no zone holds ${nameToText(name)}`);
    },
    ask: async (server, apex, question) => {
      const prover = createProver({
        proving,
        clock,
        // The DS set of the apex stands in the zone above.
        ask: (one) =>
          isAtOrBelow(one.name, apex) && !(one.name === apex && one.type === RrType.DS)
            ? upstream.ask(one, [server])
            : upstream.ask(one, options.servers),
      });
      return (await prover(question)).proof;
    },
    close: transport.close,
  };
}

async function addressesOf(resolver: ValidatingResolver, hosts: readonly Name[]): Promise<readonly ServerAddress[]> {
  const domains = hosts.flatMap((host) => domainFromName(host) ?? []);
  const found = await Promise.all(
    domains.flatMap((domain) =>
      (['A', 'AAAA'] as const).map(async (type): Promise<readonly IpAddress[]> => {
        const { answer } = await resolver.resolve(domain, type);
        return answer.kind === 'found' ? answer.value : [];
      }),
    ),
  );
  const servers = found.flat().map((address): ServerAddress => ({ host: address, port: 53 }));
  return [...new Map(servers.map((server) => [formatServerAddress(server), server])).values()];
}
