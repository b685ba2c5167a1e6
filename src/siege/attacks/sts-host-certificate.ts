// ATK-64 (RFC 8461 §3.3): somebody else answers as the policy host.

import type { Attack } from '../attack.ts';
import { allHeld } from '../judging.ts';
import { cachedPolicyHolds, nothingDemanded } from '../sts.ts';

export const stsHostCertificate: Attack = {
  id: 'ATK-64',
  title: 'answers as the policy host with a certificate that does not name it, has expired, or is nobody’s',
  controls: 'TCP or DNS path',
  sends: 'a policy of mode none under such certificates; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL',
  mustBeVisible: '`sts-webpki-invalid`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['name', 'expired', 'self-signed', 'cn-only'], (form) =>
      cachedPolicyHolds(arena, (domain) => {
        arena.lab.publishPolicy(domain, nothingDemanded);
        arena.lab.setFault(`sts:certificate-${form}`, domain);
      }),
    ),
};
