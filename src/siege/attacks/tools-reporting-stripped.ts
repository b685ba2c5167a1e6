// ATK-114 (RFC 8460 §3): the TLSRPT record is attacked together with the channel.

import type { Attack } from '../attack.ts';
import { allHeld, arrivesOnlyAt, attempt, letterTo, nothingArrives } from '../judging.ts';

export const reportingStripped: Attack = {
  id: 'ATK-114',
  title: 'takes the TLSRPT record away, so that the attack is not reported',
  controls: 'DNS path',
  sends:
    '`_smtp._tls` answered SERVFAIL, dropped, or without proof; a certificate that does not match, and one that does',
  sinkMaySee: 'nothing at the first host, the message at the second',
  mustBeVisible: '`log:`; neither alarm nor delivery depends on the record',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['servfail', 'timeout', 'nodata-without-proof'], async (fault) => {
      const broken = await arena.fresh('dane-mismatch');
      const good = await arena.fresh('dane-ee');
      for (const domain of [broken, good]) arena.lab.setFault(`dns:${fault}`, `_smtp._tls.${domain}`);
      const finding = await nothingArrives(arena, broken);
      return finding.kind === 'held' ? arrivesOnlyAt(await attempt(arena, letterTo(good)), [`mx.${good}`]) : finding;
    }),
};
