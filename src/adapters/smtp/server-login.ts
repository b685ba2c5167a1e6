// The AUTH dialogue: PLAIN in one line or two, LOGIN in two or three (RFC 4954 §4). Yields challenges, takes responses,
// ends with a login or an answer.

import { isUserName, type Login, readBase64, readPlain } from './server-auth.ts';
import { type Answer, answers } from './server-replies.ts';

/** Yields what stands behind 334; fed with the client's line. */
export type Dialogue = Generator<string, Login | Answer, string>;

/** @param first the initial response, if the client sent one. */
export function* dialogue(mechanism: 'PLAIN' | 'LOGIN', first: string | undefined): Dialogue {
  if (mechanism === 'PLAIN') {
    const login = readPlain(first ?? (yield ''));
    return login.kind === 'ok' ? login.value : answers.authSyntax;
  }
  const user = readBase64(first ?? (yield 'VXNlcm5hbWU6'));
  if (user.kind === 'fault' || !isUserName(user.value)) return answers.authSyntax;
  const password = readBase64(yield 'UGFzc3dvcmQ6');
  return password.kind === 'ok' ? { user: user.value, password: password.value } : answers.authSyntax;
}
