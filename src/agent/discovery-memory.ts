// What was discovered of a destination, kept for the messages that follow at once: as long as every answer that it rests on
// still holds, and no longer (DNS-8). So a changed TLSA record or policy takes effect when it would without this.

import type { Instant } from '../core/base/brand.ts';
import type { Lookup } from '../core/base/lookup.ts';
import { expiryOf } from '../core/mtasts/freshness.ts';
import type { StsFinding, StsPolicy } from '../core/mtasts/policy.ts';
import type { Candidate } from '../core/policy/model.ts';
import { isIpAddress } from '../core/routing/ip-address.ts';
import { formatNextHop, type NextHop } from '../core/routing/next-hop.ts';
import { type Discovered, type DiscoverOptions, type DiscoverPorts, discover, maxHosts } from './discover.ts';

/** One for each configuration in force: options and routes are part of what is remembered. */
export type DiscoveryMemory = { readonly known: Map<string, Known> };

type Known = {
  readonly discovered: Discovered;
  readonly from: Instant;
  readonly until: number;
  /** As it was stored then; another one may have come since by the daily refresh (STS-44). */
  readonly policy: StsPolicy | undefined;
};

const maxKnown = 1000;

export const createDiscoveryMemory = (): DiscoveryMemory => ({ known: new Map() });

/** `discover`, or what it found a moment ago. RTE-7: hosts of equal preference are drawn anew each time. */
export async function discoverOnce(
  ports: DiscoverPorts,
  memory: DiscoveryMemory,
  nextHop: NextHop,
  options: DiscoverOptions,
): Promise<Discovered> {
  const key = `${options.reading} ${formatNextHop(nextHop)}`;
  const now = ports.clock.now();
  const known = memory.known.get(key);
  if (known !== undefined) {
    if (known.from <= now && now < known.until && storedPolicy(ports, nextHop) === known.policy)
      return drawnAnew(known.discovered, () => ports.clock.random());
    memory.known.delete(key);
  }
  const watched = watchLookUps(ports);
  const discovered = await discover(watched.ports, nextHop, options);
  const { mx, sts } = discovered.destination;
  const until = Math.min(watched.until(), endOfPolicy(sts));
  if (until <= ports.clock.now() || (mx.kind === 'mx' && mx.hosts.length > maxHosts)) return discovered;
  for (const oldest of memory.known.keys()) {
    if (memory.known.size < maxKnown) break;
    memory.known.delete(oldest);
  }
  memory.known.set(key, { discovered, from: now, until, policy: storedPolicy(ports, nextHop) });
  return discovered;
}

/** Notes how long what is asked through these ports holds. */
function watchLookUps(ports: DiscoverPorts): { readonly ports: DiscoverPorts; until(): number } {
  let until = Number.POSITIVE_INFINITY;
  const note = (answer: Lookup<unknown>): void => {
    // A failure is asked again at once; and a rest of a second that was rounded up is no second.
    const holds = answer.kind === 'failed' ? 0 : ports.clock.now() + (answer.ttl - 1) * 1000;
    until = Math.min(until, holds);
  };
  return {
    until: () => until,
    ports: {
      ...ports,
      resolver: {
        resolve: async (name, type, reading) => {
          const resolved = await ports.resolver.resolve(name, type, reading);
          note(resolved.answer);
          return resolved;
        },
      },
      local: {
        addresses: (name) => {
          // RTE-17: nobody says how long these hold.
          until = 0;
          return ports.local.addresses(name);
        },
      },
    },
  };
}

/** A policy that was just fetched is read from the cache the next time; one that could not be had is asked for again. */
function endOfPolicy(sts: StsFinding): number {
  if (sts.kind === 'none') return Number.POSITIVE_INFINITY;
  return sts.kind === 'policy' && sts.freshness === 'cached' ? expiryOf(sts.policy) : 0;
}

function storedPolicy(ports: DiscoverPorts, nextHop: NextHop): StsPolicy | undefined {
  if (nextHop.kind === 'literal') return undefined;
  const domain = nextHop.kind === 'domain' ? nextHop.domain : nextHop.host;
  return isIpAddress(domain) ? undefined : ports.policyStore.get(domain);
}

function drawnAnew(discovered: Discovered, random: () => number): Discovered {
  const { candidates, destination } = discovered;
  const isDrawn = candidates.some((one, index) => index > 0 && one.preference === candidates[index - 1]?.preference);
  if (!isDrawn) return discovered;
  const drawn = candidates.map((candidate): readonly [Candidate, number] => [candidate, random()]);
  drawn.sort(([a, drawA], [b, drawB]) => a.preference - b.preference || drawA - drawB);
  return { destination, candidates: drawn.map(([candidate]) => candidate) };
}
