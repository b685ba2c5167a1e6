// The outside world as lines of text: names, security states and records, in the manner of a zone file. The state of an
// answer is an input like its data.

import type {
  Clock,
  Log,
  Metrics,
  PolicyHost,
  PolicyStore,
  RecordValues,
  Resolved,
  Resolver,
} from '../../src/agent/ports.ts';
import { type DomainName, type Instant, instant, seconds } from '../../src/core/base/brand.ts';
import { domainName, isAtOrBelow } from '../../src/core/base/domain-name.ts';
import type { DnssecStatus, IpAddress, LookupFailure } from '../../src/core/base/lookup.ts';
import type { StsPolicy } from '../../src/core/mtasts/policy.ts';

type Line = { readonly name: DomainName; readonly state: string; readonly type: string; readonly data: string };

export type FakeResolver = Resolver & { readonly asked: string[] };

/**
 * Lines `name state type data`. The state is `secure`, `insecure`, or a failure (`bogus`, `servfail`, `timeout`, …). A name
 * with lines of other types has NODATA, a name without lines NXDOMAIN; both are secure unless `name insecure ZONE` holds.
 * The state of an answer is that of its own line; who puts it together with the aliases is the one under test.
 */
export function fakeResolver(text: string): FakeResolver {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')
    .map((line): Line => {
      const [name = '', state = '', type = '', ...data] = line.split(/\s+/);
      return { name: domainName(name), state, type, data: data.join(' ') };
    });
  const asked: string[] = [];
  return {
    asked,
    async resolve(name, type, reading) {
      asked.push(`${name} ${type}`);
      return answerFrom(reading === 'unvalidated' ? lines.map(unvalidated) : lines, name, type) as never;
    },
  };
}

function answerFrom(lines: readonly Line[], asked: DomainName, type: keyof RecordValues): Resolved<unknown> {
  const aliases: { from: DomainName; to: DomainName; status: DnssecStatus }[] = [];
  const rest = { aliases, queries: 1, verifications: 0 };
  let name = asked;
  for (let step = 0; step < 9; step++) {
    const here = lines.filter((line) => line.name === name && line.type !== 'ZONE');
    const found = here.filter((line) => line.type === type);
    const alias = found.length === 0 ? here.find((line) => line.type === 'CNAME') : undefined;
    const state = (found[0] ?? alias)?.state ?? absentState(lines, name);
    if (state !== 'secure' && state !== 'insecure') {
      const [reason, because] = state.split('/');
      const answer = { kind: 'failed', reason: reason as LookupFailure } as const;
      return { answer, ...rest, ...(because === undefined ? {} : { because }) };
    }
    if (alias) {
      const to = domainName(alias.data);
      aliases.push({ from: name, to, status: state });
      name = to;
      continue;
    }
    const ttl = seconds(300);
    if (found.length === 0)
      return {
        answer: { kind: 'absent', status: state, reason: here.length > 0 ? 'nodata' : 'nxdomain', ttl },
        ...rest,
      };
    const value = found.map((line) => read[type](line.data)) as unknown as [unknown];
    return { answer: { kind: 'found', status: state, value, ttl }, ...rest };
  }
  return { answer: { kind: 'failed', reason: 'servfail' }, ...rest };
}

const absentState = (lines: readonly Line[], name: DomainName): string =>
  lines.find((line) => line.type === 'ZONE' && isAtOrBelow(name, line.name))?.state ?? 'secure';

const unvalidated = (line: Line): Line =>
  ['secure', 'bogus'].includes(line.state.split('/')[0] ?? '') ? { ...line, state: 'insecure' } : line;

const read: { readonly [Type in keyof RecordValues]: (data: string) => unknown } = {
  A: (data) => data as IpAddress,
  AAAA: (data) => data as IpAddress,
  MX: (data) => {
    const [preference = '', exchange = ''] = data.split(' ');
    return { preference: Number(preference), exchange: exchange === '.' ? '.' : domainName(exchange) };
  },
  TLSA: (data) => {
    const [usage = '', selector = '', matching = '', hex = ''] = data.split(' ');
    return Uint8Array.from([Number(usage), Number(selector), Number(matching), ...Buffer.from(hex, 'hex')]);
  },
  TXT: (data) => [new TextEncoder().encode(data)],
};

/** Stands still until it is moved; sleeping moves it. `random` is always 0. */
export type FakeClock = Clock & { move(duration: number): void };

export const start: Instant = instant(Date.UTC(2026, 10, 21, 9, 0, 0));

export function fakeClock(): FakeClock {
  let now: number = start;
  return {
    now: () => instant(now),
    move: (duration) => {
      now += duration * 1000;
    },
    async sleep(duration) {
      now += duration * 1000;
      await new Promise(setImmediate);
    },
    random: () => 0,
  };
}

export type Notebook = Log & Metrics & { readonly lines: string[]; readonly counts: string[] };

/** `lines` as `level event field=value…`, `counts` as `name label…`. */
export function notebook(): Notebook {
  const [lines, counts]: [string[], string[]] = [[], []];
  return {
    lines,
    counts,
    event(level, event, fields = {}, shared = {}) {
      lines.push(
        [level, event, ...Object.entries({ ...fields, ...shared }).map(([key, value]) => `${key}=${value}`)].join(' '),
      );
    },
    count: (name, labels = {}) => void counts.push([name, ...Object.values(labels)].join(' ')),
    observe: () => undefined,
  };
}

export function memoryStore(): PolicyStore {
  const policies = new Map<DomainName, StsPolicy>();
  return {
    get: (domain) => policies.get(domain),
    put: async (domain, policy) => void policies.set(domain, policy),
    forget: async (domain) => void policies.delete(domain),
    entries: () => policies.entries(),
  };
}

export type FakePolicyHost = PolicyHost & { readonly fetched: string[]; answer: string };

/** `answer` is a body, or the fault that a fetch comes to. It may be changed between fetches. */
export function fakePolicyHost(answer: string): FakePolicyHost {
  const host: FakePolicyHost = {
    fetched: [],
    answer,
    async fetch(domain, reading) {
      host.fetched.push(reading === 'unvalidated' ? `${domain} unvalidated` : domain);
      await new Promise(setImmediate);
      if (!host.answer.startsWith('sts-')) return { kind: 'body', body: host.answer };
      return { kind: 'failed', fault: host.answer as 'sts-policy-fetch-error', says: 'the policy host is down' };
    },
  };
  return host;
}
