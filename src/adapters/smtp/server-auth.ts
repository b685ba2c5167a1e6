// The two password mechanisms of RFC 4954 that every client has: PLAIN (RFC 4616) and LOGIN. Reads what the client sent;
// who may in is asked elsewhere.

import { fault, ok, type Result } from '../../core/base/result.ts';

export type Login = { readonly user: string; readonly password: string };

/** EXT-14: bad base64 is told from bad content. */
export type AuthFault = 'bad-base64' | 'bad-content';

/** @returns the octets of strict base64 as text; `=` alone is the empty string (RFC 4954 §4). */
export function readBase64(text: string): Result<string, AuthFault> {
  if (text === '=') return ok('');
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return fault('bad-base64');
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'base64')));
  } catch {
    return fault('bad-content');
  }
}

/** RFC 4616 §2: authorization identity, NUL, authentication identity, NUL, password. Acting for others is not offered. */
export function readPlain(text: string): Result<Login, AuthFault> {
  const read = readBase64(text);
  if (read.kind === 'fault') return read;
  const parts = read.value.split('\0');
  const [asWhom, user, password] = parts;
  if (parts.length !== 3 || !user || !password || (asWhom !== '' && asWhom !== user) || !isUserName(user))
    return fault('bad-content');
  return ok({ user, password });
}

/** OBS-4, ATK-91: user names go into logs. */
export const isUserName = (user: string): boolean => /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u.test(user);
