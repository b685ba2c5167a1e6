// Destinations with TLSA records, right and wrong (RFC 7672).

import {
  daneHost,
  deferred,
  ee,
  enforced,
  type LabDestination,
  sent,
  signedSite,
  stranger,
} from './destination-plan.ts';

export const daneDestinations: readonly LabDestination[] = [
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
