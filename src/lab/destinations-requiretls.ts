// Destinations of messages that ask for more TLS or for less (RFC 8689).

import {
  bounced,
  enforced,
  type LabDestination,
  sent,
  signedSite,
  stranger,
  unsignedSite,
} from './destination-plan.ts';

export const requiretlsDestinations: readonly LabDestination[] = [
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
