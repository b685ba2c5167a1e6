// What every Dialer must do, whatever it is made of (A4): written against the port and a scripted server, so that another
// implementation can be held to the same.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TlsSettings } from '../../../src/adapters/smtp/tls.ts';
import type { DialCall, Dialer, OutgoingMessage, Session } from '../../../src/agent/ports.ts';
import type { TransferOutcome } from '../../../src/core/policy/model.ts';
import { type Made, make, makeCa, pemOf } from './certificates.ts';
import { accepted, callOf, cleared, messageOf, recipient, running } from './given.ts';
import { type Script, type Sink, startSink } from './sink.ts';

export type DialerWish = {
  readonly tls?: Partial<TlsSettings>;
  readonly timeouts?: Readonly<Record<string, number>>;
  readonly eightBit?: 'send-as-it-is' | 'refuse';
  readonly credentials?: { readonly user: string; readonly pass: string };
};

export function dialerContract(makeDialer: (wish: DialerWish, roots: readonly string[]) => Dialer): void {
  let root: Made;
  let leaf: Made;
  const sinks: Sink[] = [];
  before(async () => {
    root = await makeCa();
    leaf = await make({ names: ['mx.example'], issuer: root });
  });
  after(() => Promise.all(sinks.map((sink) => sink.close())));

  const sinkOf = async (script: Script): Promise<Sink> => {
    const sink = await startSink({ ...script, tls: { key: leaf.key, cert: pemOf(leaf), ...script.tls } });
    sinks.push(sink);
    return sink;
  };
  const dialerOf = (wish: DialerWish = {}): Dialer => makeDialer(wish, [root.pem]);
  const dial = async (script: Script, wish: DialerWish = {}, call: Partial<DialCall> = {}) => {
    const sink = await sinkOf(script);
    const dialer = dialerOf(wish);
    return { sink, dialer, dialed: await dialer.dial(callOf(sink.port, call), running()) };
  };
  const sessionOf = async (script: Script, wish: DialerWish = {}, call: Partial<DialCall> = {}) => {
    const { sink, dialer, dialed } = await dial(script, wish, call);
    assert.equal(dialed.kind, 'session', JSON.stringify(dialed));
    return { sink, dialer, session: (dialed as { session: Session }).session };
  };
  const ready = async (script: Script, wish: DialerWish = {}, call: Partial<DialCall> = {}) => {
    const met = await sessionOf(script, wish, call);
    const opened = await met.dialer.open(accepted(met.session));
    assert.equal(opened.kind, 'ready', JSON.stringify(opened));
    return { ...met, extensions: (opened as { extensions: ReadonlyMap<string, string> }).extensions };
  };
  const send = async (script: Script, message: OutgoingMessage, wish: DialerWish = {}) => {
    const met = await ready(script, wish);
    const outcome = await met.dialer.transfer(cleared(met.session), message, running());
    return { ...met, outcome };
  };
  const codes = (outcome: TransferOutcome): unknown =>
    outcome.kind === 'replied' ? outcome.replies.map(({ reply, at }) => `${at} ${reply.code}`) : outcome;
  const short = {
    greeting: 0.15,
    ehlo: 0.15,
    starttls: 0.15,
    handshake: 0.15,
    mail: 0.15,
    rcpt: 0.15,
    data: 0.15,
    block: 0.15,
    finalDot: 0.15,
    quit: 0.1,
  };

  describe('the introduction', () => {
    test('TLS-1 TLS-22 SMTP-1 the peer hears EHLO and STARTTLS, then nothing until the session is opened', async () => {
      const { sink, dialer, session } = await sessionOf({});
      assert.equal(session.security.kind, 'encrypted');
      assert.equal(session.greeting, 'sink.example ESMTP');
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.deepEqual(sink.lines, ['EHLO relay.example', 'STARTTLS']);
      assert.equal((await dialer.open(accepted(session))).kind, 'ready');
      assert.deepEqual(sink.lines, ['EHLO relay.example', 'STARTTLS', 'tls:EHLO relay.example']);
      dialer.close(session, 'abort');
    });

    test('TLS-22 PKIX-1 the session shows protocol, suite, chain and path', async () => {
      const { session, dialer } = await sessionOf({});
      assert(session.security.kind === 'encrypted');
      assert.equal(session.security.protocol, 'TLSv1.3');
      assert.match(session.security.cipher, /^TLS_AES_/);
      assert.deepEqual(
        session.security.chain.map((der) => Buffer.from(der)),
        [Buffer.from(leaf.der)],
      );
      assert.deepEqual(session.security.paths, [{ kind: 'trusted', store: { kind: 'webpki' } }]);
      dialer.close(session, 'abort');
    });

    test('TLS-6 TLS-7 RTLS-30 ATK-9 only the list of the EHLO inside TLS counts', async () => {
      const keywords = (secure: 'tls' | 'clear') =>
        secure === 'tls' ? ['DSN', 'STARTTLS'] : ['REQUIRETLS', 'SIZE 1', 'AUTH PLAIN'];
      const { sink, extensions, dialer, session } = await ready({ keywords });
      assert.deepEqual([...extensions.keys()], ['DSN', 'STARTTLS']);
      assert.equal(sink.lines.filter((line) => line.endsWith('STARTTLS')).length, 1);
      dialer.close(session, 'abort');
    });

    // proves: ATK-1 ATK-2 DT-7.5 TLS-3
    for (const [name, script] of [
      ['ATK-1 DT-7.5 STARTTLS taken away', { starttls: 'missing' }],
      ['ATK-2 STARTTLS overwritten', { starttls: 'missing', keywords: ['XXXXXXXX'] }],
      [
        'TLS-3 STARTTLS only as a part of other words',
        { starttls: 'missing', keywords: ['X-STARTTLS', 'HELP STARTTLS'] },
      ],
    ] as const) {
      test(`${name}: the session stays open in cleartext and says so`, async () => {
        const { sink, session, extensions, dialer } = await ready({
          ...script,
          keywords: [...('keywords' in script ? script.keywords : []), 'DSN'],
        });
        assert.deepEqual(session.security, { kind: 'cleartext', because: 'starttls-missing' });
        assert.equal(extensions.has('DSN'), true);
        assert.deepEqual(sink.lines, ['EHLO relay.example']);
        dialer.close(session, 'abort');
      });
    }

    for (const reply of ['454 4.7.0 not now', '500 what', '502 5.5.1 no', '503 no', '501 no', '250 ok', '354 go']) {
      test(`TLS-4 ATK-5 ATK-6 DT-7.6 DT-7.7 STARTTLS answered with ${reply}`, async () => {
        const { session, dialer } = await sessionOf({
          on: (line) => (line === 'STARTTLS' ? `${reply}\r\n` : undefined),
        });
        assert(session.security.kind === 'cleartext' && session.security.because === 'starttls-refused');
        assert.equal(session.security.reply.code, Number(reply.slice(0, 3)));
        dialer.close(session, 'abort');
      });
    }

    for (const behind of ['250-EVIL\r\n250 REQUIRETLS\r\n', '250 half a li', '\r\n', 'x']) {
      test(`TLS-5 ATK-7 DT-7.8 octets behind the 220: ${JSON.stringify(behind)}`, async () => {
        const { sink, dialed } = await dial({
          on: (line) => (line === 'STARTTLS' ? `220 go\r\n${behind}` : undefined),
        });
        assert.deepEqual(dialed, { kind: 'no-session', security: { kind: 'injected' } });
        assert.deepEqual(sink.lines, ['EHLO relay.example', 'STARTTLS']);
        assert.deepEqual(sink.names, []);
      });
    }

    test('DT-7.4 SMTP-1 EHLO refused with 502: HELO, and nothing is offered', async () => {
      const { sink, session, extensions, dialer } = await ready({
        on: (line) => (line.startsWith('EHLO') ? '502 5.5.1 no\r\n' : undefined),
      });
      assert.deepEqual(session.security, { kind: 'cleartext', because: 'helo-only' });
      assert.deepEqual(sink.lines, ['EHLO relay.example', 'HELO relay.example']);
      assert.equal(extensions.size, 0);
      dialer.close(session, 'abort');
    });

    for (const reply of ['554 go away', '421 busy', '521 no mail here', '450 later']) {
      test(`DT-7.2 DT-7.3 SMTP-7 SMTP-8 refused with ${reply} at the greeting or at EHLO`, async () => {
        for (const at of ['CONNECT', 'EHLO relay.example']) {
          const { dialed } = await dial({ on: (line) => (line === at ? `${reply}\r\n` : undefined) });
          assert(dialed.kind === 'no-session' && dialed.security.kind === 'greeting-refused', JSON.stringify(dialed));
          assert.equal(dialed.security.reply.code, Number(reply.slice(0, 3)));
        }
      });
    }

    // proves: SMTP-2 SMTP-7 ATK-23 ATK-93 ATK-94 ATK-95
    for (const [name, answer] of [
      ['ATK-23 another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
      ['ATK-93 an endless line', `220 ${'x'.repeat(5000)}`],
      ['ATK-93 an endless reply', '220-x\r\n'.repeat(200)],
      ['ATK-94 a code that is no greeting', '250 hello\r\n'],
      ['ATK-94 two codes', '220-a\r\n250 b\r\n'],
      ['ATK-95 LF without CR', '220 a\n'],
      ['SMTP-2 silence', 'hang'],
      ['SMTP-7 a close', 'drop'],
    ] as const) {
      test(`SMTP-6 ${name} instead of a greeting is a lost connection`, async () => {
        const { sink, dialed } = await dial(
          { on: (line) => (line === 'CONNECT' ? answer : undefined) },
          { timeouts: short },
        );
        assert(dialed.kind === 'no-session' && dialed.security.kind === 'lost', JSON.stringify(dialed));
        assert.equal(dialed.security.during, 'greeting');
        assert.deepEqual(sink.lines, []);
      });
    }

    test('SMTP-2 ATK-93 a greeting that trickles does not outlive its deadline', async () => {
      const { createServer } = await import('node:net');
      const server = createServer((socket) => {
        const timer = setInterval(() => socket.write('220-x\r\n'), 20);
        socket.on('error', () => undefined).once('close', () => clearInterval(timer));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const dialed = await dialerOf({ timeouts: { ...short, greeting: 0.2 } }).dial(callOf(port), running());
      await new Promise((resolve) => server.close(resolve));
      assert(dialed.kind === 'no-session' && dialed.security.kind === 'lost' && dialed.security.during === 'greeting');
    });

    test('DT-7.1 a refused TCP connection, and one that was aborted', async () => {
      const sink = await sinkOf({});
      await sink.close();
      const dialed = await dialerOf().dial(callOf(sink.port), running());
      assert.deepEqual(dialed, {
        kind: 'no-session',
        security: { kind: 'lost', during: 'connect', says: 'ECONNREFUSED' },
      });
      const aborted = await dialerOf().dial(callOf(sink.port), AbortSignal.abort());
      assert(aborted.kind === 'no-session' && aborted.security.kind === 'lost');
    });

    test('DT-7.9 the explicit cleartext connection skips an offered STARTTLS, and no other does', async () => {
      const { sink, session, dialer } = await ready({}, {}, { mode: 'cleartext' });
      assert.deepEqual(session.security, { kind: 'cleartext', because: 'starttls-skipped' });
      assert.deepEqual(sink.lines, ['EHLO relay.example']);
      dialer.close(session, 'abort');
    });

    test('ATK-91 an EHLO name that would be a second command is refused', async () => {
      const sink = await sinkOf({});
      await assert.rejects(dialerOf().dial(callOf(sink.port, { ehloName: 'a\r\nRSET' }), running()));
      assert.deepEqual(sink.sessions, []);
    });
  });

  describe('the handshake', () => {
    const alert = (code: number): Uint8Array => Uint8Array.of(0x15, 3, 3, 0, 2, 2, code);
    // proves: ATK-10 DT-7.9 DT-7.10 SMTP-3
    for (const [name, handshake, kind] of [
      ['ATK-10 DT-7.9 garbage', { answer: Buffer.from('this is not TLS at all\r\n') }, 'handshake-failed'],
      ['ATK-10 DT-7.9 an alert', { answer: alert(40) }, 'handshake-failed'],
      ['ATK-10 DT-7.10 a close', 'drop', 'lost'],
      ['SMTP-3 DT-7.10 silence', 'hang', 'lost'],
    ] as const) {
      test(`${name} instead of a handshake`, async () => {
        const { dialed } = await dial({ handshake }, { timeouts: short });
        assert(dialed.kind === 'no-session');
        assert.equal(dialed.security.kind, kind, JSON.stringify(dialed));
        if (dialed.security.kind === 'lost') assert.equal(dialed.security.during, 'handshake');
      });
    }

    test('TLS-20 the alert unrecognized_name is told apart', async () => {
      const { dialed } = await dial({ handshake: { answer: alert(112) } });
      assert(dialed.kind === 'no-session' && dialed.security.kind === 'handshake-failed');
      assert.equal(dialed.security.unrecognizedName, true);
    });

    test('TLS-19 SNI is the name of the call, and none where none is given', async () => {
      const first = await ready({});
      assert.deepEqual(first.sink.names, ['mx.example']);
      first.dialer.close(first.session, 'abort');
      const second = await ready({}, {}, { sni: undefined });
      assert.deepEqual(second.sink.names, [false]);
      second.dialer.close(second.session, 'abort');
    });

    test('TLS-21 ATK-21 a second session resumes nothing and shows the whole chain again', async () => {
      const sink = await sinkOf({ tls: { maxVersion: 'TLSv1.2' } });
      const dialer = dialerOf();
      for (let round = 0; round < 2; round += 1) {
        const dialed = await dialer.dial(callOf(sink.port), running());
        assert(dialed.kind === 'session' && dialed.session.security.kind === 'encrypted');
        assert.equal(dialed.session.security.chain.length, 1);
        dialer.close(dialed.session, 'abort');
      }
      assert.deepEqual(sink.resumed, [false, false]);
    });

    test('TLS-26 implicit TLS: handshake first, greeting and EHLO after the session was opened', async () => {
      const { sink, dialer, session } = await sessionOf(
        { implicit: 'yes', keywords: ['DSN'] },
        {},
        { mode: 'implicit' },
      );
      assert.equal(session.security.kind, 'encrypted');
      assert.deepEqual(sink.lines, []);
      const opened = await dialer.open(accepted(session));
      assert(opened.kind === 'ready' && opened.extensions.has('DSN'));
      assert.deepEqual(sink.lines, ['tls:EHLO relay.example']);
      dialer.close(session, 'abort');
    });

    test('TLS-24 a server that asks for a certificate gets the configured one, or none', async () => {
      const script: Script = { tls: { requestCert: true } };
      const bare = await ready(script);
      assert.deepEqual(bare.sink.clientCertificates, ['none']);
      bare.dialer.close(bare.session, 'abort');
      const own = await make({ names: ['relay.example'], purpose: 'client' });
      const clientCertificate = { certificate: own.pem, key: own.key };
      const { sink, session, dialer } = await ready(script, { tls: { clientCertificate } });
      assert.deepEqual(sink.clientCertificates, ['CN=relay.example']);
      dialer.close(session, 'abort');
    });

    test('DT-7.16 a refusal or a loss of the EHLO inside TLS is reported', async () => {
      const inside =
        (answer: string) =>
        (line: string, { secure }: { secure: string }) =>
          secure === 'tls' && line.startsWith('EHLO') ? answer : undefined;
      const refused = await sessionOf({ on: inside('450 4.3.2 later\r\n') });
      const opened = await refused.dialer.open(accepted(refused.session));
      assert(opened.kind === 'refused' && opened.reply.code === 450);
      const dropped = await sessionOf({ on: inside('drop') });
      assert.equal((await dropped.dialer.open(accepted(dropped.session))).kind, 'lost');
      refused.dialer.close(refused.session, 'abort');
    });
  });

  describe('the transfer', () => {
    test('SMTP-14 SMUG-7 ATK-90 every octet arrives, dots are stuffed, a missing last CRLF is added', async () => {
      const text = Buffer.concat([
        Buffer.from('.first\r\n.\r\n..\r\nx\0y\x80\xff\r\n'),
        Buffer.from(`${'z'.repeat(5000)}\r\n.end`),
      ]);
      const chunks = [...text].map((octet) => Uint8Array.of(octet));
      for (const parts of [[text], chunks]) {
        const { sink, outcome, dialer, session } = await send({ keywords: ['PIPELINING'] }, messageOf({ text: parts }));
        assert.deepEqual(codes(outcome), ['final-dot 250', 'final-dot 250']);
        const stuffed = text.toString('latin1').replace(/(^|\r\n)\./g, '$1..');
        assert.equal(sink.messages[0]?.data.toString('latin1'), `${stuffed}\r\n`);
        assert.equal(outcome.kind === 'replied' && outcome.bytes, text.length);
        dialer.close(session, 'abort');
      }
    });

    test('SMUG-7 an empty message ends in a single dot', async () => {
      const { outcome, sink } = await send({}, messageOf({ text: '' }));
      assert.deepEqual(codes(outcome), ['final-dot 250', 'final-dot 250']);
      assert.equal(sink.messages.length, 1);
    });

    for (const text of [
      ['a\nb\r\n'],
      ['a\rb\r\n'],
      ['\r\n.\n.\r\n'],
      ['a\r', 'b\r\n'],
      ['a\r\n', '\n'],
      ['a\r\n.\r\r\n'],
      ['ends in\r'],
    ]) {
      test(`SMUG-6 ATK-89 a bare newline never leaves: ${JSON.stringify(text)}`, async () => {
        const { outcome, sink } = await send({}, messageOf({ text }));
        assert.equal(outcome.kind === 'refused-before-data' && outcome.because, 'content-binary');
        assert.deepEqual(sink.messages, []);
      });
    }

    for (const keywords of [[], ['PIPELINING']]) {
      const mode = keywords.length > 0 ? 'pipelined' : 'one by one';
      test(`SMTP-9 EXT-5 trap 22 each recipient gets its own reply, ${mode}`, async () => {
        const on = (line: string) =>
          line.includes('<b@')
            ? '550 5.1.1 b\r\n'
            : line.includes('<c@')
              ? '450-4.2.0 c\r\n450 4.2.0 cc\r\n'
              : undefined;
        const recipients = [
          recipient('a@to.example'),
          recipient('b@to.example'),
          recipient('c@to.example'),
          recipient('d@to.example'),
        ] as const;
        const { outcome, sink } = await send({ keywords, on }, messageOf({ recipients }));
        assert.deepEqual(codes(outcome), ['final-dot 250', 'rcpt 550', 'rcpt 450', 'final-dot 250']);
        assert(outcome.kind === 'replied');
        assert.deepEqual(
          outcome.replies.map(({ recipient: to, reply }) => [to, reply.lines.join('/')]),
          [
            ['a@to.example', 'queued'],
            ['b@to.example', 'b'],
            ['c@to.example', 'c/cc'],
            ['d@to.example', 'queued'],
          ],
        );
        assert.equal(sink.messages.length, 1);
      });

      test(`SMTP-9 a refusal of MAIL, DATA or the final dot is everybody's, ${mode}`, async () => {
        for (const [at, stage] of [
          ['MAIL', 'mail'],
          ['DATA', 'data'],
          ['.', 'final-dot'],
        ] as const) {
          const { outcome } = await send(
            { keywords, on: (line) => (line.startsWith(at) ? '554 5.7.1 no\r\n' : undefined) },
            messageOf(),
          );
          assert.deepEqual(codes(outcome), [`${stage} 554`, `${stage} 554`]);
        }
      });

      test(`SMTP-7 421 at any command is for everybody without an own reply, ${mode}`, async () => {
        const { outcome } = await send(
          { keywords, on: (line) => (line.includes('<b@') ? '421 4.3.2 bye\r\n' : undefined) },
          messageOf(),
        );
        assert(outcome.kind === 'replied');
        assert.deepEqual(
          outcome.replies.map(({ reply }) => reply.code),
          [421, 421],
        );
      });

      test(`SMTP-13 the session carries further messages, also after refusals, ${mode}`, async () => {
        const { sink, dialer, session, outcome } = await send(
          { keywords, on: (line, { number: _ }) => (line.includes('<bad@') ? '550 5.1.1 no\r\n' : undefined) },
          messageOf({ recipients: [recipient('bad@to.example')] }),
        );
        assert.deepEqual(codes(outcome), ['rcpt 550']);
        for (const to of ['one@to.example', 'two@to.example']) {
          const next = await dialer.transfer(cleared(session), messageOf({ recipients: [recipient(to)] }), running());
          assert.deepEqual(codes(next), ['final-dot 250']);
        }
        assert.equal(sink.messages.length, 2);
        assert.equal(sink.sessions.length, 1);
      });
    }

    test('EXT-6 nobody accepted, but DATA was: just the dot, and the session lives', async () => {
      const on = (line: string) =>
        line.startsWith('RCPT TO:<x') ? '550 5.1.1 no\r\n' : line === 'DATA' ? '354 go\r\n' : undefined;
      const { outcome, sink, dialer, session } = await send(
        { keywords: ['PIPELINING'], on },
        messageOf({ recipients: [recipient('x@to.example')] }),
      );
      assert.deepEqual(codes(outcome), ['rcpt 550']);
      assert.equal(sink.messages[0]?.data.length, 0);
      const next = await dialer.transfer(
        cleared(session),
        messageOf({ recipients: [recipient('y@to.example')] }),
        running(),
      );
      assert.deepEqual(codes(next), ['final-dot 250']);
    });

    // proves: ATK-94 SMTP-2 SMTP-10
    for (const [name, on, afterDot] of [
      ['ATK-94 DATA answered with 250', (line: string) => (line === 'DATA' ? '250 ok\r\n' : undefined), 'no'],
      [
        'ATK-94 a reply of class 3 to MAIL',
        (line: string) => (line.startsWith('MAIL') ? '354 ok\r\n' : undefined),
        'no',
      ],
      ['ATK-94 a reply without digits', (line: string) => (line.startsWith('RCPT') ? 'OK\r\n' : undefined), 'no'],
      ['SMTP-10 no reply to the final dot', (line: string) => (line === '.' ? 'drop' : undefined), 'yes'],
      ['SMTP-2 SMTP-10 silence after the final dot', (line: string) => (line === '.' ? 'hang' : undefined), 'yes'],
      ['SMTP-2 silence at DATA', (line: string) => (line === 'DATA' ? 'hang' : undefined), 'no'],
      ['SMTP-2 silence at MAIL', (line: string) => (line.startsWith('MAIL') ? 'hang' : undefined), 'no'],
      ['a close at RCPT', (line: string) => (line.startsWith('RCPT') ? 'drop' : undefined), 'no'],
    ] as const) {
      test(`DT-7.18 ${name}: lost`, async () => {
        const { outcome, dialer, session } = await send({ on }, messageOf(), { timeouts: short });
        assert(outcome.kind === 'lost', JSON.stringify(outcome));
        assert.equal(outcome.afterDot, afterDot);
        const next = await dialer.transfer(cleared(session), messageOf(), running());
        assert.equal(next.kind, 'lost');
      });
    }

    test('ATK-95 a reply cut before its CRLF does not count, a whole one does', async () => {
      for (const [text, kind] of [
        ['250 2.0.0 queu', 'lost'],
        ['250 2.0.0 queued\r', 'lost'],
        ['250-2.0.0 queued\r\n', 'lost'],
        ['250 2.0.0 queued\r\n', 'replied'],
      ] as const) {
        const { sink, dialer, session } = await ready(
          { on: (line) => (line === '.' ? text : undefined) },
          { timeouts: short },
        );
        const outcome = await dialer.transfer(cleared(session), messageOf(), running());
        assert.equal(outcome.kind, kind, text);
        await sink.close();
      }
    });

    test('ATK-94 a second reply behind the one to the final dot ends the session, but the first counts', async () => {
      const { outcome, dialer, session } = await send(
        { on: (line) => (line === '.' ? '250 2.0.0 queued\r\n250 2.1.0 mail\r\n' : undefined) },
        messageOf(),
      );
      assert.deepEqual(codes(outcome), ['final-dot 250', 'final-dot 250']);
      assert.equal((await dialer.transfer(cleared(session), messageOf(), running())).kind, 'lost');
    });

    test('ATK-94 success reported before the final dot is none; a refusal is one', async () => {
      const slow = async function* () {
        yield Buffer.from('a\r\n');
        await new Promise((resolve) => setTimeout(resolve, 60));
        yield Buffer.from('b\r\n');
      };
      for (const [reply, kind] of [
        ['250 2.0.0 queued', 'lost'],
        ['552 5.3.4 too big', 'replied'],
      ] as const) {
        const { dialer, session } = await ready({ early: `${reply}\r\n` });
        const outcome = await dialer.transfer(cleared(session), { ...messageOf(), body: slow }, running());
        assert.equal(outcome.kind, kind, JSON.stringify(outcome));
      }
    });

    test('SMTP-10 a body that cannot be read ends the connection inside DATA, without a dot', async () => {
      const { dialer, session, sink } = await ready({});
      const body = async function* () {
        yield Buffer.from('a\r\n');
        throw new Error('the disk is gone');
      };
      const outcome = await dialer.transfer(cleared(session), { ...messageOf(), body }, running());
      assert(outcome.kind === 'lost' && outcome.afterDot === 'no');
      assert.match(outcome.says, /disk is gone/);
      assert.deepEqual(sink.messages, []);
      assert.equal((await dialer.transfer(cleared(session), messageOf(), running())).kind, 'lost');
    });

    test('SMTP-2 a transfer can be given up', async () => {
      const { dialer, session } = await ready({ on: (line) => (line === 'DATA' ? 'hang' : undefined) });
      const control = new AbortController();
      setTimeout(() => control.abort(), 20);
      const outcome = await dialer.transfer(cleared(session), messageOf(), control.signal);
      assert(outcome.kind === 'lost' && outcome.says === 'aborted');
    });
  });

  describe('an envelope behind the final dot', () => {
    const pipelining = ['PIPELINING'];
    const to = (text: string): OutgoingMessage => messageOf({ recipients: [recipient(text)] });
    /** Two messages; the second is begun at the final dot of the first. */
    const both = async (script: Script, second: Partial<{ message: OutgoingMessage; signal: AbortSignal }> = {}) => {
      const met = await ready({ keywords: pipelining, ...script }, { timeouts: { ...short, mail: 0.5 } });
      const begun: Promise<TransferOutcome>[] = [];
      const { message = to('second@to.example'), signal = running() } = second;
      const first = await met.dialer.transfer(cleared(met.session), to('first@to.example'), running(), () => {
        begun.push(met.dialer.transfer(cleared(met.session), message, signal));
        return 'taken';
      });
      assert.equal(begun.length, 1);
      return { ...met, first, second: begun[0] as Promise<TransferOutcome> };
    };

    test('EXT-5 it goes out before the reply, and each message gets its own replies', async () => {
      let dots = 0;
      const on = (line: string) => {
        if (line === '.') dots += 1;
        if (line === '.' && dots === 1) return '';
        // The reply to the first dot comes together with the one to the MAIL behind it.
        if (line.startsWith('MAIL') && dots === 1) return '250 2.0.0 one\r\n250 2.1.0 ok\r\n';
        return line === '.' ? '250 2.0.0 two\r\n' : undefined;
      };
      const { first, second, sink } = await both({ on });
      const texts = (outcome: TransferOutcome) =>
        outcome.kind === 'replied' ? outcome.replies.map(({ reply }) => reply.lines[0]) : outcome;
      assert.deepEqual(texts(first), ['one']);
      assert.deepEqual(texts(await second), ['two']);
      assert.deepEqual(
        sink.messages.map(({ recipients }) => recipients[0]),
        ['RCPT TO:<first@to.example>', 'RCPT TO:<second@to.example>'],
      );
    });

    for (const [reply, expected] of [
      ['554 5.7.1 no', 'final-dot 554'],
      ['451 4.3.0 later', 'final-dot 451'],
    ] as const) {
      test(`SMTP-9 EXT-5 a refusal of the first (${reply}) does not touch the second`, async () => {
        let dots = 0;
        const on = (line: string) => (line === '.' && ++dots === 1 ? `${reply}\r\n` : undefined);
        const { first, second } = await both({ on });
        assert.deepEqual(codes(first), [expected]);
        assert.deepEqual(codes(await second), ['final-dot 250']);
      });
    }

    test('SMTP-9 EXT-5 a refusal of the second does not touch the first, and the session lives', async () => {
      const on = (line: string) => (line.includes('<second@') ? '550 5.1.1 no\r\n' : undefined);
      const { first, second, dialer, session } = await both({ on });
      assert.deepEqual(codes(first), ['final-dot 250']);
      assert.deepEqual(codes(await second), ['rcpt 550']);
      const next = await dialer.transfer(cleared(session), to('third@to.example'), running());
      assert.deepEqual(codes(next), ['final-dot 250']);
    });

    test('SMTP-7 EXT-5 421 to the first dot: that is its answer, the second was not begun', async () => {
      const { first, second } = await both({ on: (line) => (line === '.' ? '421 4.3.2 bye\r\n' : undefined) });
      assert.deepEqual(codes(first), ['final-dot 421']);
      const lost = await second;
      assert(lost.kind === 'lost' && lost.during === 'mail' && lost.afterDot === 'no', JSON.stringify(lost));
    });

    for (const how of ['drop', 'hang'] as const) {
      test(`SMTP-10 EXT-5 the connection is lost at the first dot (${how}): only the first may have been taken`, async () => {
        let dots = 0;
        const on = (line: string) => {
          if (line === '.') dots += 1;
          return dots > 0 ? how : undefined;
        };
        const { first, second } = await both({ on });
        const lost = await second;
        assert(first.kind === 'lost' && first.afterDot === 'yes', JSON.stringify(first));
        assert(lost.kind === 'lost' && lost.during === 'mail' && lost.afterDot === 'no', JSON.stringify(lost));
      });
    }

    test('SMTP-10 who gives up the second does not take the first one with it', async () => {
      const control = new AbortController();
      let dots = 0;
      const on = (line: string) => {
        if (line === '.' && ++dots === 1) return '';
        if (!line.startsWith('MAIL') || dots === 0) return undefined;
        control.abort();
        return '250 2.0.0 one\r\n250 2.1.0 ok\r\n';
      };
      const { first, second, dialer, session } = await both({ on }, { signal: control.signal });
      assert.deepEqual(codes(first), ['final-dot 250']);
      const lost = await second;
      assert(lost.kind === 'lost' && lost.says === 'aborted');
      assert.equal((await dialer.transfer(cleared(session), to('third@to.example'), running())).kind, 'lost');
    });

    test('EXT-2 a second that this host cannot take waits for the first and leaves the session as it was', async () => {
      const message = messageOf({ text: 'x'.repeat(200) });
      const { first, second, dialer, session, sink } = await both(
        { keywords: ['PIPELINING', 'SIZE 100'] },
        { message },
      );
      assert.deepEqual(codes(first), ['final-dot 250']);
      assert.equal((await second).kind, 'refused-before-data');
      assert.deepEqual(codes(await dialer.transfer(cleared(session), to('third@to.example'), running())), [
        'final-dot 250',
      ]);
      assert.equal(sink.sessions.length, 1);
    });

    test('SMTP-10 a session that is closed with a reply still to come is closed after it', async () => {
      const { dialer, session } = await ready({ keywords: pipelining });
      const outcome = await dialer.transfer(cleared(session), to('first@to.example'), running(), () => {
        dialer.close(session, 'abort');
        return 'none';
      });
      assert.deepEqual(codes(outcome), ['final-dot 250']);
      assert.equal((await dialer.transfer(cleared(session), to('second@to.example'), running())).kind, 'lost');
    });

    test('EXT-5 EXT-6 not without PIPELINING, and not behind a dot that ends nothing', async () => {
      const data = (line: string) => (line === 'DATA' ? '354 go\r\n' : undefined);
      for (const script of [
        {},
        { keywords: pipelining, on: (line: string) => (line.startsWith('RCPT') ? '550 5.1.1 no\r\n' : data(line)) },
      ]) {
        const { dialer, session } = await ready(script);
        const outcome = await dialer.transfer(cleared(session), to('first@to.example'), running(), () => {
          assert.fail('offered');
        });
        assert.equal(outcome.kind, 'replied');
        dialer.close(session, 'abort');
      }
    });
  });

  test('SMTP-2 a transaction has a deadline as a whole, whatever each phase may take', async () => {
    const { outcome } = await send({ on: (line) => (line === 'DATA' ? 'hang' : undefined) }, messageOf(), {
      timeouts: { transaction: 0.1 },
    });
    assert(outcome.kind === 'lost');
    assert.equal(outcome.says, 'time-out of the transaction');
  });

  describe('the parameters', () => {
    const everything = ['SIZE 1000', '8BITMIME', 'SMTPUTF8', 'DSN', 'REQUIRETLS', 'PIPELINING'];
    const linesFor = async (keywords: readonly string[], message: OutgoingMessage, wish: DialerWish = {}) => {
      const { sink, outcome, dialer, session } = await send({ keywords }, message, wish);
      dialer.close(session, 'abort');
      assert.equal(outcome.kind, 'replied', JSON.stringify(outcome));
      return sink.lines.filter((line) => /MAIL|RCPT/.test(line)).map((line) => line.replace('tls:', ''));
    };
    const refusal = async (keywords: readonly string[], message: OutgoingMessage, wish: DialerWish = {}) => {
      const { sink, outcome, dialer, session } = await send({ keywords }, message, wish);
      dialer.close(session, 'abort');
      assert.deepEqual(
        sink.lines.filter((line) => /MAIL|RCPT|DATA/.test(line)),
        [],
      );
      return outcome.kind === 'refused-before-data' ? outcome.because : outcome;
    };
    const one = [recipient('a@to.example')] as const;
    const with8bit = { has8bit: true, hasUtf8Header: false, longestLine: 1 };

    test('EXT-12 EXT-3 a plain message gets only what it needs', async () => {
      assert.deepEqual(await linesFor(everything, messageOf({ recipients: one, envelope: { smtputf8: true } })), [
        'MAIL FROM:<from@sender.example> SIZE=21',
        'RCPT TO:<a@to.example>',
      ]);
      assert.deepEqual(await linesFor([], messageOf({ recipients: one })), [
        'MAIL FROM:<from@sender.example>',
        'RCPT TO:<a@to.example>',
      ]);
      assert.deepEqual(
        await linesFor(['X-SIZE', 'HELP SIZE'], messageOf({ recipients: one, envelope: { reversePath: 'null' } })),
        ['MAIL FROM:<>', 'RCPT TO:<a@to.example>'],
      );
    });

    test('EXT-2 a message above the listed size is not tried', async () => {
      assert.equal(await refusal(['SIZE 20'], messageOf()), 'size');
      assert.equal((await linesFor(['SIZE 21'], messageOf({ recipients: one }))).length, 2);
      assert.equal((await linesFor(['SIZE 0'], messageOf({ recipients: one }))).length, 2);
    });

    test('EXT-3 EXT-4 8-bit octets are declared where that is possible', async () => {
      const [mail] = await linesFor(['8BITMIME'], messageOf({ recipients: one, content: with8bit }));
      assert.equal(mail, 'MAIL FROM:<from@sender.example> BODY=8BITMIME');
      assert.equal(await refusal([], messageOf({ content: with8bit, envelope: { body: '8bitmime' } })), 'content-8bit');
      assert.equal(
        (await linesFor([], messageOf({ recipients: one, content: with8bit })))[0],
        'MAIL FROM:<from@sender.example>',
      );
      assert.equal(await refusal([], messageOf({ content: with8bit }), { eightBit: 'refuse' }), 'content-8bit');
    });

    test('EXT-11 UTF-8 goes only to hosts that take it', async () => {
      const utf8 = messageOf({ recipients: [recipient('ü@to.example')], envelope: { smtputf8: true } });
      assert.equal(await refusal(['8BITMIME'], utf8), 'content-utf8');
      assert.equal(
        await refusal(
          [],
          messageOf({
            recipients: one,
            envelope: { smtputf8: true },
            content: { has8bit: true, hasUtf8Header: true, longestLine: 1 },
          }),
        ),
        'content-utf8',
      );
      assert.deepEqual(await linesFor(['SMTPUTF8'], utf8), [
        'MAIL FROM:<from@sender.example> SMTPUTF8',
        'RCPT TO:<ü@to.example>',
      ]);
    });

    test('DSN-10 DSN-11 DSN parameters go to each recipient as received, and only where DSN is listed', async () => {
      const message = messageOf({
        recipients: [
          recipient('a@to.example', { notify: ['success', 'delay'], orcpt: 'rfc822;A+2BB@to.example' }),
          recipient('b@to.example', { notify: 'never' }),
          recipient('c@to.example'),
        ],
        envelope: { ret: 'hdrs', envid: 'QQ+2B1' },
      });
      assert.deepEqual(await linesFor(['DSN'], message), [
        'MAIL FROM:<from@sender.example> RET=HDRS ENVID=QQ+2B1',
        'RCPT TO:<a@to.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;A+2BB@to.example',
        'RCPT TO:<b@to.example> NOTIFY=NEVER',
        'RCPT TO:<c@to.example>',
      ]);
      assert.equal((await linesFor(['XDSN-DSN'], message)).join(' ').includes('NOTIFY'), false);
    });

    test('RTLS-20 REQUIRETLS is sent when it is asked for, and never invented or dropped', async () => {
      assert.deepEqual(
        (await linesFor(['REQUIRETLS'], messageOf({ recipients: one, requiretls: 'send' })))[0],
        'MAIL FROM:<from@sender.example> REQUIRETLS',
      );
      assert.deepEqual(
        (await linesFor(['REQUIRETLS'], messageOf({ recipients: one })))[0],
        'MAIL FROM:<from@sender.example>',
      );
      const { dialer, session, sink } = await ready({ keywords: ['X-REQUIRETLS'] });
      await assert.rejects(dialer.transfer(cleared(session), messageOf({ requiretls: 'send' }), running()));
      assert.equal(
        sink.lines.some((line) => line.includes('MAIL')),
        false,
      );
      dialer.close(session, 'abort');
    });

    for (const text of [
      'a b@to.example',
      'a\0@to.example',
      'a\u2028@to.example',
      'a\r\nRSET@to.example',
      'a>@to.example',
      'a<@to.example',
      'a@to.example SIZE=1',
      '',
    ]) {
      test(`ATK-91 an address with ${JSON.stringify(text)} is never sent`, async () => {
        const { dialer, session, sink } = await ready({});
        for (const message of [
          messageOf({ recipients: [{ mailbox: { ...recipient('x@to.example').mailbox, text } }] }),
          ...(text === ''
            ? []
            : [messageOf({ envelope: { reversePath: { ...recipient('x@to.example').mailbox, text } } })]),
        ]) {
          const outcome = await dialer.transfer(cleared(session), message, running()).catch(() => 'refused');
          assert(outcome === 'refused' || (typeof outcome === 'object' && outcome.kind === 'refused-before-data'));
        }
        assert.equal(
          sink.lines.some((line) => /MAIL|RCPT/.test(line)),
          false,
        );
        dialer.close(session, 'abort');
      });
    }

    test('ATK-91 a blank inside quotes is part of the address; a DSN value with a blank is refused', async () => {
      const lines = await linesFor([], messageOf({ recipients: [recipient('"a b"@to.example')] }));
      assert.equal(lines[1], 'RCPT TO:<"a b"@to.example>');
      const { dialer, session } = await ready({ keywords: ['DSN'] });
      await assert.rejects(dialer.transfer(cleared(session), messageOf({ envelope: { envid: 'a b' } }), running()));
      dialer.close(session, 'abort');
    });
  });

  describe('the rest', () => {
    test('SMTP-11 QUIT is said, and a server that does not answer is left', async () => {
      const polite = await ready({});
      polite.dialer.close(polite.session, 'quit');
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(polite.sink.lines.at(-1), 'tls:QUIT');
      const rude = await ready({ on: (line) => (line === 'QUIT' ? 'hang' : undefined) }, { timeouts: short });
      rude.dialer.close(rude.session, 'quit');
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal((await rude.dialer.transfer(cleared(rude.session), messageOf(), running())).kind, 'lost');
    });

    test('SMTP-17 AUTH inside TLS by a listed mechanism', async () => {
      const credentials = { user: 'u', pass: 'p' };
      const { sink, dialer, session } = await ready(
        { keywords: ['AUTH PLAIN'], on: (line) => (line.startsWith('AUTH') ? '235 2.7.0 ok\r\n' : undefined) },
        { credentials },
      );
      assert.deepEqual(await dialer.authenticate(accepted(session), '[relay]:587'), { kind: 'done' });
      assert.equal(sink.lines.at(-1), `tls:AUTH PLAIN ${Buffer.from('\0u\0p').toString('base64')}`);
      const refused = await ready(
        { keywords: ['AUTH PLAIN'], on: (line) => (line.startsWith('AUTH') ? '535 5.7.8 no\r\n' : undefined) },
        { credentials },
      );
      const answer = await refused.dialer.authenticate(accepted(refused.session), 'x');
      assert(answer.kind === 'refused' && answer.reply.code === 535);
      for (const keywords of [['X-AUTH PLAIN'], ['AUTH GSSAPI']]) {
        const none = await ready({ keywords }, { credentials });
        assert.equal((await none.dialer.authenticate(accepted(none.session), 'x')).kind, 'lost');
        assert.equal(
          none.sink.lines.some((line) => line.includes('AUTH ')),
          false,
        );
      }
    });

    test('SMTP-17 AUTH on a cleartext session is a bug, and nothing is sent', async () => {
      const { sink, dialer, session } = await ready(
        { starttls: 'missing', keywords: ['AUTH PLAIN'] },
        { credentials: { user: 'u', pass: 'p' } },
      );
      await assert.rejects(dialer.authenticate(accepted(session), 'x'));
      assert.equal(
        sink.lines.some((line) => line.includes('AUTH ')),
        false,
      );
      dialer.close(session, 'abort');
    });

    test('SMTP-7 421 on an idle session ends it', async () => {
      const { dialer, session, outcome } = await send(
        { on: (line) => (line === '.' ? '250 2.0.0 queued\r\n421 4.4.2 idle\r\n' : undefined) },
        messageOf(),
      );
      assert.deepEqual(codes(outcome), ['final-dot 250', 'final-dot 250']);
      assert.equal((await dialer.transfer(cleared(session), messageOf(), running())).kind, 'lost');
    });
  });
}
