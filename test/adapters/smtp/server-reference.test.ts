// The session loop beside the one it replaced (reference/): the same octets in the same chunks get the same replies, store the
// same messages, count and log the same.

import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { Connection } from '../../../src/adapters/smtp/server-connection.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { mailboxAt } from '../../../src/core/smtp/address.ts';
import { GuardedServer } from './reference/listener.ts';
import { type Change, Client, certificate, makeWorld, nobody, startWorld } from './server-world.ts';

/** A socket without a network: chunks arrive as they are pushed. */
class Pipe extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  said = '';
  ended = false;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, next: () => void): void {
    this.said += chunk.toString('latin1');
    next();
  }
  override _final(next: () => void): void {
    this.ended = true;
    next();
  }
  setNoDelay(): void {}
  setTimeout(): void {}
}

type Party = { readonly pipe: Pipe; readonly world: ReturnType<typeof makeWorld>; readonly stop: () => void };

function ours(change: Change): Party {
  const world = makeWorld(change);
  const pipe = new Pipe();
  const setup = { listener: world.listener, secure: undefined };
  const desktop = { setup, ports: world.ports, draining: false };
  new Connection(desktop, pipe as unknown as Socket, '127.0.0.1', () => undefined).begin();
  return { pipe, world, stop: () => pipe.destroy() };
}

function theirs(change: Change): Party {
  const world = makeWorld(change);
  const pipe = new Pipe();
  const server = new GuardedServer(world.listener, world.ports);
  server.connect(pipe as unknown as Socket);
  return {
    pipe,
    world,
    stop: () => {
      pipe.destroy();
      void server.drain(0);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until neither of them says or stores any more. */
async function settle(parties: readonly Party[]): Promise<void> {
  const state = (): string => parties.map(({ pipe, world }) => `${pipe.said.length} ${world.queue.octets}`).join();
  for (let before = '', still = 0; still < 6; still++) {
    await turn();
    if (state() !== before) still = 0;
    before = state();
  }
}

async function play(party: (change: Change) => Party, change: Change, chunks: readonly string[]): Promise<unknown> {
  const one = party(change);
  for (const chunk of chunks) {
    if (one.pipe.ended) break;
    if (chunk !== '') one.pipe.push(Buffer.from(chunk, 'latin1'));
    await settle([one]);
  }
  const { pipe, world } = one;
  const plain = (text: string): string => text.replace(/[0-9A-Z]{17}/g, 'ID');
  const stored = world.queue.stored.map(({ message, recipients, body }) => [message, recipients, body]);
  one.stop();
  return {
    said: plain(pipe.said),
    ended: pipe.ended,
    stored: plain(JSON.stringify(stored)),
    aborted: world.queue.aborted.length,
    counts: world.counts,
    events: plain(JSON.stringify(world.events)),
  };
}

async function compare(change: Change, chunks: readonly string[]): Promise<void> {
  const [expected, found] = [await play(theirs, change, chunks), await play(ours, change, chunks)];
  assert.deepEqual(found, expected, JSON.stringify(chunks));
}

const commands = [
  'EHLO client.example\r\n',
  'HELO client.example\r\n',
  'EHLO\r\n',
  'ehlo a b\r\n',
  'MAIL FROM:<a@b.example>\r\n',
  'mail from:<a@b.example> SIZE=100 BODY=8BITMIME RET=HDRS\r\n',
  'MAIL FROM:<>\r\n',
  'MAIL FROM:<cron>\r\n',
  'MAIL FROM:<a@b.example> REQUIRETLS\r\n',
  'MAIL FROM:<gr\xc3\xbcn@b.example> SMTPUTF8\r\n',
  'MAIL FROM:<\xff@b.example> SMTPUTF8\r\n',
  'RCPT TO:<one@far.example>\r\n',
  'RCPT TO:<one@far.example> NOTIFY=NEVER\r\n',
  'RCPT TO:<two@far.example>\r\n',
  'RCPT TO:<u@nomail.example>\r\n',
  'RCPT TO:<Postmaster>\r\n',
  'RCPT TO:<bad\r\n',
  'RSET\r\n',
  'NOOP\r\n',
  'NOOP words\r\n',
  'VRFY x\r\n',
  'VRFY\r\n',
  'HELP\r\n',
  'XCLIENT NAME=x\r\n',
  'BDAT 6 LAST\r\n',
  'STARTTLS\r\n',
  'STARTTLS now\r\n',
  'AUTH PLAIN AGFubgBzZWNyZXQ=\r\n',
  'AUTH\r\n',
  'QUIT\r\n',
  'QUIT now\r\n',
  'DATA now\r\n',
  'GET / HTTP/1.1\r\n',
  '\r\n',
  ' \r\n',
  'nonsense\r\n',
  'NOOP\nNOOP\r\n',
  'NOOP\rNOOP\r\n',
  'NOOP\0\r\n',
  'NOOP\n',
  'NOOP\r\r\n',
  `NOOP ${'x'.repeat(2100)}\r\n`,
  `AUTH PLAIN ${'A'.repeat(13_000)}\r\n`,
  `NOOP ${'x'.repeat(13_000)}\r\n`,
  'half',
];
const message = (body: string): readonly string[] => [
  'EHLO x.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<one@far.example>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n',
  `${body}\r\n.\r\n`,
];
const bodies = [
  'Subject: x\r\n\r\nbody',
  'no header',
  '..\r\n...x\r\n.y',
  'a\nb\rc',
  'a\n.\nb',
  'a\r\n.\nb',
  'a\r.\r\nb',
  'a\0b',
  'TLS-Required: No\r\n\r\nx',
  `Subject: gr\xc3\xbcn\r\n\r\n${'\xff'.repeat(50)}`,
  `X: ${'y'.repeat(1200)}\r\n\r\n${'z'.repeat(1200)}`,
  'z'.repeat(70_000),
  'line\r\n'.repeat(2000),
  '',
];
const parts = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...commands).map((line) => [line]) },
  { weight: 2, arbitrary: fc.constantFrom(...bodies).map(message) },
  // Early data, and what follows a message in its last chunk.
  { weight: 1, arbitrary: fc.constantFrom(...bodies).map((body) => [message(body).join('')]) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...bodies), fc.constantFrom(...commands))
      .map(([body, next]) => [message(body)[0] ?? '', (message(body)[1] ?? '') + next]),
  },
);
const dialogues = fc.tuple(fc.array(parts, { maxLength: 12 }), fc.array(fc.nat(4000), { maxLength: 5 }), fc.boolean());

