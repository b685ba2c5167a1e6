// Did this session prove what the plan demands (DT-7.1 to DT-7.16)? The only maker of `Accepted` and `Cleared` sessions: without the
// first the peer hears no EHLO inside TLS, without the second no MAIL FROM.

import type { Instant } from '../base/brand.ts';
import type { Evidence } from '../base/evidence.ts';
import { sameOctets } from '../base/octets.ts';
import { isNonEmpty, type NonEmpty } from '../base/result.ts';
import type { Extensions } from '../smtp/extensions.ts';
import type { Reply } from '../smtp/reply.ts';
import type { PathVerdict, TrustStoreRef } from '../x509/path-verdict.ts';
import { readChain, sameChain } from '../x509/presented-chain.ts';
import { type Authentication, authenticate, type Encrypted } from './authenticate.ts';
import { catalogue } from './catalogue.ts';
import type {
  Accepted,
  Authenticator,
  Authn,
  AuthnFact,
  Blocked,
  Cleared,
  OverriddenFailure,
  PeerVerdict,
  Plan,
  SecurityState,
} from './model.ts';
import type { Reason } from './reasons.ts';

export type DialPlan = Extract<Plan, { kind: 'dial' }>;

/** The ruling between the handshake and the next byte (TLS-22). @param at the instant for which certificate dates count. */
export function judgeState(plan: DialPlan, security: SecurityState, at: Instant): PeerVerdict {
  switch (security.kind) {
    case 'lost':
      return judgeLoss(plan, security);
    case 'greeting-refused':
      return refusedByReply(security.reply, 'the greeting refuses mail');
    case 'injected':
      // DT-7.8, TLS-5: in every column, also where nothing is demanded: this session is somebody else's.
      return blocked(
        'starttls-injection',
        fails('starttls', 'TLS-5', 'starttls-injection', 'bytes stood behind the 220'),
      );
    case 'cleartext':
      return judgeCleartext(plan, security);
    case 'handshake-failed':
      return judgeHandshakeFailure(plan, security);
    case 'encrypted':
      return judgeEncrypted(plan, security, at);
  }
}

/** `judgeState` of a session in hand: an accepted one comes back in its new type. */
export function judgePeer<S extends { readonly security: SecurityState }>(
  plan: DialPlan,
  session: S,
  at: Instant,
):
  | { readonly verdict: Extract<PeerVerdict, { kind: 'accepted' }>; readonly session: Accepted<S> }
  | { readonly verdict: Exclude<PeerVerdict, { kind: 'accepted' }> } {
  const verdict = judgeState(plan, session.security, at);
  return verdict.kind === 'accepted' ? { verdict, session: session as Accepted<S> } : { verdict };
}

/** What the EHLO list after the verdict means for the message. DT-7.15, RTLS-30: only this list counts. */
export function judgeOffer<S>(
  plan: DialPlan,
  session: Accepted<S>,
  extensions: Extensions,
):
  | {
      readonly kind: 'cleared';
      readonly session: Cleared<S>;
      readonly requiretls: 'send' | 'omit';
      readonly evidence: readonly Evidence[];
    }
  | Blocked {
  const { requiretls, tls, nexthopAuthenticated } = plan.demand;
  const cleared = (use: 'send' | 'omit', evidence: readonly Evidence[]) =>
    ({ kind: 'cleared', session: session as unknown as Cleared<S>, requiretls: use, evidence }) as const;
  if (requiretls === 'no') return cleared('omit', []);
  const offered = extensions.has('REQUIRETLS');
  const rule = 'RFC 8689 §4.2.1';
  if (requiretls === 'must')
    return offered
      ? cleared('send', [{ rung: 'requiretls', outcome: 'pass', rule, says: 'the host supports REQUIRETLS' }])
      : blocked(
          'requiretls-unsupported',
          fails('requiretls', rule, 'requiretls-unsupported', 'no REQUIRETLS in the EHLO after TLS'),
        );
  // DT-2 rule 7: the parameter goes only where REQUIRETLS is met whole: authenticated, and the MX name validated.
  return offered && tls === 'authenticated' && nexthopAuthenticated
    ? cleared('send', [{ rung: 'requiretls', outcome: 'pass', rule: 'RFC 8689 §5', says: 'sent with REQUIRETLS' }])
    : cleared('omit', [
        {
          rung: 'requiretls',
          outcome: 'not-applicable',
          rule: 'RFC 8689 §5',
          says: 'sent without REQUIRETLS, redacted',
        },
      ]);
}

