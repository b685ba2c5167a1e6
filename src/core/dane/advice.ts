// Advice to those who publish TLSA records, about a set as a whole: nothing here makes a record wrong (RFC 7671 §5.2.1, §10.1,
// §11, §13; RFC 7672 §2.2.1, §2.2.3, §3.1.2, §3.2.3). What is to be said of one record is in make.ts.

import type { DomainName } from '../base/brand.ts';
import type { Certificate } from '../x509/certificate.ts';
import { matchNames } from '../x509/identity.ts';
import type { TlsaAdvice, TlsaData, TlsaParameters } from './make.ts';

const day = 86_400;
/** Octets of an answer that go through every network in one piece. */
const wholeAnswer = 1232;
/** Seconds. */
const longestTtl = day;
const longestSignature = 30 * day;

/** DANE-86: senders compare names when a record names an issuer. @returns nothing for usages that need no name. */
export function adviceOnNames(
  { usage, selector, matching }: TlsaParameters,
  leaf: Certificate | undefined,
  host: DomainName,
): readonly TlsaAdvice[] {
  if (usage !== 2 || leaf === undefined || matchNames(leaf, [host], 'without-dns-id').kind === 'match') return [];
  const says = `${usage} ${selector} ${matching}: the certificate does not name ${host}, and with usage 2 senders want that; a wildcard stands for one label`;
  return [{ code: 'name-missing', says }];
}

/** DANE-87: header, question, EDNS, records, and one signature of the most usual large kind. */
export function adviceOnSize(owner: string, records: readonly TlsaData[]): readonly TlsaAdvice[] {
  const signature = 2 + 10 + 18 + owner.length + 256;
  const question = 12 + owner.length + 2 + 4 + 11;
  const octets = question + signature + records.reduce((sum, { data }) => sum + 2 + 10 + 3 + data.length, 0);
  if (octets <= wholeAnswer) return [];
  const says = `${owner}: the answer has about ${octets} octets; beyond ${wholeAnswer} it comes in fragments that get lost, or by TCP: publish digests, and fewer of them`;
  return [{ code: 'answer-large', says }];
}

/** DANE-90. @param ttl seconds. */
export const adviceOnTtl = (ttl: number): readonly TlsaAdvice[] =>
  ttl <= longestTtl
    ? []
    : [{ code: 'ttl-long', says: `TTL ${ttl}: a mistake, or a key that others know, lasts as long; a day is enough` }];

/** DANE-90. @param life seconds from inception to expiration. */
export const adviceOnSignature = (life: number): readonly TlsaAdvice[] =>
  life <= longestSignature
    ? []
    : [
        {
          code: 'signature-long',
          says: `the signature lasts ${Math.round(life / day)} days, and as long somebody can show this record after it is gone; sign for a few weeks at most`,
        },
      ];

/** DANE-91. @param services "mx.example.org:25" and the like, of one record. */
export const adviceOnSharing = (
  { usage, selector, matching }: TlsaParameters,
  services: readonly string[],
): readonly TlsaAdvice[] =>
  (usage !== 3 && usage !== 1) || services.length < 2
    ? []
    : [
        {
          code: 'shared',
          says: `${usage} ${selector} ${matching}: ${services.join(', ')} share it, so whoever leads a client from one to another is not noticed; give services of different kinds keys of their own`,
        },
      ];

/** DANE-92. */
export const adviceOnZone = (host: string, domain: string): readonly TlsaAdvice[] =>
  host === domain || host.endsWith(`.${domain}`)
    ? []
    : [
        {
          code: 'foreign-host',
          says: `${host} is not in ${domain}: whoever runs it publishes its records, in the zone of the host; sign ${domain}, so that senders believe its MX`,
        },
      ];
