// A raw SMTP client: says one line, reads one reply. What it sends is exactly what the test wrote.

import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

export type Reply = { readonly code: number; readonly lines: readonly string[] };

export type SmtpClient = {
  readonly greeting: Reply;
  say(line: string): Promise<Reply>;
  /** STARTTLS and the handshake; whoever answers is taken. @returns the server's certificate in PEM. */
  startTls(): Promise<string>;
  /** Stuffs dots and adds the final one; `octets` end in CRLF. @returns the reply to the final dot. */
  data(octets: Uint8Array): Promise<Reply>;
  close(): void;
};

export async function openClient(host: string, port: number): Promise<SmtpClient> {
  const plain = connect({ host, port });
  let reader = readReplies(plain);
  let socket: Socket | TLSSocket = plain;
  const say = (line: string): Promise<Reply> => {
    socket.write(`${line}\r\n`);
    return reader();
  };
  return {
    greeting: await reader(),
    say,
    startTls: async () => {
      const reply = await say('STARTTLS');
      if (reply.code !== 220) throw new Error(`STARTTLS was answered ${reply.lines.join(' ')}`);
      plain.removeAllListeners('data');
      const secure = connectTls({ socket: plain, rejectUnauthorized: false });
      await new Promise<void>((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
      socket = secure;
      reader = readReplies(secure);
      const certificate = secure.getPeerX509Certificate();
      if (certificate === undefined) throw new Error('the server showed no certificate');
      return certificate.toString();
    },
    data: async (octets) => {
      const go = await say('DATA');
      if (go.code !== 354) throw new Error(`DATA was answered ${go.lines.join(' ')}`);
      const stuffed = Buffer.from(octets).toString('latin1').replace(/^\./gm, '..');
      socket.write(Buffer.from(`${stuffed}.\r\n`, 'latin1'));
      return reader();
    },
    close: () => socket.destroy(),
  };
}

/** @returns a function that resolves with the next reply, or rejects when the connection ended before it. */
function readReplies(socket: Socket): () => Promise<Reply> {
  let text = '';
  let ended = false;
  let wake = (): void => {};
  socket.on('data', (octets: Buffer) => {
    text += octets.toString('latin1');
    wake();
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  socket.on('error', end).on('close', end);
  return async () => {
    for (;;) {
      const whole = /^(?:\d{3}-.*\r\n)*(\d{3})(?: .*)?\r\n/.exec(text);
      if (whole) {
        text = text.slice(whole[0].length);
        return { code: Number(whole[1]), lines: whole[0].trimEnd().split('\r\n') };
      }
      if (ended) throw new Error(`the connection ended before a reply; ${JSON.stringify(text)} was left`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

export type Handed = {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: Uint8Array;
  /** Default: no STARTTLS, no parameter. */
  readonly how?: 'requiretls' | 'starttls';
  /** Further parameters of MAIL. */
  readonly parameters?: readonly string[];
};

/** One message to a relay. @returns its queue id. @throws Error with the reply that was no 2yz. */
export async function handIn(place: { readonly host: string; readonly port: number }, mail: Handed): Promise<string> {
  const client = await openClient(place.host, place.port);
  const must = async (reply: Promise<Reply>): Promise<string> => {
    const { code, lines } = await reply;
    if (code < 200 || code > 299) throw new Error(lines.join(' '));
    return lines.join(' ');
  };
  try {
    await must(client.say('EHLO client.interop.test'));
    if (mail.how !== undefined) {
      await client.startTls();
      await must(client.say('EHLO client.interop.test'));
    }
    const is8bit = mail.message.some((octet) => octet > 127);
    const parameters = [
      ...(is8bit ? ['BODY=8BITMIME'] : []),
      ...(mail.how === 'requiretls' ? ['REQUIRETLS'] : []),
      ...(mail.parameters ?? []),
    ];
    await must(client.say([`MAIL FROM:<${mail.from}>`, ...parameters].join(' ')));
    for (const to of mail.to) await must(client.say(`RCPT TO:<${to}>`));
    const accepted = await must(client.data(mail.message));
    const id = /queued as (\S+)/.exec(accepted)?.[1];
    if (id === undefined) throw new Error(`no queue id in ${accepted}`);
    await client.say('QUIT');
    return id;
  } finally {
    client.close();
  }
}
