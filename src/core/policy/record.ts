// The delivery record (OBS-1): one attempt at one address, or the reason why there was none, as flat named fields. Frozen by
// docs/schemas/delivery-record.schema.json. Renders what was decided and decides nothing.

import type { Instant, QueueId } from '../base/brand.ts';
import type { Evidence } from '../base/evidence.ts';
import { formatTlsa } from '../dane/tlsa.ts';
import { formatNextHop } from '../routing/next-hop.ts';
import { classifyReply, statusOfReply } from '../smtp/classify.ts';
import type { Reply } from '../smtp/reply.ts';
import { describeCertificate } from '../x509/describe.ts';
import { catalogue } from './catalogue.ts';
import { factsOf, mxState, type TlsaState } from './facts.ts';
import type {
  Attempt,
  Authenticator,
  Authn,
  AuthnFact,
  Destination,
  DestinationRuling,
  MessageClass,
  MxState,
  OperatorDemand,
  OperatorFloor,
  Plan,
  RecipientOutcome,
} from './model.ts';
import type { Reason } from './reasons.ts';

export type RecordContext = {
  readonly queueId: QueueId;
  /** Counted from 1 per message and next hop. */
  readonly attemptNumber: number;
  readonly destination: Destination;
  readonly messageClass: MessageClass;
  readonly operator: OperatorDemand;
  /** Those the attempt was for; redacted by the log (OBS-4). */
  readonly recipients?: readonly string[];
  /** What the round came to, where it is known: tells a bounce from a deferral. */
  readonly outcomes?: readonly RecipientOutcome[];
  /** DNS-6: answers taken on the word of a trusted resolver are marked. */
  readonly resolverMode?: 'validate' | 'trust-ad';
};

/** The word of `sts_state`: what is in force, without whether this host matches it. */
export type StsWord =
  | 'none'
  | 'mode-none'
  | 'testing'
  | 'enforce'
  | 'fail-nocache'
  | 'fail-cached-enforce'
  | 'fail-cached-testing';

export type DeliveryRecord = {
  readonly queue_id: string;
  readonly attempt: number;
  /** When it ended, RFC 3339. */
  readonly at: string;
  readonly duration_ms: number;
  readonly nexthop: string;
  readonly recipients: readonly string[];
  readonly mx_state: MxState;
  readonly mx_host: string | null;
  readonly addr_name: string | null;
  readonly ip: string | null;
  readonly port: number | null;
  readonly tlsa_state: TlsaState | null;
  readonly tlsa_base: string | null;
  /** `3 1 1 8a9a70…`: the record that matched (DANE-64). */
  readonly tlsa_used: string | null;
  /** Place of the matched certificate in the chain, the leaf is 0. */
  readonly depth: number | null;
  /** The name the certificate was accepted for. */
  readonly cert_name: string | null;
  readonly sts_state: StsWord;
  readonly sts_id: string | null;
  readonly msg_tls: MessageClass;
  readonly floor: OperatorFloor;
  /** false while the floor is rehearsed (`policy.enforce`). */
  readonly floor_enforced: boolean;
  /** `off` under an exception (DANE-73). */
  readonly dane: 'on' | 'off';
  readonly dnssec: 'validated' | 'ad' | 'ignored';
  /** The exception in force, as the configuration names it (INT-15). */
  readonly exception: string | null;
  readonly tls_required: 'none' | 'encrypted' | 'authenticated' | null;
  readonly authn_required: string | null;
  readonly tls_achieved: 'cleartext' | 'encrypted' | 'authenticated' | null;
  readonly tls_version: string | null;
  readonly tls_cipher: string | null;
  readonly tls_group: string | null;
  /** `dane-ee`, `dane-ta`, `pkix-…`, several joined with `+`, or `none`. */
  readonly authn: string;
  readonly ref_ids: readonly string[];
  readonly sni: string | null;
  readonly cert_sha256: string | null;
  readonly spki_sha256: string | null;
  readonly cert_subject: string | null;
  readonly cert_issuer: string | null;
  readonly cert_not_before: string | null;
  readonly cert_not_after: string | null;
  /** OBS-3. */
  readonly nexthop_authenticated: boolean;
  /** RTLS-56: something that would have stopped the message was passed over at its author's wish. */
  readonly policy_overridden: boolean;
  readonly failures: readonly { readonly authn: Authn; readonly because: Reason }[];
  /** SMTP-10. */
  readonly possible_duplicate: boolean;
  readonly reply: string | null;
  readonly status: string;
  readonly reason: Reason | null;
  /** TLS-29: what the library or the network said. */
  readonly detail: string | null;
  readonly result: 'sent' | 'skipped' | 'deferred' | 'bounced';
  readonly evidence: readonly Evidence[];
};

