// A policy body and its TXT record from a set of MX hosts, and the order in which changes are safe (RFC 8461 §3.1, §3.2, §8.1,
// §8.3; STS-80, STS-81). Leaves out whether the hosts would pass: agent/policy-draft asks them.

import type { DomainName, Instant } from '../base/brand.ts';
import type { StsMode } from './policy.ts';

export type DraftWish = {
  readonly domain: DomainName;
  /** As the MX records name them. */
  readonly hosts: readonly DomainName[];
  readonly mode: StsMode;
  /** Seconds. */
  readonly maxAge: number;
};

/** What is published now, as far as it could be had. */
export type Published = {
  readonly id: string | null;
  readonly mode: StsMode | null;
  readonly maxAge: number | null;
  readonly mx: readonly string[];
};

export type PolicyText = {
  /** CRLF lines. */
  readonly body: string;
  readonly url: string;
  readonly id: string;
  /** A line for the zone file. */
  readonly record: string;
  /** `same`: what is published already says this, under this id. */
  readonly change: 'first' | 'changed' | 'same';
};

/** Seconds: weeks for what is enforced (RFC 8461 §3.2), little for what is to be removed (§8.3). */
export const usualMaxAge: Readonly<Record<StsMode, number>> = { enforce: 2_592_000, testing: 604_800, none: 86_400 };

const recordTtl = 3600;

/** @param now gives the new id, so that it differs from every earlier one (STS-43). */
export function draftPolicy(wish: DraftWish, published: Published, now: Instant): PolicyText {
  const { domain, mode, maxAge } = wish;
  const mx = [...new Set(mode === 'none' ? [] : wish.hosts)].sort();
  const lines = ['version: STSv1', `mode: ${mode}`, ...mx.map((host) => `mx: ${host}`), `max_age: ${maxAge}`];
  const same =
    published.id !== null &&
    published.mode === mode &&
    published.maxAge === maxAge &&
    [...published.mx].sort().join() === mx.join();
  // STS-80: a changed body wants a changed id, for senders look at nothing else; an unchanged one keeps it.
  const id = same && published.id !== null ? published.id : newId(now, published.id);
  return {
    body: `${lines.join('\r\n')}\r\n`,
    url: `https://mta-sts.${domain}/.well-known/mta-sts.txt`,
    id,
    record: `_mta-sts.${domain}. ${recordTtl} IN TXT "v=STSv1; id=${id};"`,
    change: same ? 'same' : published.id === null ? 'first' : 'changed',
  };
}

/** Letters and digits only: the second in UTC. */
function newId(now: Instant, former: string | null): string {
  const id = new Date(now)
    .toISOString()
    .slice(0, 19)
    .replace(/[^0-9]/g, '');
  return id === former ? `${id}1` : id;
}

/** What to do, in this order. One sentence each. */
export function stepsFor(wish: DraftWish, text: PolicyText, published: Published): readonly string[] {
  if (text.change === 'same') return ['nothing: this is what is published'];
  if (wish.mode === 'none') return removal(wish, text, published);
  const steps = [
    `serve the body at ${text.url} as text/plain, under a certificate that is valid for mta-sts.${wish.domain}, without a redirect`,
    'fetch it from outside and compare: senders that see the new id before the new body keep the old policy',
    'only then publish the TXT record with its new id',
  ];
  if (wish.mode === 'testing')
    return [
      ...steps,
      'watch TLS reports (TLSRPT) for some weeks; when no host fails, make the policy anew with --mode enforce',
    ];
  const former = published.maxAge ?? 0;
  return former > wish.maxAge
    ? [...steps, `senders may hold to the former policy for up to ${days(former)}: keep its hosts in order until then`]
    : steps;
}

// STS-81, RFC 8461 §8.3: what senders have cached outlives the record.
function removal(wish: DraftWish, text: PolicyText, published: Published): readonly string[] {
  const served = published.maxAge === null ? '' : ` (the present one says ${days(published.maxAge)})`;
  return [
    `serve this body (mode none, max_age ${wish.maxAge}) at ${text.url}; do not remove the policy or the record first`,
    'publish the TXT record with its new id, so that senders fetch it',
    `wait for the largest max_age that was ever served${served}: until then senders may still hold to an enforced policy`,
    `then remove the TXT record, and after it the host mta-sts.${wish.domain}`,
  ];
}

const days = (seconds: number): string => `${Math.ceil(seconds / 86_400)} days`;
