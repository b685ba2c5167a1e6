// Hands one message to the relay under siege, as an honest client beside it does: plain SMTP (RFC 5321), TLS only where
// REQUIRETLS needs it (RFC 8689 §4.1), the certificate not looked at. Understands no more than that.

import { openTalk, type Talk } from './talk.ts';

export type Letter = {
  readonly from: string;
  readonly to: string;
  readonly requiretls: 'asked' | 'no';
  /** Header and body with CRLF lines, dots not yet doubled. */
  readonly content: string;
};

export type Handed =
  | { readonly kind: 'accepted'; readonly reply: string }
  | { readonly kind: 'refused'; readonly reply: string };

/** @throws TargetUnreachable when no dialogue comes about. */
export async function handOver(target: { host: string; port: number }, letter: Letter): Promise<Handed> {
  const talk = openTalk(target);
  try {
    return await dialogue(talk, letter);
  } finally {
    talk.close();
  }
}

async function dialogue(talk: Talk, letter: Letter): Promise<Handed> {
  let refusal = '';
  const asked = async (line: string | undefined, wanted: RegExp): Promise<boolean> => {
    const reply = await talk.ask(line);
    if (!wanted.test(reply)) refusal ||= reply;
    return refusal === '';
  };
  const hello = (): Promise<boolean> => asked('EHLO besieger.test', /^250/);
  let ready = (await asked(undefined, /^220/)) && (await hello());
  if (ready && letter.requiretls === 'asked') {
    ready = await asked('STARTTLS', /^220/);
    if (ready) await talk.secure();
    ready &&= await hello();
  }
  const mail = `MAIL FROM:<${letter.from}>${letter.requiretls === 'asked' ? ' REQUIRETLS' : ''}`;
  ready &&= await asked(mail, /^250/);
  ready &&= await asked(`RCPT TO:<${letter.to}>`, /^25/);
  ready &&= await asked('DATA', /^354/);
  if (!ready) return { kind: 'refused', reply: refusal };
  const reply = await talk.ask(`${letter.content.replace(/^\./gm, '..')}\r\n.`);
  talk.write('QUIT');
  return { kind: reply.startsWith('250') ? 'accepted' : 'refused', reply };
}
