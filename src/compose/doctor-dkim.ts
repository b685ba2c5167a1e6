// Whether the key that reports will be signed with can be read, and is the one that DNS shows (OPS-60, RFC 6376 §3.6.1).

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { DoctorFinding } from '../cli/program.ts';

import type { Loaded } from '../config/load.ts';
import type { SecretRef } from '../config/values.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { Bench } from './bench.ts';
import { makeReader, readSecret } from './reader.ts';
import type { Environment } from './settings.ts';

const subject = 'DKIM key';

/** @returns nothing when no key is configured. */
export async function examineDkim(
  { values }: Loaded,
  { outlook }: Bench,
  env: Environment,
): Promise<readonly DoctorFinding[]> {
  const setting = (name: string): unknown => values.get(`tlsrpt.dkim.${name}`)?.value;
  const [domain, selector, key] = [setting('domain'), setting('selector'), setting('key')];
  if (domain === undefined && selector === undefined && key === undefined) return [];
  const owner = parseDomainName(`${selector}._domainkey.${domain}`);
  if (owner.kind === 'fault' || domain === undefined || selector === undefined || key === undefined)
    return [failed('tlsrpt.dkim is not whole', 'set tlsrpt.dkim to domain, selector and key')];
  const pair = readKey(key as SecretRef, env);
  if (typeof pair === 'string')
    return [failed(pair, 'tlsrpt.dkim.key names a private key in PEM that this user may read')];
  const remedy = `publish at ${owner.value}: ${recordOf(pair)}`;
  const { answer } = await outlook.resolver.resolve(owner.value, 'TXT');
  if (answer.kind === 'failed')
    return [{ subject, outcome: 'unknown', says: `no answer for ${owner.value} (${answer.reason})`, remedy }];
  if (answer.kind === 'absent') return [failed(`${owner.value} has no TXT record`, remedy)];
  const texts = answer.value.map((strings) => strings.map((octets) => latin1.decode(octets)).join(''));
  return texts.some((text) => keyIn(text) === publicOf(pair))
    ? [{ subject, outcome: 'pass', says: `it can be read, and ${owner.value} shows its public half` }]
    : [failed(`${owner.value} shows another key`, remedy)];
}

const latin1 = new TextDecoder('latin1');

const failed = (says: string, remedy: string): DoctorFinding => ({ subject, outcome: 'fail', says, remedy });

/** @returns the sentence that says why there is none. */
function readKey(ref: SecretRef, env: Environment): KeyObject | string {
  const reader = makeReader(env);
  const text = readSecret('tlsrpt.dkim.key', ref, reader);
  if (text === undefined) return reader.faults.map(({ says }) => says).join('; ');
  try {
    return createPrivateKey(text);
  } catch {
    return 'the file of tlsrpt.dkim.key holds no private key in PEM';
  }
}

/** What stands in `p=`: RFC 8463 §3 for Ed25519, RFC 6376 §3.6.1 for RSA. */
function publicOf(pair: KeyObject): string {
  const spki = createPublicKey(pair).export({ type: 'spki', format: 'der' });
  return (pair.asymmetricKeyType === 'ed25519' ? spki.subarray(-32) : spki).toString('base64');
}

const recordOf = (pair: KeyObject): string =>
  `v=DKIM1; k=${pair.asymmetricKeyType === 'ed25519' ? 'ed25519' : 'rsa'}; p=${publicOf(pair)}`;

const keyIn = (record: string): string | undefined =>
  /(?:^|;)\s*p\s*=\s*([A-Za-z0-9+/=\s]*)/.exec(record)?.[1]?.replace(/\s/g, '');