/** A5: path verdicts of an earlier handshake hold for this one if the peer showed the very same chain. */
export function withPaths(security: SecurityState, earlier: SecurityState): SecurityState {
  if (security.kind !== 'encrypted' || earlier.kind !== 'encrypted') return security;
  if (!sameChain(security.chain, earlier.chain)) return security;
  const added = earlier.paths.filter(({ store }) => !security.paths.some((known) => sameStore(known.store, store)));
  return added.length === 0 ? security : { ...security, paths: [...security.paths, ...added] };
}

/** TLS-20: the plan for the one connection that is made without SNI; its verdict asks for no second one. */
export const withoutSni = (plan: DialPlan): DialPlan => ({
  ...plan,
  demand: { ...plan.demand, sni: undefined, sniSource: 'none' },
});

// ---- without TLS

function judgeLoss(plan: DialPlan, { during, says }: Extract<SecurityState, { kind: 'lost' }>): PeerVerdict {
  // DT-7.1
  if (during === 'connect') return blocked('connect-failed', fails('starttls', 'DT-7.1', 'connect-failed', says));
  if (during !== 'handshake') return blocked('conn-lost', fails('starttls', 'RFC 5321 §4.5.3.2', 'conn-lost', says));
  // DT-7.10; the code tells TLS reports that it broke inside the handshake.
  const evidence = fails('starttls', 'DT-7.10', 'handshake-lost', `lost in the TLS handshake: ${says}`);
  return isOpportunistic(plan)
    ? { kind: 'redial', how: 'cleartext', evidence: [evidence] }
    : blocked('conn-lost', evidence);
}

function judgeHandshakeFailure(
  plan: DialPlan,
  { alert, unrecognizedName }: Extract<SecurityState, { kind: 'handshake-failed' }>,
): PeerVerdict {
  const evidence = fails('starttls', 'DT-7.9', 'tls-handshake', `the TLS handshake failed: ${alert}`);
  if (!isOpportunistic(plan)) return blocked(definitive(plan, 'requiretls-no-tls', 'tls-handshake'), evidence);
  // TLS-20, TLS-9
  const how = unrecognizedName && plan.demand.sni !== undefined ? 'without-sni' : 'cleartext';
  return { kind: 'redial', how, evidence: [evidence] };
}

function judgeCleartext(plan: DialPlan, security: Extract<SecurityState, { kind: 'cleartext' }>): PeerVerdict {
  const refused = security.because === 'starttls-refused';
  // SMTP-7: 421 ends the session; there is nothing to go on in.
  if (refused && security.reply.code === 421) return refusedByReply(security.reply, 'STARTTLS was answered with 421');
  if (isOpportunistic(plan)) return acceptCleartext(plan, security);
  if (!refused)
    // DT-7.4, DT-7.5. A connection that skipped STARTTLS proves nothing about the host, and never answers a demand.
    return blocked(
      definitive(plan, 'requiretls-no-tls', 'starttls-missing'),
      fails('starttls', 'RFC 7672 §2.2', 'starttls-missing', cleartextSays[security.because]),
    );
  const { code } = security.reply;
  const evidence = fails('starttls', 'RFC 3207 §4', 'starttls-refused', `STARTTLS was answered with ${code}`);
  // DT-7.6, DT-7.7, INT-1: what is not plainly refused for good is temporary.
  const lasting = code >= 500 && code <= 599;
  return blocked(
    lasting ? definitive(plan, 'requiretls-no-tls', 'starttls-refused') : routeReason(plan, 'starttls-refused'),
    evidence,
  );
}