/** OBS-1: the attempt, whether it came to a connection or not. */
export const deliveryRecord = (attempt: Attempt, context: RecordContext): DeliveryRecord =>
  wholeRecord(recordParts(attempt, context));

/** A record in two parts. */
export type RecordParts = {
  readonly own: Pick<DeliveryRecord, MessageFields>;
  /** The same object for all messages that ride one session for one destination: it needs to be written out only once. */
  readonly shared: SessionFields;
};

export const wholeRecord = ({ own, shared }: RecordParts): DeliveryRecord => ({ ...own, ...shared });

export function recordParts(attempt: Attempt, context: RecordContext): RecordParts {
  const result = resultOf(attempt, context);
  const reason = result === 'sent' ? null : reasonOf(attempt);
  const reply = replyOf(attempt);
  const own: RecordParts['own'] = {
    queue_id: context.queueId,
    attempt: context.attemptNumber,
    at: new Date(attempt.endedAt).toISOString(),
    duration_ms: attempt.endedAt - attempt.startedAt,
    recipients: context.recipients ?? [],
    possible_duplicate: attempt.transfer?.kind === 'lost' && attempt.transfer.afterDot === 'yes',
    reply: reply ? replyText(reply.reply) : null,
    status: reply ? statusOfReply(reply.reply, reply.at) : statusOf(attempt, reason),
    reason,
    detail: detailOf(attempt),
    result,
  };
  return { own, shared: sessionFields(attempt, context) };
}

type MessageFields =
  | 'queue_id'
  | 'attempt'
  | 'at'
  | 'duration_ms'
  | 'recipients'
  | 'possible_duplicate'
  | 'reply'
  | 'status'
  | 'reason'
  | 'detail'
  | 'result';
type SessionFields = Omit<DeliveryRecord, MessageFields>;

type Rendered = {
  readonly attempt: Attempt;
  readonly context: RecordContext;
  readonly fields: SessionFields;
};

/** Of each verdict the fields last rendered: messages on one session differ in little. */
const rendered = new WeakMap<object, Rendered>();

/** What the messages that ride one session for one destination have in common. */
function sessionFields(attempt: Attempt, context: RecordContext): SessionFields {
  const { verdict } = attempt;
  const last = verdict && rendered.get(verdict);
  if (last !== undefined && isSame(last, attempt, context)) return last.fields;
  const fields = renderSession(attempt, context);
  if (verdict !== undefined) rendered.set(verdict, { attempt, context, fields });
  return fields;
}

const isSame = (last: Rendered, attempt: Attempt, context: RecordContext): boolean =>
  last.attempt.plan === attempt.plan &&
  last.attempt.security === attempt.security &&
  last.attempt.address === attempt.address &&
  last.context.destination === context.destination &&
  last.context.operator === context.operator &&
  last.context.messageClass === context.messageClass &&
  last.context.resolverMode === context.resolverMode;

function renderSession(attempt: Attempt, context: RecordContext): SessionFields {
  const { plan, security, verdict } = attempt;
  const { candidate } = plan;
  const { messageClass, destination, operator } = context;
  const facts = factsOf({ destination, candidate, messageClass, operator });
  const accepted = verdict?.kind === 'accepted' ? verdict : undefined;
  const encrypted = security?.kind === 'encrypted' ? security : undefined;
  const leaf = encrypted && describeCertificate(encrypted.chain[0]);
  const tlsaFact = accepted?.authn.find((fact) => fact.tlsa !== undefined);
  const achieved =
    accepted?.achieved ?? (encrypted ? 'encrypted' : security?.kind === 'cleartext' ? 'cleartext' : null);
  return {
    ...destinationFields(context),
    mx_host: candidate.host,
    addr_name: candidate.addresses.kind === 'addresses' ? (candidate.addresses.expanded ?? null) : null,
    ip: attempt.address ?? null,
    port: candidate.port,
    tlsa_state: facts.tlsa,
    tlsa_base: 'baseDomain' in facts.dane ? facts.dane.baseDomain : null,
    tlsa_used: tlsaFact?.tlsa ? formatTlsa(tlsaFact.tlsa.record) : null,
    depth: tlsaFact?.tlsa?.depth ?? null,
    cert_name: accepted?.authn.find((fact) => fact.name !== undefined)?.name ?? null,
    ...demandFields(plan),
    tls_achieved: achieved,
    tls_version: encrypted?.protocol ?? null,
    tls_cipher: encrypted?.cipher ?? null,
    tls_group: encrypted?.group ?? null,
    authn: authnText(accepted?.authn ?? []),
    sni: plan.kind === 'dial' && security && security.kind !== 'cleartext' ? (plan.demand.sni ?? null) : null,
    cert_sha256: leaf?.sha256 ?? null,
    spki_sha256: leaf?.spkiSha256 ?? null,
    cert_subject: leaf?.subject ?? null,
    cert_issuer: leaf?.issuer ?? null,
    cert_not_before: leaf?.notBefore ?? null,
    cert_not_after: leaf?.notAfter ?? null,
    // OBS-3: an insecure MX answer vouches for no host, however well the host proved its name.
    nexthop_authenticated: achieved === 'authenticated' && plan.kind === 'dial' && plan.demand.nexthopAuthenticated,
    policy_overridden:
      messageClass === 'tls-required-no' &&
      plan.kind === 'dial' &&
      ((accepted?.failures.length ?? 0) > 0 || facts.dane.kind === 'failed' || facts.sts === 'enforce-mismatch'),
    failures: accepted?.failures ?? [],
    evidence: withoutRepeats([...plan.evidence, ...(verdict?.evidence ?? [])]),
  };
}

