// Reading along: what is shown of a dialogue, before and inside TLS, and what never is.
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { createDialer } from '../../../src/adapters/smtp/dialer.ts';
import { hearingOf } from '../../../src/adapters/smtp/dialogue.ts';
import { createTlsClient } from '../../../src/adapters/smtp/tls.ts';
import type { DialogueLine } from '../../../src/agent/ports.ts';
import { make } from './certificates.ts';
import { accepted, callOf, cleared, messageOf, metrics, running, silentLog } from './given.ts';
import { startSink } from './sink.ts';

const place = { host: 'mx.example', address: '127.0.0.1', port: 25 };
const watching = (lines: DialogueLine[]) => ({
  watched: () => true,
  line: (line: DialogueLine) => void lines.push(line),
});

/** A socket that goes nowhere. */
const mute = (): Duplex => new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });

test('cleartext and TLS are told apart, commands and replies too', async () => {
  const leaf = await make({ names: ['mx.example'] });
  const sink = await startSink({ tls: { key: leaf.key, cert: leaf.pem } });
  const lines: DialogueLine[] = [];
  const dialer = createDialer({
    tls: createTlsClient({ trustStore: { certificates: [], source: '' }, suites: 'default', minVersion: 'TLSv1.2' }),
    log: silentLog,
    metrics: metrics(),
    watcher: watching(lines),
  });
  const dialed = await dialer.dial(callOf(sink.port), running());
  assert.ok(dialed.kind === 'session');
  const session = cleared(dialed.session);
  await dialer.open(accepted(dialed.session));
  await dialer.transfer(session, messageOf({ text: 'Subject: hidden\r\n\r\nsecret words\r\n' }), running());
  dialer.close(dialed.session, 'quit');
  const of = (kind: DialogueLine['kind'], channel: DialogueLine['channel']): readonly string[] =>
    lines.filter((line) => line.kind === kind && line.channel === channel).map(({ text }) => text);
  assert.deepEqual(of('sent', 'cleartext'), ['EHLO relay.example', 'STARTTLS']);
  assert.match(of('heard', 'cleartext')[0] ?? '', /^220 /);
  assert.match(of('note', 'tls')[0] ?? '', /^TLSv1\.3 with TLS_AES_256_GCM_SHA384; certificate CN=mx\.example/);
  const inside = of('sent', 'tls').join('\n');
  assert.match(
    inside,
    /^EHLO relay\.example\nMAIL FROM:[\s\S]*RCPT TO:[\s\S]*DATA\n\(\d+ octets of message\) \.\nQUIT/,
  );
  assert.ok(!lines.some(({ text }) => /secret words|hidden/.test(text)));
  await sink.close();
});

test('OBS-4 what follows AUTH is never shown', () => {
  const lines: DialogueLine[] = [];
  const socket = mute();
  hearingOf(watching(lines), place)?.follow(socket as never, 'tls');
  socket.write('AUTH PLAIN AGEAc2VjcmV0\r\n');
  socket.emit('data', Buffer.from('235 2.7.0 in\r\n'));
  socket.write('AUTH LOGIN\r\n');
  socket.emit('data', Buffer.from('334 VXNlcm5hbWU6\r\n'));
  socket.write('YWRtaW4=\r\n');
  socket.emit('data', Buffer.from('334 UGFzc3dvcmQ6\r\n'));
  socket.write('c2VjcmV0\r\n');
  socket.emit('data', Buffer.from('535 5.7.8 no\r\n'));
  socket.write('QUIT\r\n');
  assert.deepEqual(
    lines.filter(({ kind }) => kind === 'sent').map(({ text }) => text),
    ['AUTH PLAIN (secret)', 'AUTH LOGIN', '(secret)', '(secret)', 'QUIT'],
  );
});

test('ATK-112 an endless line is cut and counted, in whatever pieces it comes', () => {
  const lines: DialogueLine[] = [];
  const socket = mute();
  hearingOf(watching(lines), place)?.follow(socket as never, 'cleartext');
  for (let part = 0; part < 1000; part += 1) socket.emit('data', Buffer.alloc(1000, 0x61));
  socket.emit('data', Buffer.from('\r\n250 ok\r\n'));
  assert.equal(lines.length, 2);
  assert.match(lines[0]?.text ?? '', /^a{1024}… \(998977 octets more\)$/);
  assert.equal(lines[1]?.text, '250 ok');
});

test('nobody watches, nothing is heard', () => {
  assert.equal(hearingOf(undefined, place), undefined);
  assert.equal(hearingOf({ watched: () => false, line: () => assert.fail() }, place), undefined);
});
