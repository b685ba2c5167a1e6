// Whether the SPF record of a domain of ours allows an address of ours (RFC 7208 §4, §5), for the operator's check of his own
// set-up (OPS-60). Leaves out macros, `ptr` and `exists`: what they would say is not known here.

import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { isWithin, parsePrefix } from '../core/routing/addresses.ts';
import { octetsOf } from '../core/routing/ip-address.ts';
import type { RecordValues, Resolver } from './ports.ts';

export type SpfResult = {
  readonly kind: 'pass' | 'neutral' | 'softfail' | 'fail' | 'none' | 'broken' | 'unknown';
  /** The term that decided, or why none could. */
  readonly says: string;
};

/** RFC 7208 §4.6.4. */
const maxLookups = 10;

type Walk = { readonly resolver: Resolver; readonly address: IpAddress; left: number };

/** One address against the record of one domain. Never throws. */
export const spfAllows = (resolver: Resolver, domain: DomainName, address: IpAddress): Promise<SpfResult> =>
  evaluate({ resolver, address, left: maxLookups }, domain);

async function evaluate(walk: Walk, domain: DomainName): Promise<SpfResult> {
  const { answer } = await walk.resolver.resolve(domain, 'TXT');
  if (answer.kind === 'failed') return unknown(`no answer for the TXT records of ${domain} (${answer.reason})`);
  if (answer.kind === 'absent') return { kind: 'none', says: `${domain} publishes no SPF record` };
  const texts = answer.value.map((strings) => strings.map((octets) => latin1.decode(octets)).join(''));
  const records = texts.filter((text) => /^v=spf1( |$)/i.test(text));
  const [record] = records;
  if (record === undefined) return { kind: 'none', says: `${domain} publishes no SPF record` };
  // RFC 7208 §4.5
  if (records.length > 1) return { kind: 'broken', says: `${domain} publishes ${records.length} SPF records` };
  return followTerms(walk, domain, record.split(/ +/).slice(1));
}

const latin1 = new TextDecoder('latin1');

const qualified = { '+': 'pass', '-': 'fail', '~': 'softfail', '?': 'neutral' } as const;

async function followTerms(walk: Walk, domain: DomainName, terms: readonly string[]): Promise<SpfResult> {
  for (const term of terms.filter((one) => one !== '' && !one.includes('='))) {
    const match = /^([+\-~?]?)([a-z0-9]+)(?::([^/]*))?((?:\/\d+)?(?:\/\/\d+)?|\/.*)$/i.exec(term);
    // `ip6:` holds colons and its own slash.
    const [, sign = '', name = '', argument, cidr = ''] = /^[+\-~?]?ip6:/i.test(term) ? ip6Term(term) : (match ?? []);
    if (name === '') return { kind: 'broken', says: `${domain}: the term ${JSON.stringify(term)} cannot be read` };
    const found = await mechanism(walk, { name: name.toLowerCase(), argument: argument ?? domain, cidr });
    if (found === 'match')
      return { kind: qualified[(sign || '+') as keyof typeof qualified], says: `${domain}: ${term}` };
    if (found !== 'no-match') return found;
  }
  const redirect = terms.find((term) => /^redirect=/i.test(term))?.slice('redirect='.length);
  if (redirect === undefined) return { kind: 'neutral', says: `${domain}: no term names the address` };
  const next = nameIn(redirect);
  return next === undefined || !paid(walk) ? unknown(`redirect=${redirect} was not followed`) : evaluate(walk, next);
}

function ip6Term(term: string): readonly (string | undefined)[] {
  const [, sign, rest = ''] = /^([+\-~?]?)ip6:(.*)$/i.exec(term) ?? [];
  return [term, sign, 'ip6', rest, ''];
}

type Mechanism = { readonly name: string; readonly argument: string; readonly cidr: string };

async function mechanism(walk: Walk, { name, argument, cidr }: Mechanism): Promise<'match' | 'no-match' | SpfResult> {
  switch (name) {
    case 'all':
      return 'match';
    case 'ip4':
    case 'ip6': {
      const prefix = parsePrefix(`${argument}${cidr}`);
      if (prefix.kind === 'fault') return { kind: 'broken', says: `${name}:${argument}${cidr} is no range` };
      return isWithin(octetsOf(walk.address) ?? new Uint8Array(), prefix.value) ? 'match' : 'no-match';
    }
    case 'a':
      return hostMatches(walk, argument, cidr);
    case 'mx':
      return mxMatches(walk, argument, cidr);
    case 'include': {
      const included = nameIn(argument);
      if (included === undefined || !paid(walk)) return unknown(`include:${argument} was not followed`);
      const { kind, says } = await evaluate(walk, included);
      if (kind === 'pass') return 'match';
      // RFC 7208 §5.2
      if (kind === 'none' || kind === 'broken') return { kind: 'broken', says };
      return kind === 'unknown' ? { kind, says } : 'no-match';
    }
    default:
      return unknown(`the term ${name} is not judged here`);
  }
}

async function hostMatches(walk: Walk, text: string, cidr: string): Promise<'match' | 'no-match' | SpfResult> {
  const host = nameIn(text);
  if (host === undefined || !paid(walk)) return unknown(`a:${text} was not looked up`);
  return addressIn(walk, host, cidr);
}

async function mxMatches(walk: Walk, text: string, cidr: string): Promise<'match' | 'no-match' | SpfResult> {
  const domain = nameIn(text);
  if (domain === undefined || !paid(walk)) return unknown(`mx:${text} was not looked up`);
  const { answer } = await walk.resolver.resolve(domain, 'MX');
  if (answer.kind === 'failed') return unknown(`no answer for the MX records of ${domain} (${answer.reason})`);
  const records: readonly RecordValues['MX'][] = answer.kind === 'found' ? answer.value : [];
  for (const { exchange } of records.slice(0, maxLookups)) {
    if (typeof exchange !== 'string' || exchange === '.') continue;
    const found = await addressIn(walk, exchange, cidr);
    if (found !== 'no-match') return found;
  }
  return 'no-match';
}

/** RFC 7208 §5.3: the address family of the client decides which records are asked for. */
async function addressIn(walk: Walk, host: DomainName, cidr: string): Promise<'match' | 'no-match' | SpfResult> {
  const six = walk.address.includes(':');
  const { answer } = await walk.resolver.resolve(host, six ? 'AAAA' : 'A');
  if (answer.kind === 'failed') return unknown(`no answer for the addresses of ${host} (${answer.reason})`);
  const length = six ? /\/\/(\d+)$/.exec(cidr)?.[1] : /^\/(\d+)/.exec(cidr)?.[1];
  const own = octetsOf(walk.address) ?? new Uint8Array();
  const held = (answer.kind === 'found' ? answer.value : []).some((one) => {
    const prefix = parsePrefix(length === undefined ? one : `${one}/${length}`);
    return prefix.kind === 'ok' && isWithin(own, prefix.value);
  });
  return held ? 'match' : 'no-match';
}

/** A name with a macro is none. */
function nameIn(text: string): DomainName | undefined {
  const name = parseDomainName(text);
  return name.kind === 'ok' ? name.value : undefined;
}

function paid(walk: Walk): boolean {
  walk.left -= 1;
  return walk.left >= 0;
}

const unknown = (says: string): SpfResult => ({ kind: 'unknown', says });