/** The parts in one chunk each or together, cut at some places more; in the end nothing is left open. */
function chunksOf(texts: readonly (readonly string[])[], cuts: readonly number[], together: boolean): string[] {
  const apart = [...texts.flatMap((group) => (together ? [group.join('')] : group)), '\r\n.\r\nRSET\r\nQUIT\r\n'];
  return apart.flatMap((text) => {
    const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
    return places.slice(1).map((place, index) => text.slice(places[index], place));
  });
}

const aliases = new Map([['root', mailboxAt('ops', domainName('example.org'))]]);
const listeners: Readonly<Record<string, Change>> = {
  'a client of ours': {},
  'a stranger': { clients: nobody() },
  'bare newlines refused': { bareNewline: 'refuse' },
  'a submission listener': { kind: 'submission', aliases },
  'a stranger at a submission listener': { kind: 'submission', clients: nobody() },
  'small limits': { maxMessageSize: 5000, maxRecipients: 2, limits: { commands: 12, errors: 3, line: 1000 } },
  'TLS demanded': { tls: 'required' },
  'no TLS, passwords': { tls: 'off', auth: 'password' },
};

for (const [name, change] of Object.entries(listeners))
  test(`SRV-3 SRV-4 SMUG-1 SMUG-2 SMUG-3 SMUG-4 any dialogue, any chunks: as the reference; ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(dialogues, ([texts, cuts, together]) => compare(change, chunksOf(texts, cuts, together))),
      { numRuns: 40 },
    );
  });

test('SRV-3 every command by itself, octet by octet, gets the reply of the reference', async () => {
  for (const line of commands.filter((command) => command.length < 100))
    await compare({}, ['EHLO x.example\r\n', ...line, '\r\n.\r\nRSET\r\nQUIT\r\n']);
});

test('SMUG-1 SMUG-2 SMUG-8 every body, cut anywhere, is stored as by the reference', async () => {
  for (const body of bodies.filter((text) => text.length < 100)) {
    const [envelope = '', data = ''] = message(body);
    for (let cut = 0; cut <= data.length; cut++)
      await compare({}, [envelope, data.slice(0, cut), data.slice(cut), 'QUIT\r\n']);
  }
});

test('SRV-26 a flood of commands ends where it ends for the reference', async () => {
  const flood = (line: string, count: number): readonly string[] => [line.repeat(count), 'QUIT\r\n'];
  await compare({}, flood('NOOP\r\n', 500));
  await compare({}, flood('nonsense\r\n', 50));
  await compare({ clients: nobody() }, flood('RCPT TO:<bad\r\n', 500));
  await compare({}, flood('x'.repeat(5000), 30));
});

test('EXT-14 EXT-18 TLS-8 the same dialogue through STARTTLS and AUTH gets the same replies', async (t) => {
  const change: Change = { certificates: [await certificate()], auth: 'password', clients: nobody() };
  const mine = await startWorld(t, change);
  const world = makeWorld(change);
  const server = new GuardedServer(world.listener, world.ports);
  const { port } = await server.open();
  t.after(() => server.drain(0));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const inside = [
    'MAIL FROM:<a@b.example>',
    'EHLO x.example',
    'STARTTLS',
    'AUTH',
    'AUTH CRAM-MD5',
    'AUTH PLAIN !!!',
    'AUTH PLAIN',
    '*',
    'AUTH LOGIN',
    base64('ann'),
    `${'A'.repeat(12_400)}`,
    'NOOP',
    `AUTH PLAIN ${base64('\0ann\0wrong')}`,
    'MAIL FROM:<a@b.example> REQUIRETLS',
    'RCPT TO:<u@far.example>',
    'AUTH PLAIN',
    'RSET',
    `AUTH LOGIN ${base64('ann')}`,
    base64('secret'),
    'AUTH PLAIN',
    'EHLO x.example',
    'MAIL FROM:<a@b.example> AUTH=<> REQUIRETLS',
    'RCPT TO:<u@far.example>',
    'DATA',
    'Subject: x\r\n\r\nbody\r\n.',
    'QUIT',
  ];
  const talk = async (to: number): Promise<readonly string[]> => {
    const client = await Client.open(to);
    const before = await client.all('EHLO x.example', 'AUTH PLAIN', 'MAIL FROM:<a@b.example> REQUIRETLS');
    await client.startTls();
    const replies = await client.all(...inside);
    client.end();
    return [...before, ...replies].map((reply) => reply.replace(/queued as .*/, ''));
  };
  assert.deepEqual(await talk(mine.port), await talk(port));
  const bodies = [mine, world].map(({ queue }) => queue.stored[0]?.body.replace(/ id .*/, ''));
  assert.equal(bodies[0], bodies[1]);
  assert.match(bodies[0] ?? '', / with ESMTPSA/);
});
