// ATK-99 (RTE-15): a fallback relay, or a smart host, is used to get round a failure.

import type { Attack } from '../attack.ts';

export const fallback: Attack = {
  id: 'ATK-99',
  title: 'leans on a fallback relay or a smart host where DANE fails',
  controls: 'operator mistake',
  sends: 'a destination that fails DANE',
  sinkMaySee: 'nothing at the fallback',
  mustBeVisible: 'RTE-15',
  claims: ['dane'],
  limit:
    'it concerns a configuration with a fallback relay; sekisho knows none, and a smart host is a route with its own policy',
};
