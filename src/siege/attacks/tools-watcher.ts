// ATK-116 (OPS-32): the watcher sees one resolver only.

import type { Attack } from '../attack.ts';

export const watcher: Attack = {
  id: 'ATK-116',
  title: 'shows the new TLSA record at one resolver only',
  controls: 'DNS path, or propagation',
  sends: 'different answers at different servers',
  sinkMaySee: '–',
  mustBeVisible: 'OPS-32',
  claims: [],
  limit:
    'a rollover asks each name server of the zone by itself and the resolver besides (OPS-32); the laboratory has one server for all zones and cannot show two views',
};
