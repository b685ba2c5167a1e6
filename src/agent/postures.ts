// How destinations stand, from the records of deliveries to them: what was shown last, what came of the mail, what waits.

import type { DeliveryRecord, MessageSummary, RecordedAttempt } from './ports.ts';

export type Posture = {
  readonly domain: string;
  /** RFC 3339; null where mail waits and nothing was tried. */
  readonly lastAt: string | null;
  readonly lastResult: string | null;
  readonly lastReason: string | null;
  /** Newest first. */
  readonly records: readonly DeliveryRecord[];
  readonly sent: number;
  readonly deferred: number;
  readonly bounced: number;
  /** Recipients. */
  readonly waiting: number;
};

type Filling = { records: DeliveryRecord[]; sent: number; deferred: number; bounced: number; waiting: number };

/** @param attempts newest first. @returns one per recipient domain, the latest used first. */
export function posturesOf(
  attempts: readonly RecordedAttempt[],
  waiting: readonly MessageSummary[],
): readonly Posture[] {
  const found = new Map<string, Filling>();
  const of = (domain: string): Filling => {
    const one = found.get(domain) ?? { records: [], sent: 0, deferred: 0, bounced: 0, waiting: 0 };
    found.set(domain, one);
    return one;
  };
  for (const { record } of attempts) {
    for (const domain of domainsOf(record)) {
      const one = of(domain);
      one.records.push(record);
      if (record.result === 'sent' || record.result === 'deferred' || record.result === 'bounced')
        one[record.result] += 1;
    }
  }
  for (const { recipients } of waiting)
    for (const { recipient, state } of recipients)
      if (state === 'queued' || state === 'deferred' || state === 'held')
        of(domainOf(recipient.mailbox.text)).waiting += 1;
  return [...found].map(([domain, filling]) => {
    const [last] = filling.records;
    return {
      domain,
      lastAt: last?.at ?? null,
      lastResult: last?.result ?? null,
      lastReason: typeof last?.reason === 'string' ? last.reason : null,
      ...filling,
    };
  });
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();

const domainsOf = ({ recipients }: DeliveryRecord): ReadonlySet<string> =>
  new Set((Array.isArray(recipients) ? recipients : []).map((one) => domainOf(String(one))));
