// ATK-17 (RFC 8446 §4.4.3): the true certificate, shown by somebody who does not have its key.

import { type Certified, issueLeaf, pemOf, strangersKey, tlsaData } from '../../lab/certificates.ts';
import type { Attack } from '../attack.ts';
import { nothingArrives } from '../judging.ts';

export const replayedCertificate: Attack = {
  id: 'ATK-17',
  title: "replays the server's certificate without its key",
  controls: 'TCP path',
  sends: 'the certificate that the 3 1 1 record names; a handshake signed by another key',
  sinkMaySee: 'a handshake that fails, no MAIL',
  mustBeVisible: '`tls-handshake`',
  claims: ['dane'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    const original: Certified = await issueLeaf({ names: [host.name] });
    const digest = Buffer.from(tlsaData(original, 1, 1)).toString('hex');
    arena.lab.setRecords(`_25._tcp.${host.name}`, 'TLSA', [`3 1 1 ${digest}`]);
    host.present({ chainPem: pemOf([original]), keyPem: strangersKey(original) });
    return nothingArrives(arena, domain);
  },
};
