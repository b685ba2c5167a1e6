// Which trust anchor a set of DANE-TA records turned out to name: later connections verify against it at once instead of
// dialling twice (A5). Keyed by the records themselves, so that a changed set finds nothing; the judge looks again anyway.

import type { Demand } from '../core/policy/model.ts';
import type { TrustStoreRef } from '../core/x509/path-verdict.ts';

export type AnchorMemory = {
  /** The store for the first handshake of this demand. */
  storeFor(demand: Demand): TrustStoreRef;
  /** The anchor against which the path of this demand was verified. */
  remember(demand: Demand, anchor: TrustStoreRef): void;
};

const maxAnchors = 1000;

export function createAnchorMemory(): AnchorMemory {
  const anchors = new Map<string, TrustStoreRef>();
  return {
    storeFor(demand) {
      const records = anchorRecords(demand);
      if (records.length === 0) return { kind: 'webpki' };
      const known = anchors.get(keyOf(records));
      // CERT-22: `2 0 0` carries the certificate itself.
      const own = records.find(({ selector, matching }) => selector === 'cert' && matching === 'full');
      return known ?? (own === undefined ? { kind: 'webpki' } : { kind: 'anchor', certificate: own.data });
    },
    remember(demand, anchor) {
      const records = anchorRecords(demand);
      if (records.length === 0 || anchor.kind !== 'anchor') return;
      const key = keyOf(records);
      anchors.delete(key);
      anchors.set(key, anchor);
      for (const oldest of anchors.keys()) if (anchors.size > maxAnchors) anchors.delete(oldest);
    },
  };
}

type Records = Extract<Demand['observed'][number], { by: 'dane' }>['records'];

const anchorRecords = (demand: Demand): Records[number][] =>
  [...demand.all.flat(), ...demand.observed].flatMap((asked) =>
    asked.by === 'dane' ? asked.records.filter(({ usage }) => usage === 'dane-ta') : [],
  );

const keyOf = (records: readonly Records[number][]): string =>
  records
    .map(({ selector, matching, data }) => [selector, matching, ...data].join(' '))
    .toSorted()
    .join('|');
