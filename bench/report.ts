// Results as Markdown tables: medians, ranges, and ratios to Postfix as Debian ships it.

import { chart } from './chart.ts';
import { curves, type Result } from './measure.ts';

export type Report = {
  readonly schema: 'sekisho.bench/1';
  readonly at: string;
  readonly machine: Readonly<Record<string, string | number>>;
  readonly relays: Readonly<Record<string, { readonly version: string; readonly notes: string }>>;
  readonly disk_floor_ms: number;
  readonly results: readonly Result[];
};

const reference = 'postfix';

export function toMarkdown(report: Report): string {
  const sections = [head(report)];
  const of = (kind: string): readonly Result[] => report.results.filter((result) => result.kind === kind);
  const verified = of('verification').map(({ relay, verdict }) => `${relay} ${verdict}`);
  if (verified.length > 0) sections.push(`Wrong TLSA gets nothing, the others everything: ${verified.join(', ')}.`);
  for (const workload of new Set(of('throughput').map(({ workload }) => String(workload)))) {
    const runs = of('throughput').filter((result) => result.workload === workload);
    sections.push(`### ${workload}\n\n${throughputTable(runs)}`);
  }
  if (of('backlog').length > 0) sections.push(`### Backlog\n\n${backlogTable(of('backlog'))}`);
  if (of('large').length > 0) sections.push(`### 50 MB messages\n\n${largeTable(of('large'))}`);
  if (of('disk').length > 0) sections.push(`### Forced to disk, per 1,000 messages\n\n${diskTable(of('disk'))}`);
  if (of('cold').length > 0) sections.push(`### First message to a domain\n\n${coldTable(of('cold'))}`);
  if (of('huge').length > 0) sections.push(`### A long queue\n\n${hugeTable(of('huge'))}`);
  for (const [curve, { unit }] of Object.entries(curves)) {
    const points = of('curve').filter((result) => result.curve === curve);
    if (points.length > 0) sections.push(`### By ${unit}\n\n${curveTable(points, unit)}`);
  }
  return `${sections.join('\n\n')}\n`;
}

/** CPU of a message over what grows, a line for each relay. */
export const charts = ({ results }: Report): readonly (readonly [string, string])[] =>
  Object.entries(curves).flatMap(([name, { unit }]) => {
    const points = results.filter((result) => result.kind === 'curve' && result.curve === name);
    const lines = [...new Set(points.map(({ relay }) => relay))].map((relay) => ({
      name: relay,
      points: points
        .filter((point) => point.relay === relay && point.verdict === 'all arrived')
        .map(({ x, cpu_per_1k }) => [Number(x), Number(cpu_per_1k)] as const),
    }));
    return lines.length === 0 ? [] : [[name, chart(unit, 'CPU-ms a message', lines)] as const];
  });

function head({ at, machine, relays, disk_floor_ms }: Report): string {
  const facts = Object.entries(machine).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  const names = Object.entries(relays).map(([name, { version, notes }]) => `* ${name}: ${version}; ${notes}`);
  return `${at}. ${facts.join(', ')}, 5 KB created and forced to disk in ${disk_floor_ms} ms.\n\n${names.join('\n')}`;
}

