// Counters and histograms from one closed list, and their text exposition (OBS-6). No label ever holds a domain.

import type { Metrics } from '../../agent/ports.ts';

type Definition = { readonly kind: 'counter' | 'histogram'; readonly labels: readonly string[]; readonly says: string };

const counter = (says: string, ...labels: readonly string[]): Definition => ({ kind: 'counter', labels, says });
const histogram = (says: string, ...labels: readonly string[]): Definition => ({ kind: 'histogram', labels, says });

export const definitions: Readonly<Record<string, Definition>> = {
  sekisho_messages_received_total: counter('Messages offered by clients.', 'listener', 'outcome'),
  sekisho_messages_completed_total: counter('Recipients that are finished.', 'outcome'),
  sekisho_attempts_total: counter('Delivery attempts by reason code; "none" for those that were answered.', 'reason'),
  sekisho_delivered_protection_total: counter('Deliveries by what protected them.', 'level', 'authn'),
  sekisho_dns_lookups_total: counter('Validated look-ups by type and DNSSEC state.', 'type', 'state'),
  sekisho_sts_fetches_total: counter('MTA-STS policy fetches.', 'outcome'),
  sekisho_sts_lookups_total: counter('MTA-STS policy look-ups by finding.', 'finding'),
  sekisho_requiretls_total: counter('REQUIRETLS messages.', 'outcome'),
  sekisho_connections_total: counter('Client connections.', 'listener', 'outcome'),
  sekisho_bare_newlines_total: counter('Messages whose bare CR or LF were normalised.', 'listener'),
  sekisho_weak_suite_total: counter('Sessions that ended with a weak cipher suite.', 'role'),
  sekisho_attempt_duration_seconds: histogram('Time of one delivery attempt.'),
};

const buckets = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** What was counted, to be added to another registry. */
export type Counts = {
  readonly counters: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly histograms: ReadonlyMap<string, ReadonlyMap<string, Histogram>>;
};

/** A bound for series of one metric: labels are closed sets, so this is never met unless by a bug. */
const maxSeries = 500;

type Histogram = { readonly counts: number[]; sum: number; count: number };

export type Gauge = {
  readonly name: string;
  readonly says: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
};

export type Registry = Metrics & {
  /** Prometheus text exposition 0.0.4; gauges are read at this moment. */
  expose(gauges: readonly Gauge[]): string;
  /** What was counted since the last call, which then counts from nothing; undefined when there is none. */
  take(): Counts | undefined;
  add(counts: Counts): void;
  /** The sum over all series of a counter. */
  total(name: string): number;
};

export function createRegistry(): Registry {
  let counters = new Map<string, Map<string, number>>();
  let histograms = new Map<string, Map<string, Histogram>>();
  const series = (name: string, labels: Readonly<Record<string, string>>, kind: Definition['kind']): string => {
    const definition = definitions[name];
    if (definition?.kind !== kind) throw new Error(`unknown ${kind}: ${name}`);
    let key = '';
    for (const label of definition.labels)
      key += `${key === '' ? '' : ','}${label}="${escapeLabel(labels[label] ?? '')}"`;
    return key;
  };
  const raise = (name: string, key: string, by: number): void => {
    const found = counters.get(name) ?? new Map<string, number>();
    counters.set(name, found);
    if (found.has(key) || found.size < maxSeries) found.set(key, (found.get(key) ?? 0) + by);
  };
  const histogramOf = (name: string, key: string): Histogram | undefined => {
    const found = histograms.get(name) ?? new Map<string, Histogram>();
    histograms.set(name, found);
    const held = found.get(key) ?? { counts: buckets.map(() => 0), sum: 0, count: 0 };
    if (!found.has(key) && found.size >= maxSeries) return undefined;
    found.set(key, held);
    return held;
  };
  return {
    count: (name, labels = {}, by = 1) => raise(name, series(name, labels, 'counter'), by),
    observe(name, value, labels = {}) {
      const held = histogramOf(name, series(name, labels, 'histogram'));
      if (held === undefined) return;
      held.sum += value;
      held.count += 1;
      for (let index = 0; index < buckets.length; index += 1)
        if (value <= (buckets[index] as number)) held.counts[index] = (held.counts[index] as number) + 1;
    },
    take() {
      if (counters.size === 0 && histograms.size === 0) return undefined;
      const taken = { counters, histograms };
      counters = new Map();
      histograms = new Map();
      return taken;
    },
    add(taken) {
      for (const [name, found] of taken.counters) for (const [key, value] of found) raise(name, key, value);
      for (const [name, found] of taken.histograms)
        for (const [key, { counts, sum, count }] of found) {
          const held = histogramOf(name, key);
          if (held === undefined) continue;
          held.sum += sum;
          held.count += count;
          for (const [index, value] of counts.entries()) held.counts[index] = (held.counts[index] as number) + value;
        }
    },
    total: (name) => [...(counters.get(name)?.values() ?? [])].reduce((sum, value) => sum + value, 0),
    expose: (gauges) =>
      [...exposeCounters(counters), ...exposeHistograms(histograms), ...exposeGauges(gauges), ''].join('\n'),
  };
}

const escapeLabel = (text: string): string => (/^[\w.+ -]{0,100}$/.test(text) ? text : escapeAll(text));

const escapeAll = (text: string): string =>
  text.slice(0, 100).replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));

const line = (name: string, labels: string, value: number): string =>
  `${name}${labels === '' ? '' : `{${labels}}`} ${value}`;

function* exposeCounters(counters: ReadonlyMap<string, ReadonlyMap<string, number>>): Iterable<string> {
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.kind !== 'counter') continue;
    yield `# HELP ${name} ${definition.says}`;
    yield `# TYPE ${name} counter`;
    for (const [labels, value] of counters.get(name) ?? []) yield line(name, labels, value);
  }
}

function* exposeHistograms(histograms: ReadonlyMap<string, ReadonlyMap<string, Histogram>>): Iterable<string> {
  for (const [name, found] of histograms) {
    yield `# HELP ${name} ${definitions[name]?.says}`;
    yield `# TYPE ${name} histogram`;
    for (const [labels, held] of found) {
      const prefix = labels === '' ? '' : `${labels},`;
      for (const [index, bound] of buckets.entries())
        yield line(`${name}_bucket`, `${prefix}le="${bound}"`, held.counts[index] as number);
      yield line(`${name}_bucket`, `${prefix}le="+Inf"`, held.count);
      yield line(`${name}_sum`, labels, held.sum);
      yield line(`${name}_count`, labels, held.count);
    }
  }
}

function* exposeGauges(gauges: readonly Gauge[]): Iterable<string> {
  let last = '';
  for (const gauge of gauges) {
    if (gauge.name !== last) {
      yield `# HELP ${gauge.name} ${gauge.says}`;
      yield `# TYPE ${gauge.name} gauge`;
      last = gauge.name;
    }
    const labels = Object.entries(gauge.labels ?? {}).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
    yield line(gauge.name, labels.join(','), gauge.value);
  }
}
