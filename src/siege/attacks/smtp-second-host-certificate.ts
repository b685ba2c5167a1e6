// ATK-83 (RFC 8461 §5): the good host is blocked, the next one has a bad certificate.

import { type CertificatePlan, deferred, type LabDestination, unsignedSite } from '../../lab/destination-plan.ts';
import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const twoHosts = (second: CertificatePlan): LabDestination =>
  unsignedSite('two-hosts', {
    story: 'An enforced policy names both hosts; only the first has a good certificate.',
    hosts: [
      { name: 'mx1.two-hosts.example', certificate: { by: 'public' } },
      { name: 'mx2.two-hosts.example', certificate: second },
    ],
    policy: { mode: 'enforce', mx: ['mx1.two-hosts.example', 'mx2.two-hosts.example'] },
    expected: deferred('cert-untrusted'),
  });

export const secondHostCertificate: Attack = {
  id: 'ATK-83',
  title: 'blocks the good MX host of an enforced policy, so that a broken one is next',
  controls: 'TCP path',
  sends: 'connection refused at the first host; a self-signed certificate, or an expired one, at the second',
  sinkMaySee: 'a handshake at the second, no MAIL',
  mustBeVisible: '`cert-*`',
  claims: ['mta-sts'],
  run: (arena) =>
    allHeld(['self-signed', 'expired'], async (form) => {
      const domain = await arena.fresh(
        twoHosts(form === 'expired' ? { by: 'public', validity: 'expired' } : { by: 'self' }),
      );
      await arena.lab.host(`mx1.${domain}`).listen('closed');
      return nothingArrives(arena, domain);
    }),
};
