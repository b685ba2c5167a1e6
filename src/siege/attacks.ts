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
import { aliasLoop } from './attacks/dns-alias-loop.ts';
import { alteredDname } from './attacks/dns-altered-dname.ts';
import { blockedDnssec } from './attacks/dns-blocked-dnssec.ts';
import { clockPushedBack } from './attacks/dns-clock-pushed-back.ts';
import { forgedAd } from './attacks/dns-forged-ad.ts';
import { forgedAdditional } from './attacks/dns-forged-additional.ts';
import { forgedInsecureDelegation } from './attacks/dns-forged-insecure-delegation.ts';
import { forgedNullMx } from './attacks/dns-forged-null-mx.ts';
import { forgedProviderAddress } from './attacks/dns-forged-provider-address.ts';
import { forgedRoot } from './attacks/dns-forged-root.ts';
import { hiddenAlias } from './attacks/dns-hidden-alias.ts';
import { keytrap } from './attacks/dns-keytrap.ts';
import { manyIterations } from './attacks/dns-many-iterations.ts';
import { noAnswer } from './attacks/dns-no-answer.ts';
import { nsec3Exhaustion } from './attacks/dns-nsec3-exhaustion.ts';
import { oneBogusFamily } from './attacks/dns-one-bogus-family.ts';
import { optOutSpan } from './attacks/dns-opt-out-span.ts';
import { removedMx } from './attacks/dns-removed-mx.ts';
import { replayedDenial } from './attacks/dns-replayed-denial.ts';
import { replayedWildcard } from './attacks/dns-replayed-wildcard.ts';
import { rewrittenMx } from './attacks/dns-rewritten-mx.ts';
import { rewrittenMxCachedSts } from './attacks/dns-rewritten-mx-cached-sts.ts';
import { rewrittenMxRequiretls } from './attacks/dns-rewritten-mx-requiretls.ts';
import { rewrittenMxSts } from './attacks/dns-rewritten-mx-sts.ts';
import { strippedSignature } from './attacks/dns-stripped-signature.ts';
import { unknownAlgorithm } from './attacks/dns-unknown-algorithm.ts';
import { unprovenDenial } from './attacks/dns-unproven-denial.ts';
import { unsignedAddress } from './attacks/dns-unsigned-address.ts';
import { unsignedAlias } from './attacks/dns-unsigned-alias.ts';
import { unusableTlsa } from './attacks/dns-unusable-tlsa.ts';
import { backscatter } from './attacks/smtp-backscatter.ts';
import { dots } from './attacks/smtp-dots.ts';
import { earlyTalker } from './attacks/smtp-early-talker.ts';
import { exhaustion } from './attacks/smtp-exhaustion.ts';
import { fallback } from './attacks/smtp-fallback.ts';
import { lineInjection } from './attacks/smtp-line-injection.ts';
import { loop } from './attacks/smtp-loop.ts';
import { noticeLeaks } from './attacks/smtp-notice-leaks.ts';
import { replyConfusion } from './attacks/smtp-reply-confusion.ts';
import { requiretlsRemoved } from './attacks/smtp-requiretls-removed.ts';
import { retryExhaustion } from './attacks/smtp-retry-exhaustion.ts';
import { returnFull } from './attacks/smtp-return-full.ts';
import { secondHostCertificate } from './attacks/smtp-second-host-certificate.ts';
import { secondHostWithoutRequiretls } from './attacks/smtp-second-host-without-requiretls.ts';
import { secondHostWithoutTlsa } from './attacks/smtp-second-host-without-tlsa.ts';
import { sessionReuse } from './attacks/smtp-session-reuse.ts';
import { smugglingIn } from './attacks/smtp-smuggling-in.ts';
import { smugglingOut } from './attacks/smtp-smuggling-out.ts';
import { tlsRequiredNoAdded } from './attacks/smtp-tls-required-no-added.ts';
import { tlsRequiredNoMalformed } from './attacks/smtp-tls-required-no-malformed.ts';
import { truncatedTls } from './attacks/smtp-truncated-tls.ts';
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
import { stsRefreshBlocked } from './attacks/sts-refresh-blocked.ts';
import { stsRollback } from './attacks/sts-rollback.ts';
import { stsShortLife } from './attacks/sts-short-life.ts';
import { stsTxtRemoved } from './attacks/sts-txt-removed.ts';
import { escapesInNotice } from './attacks/tools-escapes-in-notice.ts';
import { hostileCheck } from './attacks/tools-hostile-check.ts';
import { reportInside } from './attacks/tools-report-inside.ts';
import { reportLost } from './attacks/tools-report-lost.ts';
import { reportVictim } from './attacks/tools-report-victim.ts';
import { reportingStripped } from './attacks/tools-reporting-stripped.ts';
import { rollover } from './attacks/tools-rollover.ts';
import { watcher } from './attacks/tools-watcher.ts';

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
  strippedSignature,
  unprovenDenial,
  replayedDenial,
  hiddenAlias,
  noAnswer,
  forgedInsecureDelegation,
  optOutSpan,
  manyIterations,
  unknownAlgorithm,
  rewrittenMx,
  rewrittenMxSts,
  rewrittenMxCachedSts,
  rewrittenMxRequiretls,
  removedMx,
  forgedNullMx,
  unsignedAlias,
  forgedProviderAddress,
  aliasLoop,
  alteredDname,
  replayedWildcard,
  forgedAdditional,
  forgedAd,
  unsignedAddress,
  oneBogusFamily,
  clockPushedBack,
  keytrap,
  nsec3Exhaustion,
  forgedRoot,
  blockedDnssec,
  unusableTlsa,
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
  stsRefreshBlocked,
  stsHostilePolicy,
  stsOwnSubdomain,
  stsPatternTricks,
  stsHttpTricks,
  stsInternalAddress,
  // SMTP
  requiretlsRemoved,
  secondHostWithoutRequiretls,
  secondHostWithoutTlsa,
  secondHostCertificate,
  tlsRequiredNoAdded,
  tlsRequiredNoMalformed,
  noticeLeaks,
  returnFull,
  smugglingIn,
  smugglingOut,
  dots,
  lineInjection,
  earlyTalker,
  exhaustion,
  replyConfusion,
  truncatedTls,
  backscatter,
  loop,
  sessionReuse,
  fallback,
  retryExhaustion,
  // Tools
  reportVictim,
  reportInside,
  escapesInNotice,
  reportLost,
  reportingStripped,
  hostileCheck,
  watcher,
  rollover,
];
