// Certificates and keys to TLSA records, all usages, selectors and matching types (RFC 6698 §2.1, OPS-20 to OPS-23), and
// what is to be said against a choice. Files and servers are the caller's.

import type { Seconds } from '../base/brand.ts';
import { sameOctets } from '../base/octets.ts';
import { fault, ok, type Result } from '../base/result.ts';
import { type Certificate, digestOf } from '../x509/certificate.ts';
import type { PublicHalf } from '../x509/material.ts';
import { pathFrom } from '../x509/presented-chain.ts';

/** As they stand in the record; SMTP uses two of the four usages only. */
export type TlsaParameters = {
  readonly usage: 0 | 1 | 2 | 3;
  readonly selector: 0 | 1;
  readonly matching: 0 | 1 | 2;
};

export type TlsaData = TlsaParameters & { readonly data: Uint8Array };

/** What a record is made of: a chain, leaf first, or a bare key. */
export type Subject =
  | { readonly kind: 'chain'; readonly certificates: readonly [Certificate, ...Certificate[]] }
  | { readonly kind: 'key'; readonly key: PublicHalf };

/** @returns the record data and, for a chain, which certificate it names. */
export function makeTlsa(
  parameters: TlsaParameters,
  subject: Subject,
): Result<TlsaData & { readonly named: Certificate | undefined }, string> {
  const { usage, selector } = parameters;
  if (subject.kind === 'key') {
    if (selector === 0) return fault('selector 0 is of the whole certificate, and a key has none: use --certificate');
    return ok({ ...parameters, data: associate(parameters, subject.key.spki), named: undefined });
  }
  // OPS-22: usages 0 and 2 name an issuer, 1 and 3 the certificate itself.
  const named = usage === 0 || usage === 2 ? issuerIn(subject.certificates) : subject.certificates[0];
  return ok({ ...parameters, data: associate(parameters, selector === 0 ? named.der : named.spki), named });
}

function associate({ matching }: TlsaParameters, octets: Uint8Array): Uint8Array {
  if (matching === 0) return octets;
  return digestOf(octets, matching === 1 ? 'sha256' : 'sha512');
}

/** The issuer of the leaf; a file with one certificate holds the issuer itself. */
function issuerIn(certificates: readonly [Certificate, ...Certificate[]]): Certificate {
  const [leaf] = certificates;
  return pathFrom(certificates, leaf.notBefore)[1] ?? leaf;
}

/** OPS-28: whether record data names this certificate or key; asked of what was printed and read back. */
export function names(record: TlsaData, subject: Subject): boolean {
  const octets =
    subject.kind === 'key'
      ? [subject.key.spki]
      : subject.certificates.map(({ der, spki }) => (record.selector === 0 ? der : spki));
  return octets.some((one) => sameOctets(associate(record, one), record.data));
}

export type TlsaAdvice = { readonly code: string; readonly says: string };

const day = 86_400_000;
/** Days: what is renewed more often than this changes its certificate several times a year. */
const shortLife = 100;

/**
 * OPS-22, OPS-23.
 * @param seen whether the server was seen to send the certificate that a record of usage 2 names
 */
export function adviceFor(
  parameters: TlsaParameters,
  named: Certificate | undefined,
  around: {
    readonly ports: readonly number[];
    readonly seen: 'sent' | 'not-sent' | 'not-asked';
    readonly issuer: string;
  },
): readonly TlsaAdvice[] {
  const { usage, selector, matching } = parameters;
  const numbers = `${usage} ${selector} ${matching}`;
  const advice: TlsaAdvice[] = [];
  const say = (code: string, says: string): void => void advice.push({ code, says: `${numbers}: ${says}` });
  // RFC 7672 §3.1.3
  if (usage < 2 && around.ports.includes(25))
    say('usage-unusable', `mail senders treat usage ${usage} as unusable; use 3, or 2 for an issuer`);
  if (usage === 2 && around.seen === 'not-asked')
    say(
      'anchor-not-seen',
      'the server must send this certificate in its chain, and was not asked; try sekisho tlsa check',
    );
  if (usage === 2 && around.seen === 'not-sent')
    say('anchor-not-sent', 'the server does not send this certificate, so no sender will match the record');
  if (usage === 2 && /let'?s encrypt|\bISRG\b/i.test(around.issuer))
    say(
      'issuer-changes',
      "Let's Encrypt changes its issuing certificates without notice; 3 1 1 with a kept key does not break",
    );
  if (matching === 0) advice.push(...adviceOnFullData(parameters));
  const life = named === undefined ? undefined : (named.notAfter - named.notBefore) / day;
  if (selector === 0 && usage !== 2 && usage !== 0 && life !== undefined && life <= shortLife)
    say(
      'short-lived',
      `the certificate lives ${Math.round(life)} days, and the record must change with each renewal; selector 1 need not`,
    );
  if (usage === 2 && selector === 1)
    say(
      'anchor-key',
      'only the key of the issuer is named: any certificate with that key will do, without its limits; 2 0 1 is meant',
    );
  return advice;
}

const fullData = 'type 0 puts the whole certificate or key into DNS; a digest does as well';

/** DANE-87, RFC 7671 §10.1 */
export const adviceOnFullData = ({ usage, selector, matching }: TlsaParameters): readonly TlsaAdvice[] => [
  {
    code: 'full-data',
    says: `${usage} ${selector} ${matching}: ${fullData}`,
  },
];

/** OPS-29, RFC 7671 §13: a mistake lasts as long as the TTL. */
export const firstTtl = 3600 as Seconds;
