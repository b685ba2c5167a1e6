// From the destinations to running MX hosts: a certificate each, the TLSA data that goes with it, and an address of its
// own on the loopback, for the relay has one delivery port for all of them.

import { createServer } from 'node:net';
import { type Certified, issueLeaf, type LabAuthorities, pemOf, tlsaData } from './certificates.ts';
import type { CertificatePlan, HostPlan, TlsaPlan } from './destination-plan.ts';
import { type Identity, type MxHost, startMxHost } from './mx-host.ts';
import type { HostFacts } from './world-zones.ts';

export type PreparedHost = HostFacts & {
  readonly plan: HostPlan;
  readonly identity: Identity;
  /** The certificate after the coming renewal, where a TLSA record announces it. */
  readonly next: Identity | undefined;
};

/** All of 127/8 is loopback on Linux; elsewhere only 127.0.0.1 exists until others are added. */
const hostNetwork = '127.25';

/** Makes the certificates of all hosts; nothing listens yet. @param first how many addresses are taken. */
export async function prepareHosts(
  plans: readonly HostPlan[],
  authorities: LabAuthorities,
  first: number = 0,
): Promise<PreparedHost[]> {
  const known = new Map(plans.map((plan) => [plan.name, plan]));
  return Promise.all([...known.values()].map((plan, i) => prepare(plan, first + i, authorities)));
}

async function prepare(plan: HostPlan, index: number, authorities: LabAuthorities): Promise<PreparedHost> {
  const certificate = plan.certificate ?? { by: 'self' };
  const issue = (): Promise<Certified> => issueFor(plan.name, certificate, authorities);
  const wants = (what: TlsaPlan['of']): boolean => plan.tlsa?.some((record) => record.of === what) ?? false;
  const [leaf, next, stranger] = await Promise.all([
    issue(),
    wants('next') ? issue() : undefined,
    wants('stranger') ? issueLeaf({ names: ['stranger.test'] }) : undefined,
  ]);
  const certified = (of: TlsaPlan['of']): Certified => {
    const found = {
      leaf,
      next,
      stranger,
      'private-root': authorities.privateRoot,
      'private-intermediate': authorities.privateIntermediate,
    }[of];
    return found ?? leaf;
  };
  const tlsa = (plan.tlsa ?? []).map(({ usage, selector, matching, of }) => {
    const data = Buffer.from(tlsaData(certified(of), selector, matching)).toString('hex');
    return `${usage} ${selector} ${matching} ${data}`;
  });
  const identity = (one: Certified): Identity => identityOf(one, certificate, authorities);
  return {
    name: plan.name,
    address: addressOf(plan, index),
    tlsa,
    plan,
    identity: identity(leaf),
    next: next && identity(next),
  };
}

function addressOf({ at }: HostPlan, index: number): string {
  if (at === 'ipv6') return '::1';
  if (typeof at === 'object') return at.address;
  return `${hostNetwork}.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`;
}

/** A certificate as planned for a host of this name. */
export function issueFor(name: string, plan: CertificatePlan, authorities: LabAuthorities): Promise<Certified> {
  const issuer = { self: undefined, public: authorities.publicIntermediate, private: authorities.privateIntermediate };
  const by = issuer[plan.by];
  return issueLeaf({
    names: plan.names ?? [name],
    ...(plan.commonName !== undefined && { commonName: plan.commonName }),
    ...(by && { issuer: by }),
    ...(plan.validity && { validity: plan.validity }),
  });
}

/** The chain as the host sends it. */
export function identityOf(leaf: Certified, plan: CertificatePlan, authorities: LabAuthorities): Identity {
  const { publicIntermediate, publicRoot, privateIntermediate, privateRoot } = authorities;
  const above = {
    self: [],
    public: [publicIntermediate, publicRoot],
    private: [privateIntermediate, privateRoot],
  }[plan.by];
  const count = { leaf: 0, 'leaf-and-intermediate': 1, whole: 2 }[plan.send ?? 'leaf-and-intermediate'];
  return { chainPem: pemOf([leaf, ...above.slice(0, count)]), keyPem: leaf.keyPem };
}

/** @param port 0: one that is free at every address. @throws Error when an address cannot be bound, saying what to do. */
export async function startHosts(
  prepared: readonly PreparedHost[],
  port: number,
): Promise<{ readonly hosts: readonly MxHost[]; readonly port: number }> {
  const listening = prepared.filter(({ plan }) => plan.at === undefined || plan.at === 'ipv6');
  for (let tries = 1; ; tries++) {
    const chosen = port === 0 ? await freePort() : port;
    const started = await Promise.allSettled(
      listening.map(({ name, address, identity, plan }) =>
        startMxHost({ name, address, port: chosen, identity, faults: plan.faults ?? [] }),
      ),
    );
    const hosts = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined) return { hosts, port: chosen };
    await Promise.all(hosts.map((host) => host.close()));
    const code = (failed.reason as { code?: string }).code;
    if (code !== 'EADDRINUSE' || port !== 0 || tries === 10) throw explained(failed.reason, code);
  }
}

function explained(reason: unknown, code: string | undefined): unknown {
  if (code === 'EADDRNOTAVAIL') {
    const message = `the laboratory needs ${hostNetwork}.0.0/16 on the loopback; where only 127.0.0.1 exists, add the addresses first (macOS: ifconfig lo0 alias ${hostNetwork}.1.1, and so on)`;
    return new Error(message, { cause: reason });
  }
  return reason;
}

/** Whether this machine has ::1 at all. */
export const hasIpv6 = (): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port: 0, host: '::1' }, () => probe.close(() => resolve(true)));
  });

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const bound = probe.address();
      probe.close(() => resolve(typeof bound === 'object' && bound ? bound.port : 0));
    });
  });
}
