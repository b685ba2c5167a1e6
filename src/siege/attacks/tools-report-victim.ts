// ATK-110 (RFC 8460 §3): reports are aimed at somebody.

import type { Attack } from '../attack.ts';

export const reportVictim: Attack = {
  id: 'ATK-110',
  title: 'has reports sent to a victim',
  controls: 'zone owner',
  sends: '`rua` with the address of a victim',
  sinkMaySee: 'one report a day',
  mustBeVisible: 'RPT-98',
  claims: [],
  limit: 'TLS reports are not sent by this version: there is nothing to aim',
};