const cleartextSays = {
  'starttls-missing': 'the host offers no STARTTLS',
  'helo-only': 'the host knows no EHLO, so no STARTTLS',
  'starttls-skipped': 'this connection was made without STARTTLS',
} as const;

function acceptCleartext(plan: DialPlan, security: Extract<SecurityState, { kind: 'cleartext' }>): PeerVerdict {
  const because = security.because === 'starttls-refused' ? 'starttls-refused' : 'starttls-missing';
  const says =
    security.because === 'starttls-refused'
      ? `STARTTLS was answered with ${security.reply.code}`
      : cleartextSays[security.because];
  // After DT-7.9 the failure was that of the first connection; it is counted there.
  const counted = security.because !== 'starttls-skipped';
  return {
    kind: 'accepted',
    achieved: 'cleartext',
    authn: [],
    evidence: [
      {
        rung: 'starttls',
        outcome: counted ? 'fail' : 'not-applicable',
        rule: 'RFC 7672 §2.2',
        says: `${says}; nothing demands TLS`,
        ...(counted ? { code: because } : {}),
      },
    ],
    failures: counted ? plan.demand.observed.map(({ by }) => ({ authn: by, because })) : [],
  };
}

/** DT-7.2, DT-7.3: the class of the reply decides (SMTP-6), and the host's own enhanced code is shown. */
function refusedByReply(reply: Reply, says: string): Blocked {
  const temporary = reply.code < 500 || reply.code > 599;
  const because = temporary ? 'remote-4yz' : 'remote-5yz';
  const evidence = fails('starttls', 'RFC 5321 §4.2.1', because, `${says}: ${reply.code} ${reply.lines[0]}`);
  const status = reply.enhanced ?? catalogue[because].status;
  return { kind: 'blocked', because, status, temporary, evidence: [evidence] };
}

// ---- inside TLS

type Ruled = { readonly plan: DialPlan; readonly verdict: PeerVerdict; readonly from: number; readonly until: number };

/** Of each session the last verdict: the messages that ride it come with the same plan. */
const ruled = new WeakMap<Encrypted, Ruled>();

/** The same plan, the same session, and no certificate between that has begun or ended: the same verdict. */
function judgeEncrypted(plan: DialPlan, security: Encrypted, at: Instant): PeerVerdict {
  const last = ruled.get(security);
  if (last?.plan === plan && last.from <= at && at < last.until) return last.verdict;
  const verdict = ruleEncrypted(plan, security, at);
  ruled.set(security, { plan, verdict, ...unchangedAround(plan, security, at) });
  return verdict;
}

/** The longest time around the instant in which every date of the chain says the same. */
function unchangedAround(
  { demand }: DialPlan,
  security: Encrypted,
  at: Instant,
): { readonly from: number; readonly until: number } {
  const asked = [...demand.all.flat(), ...demand.observed];
  // Certificates in the TLSA records themselves have dates too.
  const fromDns = asked.some((one) => one.by === 'dane' && one.records.some(({ matching }) => matching === 'full'));
  const chain = readChain(security.chain);
  if (fromDns || chain.kind === 'too-large') return { from: at, until: at };
  let [from, until] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const date of chain.certificates.flatMap((one) => (one ? [one.notBefore, one.notAfter] : []))) {
    if (date < at) from = Math.max(from, date + 1);
    else until = Math.min(until, date);
  }
  return { from, until };
}

