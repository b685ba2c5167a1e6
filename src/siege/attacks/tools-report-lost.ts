// ATK-113 (RFC 8460 §5.3): reports cannot be delivered.

import type { Attack } from '../attack.ts';

export const reportLost: Attack = {
  id: 'ATK-113',
  title: 'breaks TLS at the report address, so that nobody hears of the attack',
  controls: 'path',
  sends: 'a report address without TLS',
  sinkMaySee: 'the report',
  mustBeVisible: 'RPT-88',
  claims: [],
  limit: 'TLS reports are not sent by this version: there is nothing to lose',
};
