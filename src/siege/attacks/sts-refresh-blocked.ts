// ATK-70 (RFC 8461 §10.2): the policy host is kept out of reach until the cached policy ends.

import { seconds } from '../../core/base/brand.ts';
import type { Attack } from '../attack.ts';
import { pause, until } from '../hostile-client.ts';
import { fell, letterTo, nothingAt, undetermined } from '../judging.ts';
import { cachedPolicy, takeOver } from '../sts.ts';

export const stsRefreshBlocked: Attack = {
  id: 'ATK-70',
  title: 'blocks the policy host for days, so that the cached policy runs out unnoticed',
  controls: 'TCP or DNS path, for long',
  sends: 'connections to the policy host reset for two days; STARTTLS stripped',
  sinkMaySee: 'EHLO, no MAIL, while the policy lives; the policy host is asked each day',
  mustBeVisible: 'warnings; `sts-policy-fetch-error` daily',
  claims: ['mta-sts', 'clock'],
  runs: 'last',
  run: async (arena) => {
    const { clock, policyHosts } = arena.lab;
    const domain = await cachedPolicy(arena);
    const asked = (): number => policyHosts.requests.filter(({ host }) => host === `mta-sts.${domain}`).length;
    arena.lab.setFault('sts:drop', domain);
    await takeOver(arena, `mx.${domain}`);
    for (let days = 1; days <= 2; days++) {
      const before = asked();
      // A relay that draws its times by chance asks a little later than a day after the last try.
      clock.advance(seconds(28 * 3600));
      await until(() => asked() > before, 60_000);
      if (asked() === before) return fell(`on day ${days} nobody asked the policy host`);
      await pause(500);
    }
    const handed = await arena.submit(letterTo(domain));
    if (handed.kind === 'refused') return undetermined(handed.reply);
    const finding = nothingAt(await arena.watch(handed.marker));
    // It is still good mail: once the way is free again it goes.
    arena.lab.host(`mx.${domain}`).setFaults([]);
    await arena.retry(domain);
    await arena.watch(handed.marker);
    return finding;
  },
};
