// A scriptable SMTP server on the loopback address, over real sockets and real TLS. Friendly by default; every step may be
// replaced by what an attacker or a careless operator does.

import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';

export type Script = {
  /** Keywords of EHLO; STARTTLS is added outside TLS by itself unless `starttls` is `missing`. */
  readonly keywords?: readonly string[] | ((secure: 'tls' | 'clear') => readonly string[]);
  readonly starttls?: 'offered' | 'missing';
  /** From the handshake on connect. */
  readonly implicit?: 'yes';
  readonly tls?: SecureContextOptions & { readonly requestCert?: boolean };
  /** What follows the 220 to STARTTLS instead of a handshake: raw octets once the client spoke, nothing at all, or a close. */
  readonly handshake?: { readonly answer: Uint8Array } | 'hang' | 'drop';
  /** Said while the body is still coming in. */
  readonly early?: string;
  /**
   * The answer to one line (`CONNECT` for the greeting, `.` for the final dot): raw text, `hang`, `drop`; undefined for
   * the usual one.
   */
  readonly on?: (line: string, session: SinkSession) => string | Uint8Array | 'hang' | 'drop' | undefined;
};

export type SinkSession = {
  readonly number: number;
  secure: 'tls' | 'clear';
  /** Commands of this connection; those inside TLS begin with `tls:`. */
  readonly lines: string[];
  recipients: string[];
  mail: string;
};

export type Received = { readonly mail: string; readonly recipients: readonly string[]; readonly data: Buffer };

export type Sink = {
  readonly port: number;
  /** All commands of all connections, in order. */
  readonly lines: readonly string[];
  readonly sessions: readonly SinkSession[];
  readonly messages: readonly Received[];
  /** Of each finished handshake; false when none was sent. */
  readonly names: readonly (string | false)[];
  readonly versions: readonly string[];
  /** Of each finished handshake: whether it resumed another, and the subject of the client certificate. */
  readonly resumed: readonly boolean[];
  readonly clientCertificates: readonly string[];
  close(): Promise<void>;
};

export async function startSink(script: Script = {}, host = '127.0.0.1', port = 0): Promise<Sink & { script: Script }> {
  const state = {
    script,
    lines: [] as string[],
    sessions: [] as SinkSession[],
    messages: [] as Received[],
    names: [] as (string | false)[],
    versions: [] as string[],
    resumed: [] as boolean[],
    clientCertificates: [] as string[],
  };
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    serve(socket, state);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  return Object.assign(state, {
    port: address.port,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  });
}

type State = {
  script: Script;
  lines: string[];
  sessions: SinkSession[];
  messages: Received[];
  names: (string | false)[];
  versions: string[];
  resumed: boolean[];
  clientCertificates: string[];
};

function serve(plain: Socket, state: State): void {
  const session: SinkSession = { number: state.sessions.length, secure: 'clear', lines: [], recipients: [], mail: '' };
  state.sessions.push(session);
  if (state.script.implicit === 'yes') {
    secure(plain, state, session, (socket) => converse(socket, state, session, 'greet'));
    return;
  }
  converse(plain, state, session, 'greet');
}

function secure(plain: Socket, state: State, session: SinkSession, then: (socket: TLSSocket) => void): void {
  const { handshake, tls } = state.script;
  if (handshake === 'drop') return void plain.destroy();
  if (handshake === 'hang') return void plain.resume();
  if (handshake !== undefined) return void plain.once('data', () => plain.end(handshake.answer));
  const socket = new TLSSocket(plain, {
    isServer: true,
    secureContext: createSecureContext(tls ?? {}),
    requestCert: tls?.requestCert ?? false,
    rejectUnauthorized: false,
    SNICallback: (_name, done) => done(null),
  });
  socket.on('error', () => plain.destroy());
  socket.once('secure', () => {
    session.secure = 'tls';
    state.names.push((socket as TLSSocket & { servername: string | false | null }).servername || false);
    state.versions.push(socket.getProtocol() ?? '');
    state.resumed.push(socket.isSessionReused());
    state.clientCertificates.push(socket.getPeerX509Certificate()?.subject ?? 'none');
    then(socket);
  });
}

function converse(socket: Socket, state: State, session: SinkSession, start: 'greet' | 'silent'): void {
  let buffer = Buffer.alloc(0);
  let mode: 'command' | 'data' = 'command';
  const answer = (line: string): void => {
    const scripted = state.script.on?.(line, session);
    const reply = scripted ?? usual(line, state, session);
    if (reply === 'hang') return;
    if (reply === 'drop') return void socket.destroy();
    const text = typeof reply === 'string' ? Buffer.from(reply, 'utf8') : Buffer.from(reply);
    if (line === 'STARTTLS' && text.toString('latin1').startsWith('220')) {
      socket.removeListener('data', hear);
      socket.write(text);
      secure(socket, state, session, (inner) => converse(inner, state, session, 'silent'));
      return;
    }
    if (line === 'DATA' && text.toString('latin1').startsWith('354')) mode = 'data';
    socket.write(text);
    if (/^(QUIT)$/i.test(line)) socket.end();
  };
  const hear = (chunk: Buffer): void => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      if (mode === 'data') {
        if (state.script.early !== undefined) socket.write(state.script.early);
        const whole = Buffer.concat([Buffer.from('\r\n'), buffer]);
        const end = whole.indexOf('\r\n.\r\n');
        if (end < 0) return;
        const data = end === 0 ? Buffer.alloc(0) : whole.subarray(2, end + 2);
        buffer = whole.subarray(end + 5);
        mode = 'command';
        state.messages.push({ mail: session.mail, recipients: [...session.recipients], data });
        answer('.');
        session.recipients = [];
        continue;
      }
      const end = buffer.indexOf('\r\n');
      if (end < 0) return;
      const line = buffer.subarray(0, end).toString('utf8');
      buffer = buffer.subarray(end + 2);
      const noted = session.secure === 'tls' ? `tls:${line}` : line;
      session.lines.push(noted);
      state.lines.push(noted);
      answer(line);
      if (socket.destroyed || line === 'STARTTLS') return;
    }
  };
  socket.on('data', hear);
  if (start === 'greet') answer('CONNECT');
}

function usual(line: string, { script }: State, session: SinkSession): string {
  const verb = line.split(/[ :]/)[0]?.toUpperCase();
  if (verb === 'CONNECT') return '220 sink.example ESMTP\r\n';
  if (verb === 'EHLO') return ehlo(script, session);
  if (verb === 'MAIL') session.mail = line;
  if (verb === 'MAIL') session.recipients = [];
  if (verb === 'RCPT') session.recipients.push(line);
  if (verb === 'DATA') return session.recipients.length > 0 ? '354 go ahead\r\n' : '503 5.5.1 no recipient\r\n';
  if (verb === 'STARTTLS') return '220 go ahead\r\n';
  if (verb === 'QUIT') return '221 2.0.0 bye\r\n';
  if (verb === '.') return '250 2.0.0 queued\r\n';
  return '250 2.1.0 ok\r\n';
}

function ehlo(script: Script, session: SinkSession): string {
  const keywords = typeof script.keywords === 'function' ? script.keywords(session.secure) : (script.keywords ?? []);
  const offer = session.secure === 'clear' && script.starttls !== 'missing' ? ['STARTTLS'] : [];
  const lines = ['sink.example', ...keywords, ...offer];
  return lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}\r\n`).join('');
}
