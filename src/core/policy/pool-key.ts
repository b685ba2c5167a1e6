// The key under which an open session may be used again: everything its verdict depended on (A8, SMTP-13). Equal keys mean
// that a session of one would clear the other.

import type { Authenticator, MessageClass, Plan, PoolKey } from './model.ts';

type DialPlan = Extract<Plan, { kind: 'dial' }>;

/** The key of a plan never changes, and many messages have the same plan. */
const known = new WeakMap<DialPlan, { readonly messageClass: MessageClass; readonly key: PoolKey }>();

/** @returns text that is equal only for equal hosts, demands and message classes. */
export function poolKey(plan: DialPlan, messageClass: MessageClass): PoolKey {
  const last = known.get(plan);
  if (last?.messageClass === messageClass) return last.key;
  const key = keyFor(plan, messageClass);
  known.set(plan, { messageClass, key });
  return key;
}

function keyFor(plan: DialPlan, messageClass: MessageClass): PoolKey {
  const { candidate, demand } = plan;
  const { host, port } = candidate;
  const { tls, requiretls, sni, credentials, nexthopAuthenticated } = demand;
  const all = demand.all.map((group) => group.map(authenticatorKey).toSorted()).toSorted();
  const observed = demand.observed.map(authenticatorKey).toSorted();
  return JSON.stringify([
    host,
    port,
    messageClass,
    tls,
    requiretls,
    sni ?? null,
    credentials,
    nexthopAuthenticated,
    all,
    observed,
  ]) as PoolKey;
}

/** TLS-21: with the records themselves, so that a changed record set finds no old session. */
function authenticatorKey(asked: Authenticator): string {
  const names = asked.names.toSorted();
  if (asked.by !== 'dane') return JSON.stringify([asked.by, names, asked.address ?? null]);
  const records = asked.records.map(({ usage, selector, matching, data }) =>
    [usage, selector, matching, ...data].join(' '),
  );
  return JSON.stringify([asked.by, asked.baseDomain, names, records.toSorted()]);
}