function ruleEncrypted(plan: DialPlan, security: Encrypted, at: Instant): PeerVerdict {
  const { demand } = plan;
  const results = new Map<Authenticator, Authentication>();
  const resultOf = (asked: Authenticator): Authentication => {
    const known = results.get(asked) ?? authenticate(asked, security, at);
    results.set(asked, known);
    return known;
  };
  const groups = demand.all.map((group) => judgeGroup(group.map(resultOf)));
  const channel: Evidence = {
    rung: 'starttls',
    outcome: 'pass',
    rule: 'RFC 3207 §4',
    says: `${security.protocol}, ${security.cipher}`,
  };
  // A demand that fails is not mended by what is still unknown.
  const failed = groups.find((result) => result.kind === 'fails');
  if (failed !== undefined)
    return blockedByCertificate(plan, failed, [channel, ...groups.flatMap(evidenceOf)] as NonEmpty<Evidence>);
  const need = groups.flatMap((result) => (result.kind === 'undecided' ? result.need : []));
  if (isNonEmpty(need)) return { kind: 'undecided', need };
  const authn = [...new Set([...results.values()].flatMap((result) => (result.kind === 'holds' ? [result.fact] : [])))];
  return {
    kind: 'accepted',
    achieved: authn.length > 0 ? 'authenticated' : 'encrypted',
    authn: authn as readonly AuthnFact[],
    evidence: [channel, ...new Set([...groups, ...demand.observed.map(resultOf)].flatMap(evidenceOf))],
    failures: overridden(demand.observed, resultOf),
  };
}

/** One of the group suffices; a group that may still pass is undecided. */
function judgeGroup(results: readonly Authentication[]): Authentication {
  const pick = (kind: Authentication['kind']): Authentication | undefined =>
    results.find((result) => result.kind === kind);
  return (pick('holds') ?? pick('undecided') ?? pick('fails')) as Authentication;
}

/** STS-66, RTLS-57: tried, failed and counted, though nothing is stopped. An unknown path is no failure. */
const overridden = (
  observed: readonly Authenticator[],
  resultOf: (asked: Authenticator) => Authentication,
): readonly OverriddenFailure[] =>
  observed.flatMap((asked) => {
    const result = resultOf(asked);
    return result.kind === 'fails' ? [{ authn: asked.by satisfies Authn, because: result.because }] : [];
  });

const evidenceOf = (result: Authentication): readonly Evidence[] =>
  result.kind === 'undecided' ? [] : [result.evidence];

function blockedByCertificate(
  plan: DialPlan,
  { because }: Extract<Authentication, { kind: 'fails' }>,
  evidence: NonEmpty<Evidence>,
): Blocked {
  // DT-7.11 to DT-7.14: definitive for REQUIRETLS, else temporary.
  const shown = definitive(plan, 'requiretls-unauthenticated', because);
  return { ...blocked(routeReason(plan, shown), evidence[0]), evidence };
}

// ---- parts

/** Nothing is demanded of the channel: cleartext and a second connection are allowed. */
const isOpportunistic = ({ demand }: DialPlan): boolean => demand.tls === 'opportunistic';

/** With REQUIRETLS these failures end the matter at this host; otherwise they are temporary (DT-7.9, DT-7.11). */
const definitive = (plan: DialPlan, forRequiretls: Reason, otherwise: Reason): Reason =>
  plan.demand.requiretls === 'must' ? forRequiretls : routeReason(plan, otherwise);

/** SMTP-17: where the certificate was asked for only on account of credentials, they are what is missing protection. */
function routeReason({ demand }: DialPlan, because: Reason): Reason {
  const onlyFloor = demand.all.every((group) => group.every(({ by }) => by === 'pkix-floor'));
  const concerns = because.startsWith('cert-') || because === 'floor-verify' || because.startsWith('starttls-');
  return demand.credentials === 'configured' && demand.requiretls !== 'must' && onlyFloor && concerns
    ? 'route-auth-unprotected'
    : because;
}

function blocked(because: Reason, evidence: Evidence): Blocked {
  const { status, bounce } = catalogue[because];
  return { kind: 'blocked', because, status, temporary: bounce === 'at-expiry', evidence: [evidence] };
}

const fails = (rung: Evidence['rung'], rule: string, code: string, says: string): Evidence => ({
  rung,
  outcome: 'fail',
  rule,
  code,
  says,
});

const sameStore = (a: TrustStoreRef, b: PathVerdict['store']): boolean =>
  a.kind === 'anchor' && b.kind === 'anchor' ? sameOctets(a.certificate, b.certificate) : a.kind === b.kind;
