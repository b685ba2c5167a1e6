// The certificate chain that a server presents, for tools that make records from it: the first address that answers, nothing
// judged, nothing sent inside TLS (OPS-20, OPS-68).

import type { DomainName } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { SecurityState } from '../core/policy/model.ts';
import type { PresentedChain } from '../core/x509/presented-chain.ts';
import type { SendPorts } from './attempt.ts';
import { type DiscoverOptions, type DiscoverPorts, discover } from './discover.ts';
import { aimAt, type Service } from './host-aim.ts';

export type LookOptions = {
  readonly discover: Omit<DiscoverOptions, 'reading'>;
  readonly ehloName: string;
  readonly signal: AbortSignal;
};

/** @returns the chain, or why none was seen. */
export async function presentedBy(
  ports: DiscoverPorts & Pick<SendPorts, 'dialer'>,
  service: Service,
  { discover: how, ehloName, signal }: LookOptions,
): Promise<Result<PresentedChain, string>> {
  const { host, port, tls } = service;
  const { candidates } = await discover(ports, aimAt(service), { ...how, reading: 'validated' });
  const addresses = candidates[0]?.addresses;
  if (addresses?.kind === 'failed') return fault(`the addresses of ${host} are unknown (${addresses.reason})`);
  if (addresses?.kind !== 'addresses') return fault(`${host} has no address that can be used`);
  const mode = tls === 'implicit' ? 'implicit' : 'starttls';
  const missed: string[] = [];
  for (const address of addresses.addresses) {
    const call = { host, address, port, ehloName, mode, sni: host, store: { kind: 'webpki' } } as const;
    const dialed = await ports.dialer.dial(call, signal);
    const security = dialed.kind === 'session' ? dialed.session.security : dialed.security;
    if (dialed.kind === 'session') ports.dialer.close(dialed.session, 'quit');
    if (security.kind === 'encrypted') return ok(security.chain);
    missed.push(`${address}: ${whyNot(security)}`);
  }
  return fault(`${host}:${port} showed no certificate (${missed.join('; ')})`);
}

/** Why there is no chain to look at. */
export function whyNot(security: Exclude<SecurityState, { kind: 'encrypted' }>): string {
  switch (security.kind) {
    case 'lost':
      return `${security.during}: ${security.says}`;
    case 'greeting-refused':
      return `the greeting was ${security.reply.code} ${security.reply.lines[0]}`;
    case 'injected':
      return 'bytes stood behind the 220 to STARTTLS';
    case 'handshake-failed':
      return `the TLS handshake failed: ${security.alert}`;
    case 'cleartext':
      return security.because === 'starttls-refused'
        ? `STARTTLS was answered with ${security.reply.code}`
        : 'no STARTTLS is offered';
  }
}

export type MxNames = { readonly state: string; readonly hosts: readonly DomainName[] };

/** OPS-25: the hosts that records are owned by. @returns a fault when the MX set could not be had. */
export async function mxNamesOf(
  ports: DiscoverPorts,
  domain: DomainName,
  { discover: how }: Pick<LookOptions, 'discover'>,
): Promise<Result<MxNames, string>> {
  const { destination, candidates } = await discover(
    ports,
    { kind: 'domain', domain },
    { ...how, reading: 'validated' },
  );
  const { mx } = destination;
  if (mx.kind === 'failed') return fault(`the MX hosts of ${domain} are unknown (${mx.reason})`);
  const state = mx.kind === 'mx' || mx.kind === 'implicit' ? mx.status : mx.kind;
  const named = mx.kind === 'mx' ? mx.hosts.map(({ host }) => host) : candidates.map(({ host }) => host as DomainName);
  return ok({ state, hosts: [...new Set(named)] });
}
