// Destinations with an MTA-STS policy (RFC 8461), alone and beside DANE.

import {
  deferred,
  enforced,
  type LabDestination,
  sent,
  signedSite,
  stranger,
  unsignedSite,
} from './destination-plan.ts';

export const stsDestinations: readonly LabDestination[] = [
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
