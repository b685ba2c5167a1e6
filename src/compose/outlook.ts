// The half of the relay that looks and dials: resolver, policies, trust, dialogue. `run` and `check` are given the same one,
// so that a tool cannot disagree with delivery (OBS-5).

import { networkInterfaces } from 'node:os';
import { createAdResolver } from '../adapters/dns/ad-resolver.ts';
import { createLocalResolver } from '../adapters/dns/local.ts';
import { createResolver, type ValidatingResolver } from '../adapters/dns/resolver.ts';
import type { Patience } from '../adapters/dns/upstream.ts';
import { createPolicyHost } from '../adapters/https/policy-host.ts';
import { createDialer, isUsable } from '../adapters/smtp/dialer.ts';
import type { DialogueWatcher } from '../adapters/smtp/dialogue.ts';
import { createPool } from '../adapters/smtp/pool.ts';
import { createTlsClient } from '../adapters/smtp/tls.ts';
import { createAnchorMemory } from '../agent/anchor-memory.ts';
import type { SendPorts } from '../agent/attempt.ts';
import type { DiscoverOptions, DiscoverPorts } from '../agent/discover.ts';
import { createDiscoveryMemory, type DiscoveryMemory } from '../agent/discovery-memory.ts';
import { createHostLimit } from '../agent/host-limit.ts';
import { createHostMemory } from '../agent/host-memory.ts';
import { makePolicyMemory } from '../agent/policies.ts';
import type { Clock, Log, Metrics, PolicyStore } from '../agent/ports.ts';
import type { ProbePorts } from '../agent/probe.ts';
import type { Config } from '../config/config.ts';
import { seconds } from '../core/base/brand.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import type { OwnSocket } from '../core/routing/mx.ts';
import type { Materials, Sight } from './materials.ts';
import { alone, type Share, shareOf } from './share.ts';

export type Surroundings = {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The whole unless other threads of the relay send as well. */
  readonly share?: Share;
  /** Who reads along with the dialogues. */
  readonly watcher?: DialogueWatcher;
  /** The relay's own unless a person is waiting. */
  readonly patience?: { readonly lookUp: Patience; readonly fetchMs: number };
};

export type Outlook = {
  readonly resolver: ValidatingResolver;
  readonly discoverPorts: DiscoverPorts;
  readonly discoverOptions: Omit<DiscoverOptions, 'reading'>;
  readonly sendPorts: SendPorts;
  /** For deliveries; tools look at everything themselves. */
  readonly memory: DiscoveryMemory;
  readonly probePorts: ProbePorts;
  close(): void;
};

/** @throws Error for a resolver mode that the servers do not allow (DNS-6). */
export function openOutlook(
  config: Config,
  /** Without credentials nobody logs in, without a certificate none is shown: tools send no mail and need no secret. */
  materials: Sight & Partial<Pick<Materials, 'credentials' | 'clientCertificate'>>,
  policyStore: PolicyStore,
  around: Surroundings,
): Outlook {
  const { clock, log, metrics } = around;
  const resolver = openResolver(config, materials, around);
  const tls = createTlsClient({
    trustStore: materials.trustStore,
    suites: isStrict(config) ? 'strict' : 'default',
    minVersion: config.tls.minVersion,
    ...(materials.clientCertificate && { clientCertificate: materials.clientCertificate }),
  });
  const discoverPorts: DiscoverPorts = {
    resolver,
    local: createLocalResolver(),
    policyHost: createPolicyHost({
      resolver,
      secureContext: () => tls.contextFor({ kind: 'webpki' }),
      port: config.mtaSts.port,
      allowed: materials.allowed,
      families: config.delivery.families,
      ...(around.patience && { timeoutMs: around.patience.fetchMs }),
    }),
    policyStore,
    policyMemory: makePolicyMemory(seconds(config.mtaSts.maxAgeCap)),
    clock,
    log,
    metrics,
  };
  const dialer = createDialer({
    tls,
    sourceAddresses: materials.sourceAddresses,
    eightBit: isStrict(config) ? 'refuse' : 'send-as-it-is',
    credentials: (via) => materials.credentials?.get(via),
    log,
    metrics,
    watcher: around.watcher,
  });
  const perHost = shareOf(config.delivery.perHost, around.share ?? alone);
  const pool = createPool({ clock, isUsable, close: dialer.close, perKey: perHost, total: Math.max(200, 4 * perHost) });
  const sendPorts: SendPorts = {
    dialer,
    pool,
    hosts: createHostMemory(),
    hostLimit: createHostLimit(perHost, clock),
    anchors: createAnchorMemory(),
    clock,
  };
  return {
    resolver,
    discoverPorts,
    discoverOptions: {
      port: config.delivery.port,
      ownNames: materials.identity.ownNames,
      ownSockets: ownSockets(config),
      localZones: materials.localZones,
      mtaSts: config.mtaSts.enabled ? 'on' : 'off',
      families: config.delivery.families,
      allowed: materials.allowed,
    },
    sendPorts,
    memory: createDiscoveryMemory(),
    probePorts: { ...discoverPorts, ...sendPorts },
    close: () => {
      pool.drain();
      resolver.close();
    },
  };
}

const isStrict = ({ profile }: Config): boolean => profile === 'strict' || profile === 'government';

export function openResolver(
  config: Config,
  materials: Pick<Sight, 'servers' | 'anchors' | 'trustStore'>,
  around: Surroundings,
): ValidatingResolver {
  const { servers, anchors } = materials;
  const { clock, log, metrics, patience } = around;
  const authorities = materials.trustStore.certificates;
  const common = { servers, authorities, clock, log, metrics, ...(patience && { patience: patience.lookUp }) };
  return config.resolver.mode === 'trust-ad'
    ? createAdResolver(common)
    : createResolver({ ...common, anchors, allowSha1: config.resolver.allowSha1 });
}

/** RTE-8: a wildcard listener is every address of this machine. */
function ownSockets({ listen }: Config): readonly OwnSocket[] {
  const here = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return listen.flatMap(({ address: { host, port } }) =>
    (host === '0.0.0.0' || host === '::' ? here : [host]).map((address) => ({ address: address as IpAddress, port })),
  );
}

/** For tools that look once: nothing is kept. */
export function makePassingPolicyStore(): PolicyStore {
  const policies = new Map<Parameters<PolicyStore['get']>[0], NonNullable<ReturnType<PolicyStore['get']>>>();
  return {
    get: (domain) => policies.get(domain),
    put: async (domain, policy) => void policies.set(domain, policy),
    forget: async (domain) => void policies.delete(domain),
    entries: () => policies.entries(),
  };
}
