// Whether a domain wants TLS reports, for the check tool (RFC 8460 §3). Leaves out sending them.

import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { Reading, Resolver } from './ports.ts';

/** `failed`: the question got no answer. `rua` as published, in order. */
export type Reporting = { readonly state: 'wanted' | 'none' | 'failed'; readonly rua: readonly string[] };

const maxAddresses = 10;

export async function findReporting(resolver: Resolver, domain: DomainName, reading: Reading): Promise<Reporting> {
  const name = parseDomainName(`_smtp._tls.${domain}`);
  if (name.kind === 'fault') return { state: 'none', rua: [] };
  const { answer } = await resolver.resolve(name.value, 'TXT', reading);
  if (answer.kind === 'failed') return { state: 'failed', rua: [] };
  if (answer.kind === 'absent') return { state: 'none', rua: [] };
  const texts = answer.value.map((strings) => strings.map((octets) => latin1.decode(octets)).join(''));
  const records = texts.filter((text) => /^v=TLSRPTv1[ \t]*;/.test(text));
  // RFC 8460 §3: of several records none counts.
  const fields = records.length === 1 ? (records[0] as string).split(';').map((field) => field.trim()) : [];
  const rua = fields.find((field) => field.startsWith('rua='))?.slice('rua='.length) ?? '';
  const wanted = rua.split(',').map((uri) => uri.trim());
  const usable = wanted.filter((uri) => /^(mailto:|https:\/\/)[\x21-\x7e]+$/.test(uri)).slice(0, maxAddresses);
  return usable.length > 0 ? { state: 'wanted', rua: usable } : { state: 'none', rua: [] };
}

const latin1 = new TextDecoder('latin1');
