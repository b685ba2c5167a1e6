// ATK-54 (RFC 8915, PKIX-11): the clock of the relay's machine is pushed back.

import type { Attack } from '../attack.ts';

export const clockPushedBack: Attack = {
  id: 'ATK-54',
  title: 'pushes the clock back, so that old signatures hold again',
  controls: 'NTP',
  sends: 'false time to the machine of the relay',
  sinkMaySee: 'whatever old keys and records allow',
  mustBeVisible: 'warning at start before the build date; big steps logged',
  claims: ['dnssec'],
  limit: "DNSSEC and certificates rest on the machine's clock; a siege does not reach it",
};
