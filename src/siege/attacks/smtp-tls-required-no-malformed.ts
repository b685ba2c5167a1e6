// ATK-85 (RFC 8689 §3): what looks like `TLS-Required: No` and is not.

import type { Attack, Submission } from '../attack.ts';
import { allHeld, nothingArrives } from '../judging.ts';

const forms = {
  twice: { headers: ['TLS-Required: No', 'TLS-Required: No'] },
  'another value': { headers: ['TLS-Required: No, please'] },
  'a comment': { headers: ['TLS-Required: No (really)'] },
  'in the body': { body: 'TLS-Required: No\r\n' },
  'folded into another field': { headers: ['X-Note: as follows', ' TLS-Required: No'] },
  'a blank in the name': { headers: ['TLS-Required : No'] },
  'behind the first empty line': { headers: ['X-Note: end', '', 'TLS-Required: No'] },
} satisfies Readonly<Record<string, Partial<Submission>>>;

export const tlsRequiredNoMalformed: Attack = {
  id: 'ATK-85',
  title: 'has TLS-Required: No taken for granted where it does not stand',
  controls: 'author',
  sends:
    'the field twice, with another value, in the body, folded into another field, with a blank in its name; a host whose key does not match',
  sinkMaySee: 'a handshake, no MAIL',
  mustBeVisible: '`msg_tls=normal`',
  claims: ['tls-required-no', 'dane'],
  run: (arena) =>
    allHeld(Object.keys(forms) as (keyof typeof forms)[], async (form) =>
      nothingArrives(arena, await arena.fresh('dane-mismatch'), forms[form]),
    ),
};
