// Mail as a client hands it over: one transaction on a plain connection, and the reply to each step.

import { SmtpTalk } from '../lab/smtp-talk.ts';

export type Letter = {
  readonly from?: string;
  readonly to: string | readonly string[];
  readonly subject?: string;
  /** Text lines; CRLF between them. */
  readonly body?: string;
};

export const rawOf = ({ from = 'sender@relay.lab.test', to, subject = 'test', body = 'hello' }: Letter): string =>
  [`From: <${from}>`, `To: <${[to].flat()[0]}>`, `Subject: ${subject}`, '', body.replaceAll(/\r?\n/g, '\r\n'), ''].join(
    '\r\n',
  );

/** @returns the queue id. @throws Error with the reply that refused. */
export async function post(port: number, letter: Letter): Promise<string> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port });
  try {
    const reply = await transact(talk, letter);
    const id = /queued as (\S+)/.exec(reply)?.[1];
    if (id === undefined) throw new Error(`refused: ${reply}`);
    return id;
  } finally {
    talk.close();
  }
}

/** Greeting, EHLO and one message. @returns the last reply, or the first that refused. */
export async function transact(talk: SmtpTalk, letter: Letter): Promise<string> {
  const { from = 'sender@relay.lab.test' } = letter;
  await talk.reply();
  const steps = ['EHLO client.test', `MAIL FROM:<${from}>`, ...[letter.to].flat().map((to) => `RCPT TO:<${to}>`)];
  for (const step of [...steps, 'DATA']) {
    const reply = await talk.say(step);
    if (!/^[23]/.test(reply)) return reply;
  }
  return talk.say(`${rawOf(letter).replaceAll(/^\./gm, '..')}.`);
}

/** The common name of the certificate that a listener shows after STARTTLS. */
export async function certificateAt(port: number): Promise<string> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port });
  await talk.reply();
  await talk.say('EHLO a.test');
  await talk.say('STARTTLS');
  const { subject } = (await talk.secure()).getPeerCertificate();
  talk.close();
  return String(subject.CN);
}
