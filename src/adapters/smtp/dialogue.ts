// Reading along with an SMTP dialogue at its socket, for `trace`: lines as they go out and come in. Secrets are left out and
// the octets of messages are counted. It changes nothing of what is sent and decides nothing.

import type { Socket } from 'node:net';
import type { DialogueLine } from '../../agent/ports.ts';
import type { SecurityState } from '../../core/policy/model.ts';
import { describeCertificate } from '../../core/x509/describe.ts';

/** `watched` is asked once per session, so that nobody pays for a dialogue that nobody reads. */
export type DialogueWatcher = { watched(): boolean; line(line: DialogueLine): void };

type Place = Pick<DialogueLine, 'host' | 'address' | 'port'>;

/** One session under watch. */
export type Hearing = {
  readonly note: (channel: DialogueLine['channel'], text: string) => void;
  readonly follow: (socket: Socket, channel: DialogueLine['channel']) => void;
};

/** Octets of a line that are shown; the rest is counted. */
const longest = 1024;

let sessions = 0;

/** @returns undefined while nobody watches. */
export function hearingOf(watcher: DialogueWatcher | undefined, { host, address, port }: Place): Hearing | undefined {
  if (watcher === undefined || !watcher.watched()) return undefined;
  sessions += 1;
  const place = { session: sessions, host, address, port };
  const content: Content = { state: 'none', octets: 0 };
  const tell = (kind: DialogueLine['kind'], channel: DialogueLine['channel'], text: string): void =>
    watcher.line({ ...place, kind, channel, text });
  return {
    note: (channel, text) => tell('note', channel, text),
    follow: (socket, channel) => follow(socket, content, (kind, text) => tell(kind, channel, text)),
  };
}

/** What of that which is sent is no command: the message after 354, and what follows AUTH. */
type Content = { state: 'none' | 'message' | 'secret'; octets: number };

function follow(socket: Socket, content: Content, tell: (kind: DialogueLine['kind'], text: string) => void): void {
  const sent = lineReader((line) => {
    if (content.state === 'message') {
      content.octets += line.length + 2;
      if (line !== '.') return;
      content.state = 'none';
      return tell('sent', `(${content.octets - 3} octets of message) .`);
    }
    if (content.state === 'secret') return tell('sent', '(secret)');
    const auth = /^AUTH +(\S+)( .*)?$/i.exec(line);
    if (auth === null) return tell('sent', line);
    content.state = 'secret';
    tell('sent', `AUTH ${auth[1]}${auth[2] === undefined ? '' : ' (secret)'}`);
  });
  const heard = lineReader((line) => {
    if (line.startsWith('354') && content.state === 'none') {
      content.state = 'message';
      content.octets = 0;
    }
    if (content.state === 'secret' && !line.startsWith('334')) content.state = 'none';
    tell('heard', line);
  });
  const { write, emit } = socket;
  socket.write = function (this: Socket, chunk: Uint8Array | string, ...rest: unknown[]) {
    sent(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1'));
    return (write as (...all: unknown[]) => boolean).call(this, chunk, ...rest);
  } as Socket['write'];
  socket.emit = function (this: Socket, event: string | symbol, ...values: unknown[]) {
    if (event === 'data' && Buffer.isBuffer(values[0])) heard(values[0].toString('latin1'));
    return (emit as (...all: unknown[]) => boolean).call(this, event, ...values);
  } as Socket['emit'];
}

/** Lines without their ends. An endless one is told once, cut, with how much there was. */
function lineReader(tell: (line: string) => void): (text: string) => void {
  let rest = '';
  let dropped = 0;
  return (text) => {
    const parts = text.split('\n');
    for (const [index, part] of parts.entries()) {
      const room = Math.max(0, longest - rest.length);
      rest += part.slice(0, room);
      dropped += Math.max(0, part.length - room);
      if (index === parts.length - 1) continue;
      const line = rest.replace(/\r$/, '');
      tell(dropped === 0 ? line : `${line}… (${dropped} octets more)`);
      rest = '';
      dropped = 0;
    }
  };
}

/** What a handshake came to, in one line. */
export function handshakeNote(
  security: Extract<SecurityState, { kind: 'encrypted' | 'lost' | 'handshake-failed' }>,
): string {
  if (security.kind === 'lost') return `lost during ${security.during}: ${security.says}`;
  if (security.kind === 'handshake-failed') return `the handshake failed: ${security.alert}`;
  const { protocol, cipher, chain, paths } = security;
  const { subject, issuer } = describeCertificate(chain[0]);
  const path = paths.some(({ kind }) => kind === 'trusted') ? 'its path is trusted' : 'its path is not trusted';
  return `${protocol} with ${cipher}; certificate ${subject ?? 'without a subject'}, issued by ${issuer ?? 'nobody'}; ${path}`;
}