/** OBS-1 for a destination that was settled before any host: the same fields, those of a host empty. */
export function settledParts(
  ruling: Extract<DestinationRuling, { kind: 'settled' }>,
  context: RecordContext,
  at: { readonly startedAt: Instant; readonly endedAt: Instant },
): RecordParts {
  return {
    own: {
      queue_id: context.queueId,
      attempt: context.attemptNumber,
      at: new Date(at.endedAt).toISOString(),
      duration_ms: at.endedAt - at.startedAt,
      recipients: context.recipients ?? [],
      possible_duplicate: false,
      reply: null,
      status: ruling.status,
      reason: ruling.because,
      detail: null,
      result: ruling.final === 'bounce' ? 'bounced' : 'deferred',
    },
    shared: {
      ...destinationFields(context),
      ...hostless,
      evidence: withoutRepeats([...ruling.evidence, ...(context.destination.notes ?? [])]),
    },
  };
}

/** `dane+pkix-sts`, `dane-or-pkix-floor`, `none`: every group must pass, one of each suffices. */
export const authnRequired = (all: readonly (readonly Authenticator[])[]): string =>
  all.length === 0 ? 'none' : all.map((group) => group.map(({ by }) => by).join('-or-')).join('+');

export const authnText = (facts: readonly AuthnFact[]): string =>
  facts.length === 0 ? 'none' : [...new Set(facts.map(({ authn }) => authn))].join('+');

/** The policy as a word, whatever this host is to it. */
export function stsWord({ sts }: Destination, operator: OperatorDemand): StsWord {
  if (sts.kind === 'none' || operator.ignore.includes('mta-sts')) return 'none';
  if (sts.kind !== 'policy') return 'fail-nocache';
  const { mode } = sts.policy;
  if (mode === 'none') return 'mode-none';
  return sts.freshness === 'cached-refresh-failed' ? `fail-cached-${mode}` : mode;
}

type DestinationFields =
  | 'nexthop'
  | 'mx_state'
  | 'sts_state'
  | 'sts_id'
  | 'msg_tls'
  | 'floor'
  | 'floor_enforced'
  | 'dane'
  | 'dnssec'
  | 'exception';

function destinationFields(context: RecordContext): Pick<DeliveryRecord, DestinationFields> {
  const { destination, operator } = context;
  return {
    nexthop: formatNextHop(destination.nextHop),
    mx_state: mxState(destination.mx),
    sts_state: stsWord(destination, operator),
    sts_id: destination.sts.kind === 'policy' ? destination.sts.policy.id : null,
    msg_tls: context.messageClass,
    floor: operator.floor,
    floor_enforced: operator.enforce && !operator.ignore.includes('floor'),
    dane: operator.ignore.includes('dane') ? 'off' : 'on',
    dnssec: operator.ignore.includes('dnssec') ? 'ignored' : context.resolverMode === 'trust-ad' ? 'ad' : 'validated',
    exception: operator.ignore.length > 0 ? operator.source : null,
  };
}

type HostFields = Exclude<keyof SessionFields, DestinationFields | 'evidence'>;

const hostless: Pick<DeliveryRecord, HostFields> = {
  mx_host: null,
  addr_name: null,
  ip: null,
  port: null,
  tlsa_state: null,
  tlsa_base: null,
  tlsa_used: null,
  depth: null,
  cert_name: null,
  tls_required: null,
  authn_required: null,
  tls_achieved: null,
  tls_version: null,
  tls_cipher: null,
  tls_group: null,
  authn: 'none',
  ref_ids: [],
  sni: null,
  cert_sha256: null,
  spki_sha256: null,
  cert_subject: null,
  cert_issuer: null,
  cert_not_before: null,
  cert_not_after: null,
  nexthop_authenticated: false,
  policy_overridden: false,
  failures: [],
};

