// The client that attacks the accepting side: dialogues up to the point where they go wrong, and a look at what the relay
// sent on because of them.

import { randomBytes } from 'node:crypto';
import type { SeenMessage } from '../lab/mx-session.ts';
import type { Arena } from './attack.ts';
import { openTalk, type Talk } from './talk.ts';

/** Stands in every address of the attack, so that any trace of it can be told. */
export const newMarker = (): string => randomBytes(6).toString('hex');

/** Milliseconds for a reply that may never come. */
export const shortly = 3000;

/** Says the lines one after the other. @throws Error with the reply that is in the way, TargetUnreachable. */
export async function converse(talk: Talk, lines: readonly string[]): Promise<void> {
  for (const line of lines) {
    const reply = await talk.ask(line);
    if (!/^[23]/.test(reply)) throw new Error(`${line.slice(0, 60)}: ${reply}`);
  }
}

/** A connection that was greeted. */
export async function openGreeted(target: Arena['target']): Promise<Talk> {
  const talk = openTalk(target);
  await talk.ask(undefined);
  return talk;
}

/** Up to the 354. */
export async function openData(target: Arena['target'], from: string, to: string): Promise<Talk> {
  const talk = await openGreeted(target);
  await converse(talk, ['EHLO besieger.test', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA']);
  return talk;
}

/** An honest message to the domain has come through: what was queued before it has been tried as well. */
export async function letPass(arena: Arena, domain: string): Promise<void> {
  const handed = await arena.submit({ from: 'honest@relay.lab.test', to: `honest@${domain}` });
  if (handed.kind === 'refused') throw new Error(`the relay did not take the honest message: ${handed.reply}`);
  await until(() => arena.seen(handed.marker).messageAt.length > 0, 60_000);
  await pause(500);
}

/** The first notice at the domain's hosts that speaks of the mark, so far. */
export const findNotice = (arena: Arena, domain: string, marker: string): SeenMessage | undefined =>
  arena.lab
    .messages()
    .find(({ host, mail, raw }) => host.endsWith(`.${domain}`) && mail.startsWith('<>') && raw.includes(marker));

/** The same, waited for so many milliseconds; undefined when none comes. */
export async function noticeAt(
  arena: Arena,
  domain: string,
  marker: string,
  within = 60_000,
): Promise<SeenMessage | undefined> {
  await until(() => findNotice(arena, domain, marker) !== undefined, within);
  return findNotice(arena, domain, marker);
}

/** Every command line that any host heard with the text in it. */
export const heardWith = (arena: Arena, text: string): readonly string[] =>
  [...arena.lab.hosts.values()].flatMap(({ sessions }) =>
    sessions.flatMap(({ said }) => said.flatMap(({ line }) => (line.includes(text) ? [line] : []))),
  );

export async function until(isSo: () => boolean, milliseconds: number): Promise<void> {
  for (const end = Date.now() + milliseconds; !isSo() && Date.now() < end; ) await pause(25);
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
