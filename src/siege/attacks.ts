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
import { stsExhaustingBody } from './attacks/sts-exhausting-body.ts';
import { stsFirstContact } from './attacks/sts-first-contact.ts';
import { stsHostBlocked } from './attacks/sts-host-blocked.ts';
import { stsHostCertificate } from './attacks/sts-host-certificate.ts';
import { stsHostilePolicy } from './attacks/sts-hostile-policy.ts';
import { stsHttpTricks } from './attacks/sts-http-tricks.ts';
import { stsInternalAddress } from './attacks/sts-internal-address.ts';
import { stsModeNone } from './attacks/sts-mode-none.ts';
import { stsNotAPolicy } from './attacks/sts-not-a-policy.ts';
import { stsOwnSubdomain } from './attacks/sts-own-subdomain.ts';
import { stsPatternTricks } from './attacks/sts-pattern-tricks.ts';
import { stsRedirect } from './attacks/sts-redirect.ts';
import { stsRollback } from './attacks/sts-rollback.ts';
import { stsShortLife } from './attacks/sts-short-life.ts';
import { stsTxtRemoved } from './attacks/sts-txt-removed.ts';

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
  stsTxtRemoved,
  stsFirstContact,
  stsHostBlocked,
  stsRedirect,
  stsHostCertificate,
  stsNotAPolicy,
  stsExhaustingBody,
  stsRollback,
  stsShortLife,
  stsModeNone,
  stsHostilePolicy,
  stsOwnSubdomain,
  stsPatternTricks,
  stsHttpTricks,
  stsInternalAddress,
  // SMTP
  // Tools
];
