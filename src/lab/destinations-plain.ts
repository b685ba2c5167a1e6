// Destinations that publish nothing, or whose DNS or server says no.

import { bounced, deferred, type LabDestination, sent, signedSite, unsignedSite } from './destination-plan.ts';

export const plainDestinations: readonly LabDestination[] = [
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
