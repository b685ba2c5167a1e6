// The destinations of the laboratory: one trait or flaw each, with what must become of an ordinary message sent there
// (decision-tables.md). Data only: world.ts builds zones, hosts and policies from it.

import type { Reason } from '../core/policy/reasons.ts';
import type { Validity } from './certificates.ts';
import type { DnsFault } from './dns/faults.ts';
import type { Signing } from './dns/zone.ts';
import type { MxFault } from './mx-behaviour.ts';
import type { PolicyHostFault } from './policy-host.ts';

export type Level = 'dane' | 'webpki' | 'encrypted' | 'cleartext';

export type Outcome = {
  readonly outcome: 'sent' | 'deferred' | 'bounced';
  readonly reason: Reason | null;
  /** Null unless it was sent. */
  readonly level: Level | null;
  /** As in delivery records; empty where nobody was authenticated. */
  readonly authn: readonly string[];
};

export type CertificatePlan = {
  readonly by: 'self' | 'public' | 'private';
  /** Default: the host's name. */
  readonly names?: readonly string[];
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

const sent = (level: Level, ...authn: readonly string[]): Outcome => ({ outcome: 'sent', reason: null, level, authn });
const deferred = (reason: Reason): Outcome => ({ outcome: 'deferred', reason, level: null, authn: [] });
const bounced = (reason: Reason): Outcome => ({ outcome: 'bounced', reason, level: null, authn: [] });

const ee: TlsaPlan = { usage: 3, selector: 1, matching: 1, of: 'leaf' };
const stranger: TlsaPlan = { ...ee, of: 'stranger' };

/** A domain below `.test` whose only host has DANE-EE, with the changes given. */
const daneHost = (domain: string, changes: Partial<HostPlan> = {}): HostPlan => ({
  name: `mx.${domain}`,
  tlsa: [ee],
  ...changes,
});

const publicHost = (domain: string, changes: Partial<HostPlan> = {}): HostPlan => ({
  name: `mx.${domain}`,
  certificate: { by: 'public' },
  ...changes,
});

const enforced = (domain: string): PolicyPlan => ({ mode: 'enforce', mx: [`mx.${domain}`] });

type Brief = Omit<LabDestination, 'name' | 'domain' | 'zone' | 'hosts'> & Partial<LabDestination>;

/** Signed, below `.test`, one DANE-EE host unless said otherwise. */
function signedSite(name: string, brief: Brief, host: Partial<HostPlan> = {}): LabDestination {
  const domain = brief.domain ?? `${name}.test`;
  return { name, domain, zone: 'signed', hosts: [daneHost(domain, host)], ...brief };
}

/** Unsigned, below `.example`, one host with a public certificate unless said otherwise. */
function unsignedSite(name: string, brief: Brief, host: Partial<HostPlan> = {}): LabDestination {
  const domain = brief.domain ?? `${name}.example`;
  return { name, domain, zone: 'unsigned', hosts: [publicHost(domain, host)], ...brief };
}

const dane: readonly LabDestination[] = [
  signedSite('dane-ee', {
    story: 'Signed zone, 3 1 1 record, self-signed certificate with the right key.',
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite(
    'dane-ta-root',
    { story: 'A 2 0 1 record names a private root that the server sends.', expected: sent('dane', 'dane-ta') },
    {
      certificate: { by: 'private', send: 'whole' },
      tlsa: [{ usage: 2, selector: 0, matching: 1, of: 'private-root' }],
    },
  ),
  signedSite(
    'dane-ta-intermediate',
    { story: 'A 2 1 1 record names the intermediate; the root is not sent.', expected: sent('dane', 'dane-ta') },
    { certificate: { by: 'private' }, tlsa: [{ usage: 2, selector: 1, matching: 1, of: 'private-intermediate' }] },
  ),
  signedSite(
    'dane-ta-domain-name',
    { story: 'The private certificate names the mail domain, not the host.', expected: sent('dane', 'dane-ta') },
    {
      certificate: { by: 'private', names: ['dane-ta-domain-name.test'] },
      tlsa: [{ usage: 2, selector: 1, matching: 1, of: 'private-intermediate' }],
    },
  ),
  signedSite(
    'dane-ta-expired',
    { story: 'The chain leads to the anchor, but the leaf has expired.', expected: deferred('cert-expired') },
    {
      certificate: { by: 'private', validity: 'expired' },
      tlsa: [{ usage: 2, selector: 1, matching: 1, of: 'private-intermediate' }],
    },
  ),
  signedSite(
    'dane-ta-wrong-name',
    { story: 'The chain leads to the anchor, but to another name.', expected: deferred('cert-name') },
    {
      certificate: { by: 'private', names: ['mx.elsewhere.test'] },
      tlsa: [{ usage: 2, selector: 1, matching: 1, of: 'private-intermediate' }],
    },
  ),
  signedSite(
    'dane-unusable',
    { story: 'Only a 1 1 1 record, which SMTP may not use: TLS, unauthenticated.', expected: sent('encrypted') },
    { certificate: { by: 'public' }, tlsa: [{ usage: 1, selector: 1, matching: 1, of: 'leaf' }] },
  ),
  signedSite(
    'dane-mismatch',
    { story: 'The published key is not the one presented.', expected: deferred('cert-no-tlsa-match') },
    { certificate: { by: 'public' }, tlsa: [stranger] },
  ),
  signedSite('dane-bogus', {
    story: 'The signature over the TLSA record does not verify.',
    dnsFaults: [{ fault: 'corrupt-signature', owner: '_25._tcp.mx.dane-bogus.test', type: 'TLSA' }],
    expected: deferred('tlsa-bogus'),
  }),
  signedSite('dane-stripped-answer', {
    story: 'Somebody claims that there is no TLSA record and shows no proof.',
    dnsFaults: [{ fault: 'nodata-without-proof', owner: '_25._tcp.mx.dane-stripped-answer.test', type: 'TLSA' }],
    expected: deferred('tlsa-bogus'),
  }),
  signedSite('dane-servfail', {
    story: 'The TLSA question gets SERVFAIL.',
    dnsFaults: [{ fault: 'servfail', owner: '_25._tcp.mx.dane-servfail.test', type: 'TLSA' }],
    expected: deferred('tlsa-lookup-error'),
  }),
  signedSite(
    'dane-ee-expired',
    { story: 'DANE-EE with an expired certificate: dates play no part.', expected: sent('dane', 'dane-ee') },
    { certificate: { by: 'self', validity: 'expired' } },
  ),
  signedSite(
    'dane-starttls-stripped',
    { story: 'TLSA record published, STARTTLS overwritten on the way.', expected: deferred('starttls-missing') },
    { faults: ['starttls-stripped'] },
  ),
  signedSite(
    'dane-starttls-refused',
    { story: 'TLSA record published, 454 to STARTTLS.', expected: deferred('starttls-refused') },
    { faults: ['starttls-454'] },
  ),
  signedSite(
    'dane-starttls-injection',
    { story: 'Forged replies stand behind the 220 to STARTTLS.', expected: deferred('starttls-injection') },
    { faults: ['starttls-injection'] },
  ),
  signedSite(
    'dane-old-tls',
    { story: 'DANE host that only speaks TLS 1.1.', expected: deferred('tls-handshake') },
    { faults: ['tls-1.1-only'] },
  ),
  signedSite(
    'dane-rollover',
    {
      story: 'Both worlds in mid-rollover: public certificate, policy, old and new 3 0 1 and 3 1 1 records.',
      policy: enforced('dane-rollover.test'),
      expected: sent('dane', 'dane-ee', 'pkix-sts'),
    },
    {
      certificate: { by: 'public' },
      tlsa: [
        { usage: 3, selector: 0, matching: 1, of: 'leaf' },
        { usage: 3, selector: 0, matching: 1, of: 'next' },
        { usage: 3, selector: 1, matching: 1, of: 'leaf' },
        { usage: 3, selector: 1, matching: 1, of: 'next' },
      ],
    },
  ),
  signedSite('dane-second-host', {
    story: 'The first host presents a wrong key; the second one is right.',
    hosts: [
      { name: 'mx1.dane-second-host.test', tlsa: [stranger] },
      { name: 'mx2.dane-second-host.test', tlsa: [ee] },
    ],
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite('dane-mx-cname', {
    story: 'The MX host is a secure alias; the TLSA record stands at its target.',
    mx: [[10, 'mx.dane-mx-cname.test']],
    hosts: [{ name: 'real.dane-mx-cname.test', tlsa: [ee] }],
    records: ['mx.dane-mx-cname.test. CNAME real.dane-mx-cname.test.'],
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite('dane-domain-cname', {
    story: 'The mail domain is a secure alias of one with DANE-TA.',
    domain: 'alias.dane-ta-root.test',
    zone: 'shared',
    mx: 'none',
    hosts: [],
    records: ['alias.dane-ta-root.test. CNAME dane-ta-root.test.'],
    expected: sent('dane', 'dane-ta'),
  }),
  signedSite(
    'dane-ipv6-only',
    { story: 'The host has an AAAA record only.', expected: sent('dane', 'dane-ee') },
    { at: 'ipv6' },
  ),
  signedSite('dane-implicit-mx', {
    story: 'No MX record, proven; the domain itself has address and TLSA.',
    mx: 'none',
    hosts: [{ name: 'dane-implicit-mx.test', tlsa: [ee] }],
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite('dane-nsec3', {
    story: 'DANE-EE in a zone that denies by NSEC3.',
    zone: { denial: { iterations: 0, salt: '', optOut: 'no' } },
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite('dane-hosted', {
    story: 'Unsigned domain, signed provider with DANE: used, but the domain is not authenticated.',
    domain: 'dane-hosted.example',
    zone: 'unsigned',
    zones: [{ apex: 'provider.test', zone: 'signed' }],
    hosts: [daneHost('provider.test')],
    expected: sent('dane', 'dane-ee'),
  }),
  signedSite('dane-unsigned-zone', {
    story: 'TLSA records in an unsigned zone: nothing proves them.',
    domain: 'dane-unsigned-zone.example',
    zone: 'unsigned',
    expected: sent('encrypted'),
  }),
  signedSite('dane-over-limit-denial', {
    story: 'No TLSA record, denied with more NSEC3 iterations than are counted.',
    zone: { denial: { iterations: 100, salt: 'beef', optOut: 'no' } },
    hosts: [{ name: 'mx.dane-over-limit-denial.test' }],
    expected: sent('encrypted'),
  }),
];

const sts: readonly LabDestination[] = [
  unsignedSite('sts-enforce', {
    story: 'Unsigned zone, enforced policy, public certificate.',
    policy: enforced('sts-enforce.example'),
    expected: sent('webpki', 'pkix-sts'),
  }),
  unsignedSite(
    'sts-testing',
    {
      story: 'Testing policy over a self-signed certificate: delivered, the failure is counted.',
      policy: { mode: 'testing', mx: ['mx.sts-testing.example'] },
      expected: sent('encrypted'),
    },
    { certificate: { by: 'self' } },
  ),
  unsignedSite(
    'sts-none',
    {
      story: 'A policy of mode none demands nothing.',
      policy: { mode: 'none', mx: [] },
      expected: sent('encrypted'),
    },
    { certificate: { by: 'self' } },
  ),
  unsignedSite('sts-host-mismatch', {
    story: 'The MX host is not in the enforced policy.',
    policy: enforced('other.example'),
    expected: deferred('sts-mx-mismatch'),
  }),
  unsignedSite(
    'sts-name-mismatch',
    {
      story: 'The public certificate names the mail domain, not the MX host.',
      policy: enforced('sts-name-mismatch.example'),
      expected: deferred('cert-name'),
    },
    { certificate: { by: 'public', names: ['sts-name-mismatch.example'] } },
  ),
  unsignedSite(
    'sts-expired',
    {
      story: 'Enforced policy, expired certificate.',
      policy: enforced('sts-expired.example'),
      expected: deferred('cert-expired'),
    },
    { certificate: { by: 'public', validity: 'expired' } },
  ),
  unsignedSite(
    'sts-untrusted',
    {
      story: 'Enforced policy, self-signed certificate.',
      policy: enforced('sts-untrusted.example'),
      expected: deferred('cert-untrusted'),
    },
    { certificate: { by: 'self' } },
  ),
  unsignedSite(
    'sts-starttls-stripped',
    {
      story: 'Enforced policy, STARTTLS overwritten on the way.',
      policy: enforced('sts-starttls-stripped.example'),
      expected: deferred('starttls-missing'),
    },
    { faults: ['starttls-stripped'] },
  ),
  unsignedSite(
    'sts-redirect',
    {
      story: 'The policy host redirects: no policy can be had, nothing is cached.',
      policy: { ...enforced('sts-redirect.example'), faults: ['redirect'] },
      expected: sent('encrypted'),
    },
    { certificate: { by: 'self' } },
  ),
  unsignedSite(
    'sts-bad-policy-certificate',
    {
      story: 'The policy host presents a certificate that nobody trusts.',
      policy: { ...enforced('sts-bad-policy-certificate.example'), faults: ['certificate-self-signed'] },
      expected: sent('encrypted'),
    },
    { certificate: { by: 'self' } },
  ),
  {
    name: 'looks-like-gmail',
    story: 'Unsigned zone below a signed one, enforced policy with a pattern, five hosts.',
    domain: 'bigmail.test',
    zone: 'unsigned',
    hosts: ['', 'alt1.', 'alt2.', 'alt3.', 'alt4.'].map((prefix) => ({
      name: `${prefix}smtp-in.l.bigmail.test`,
      certificate: { by: 'public' as const },
    })),
    policy: { mode: 'enforce', mx: ['smtp-in.l.bigmail.test', '*.smtp-in.l.bigmail.test'], maxAge: 86_400 },
    expected: sent('webpki', 'pkix-sts'),
  },
  signedSite(
    'both',
    {
      story: 'DANE and an enforced policy, and both hold.',
      policy: enforced('both.test'),
      expected: sent('dane', 'dane-ee', 'pkix-sts'),
    },
    { certificate: { by: 'public' } },
  ),
  signedSite('both-self-signed', {
    story: 'DANE holds, the enforced policy does not: the certificate is self-signed.',
    policy: enforced('both-self-signed.test'),
    expected: deferred('cert-untrusted'),
  }),
  signedSite(
    'both-dane-broken',
    {
      story: 'The enforced policy holds, DANE does not: the policy cannot rescue it.',
      policy: enforced('both-dane-broken.test'),
      expected: deferred('cert-no-tlsa-match'),
    },
    { certificate: { by: 'public' }, tlsa: [stranger] },
  ),
];

const requiretls: readonly LabDestination[] = [
  signedSite(
    'requiretls-offered',
    {
      story: 'REQUIRETLS asked for and offered by a DANE host.',
      message: 'requiretls',
      expected: sent('dane', 'dane-ee'),
    },
    { faults: ['requiretls-offered'] },
  ),
  signedSite('requiretls-not-offered', {
    story: 'REQUIRETLS asked for, DANE holds, the keyword is missing.',
    message: 'requiretls',
    expected: bounced('requiretls-unsupported'),
  }),
  signedSite(
    'requiretls-before-tls-only',
    {
      story: 'REQUIRETLS is offered in cleartext only.',
      message: 'requiretls',
      expected: bounced('requiretls-unsupported'),
    },
    { faults: ['requiretls-before-tls-only'] },
  ),
  unsignedSite(
    'requiretls-sts',
    {
      story: 'REQUIRETLS over an enforced policy.',
      policy: enforced('requiretls-sts.example'),
      message: 'requiretls',
      expected: sent('webpki', 'pkix-sts'),
    },
    { faults: ['requiretls-offered'] },
  ),
  signedSite(
    'requiretls-webpki',
    {
      story: 'REQUIRETLS to a secure MX without TLSA: a public certificate for the host suffices.',
      message: 'requiretls',
      expected: sent('webpki', 'pkix-requiretls'),
    },
    { certificate: { by: 'public' }, tlsa: [], faults: ['requiretls-offered'] },
  ),
  unsignedSite(
    'requiretls-unvalidated',
    {
      story: 'REQUIRETLS to an unsigned domain without policy: nothing proves the MX host.',
      message: 'requiretls',
      expected: bounced('requiretls-mx-unvalidated'),
    },
    { faults: ['requiretls-offered'] },
  ),
  signedSite(
    'tls-required-no',
    {
      story: 'TLS-Required: No to a host whose key does not match.',
      message: 'tls-required-no',
      expected: sent('encrypted'),
    },
    { tlsa: [stranger] },
  ),
];

const plain: readonly LabDestination[] = [
  unsignedSite(
    'plain',
    { story: 'Unsigned, no policy, self-signed certificate: opportunistic TLS.', expected: sent('encrypted') },
    { certificate: { by: 'self' } },
  ),
  unsignedSite(
    'no-tls',
    { story: 'No policy and no STARTTLS at all: cleartext.', expected: sent('cleartext') },
    { faults: ['starttls-absent'] },
  ),
  signedSite('null-mx', {
    story: 'MX 0 . : the domain takes no mail.',
    mx: [[0, '.']],
    hosts: [],
    expected: bounced('null-mx'),
  }),
  signedSite('nxdomain', {
    story: 'The domain does not exist.',
    zone: 'absent',
    mx: 'none',
    hosts: [],
    expected: bounced('mx-nxdomain'),
  }),
  signedSite('mx-bogus', {
    story: 'The signature over the MX record has expired.',
    dnsFaults: [{ fault: 'signature-expired', owner: 'mx-bogus.test', type: 'MX' }],
    expected: deferred('mx-bogus'),
  }),
  signedSite('mx-servfail', {
    story: 'The MX question gets SERVFAIL.',
    dnsFaults: [{ fault: 'servfail', owner: 'mx-servfail.test', type: 'MX' }],
    expected: deferred('mx-lookup-error'),
  }),
  unsignedSite('mx-no-address', {
    story: 'The MX host has no address.',
    hosts: [],
    mx: [[10, 'mx.mx-no-address.example']],
    records: ['mx.mx-no-address.example. TXT nothing'],
    expected: bounced('mx-no-address'),
  }),
  unsignedSite(
    'private-address',
    { story: 'Public DNS points to a private address.', expected: deferred('addr-refused') },
    { at: { address: '10.25.25.25' } },
  ),
  unsignedSite(
    'unreachable',
    { story: 'Nobody listens at the address.', expected: deferred('connect-failed') },
    { at: 'nowhere' },
  ),
  unsignedSite('greylisted', { story: 'RCPT gets 451.', expected: deferred('remote-4yz') }, { faults: ['rcpt-451'] }),
  unsignedSite('no-such-user', { story: 'RCPT gets 550.', expected: bounced('remote-5yz') }, { faults: ['rcpt-550'] }),
];

export const destinations: readonly LabDestination[] = [...dane, ...sts, ...requiretls, ...plain];
