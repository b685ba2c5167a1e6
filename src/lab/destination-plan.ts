// What a destination of the laboratory is made of, and the notation in which the tables of destinations are written.

import type { Validity } from './certificates.ts';
import type { DnsFault } from './dns/faults.ts';
import type { Signing } from './dns/zone.ts';
import type { MxFault } from './mx-behaviour.ts';
import type { PolicyHostFault } from './policy-host.ts';

export type Level = 'dane' | 'webpki' | 'encrypted' | 'cleartext';

export type Outcome = {
  readonly outcome: 'sent' | 'deferred' | 'bounced';
  /** One of the codes of requirements.md §5. */
  readonly reason: string | null;
  /** Null unless it was sent. */
  readonly level: Level | null;
  /** As in delivery records; empty where nobody was authenticated. */
  readonly authn: readonly string[];
};

export type CertificatePlan = {
  readonly by: 'self' | 'public' | 'private';
  /** Default: the host's name. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly validity?: Validity;
  /** Default: leaf and intermediate. */
  readonly send?: 'leaf' | 'leaf-and-intermediate' | 'whole';
};

export type TlsaPlan = {
  readonly usage: number;
  readonly selector: number;
  readonly matching: number;
  /** `next`: the certificate after the coming renewal. `stranger`: one that nobody presents. */
  readonly of: 'leaf' | 'next' | 'stranger' | 'private-intermediate' | 'private-root';
};

export type HostPlan = {
  readonly name: string;
  /** An own loopback address if not said otherwise; a given address has no listener. */
  readonly at?: 'ipv6' | 'nowhere' | { readonly address: string };
  readonly certificate?: CertificatePlan;
  readonly tlsa?: readonly TlsaPlan[];
  readonly faults?: readonly MxFault[];
};

export type PolicyPlan = {
  readonly mode: 'enforce' | 'testing' | 'none';
  readonly mx: readonly string[];
  /** Seconds. */
  readonly maxAge?: number;
  readonly faults?: readonly PolicyHostFault[];
};

export type DnsFaultPlan = {
  readonly fault: DnsFault;
  readonly owner: string;
  readonly type?: string;
  readonly data?: readonly string[];
};

export type LabDestination = {
  readonly name: string;
  readonly story: string;
  /** The recipient's domain. */
  readonly domain: string;
  /** `shared`: the records stand in a zone above; `absent`: the domain does not exist. */
  readonly zone: 'signed' | 'unsigned' | 'shared' | 'absent' | Signing;
  /** Further zones that only this destination needs. */
  readonly zones?: readonly { readonly apex: string; readonly zone: 'signed' | 'unsigned' }[];
  /** Default: all hosts with preferences 10, 20, … `none`: no MX record. */
  readonly mx?: readonly (readonly [number, string])[] | 'none';
  readonly hosts: readonly HostPlan[];
  readonly policy?: PolicyPlan;
  /** Lines of `owner TYPE data`, owners absolute. */
  readonly records?: readonly string[];
  readonly dnsFaults?: readonly DnsFaultPlan[];
  /** Default: `normal`. */
  readonly message?: 'normal' | 'requiretls' | 'tls-required-no';
  readonly expected: Outcome;
};

export const sent = (level: Level, ...authn: readonly string[]): Outcome => ({
  outcome: 'sent',
  reason: null,
  level,
  authn,
});
export const deferred = (reason: string): Outcome => ({ outcome: 'deferred', reason, level: null, authn: [] });
export const bounced = (reason: string): Outcome => ({ outcome: 'bounced', reason, level: null, authn: [] });

export const ee: TlsaPlan = { usage: 3, selector: 1, matching: 1, of: 'leaf' };
export const stranger: TlsaPlan = { ...ee, of: 'stranger' };

/** A domain below `.test` whose only host has DANE-EE, with the changes given. */
export const daneHost = (domain: string, changes: Partial<HostPlan> = {}): HostPlan => ({
  name: `mx.${domain}`,
  tlsa: [ee],
  ...changes,
});

const publicHost = (domain: string, changes: Partial<HostPlan> = {}): HostPlan => ({
  name: `mx.${domain}`,
  certificate: { by: 'public' },
  ...changes,
});

export const enforced = (domain: string): PolicyPlan => ({ mode: 'enforce', mx: [`mx.${domain}`] });

export type Brief = Omit<LabDestination, 'name' | 'domain' | 'zone' | 'hosts'> & Partial<LabDestination>;

/** Signed, below `.test`, one DANE-EE host unless said otherwise. */
export function signedSite(name: string, brief: Brief, host: Partial<HostPlan> = {}): LabDestination {
  const domain = brief.domain ?? `${name}.test`;
  return { name, domain, zone: 'signed', hosts: [daneHost(domain, host)], ...brief };
}

/** Unsigned, below `.example`, one host with a public certificate unless said otherwise. */
export function unsignedSite(name: string, brief: Brief, host: Partial<HostPlan> = {}): LabDestination {
  const domain = brief.domain ?? `${name}.example`;
  return { name, domain, zone: 'unsigned', hosts: [publicHost(domain, host)], ...brief };
}