const table = (titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const numbers = (runs: readonly Result[], field: string): readonly number[] =>
  runs.map((run) => run[field]).filter((value): value is number => typeof value === 'number');

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

function spread(values: readonly number[], digits: number): string {
  if (values.length === 0) return '';
  const text = (value: number): string => value.toFixed(digits);
  const range = values.length === 1 ? '' : ` (${text(Math.min(...values))}–${text(Math.max(...values))})`;
  return text(median(values)) + range;
}

function throughputTable(runs: readonly Result[]): string {
  const good = (relay: string): readonly Result[] =>
    runs.filter((run) => run.relay === relay && run.verdict === 'all arrived');
  const ratio = (relay: string, field: string): string => {
    const base = median(numbers(good(reference), field));
    return Number.isNaN(base) ? '' : `×${(median(numbers(good(relay), field)) / base).toFixed(2)}`;
  };
  const rows = [...new Set(runs.map(({ relay }) => relay))].map((relay) => {
    const own = good(relay);
    const bad = runs.filter((run) => run.relay === relay).length - own.length;
    const most = (field: string): string => Math.max(...numbers(own, field)).toFixed(0);
    const middle = (field: string): string => median(numbers(own, field)).toFixed(0);
    return [
      relay,
      `${own.length} × ${own[0]?.messages ?? 0}${bad > 0 ? `, ${bad} did not count` : ''}`,
      `${spread(numbers(own, 'rate'), 0)} ${ratio(relay, 'rate')}`,
      `${spread(numbers(own, 'cpu_per_1k'), 2)} ${ratio(relay, 'cpu_per_1k')}`,
      median(numbers(own, 'system_per_1k')).toFixed(2),
      `${median(numbers(own, 'p50_ms')).toFixed(1)} / ${median(numbers(own, 'p99_ms')).toFixed(1)}`,
      `${most('pss_mib')} / ${most('rss_mib')}`,
      most('processes'),
      `${middle('connections')} / ${middle('handshakes')} (${middle('resumed')})`,
      middle('most_parallel'),
    ];
  });
  const titles = ['relay', 'runs', 'messages/s', 'CPU-s per 1,000', 'of it system', '250 p50 / p99 ms'];
  const more = ['peak PSS / RSS MiB', 'processes', 'connections / handshakes (resumed)', 'most at once'];
  return table([...titles, ...more], rows);
}

const mib = (value: unknown): string => {
  const { pss_mib, rss_mib } = value as { readonly pss_mib: number; readonly rss_mib: number };
  return `${pss_mib.toFixed(0)} / ${rss_mib.toFixed(0)}`;
};

const list = (value: unknown): string => (value as readonly number[]).join(' → ');

const backlogTable = (runs: readonly Result[]): string =>
  table(
    [
      'relay',
      'queued',
      'accepted/s, by quarter',
      '250 p50 ms, first → last quarter',
      'p99',
      'CPU-s per 1,000 queued',
      'PSS / RSS MiB idle',
      'with the queue',
      'peak',
      'restart s',
      'after it MiB',
      'first delivery s',
      'drained/s',
      'CPU-s per 1,000 drained',
      'peak MiB',
      'connections',
      '',
    ],
    runs.map((run) => [
      run.relay,
      ...[run.queued, list(run.accept_rates), list(run.p50_ms), list(run.p99_ms), run.accept_cpu_per_1k].map(String),
      ...[run.idle_mib, run.queued_mib, run.queueing_peak_mib].map(mib),
      String(run.restart_s),
      mib(run.restarted_mib),
      ...[run.first_delivery_s, run.drain_rate, run.drain_cpu_per_1k].map(String),
      mib(run.drain_peak_mib),
      String(run.drain_connections),
      `${run.verdict}, ${run.flushes} flush${run.flushes === 1 ? '' : 'es'}`,
    ]),
  );

const largeTable = (runs: readonly Result[]): string =>
  table(
    ['relay', 'messages', 'MB/s', 'PSS / RSS MiB idle', 'peak', ''],
    runs.map((run) => [
      run.relay,
      String(run.messages),
      String(run.mb_per_s),
      mib(run.idle_mib),
      mib(run.peak_mib),
      String(run.verdict),
    ]),
  );

const coldTable = (runs: readonly Result[]): string =>
  table(
    [
      'relay',
      'domains',
      'seconds in all',
      'questions to the resolver each',
      'CPU-ms each',
      'with the name servers',
      '',
    ],
    runs.map((run) =>
      [
        run.relay,
        run.messages,
        run.wall_s,
        run.queries_each,
        run.cpu_ms_each,
        run.cpu_ms_each_with_dns,
        run.verdict,
      ].map(String),
    ),
  );

const hugeTable = (runs: readonly Result[]): string =>
  table(
    ['relay', 'queued', 'accepted/s, by quarter', 'restart s', 'PSS / RSS MiB after it', 'list ms', 'explain ms', ''],
    runs
      .filter(({ queued }) => queued !== undefined)
      .map((run) => [
        run.relay,
        String(run.queued),
        list(run.accept_rates),
        String(run.restart_s),
        mib(run.restarted_mib),
        String(run.list_ms),
        String(run.story_ms),
        String(run.verdict),
      ]),
  );

const curveTable = (points: readonly Result[], unit: string): string =>
  table(
    ['relay', unit, 'messages/s', 'CPU-s per 1,000', '250 p50 / p99 ms', 'peak PSS MiB'],
    points.map((run) =>
      [run.relay, run.x, run.rate, run.cpu_per_1k, `${run.p50_ms} / ${run.p99_ms}`, run.pss_mib].map(String),
    ),
  );

const diskTable = (runs: readonly Result[]): string =>
  table(
    ['relay', 'calls', ''],
    runs.map(({ relay, per_1k, verdict }) => [
      relay,
      Object.entries(per_1k as Record<string, number>)
        .map(([call, count]) => `${count} ${call}`)
        .join(', '),
      String(verdict),
    ]),
  );
