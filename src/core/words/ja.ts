// The Japanese catalogue: English sentence or template to Japanese. `{0}`, `{1}`… and names in braces stand for values.

import { jaEvidence } from './ja-evidence.ts';
import { jaHelp } from './ja-help.ts';
import { jaReasons } from './ja-reasons.ts';
import { jaRenewal } from './ja-renewal.ts';
import { jaSettings } from './ja-settings.ts';
import { jaSiege } from './ja-siege.ts';
import { jaTlsa } from './ja-tlsa.ts';
import { jaVerbs } from './ja-verbs.ts';

export const japanese: Readonly<Record<string, string>> = {
  ...jaReasons,
  ...jaHelp,
  ...jaEvidence,
  ...jaVerbs,
  ...jaTlsa,
  ...jaSettings,
  ...jaRenewal,
  ...jaSiege,
};
