// ATK-47 (RFC 7672 §2.1.1): aliases that lead round in a circle or never end.

import type { Attack } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const many = 40;

export const aliasLoop: Attack = {
  id: 'ATK-47',
  title: 'leads aliases in a circle',
  controls: 'zone owner',
  sends: `CNAME and DNAME loops and a chain of ${many} at the TLSA name, a loop at the domain`,
  sinkMaySee: 'nothing',
  mustBeVisible: '`tlsa-lookup-error` or `mx-lookup-error`',
  claims: ['dane'],
  run: (arena) =>
    allHeld(['tlsa-loop', 'tlsa-chain', 'tlsa-dname', 'mx-loop'], async (how) => {
      const domain = await arena.fresh('dane-ee');
      const { setRecords } = arena.lab;
      const owner = `_25._tcp.mx.${domain}`;
      if (how.startsWith('tlsa')) setRecords(owner, 'TLSA', []);
      if (how === 'tlsa-loop') {
        setRecords(owner, 'CNAME', [`loop.${domain}.`]);
        setRecords(`loop.${domain}`, 'CNAME', [`${owner}.`]);
      } else if (how === 'tlsa-chain') {
        setRecords(owner, 'CNAME', [`c1.${domain}.`]);
        for (let i = 1; i < many; i++) setRecords(`c${i}.${domain}`, 'CNAME', [`c${i + 1}.${domain}.`]);
      } else if (how === 'tlsa-dname') {
        setRecords(`_tcp.mx.${domain}`, 'DNAME', [`one.${domain}.`]);
        setRecords(`one.${domain}`, 'DNAME', [`two.${domain}.`]);
        setRecords(`two.${domain}`, 'DNAME', [`one.${domain}.`]);
      } else {
        setRecords(domain, 'MX', []);
        setRecords(domain, 'CNAME', [`loop.${domain}.`]);
        setRecords(`loop.${domain}`, 'CNAME', [`${domain}.`]);
      }
      return nothingArrives(arena, domain);
    }),
};
