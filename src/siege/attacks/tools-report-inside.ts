// ATK-111 (RFC 8460 §3): reports are aimed inside.

import type { Attack } from '../attack.ts';

export const reportInside: Attack = {
  id: 'ATK-111',
  title: 'has reports posted to a service inside',
  controls: 'zone owner',
  sends: '`rua=https://` with a private address',
  sinkMaySee: 'nothing',
  mustBeVisible: 'RPT-93',
  claims: [],
  limit: 'TLS reports are not sent by this version: there is nothing to aim',
};
