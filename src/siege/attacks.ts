// Every attack of the matrix (decision-tables.md, part c), by number.

import type { Attack } from './attack.ts';
import { starttlsRemoved } from './attacks/channel-starttls-removed.ts';

export const attacks: readonly Attack[] = [
  // The channel
  starttlsRemoved,
  // DNS
  // MTA-STS
  // SMTP
  // Tools
];
