// Reading answers whose status somebody else vouches for (the AD bit of a trusted server). Aliases are followed by a
// question each, so that every link has a status of its own. Why an answer is insecure is not known here.

import { seconds } from '../../core/base/brand.ts';
import { type Message, Rcode, type ResourceRecord, RrType } from '../../core/dns/message.ts';
import { foldName, type Name } from '../../core/dns/name.ts';
import { readPlainName } from '../../core/dns/wire.ts';
import type { AliasLink, IndeterminateCause, Proof, Question } from '../../core/dnssec/proof.ts';
import type { Answered } from './upstream.ts';

type Status = 'secure' | 'insecure';

export type PlainReading = {
  readonly ask: (question: Question) => Promise<Answered>;
  readonly statusOf: (message: Message) => Status;
  /** The status of the CNAME at this name alone, when the whole answer is insecure. */
  readonly statusOfLink: (name: Name) => Promise<Status | IndeterminateCause>;
  readonly aliasLimit: number;
};

/** Follows aliases to the records, the denial or the failure. Never throws; the chain stays empty. */
export async function readPlainly(question: Question, reading: PlainReading): Promise<Proof> {
  const aliases: AliasLink[] = [];
  let name = question.name;
  let status: Status = 'secure';
  let ttl = Number.POSITIVE_INFINITY;

  const failed = (because: IndeterminateCause, rcode: number | null): Proof => ({
    ...nothing(question),
    state: 'indeterminate',
    rcode,
    aliases,
    because,
  });

  for (;;) {
    const answered = await reading.ask({ name, type: question.type });
    if (answered.kind === 'unanswered') return failed(answered.because, null);
    const { message } = answered;
    // DNS-11: the weakest of all steps.
    if (reading.statusOf(message) === 'insecure') status = 'insecure';
    const found = read(message, name, question.type);
    if (found.kind === 'fault') return failed(found.because, message.rcode);
    ttl = Math.min(ttl, found.ttl);
    if (found.kind !== 'alias') {
      return {
        ...nothing(question),
        state: status,
        rcode: message.rcode,
        records: found.kind === 'records' ? found.records : [],
        aliases,
        denial: found.kind === 'records' ? null : found.kind,
        because: null,
        ttl: seconds(ttl),
      };
    }
    const link = reading.statusOf(message) === 'secure' ? 'secure' : await reading.statusOfLink(name);
    if (link !== 'secure' && link !== 'insecure') return failed(link, message.rcode);
    const before = aliases.at(-1)?.state ?? 'secure';
    aliases.push({ from: name, to: found.to, by: 'CNAME', state: before === 'insecure' ? 'insecure' : link });
    // DNS-10: bounded, and an error when the bound is passed.
    if (aliases.some(({ from }) => from === found.to)) return failed('alias-loop', message.rcode);
    if (aliases.length > reading.aliasLimit) return failed('alias-limit', message.rcode);
    status = aliases.at(-1)?.state ?? status;
    name = found.to;
  }
}

type Found =
  | { readonly kind: 'records'; readonly records: readonly ResourceRecord[]; readonly ttl: number }
  | { readonly kind: 'alias'; readonly to: Name; readonly ttl: number }
  | { readonly kind: 'nxdomain' | 'nodata'; readonly ttl: number }
  | { readonly kind: 'fault'; readonly because: IndeterminateCause };

/** One answer about one name; what it says of other names is not looked at. */
function read(message: Message, name: Name, type: number): Found {
  const own = message.answer.filter((record) => record.owner === name && record.class === 1);
  const records = own.filter((record) => record.type === type);
  if (records.length > 0) return { kind: 'records', records, ttl: Math.min(...records.map(({ ttl }) => ttl)) };
  const cname = own.find((record) => record.type === RrType.CNAME);
  if (cname !== undefined) {
    const target = readPlainName(cname.rdata, 0);
    if (target === undefined) return { kind: 'fault', because: 'malformed' };
    return { kind: 'alias', to: foldName(target.wire), ttl: cname.ttl };
  }
  // RFC 6672 §2.2: YXDOMAIN, a DNAME that would make the name too long.
  if (message.rcode === 6) return { kind: 'fault', because: 'alias-name-too-long' };
  const soa = message.authority.find((record) => record.type === RrType.SOA);
  const ttl = soa === undefined ? 0 : Math.min(soa.ttl, minimumOf(soa.rdata));
  if (message.rcode === Rcode.NXDOMAIN) return { kind: 'nxdomain', ttl };
  // RFC 2308 §2.2: name servers without an SOA are a referral, which is no answer.
  if (soa === undefined && message.authority.some((record) => record.type === RrType.NS)) {
    return { kind: 'fault', because: 'malformed' };
  }
  return { kind: 'nodata', ttl };
}

/** RFC 2308 §4: the last field of the SOA record. */
const minimumOf = (rdata: Uint8Array): number =>
  rdata.length < 4 ? 0 : new DataView(rdata.buffer, rdata.byteOffset + rdata.length - 4, 4).getUint32(0);

/** The frame of a proof that has nothing to show. */
export const nothing = (
  question: Question,
): Pick<Proof, 'question' | 'records' | 'aliases' | 'denial' | 'chain' | 'ttl' | 'work'> => ({
  question,
  records: [],
  aliases: [],
  denial: null,
  chain: [],
  ttl: seconds(0),
  work: { queries: 0, verifications: 0, failedVerifications: 0, nsec3Hashes: 0, zoneCuts: 0 },
});
