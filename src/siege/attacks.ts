// Every attack of the matrix (decision-tables.md, part c), by number.

import type { Attack } from './attack.ts';
import { brokenHandshake } from './attacks/channel-broken-handshake.ts';
import { commandInjection } from './attacks/channel-command-injection.ts';
import { expiredCertificate } from './attacks/channel-expired-certificate.ts';
import { keywordsBeforeTls } from './attacks/channel-keywords-before-tls.ts';
import { leafAsAuthority } from './attacks/channel-leaf-as-authority.ts';
import { oldTls } from './attacks/channel-old-tls.ts';
import { otherName } from './attacks/channel-other-name.ts';
import { replayedCertificate } from './attacks/channel-replayed-certificate.ts';
import { replayedTlsa } from './attacks/channel-replayed-tlsa.ts';
import { responseInjection } from './attacks/channel-response-injection.ts';
import { resumedSession } from './attacks/channel-resumed-session.ts';
import { rogueCaSts } from './attacks/channel-rogue-ca-sts.ts';
import { sharedKey } from './attacks/channel-shared-key.ts';
import { starttlsOverwritten } from './attacks/channel-starttls-overwritten.ts';
import { starttlsRefused } from './attacks/channel-starttls-refused.ts';
import { starttlsRemoved } from './attacks/channel-starttls-removed.ts';
import { starttlsStrippedOpportunistic } from './attacks/channel-starttls-stripped-opportunistic.ts';
import { starttlsStrippedSts } from './attacks/channel-starttls-stripped-sts.ts';
import { starttlsTemporarilyRefused } from './attacks/channel-starttls-temporarily-refused.ts';
import { swappedByRogueCa } from './attacks/channel-swapped-by-rogue-ca.ts';
import { swappedSelfSigned } from './attacks/channel-swapped-self-signed.ts';
import { weakSuites } from './attacks/channel-weak-suites.ts';
import { webServer } from './attacks/channel-web-server.ts';

export const attacks: readonly Attack[] = [
  // The channel
  starttlsRemoved,
  starttlsOverwritten,
  starttlsStrippedSts,
  starttlsStrippedOpportunistic,
  starttlsTemporarilyRefused,
  starttlsRefused,
  responseInjection,
  commandInjection,
  keywordsBeforeTls,
  brokenHandshake,
  oldTls,
  weakSuites,
  swappedSelfSigned,
  swappedByRogueCa,
  rogueCaSts,
  otherName,
  replayedCertificate,
  expiredCertificate,
  replayedTlsa,
  leafAsAuthority,
  resumedSession,
  sharedKey,
  webServer,
  // DNS
  // MTA-STS
  // SMTP
  // Tools
];
