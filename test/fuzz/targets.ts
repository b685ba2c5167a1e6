// Every reader of what strangers, servers or operators send, under its name.

import type { Target } from './target.ts';
import { dnsTargets, validator } from './targets-dns.ts';
import { ownTargets, slowTargets } from './targets-own.ts';
import { smtpTargets } from './targets-smtp.ts';
import { textTargets } from './targets-text.ts';

/** The validator proves from the root each time, so it is slower than all others by far. */
export const readers: readonly Target[] = [...dnsTargets, ...smtpTargets, ...textTargets, ...ownTargets];
export const targets: readonly Target[] = [...readers, ...slowTargets, validator];