function demandFields(plan: Plan): Pick<DeliveryRecord, 'tls_required' | 'authn_required' | 'ref_ids'> {
  // A host that was skipped was asked for nothing.
  if (plan.kind === 'skip') return { tls_required: null, authn_required: null, ref_ids: [] };
  const { tls, all, observed } = plan.demand;
  // NAME-8: in the order in which they are tried.
  const names = [...all.flat(), ...observed].flatMap((authenticator): readonly string[] => [
    ...authenticator.names,
    ...(authenticator.by !== 'dane' && authenticator.address !== undefined ? [authenticator.address] : []),
  ]);
  return {
    tls_required: tls === 'opportunistic' ? 'none' : tls,
    authn_required: authnRequired(all),
    ref_ids: [...new Set(names)],
  };
}

/** A host that was passed over is skipped; a dialogue that failed is what the round came to, as far as that is known. */
function resultOf({ plan, transfer, verdict }: Attempt, { outcomes = [] }: RecordContext): DeliveryRecord['result'] {
  // DT-7.9: a connection that was given up for another one decided nothing.
  if (plan.kind === 'skip' || verdict?.kind === 'redial') return 'skipped';
  if (transfer?.kind === 'replied') {
    const classes = transfer.replies.map(({ reply, at }) => classifyReply(reply, at));
    if (classes.includes('positive')) return 'sent';
    return classes.includes('temporary') ? 'deferred' : 'bounced';
  }
  const all = (wanted: RecipientOutcome['kind']): boolean =>
    outcomes.length > 0 && outcomes.every(({ kind }) => kind === wanted);
  return all('sent') ? 'skipped' : all('bounced') ? 'bounced' : 'deferred';
}

/** OBS-2: there is a reason for everything that was not sent. */
function reasonOf({ plan, because, verdict, transfer }: Attempt): Reason {
  if (because !== undefined) return because;
  if (plan.kind === 'skip') return plan.because;
  if (verdict?.kind === 'blocked') return verdict.because;
  if (transfer?.kind === 'refused-before-data') return transfer.because;
  if (transfer?.kind !== 'replied') return 'conn-lost';
  return transfer.replies.some(({ reply, at }) => classifyReply(reply, at) === 'temporary')
    ? 'remote-4yz'
    : 'remote-5yz';
}

function statusOf({ plan, verdict }: Attempt, reason: Reason | null): string {
  if (plan.kind === 'skip') return plan.status;
  if (verdict?.kind === 'blocked') return verdict.status;
  return reason === null ? '2.0.0' : catalogue[reason].status;
}

type ShownReply = { readonly reply: Reply; readonly at?: Parameters<typeof statusOfReply>[1] };

/** The reply that stands for the attempt: the best of the transfer, else the one that ended the dialogue. */
function replyOf({ transfer, security }: Attempt): ShownReply | undefined {
  if (transfer?.kind === 'replied') {
    const ranked = (['positive', 'temporary', 'permanent'] as const).map((wanted) =>
      transfer.replies.find(({ reply, at }) => classifyReply(reply, at) === wanted),
    );
    return ranked.find((one) => one !== undefined);
  }
  return security?.kind === 'greeting-refused' ? { reply: security.reply, at: 'greeting' } : undefined;
}

function detailOf({ security, transfer }: Attempt): string | null {
  if (transfer?.kind === 'lost' || transfer?.kind === 'refused-before-data') return shown(transfer.says);
  switch (security?.kind) {
    case 'lost':
      return shown(`${security.during}: ${security.says}`);
    case 'handshake-failed':
      return shown(security.alert);
    case 'cleartext':
      return security.because === 'starttls-refused' ? replyText(security.reply) : security.because;
    case 'encrypted': {
      const untrusted = security.paths.find((path) => path.kind === 'untrusted');
      return untrusted ? shown(untrusted.says) : null;
    }
    default:
      return null;
  }
}

const replyText = ({ code, enhanced, lines }: Reply): string =>
  shown([String(code), enhanced, ...lines].filter((part) => part !== undefined && part !== '').join(' '));

// ATK-112: the peer's words stay words.
const shown = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').slice(0, 512);

function withoutRepeats(evidence: readonly Evidence[]): readonly Evidence[] {
  const texts = evidence.map((one) => `${one.rung} ${one.rule} ${one.says}`);
  return evidence.filter((_, index) => texts.indexOf(texts[index] ?? '') === index);
}
