// The destinations of the laboratory: one trait or flaw each, with what must become of a message sent there
// (decision-tables.md). Data only: world.ts builds zones, hosts and policies from it.

import type { LabDestination } from './destination-plan.ts';
import { daneDestinations } from './destinations-dane.ts';
import { plainDestinations } from './destinations-plain.ts';
import { requiretlsDestinations } from './destinations-requiretls.ts';
import { stsDestinations } from './destinations-sts.ts';

export const destinations: readonly LabDestination[] = [
  ...daneDestinations,
  ...stsDestinations,
  ...requiretlsDestinations,
  ...plainDestinations,
];
