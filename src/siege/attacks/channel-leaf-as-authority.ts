// ATK-20 (RFC 5280 §4.2.1.9): somebody with any certificate of the CA issues another one with it.

import { issueLeaf, makeAuthority, pemOf } from '../../lab/certificates.ts';
import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const sites = [
  { from: 'dane-ta-intermediate', by: 'private', claim: 'dane' },
  { from: 'sts-enforce', by: 'public', claim: 'mta-sts' },
] as const;

export const leafAsAuthority: Attack = {
  id: 'ATK-20',
  title: 'uses a leaf certificate as an authority',
  controls: 'any leaf of the CA, TCP path',
  sends: 'a certificate for the MX name issued by one without the CA flag, itself below the right anchor',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`cert-untrusted`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(
      sites.filter(({ claim }) => arena.claims.includes(claim)),
      async ({ from, by }) => {
        const domain = await arena.fresh(from);
        const host = arena.lab.host(`mx.${domain}`);
        const { publicIntermediate, privateIntermediate } = arena.lab.authorities;
        const issuer = by === 'private' ? privateIntermediate : publicIntermediate;
        const leaf = await makeAuthority({ subject: 'CN=customer.test', issuer, flaw: 'without-ca-flag' });
        const forged = await issueLeaf({ names: [host.name], issuer: leaf });
        host.present({ chainPem: pemOf([forged, leaf, issuer]), keyPem: forged.keyPem });
        return nothingArrives(arena, domain);
      },
    ),
};
