// `_mta-sts` TXT records to the policy id, or to why there is none (RFC 8461 §3.1, STS-3 to STS-5).

import { trimOf } from '../base/trim.ts';

export type StsRecord =
  | { readonly kind: 'id'; readonly id: string }
  /** No record that begins as one. */
  | { readonly kind: 'missing' }
  /** Two of them, or one that breaks the grammar: no policy is available. */
  | { readonly kind: 'invalid'; readonly says: string };

/** @param records for each TXT record its strings, as octets. */
export function findStsRecord(records: readonly (readonly Uint8Array[])[]): StsRecord {
  // STS-3: the strings of one record are joined without anything between.
  const texts = records.map((strings) => strings.map((octets) => latin1.decode(octets)).join(''));
  // STS-5: the grammar allows blanks before the semicolon.
  const candidates = texts.filter((text) => /^v=STSv1[ \t]*;/.test(text));
  const [only, second] = candidates;
  if (only === undefined) return { kind: 'missing' };
  if (second !== undefined) return { kind: 'invalid', says: `${candidates.length} records begin with v=STSv1` };
  return readFields(only);
}

const latin1 = new TextDecoder('latin1');

// STS-4: sts-text-record of RFC 8461 §3.1. Unknown fields are ignored, of doubled ones the first counts.
const field = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3a\x3c\x3e-\x7e]+$/;

function readFields(text: string): StsRecord {
  const fields = text.split(';').map((part) => trimOf(part, ' \t'));
  // A final semicolon is optional.
  if (fields.at(-1) === '') fields.pop();
  let id: string | undefined;
  for (const part of fields.slice(1)) {
    if (!field.test(part)) return { kind: 'invalid', says: `a field is no name=value: ${shown(part)}` };
    if (part.startsWith('id=')) id ??= part.slice('id='.length);
  }
  if (id === undefined) return { kind: 'invalid', says: 'the record has no id' };
  return /^[A-Za-z0-9]{1,32}$/.test(id)
    ? { kind: 'id', id }
    : { kind: 'invalid', says: `the id is not 1 to 32 letters and digits: ${shown(id)}` };
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?'));
