// Our client beside nodemailer's, whose place it took (ADR 10): the same dialogue, with replies cut anywhere, puts the same
// octets on the wire and comes to the same recipients. What nodemailer is too lenient in stands in dialer-contract.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { createDialer } from '../../../src/adapters/smtp/dialer.ts';
import { createTlsClient } from '../../../src/adapters/smtp/tls.ts';
import type { NonEmpty } from '../../../src/core/base/result.ts';
import type { EnvelopeRecipient } from '../../../src/core/smtp/envelope.ts';
import { accepted, callOf, cleared, messageOf, metrics, recipient, running, silentLog } from './given.ts';

type Dialogue = {
  readonly pipelining: 'listed' | 'missing';
  readonly mail: number;
  /** One for each recipient. */
  readonly rcpt: readonly number[];
  readonly data: number;
  readonly final: number;
  /** Replies have so many lines and are cut after so many octets. */
  readonly lines: number;
  readonly cut: number;
  readonly body: string;
};

/** What stands between EHLO and QUIT, and who got the message. */
type Seen = { readonly octets: string; readonly taken: readonly string[] };

const addressOf = (index: number): string => `r${index}@to.example`;
const from = 'from@sender.example';

/** A server in cleartext that follows the dialogue, once. */
async function serving(dialogue: Dialogue, client: (port: number) => Promise<readonly string[]>): Promise<Seen> {
  let octets = '';
  let open: Socket | undefined;
  const server = createServer((socket) => {
    open = socket;
    socket.setNoDelay(true).on('error', () => undefined);
    const say = cutting(socket, dialogue.cut);
    let rest = '';
    let mode: 'command' | 'data' = 'command';
    let recipients = 0;
    const reply = (code: number): void => {
      const all = Array.from({ length: dialogue.lines }, (_, at) => `${code}${at === dialogue.lines - 1 ? ' ' : '-'}x`);
      say(`${all.join('\r\n')}\r\n`);
    };
    say('220 sink\r\n');
    socket.on('data', (chunk) => {
      rest += chunk.toString('latin1');
      for (;;) {
        const end = mode === 'data' ? `\r\n${rest}`.indexOf('\r\n.\r\n') + 3 : rest.indexOf('\r\n') + 2;
        if (end < (mode === 'data' ? 3 : 2)) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end);
        if (mode === 'data') {
          octets += line;
          mode = 'command';
          reply(dialogue.final);
          continue;
        }
        const verb = line.slice(0, 4);
        if (verb === 'EHLO') say(`250-sink\r\n250${dialogue.pipelining === 'listed' ? ' PIPELINING' : ' HELP'}\r\n`);
        else if (verb !== 'QUIT') octets += line;
        if (verb === 'MAIL') reply(dialogue.mail);
        if (verb === 'RCPT') reply(dialogue.rcpt[recipients++] ?? 250);
        if (verb === 'DATA') {
          const nobody = dialogue.mail >= 400 || dialogue.rcpt.every((code) => code >= 400);
          mode = dialogue.data < 400 && !nobody ? 'data' : 'command';
          reply(nobody ? 503 : dialogue.data);
        }
        if (verb === 'QUIT') socket.end('221 bye\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const taken = await client((server.address() as { port: number }).port);
    return { octets, taken };
  } finally {
    open?.destroy();
    server.close();
  }
}

/** Writes so many octets at a time, in different turns of the event loop. */
function cutting(socket: Socket, size: number): (text: string) => void {
  let waiting = '';
  const next = (): void => {
    if (waiting === '' || socket.destroyed) return;
    socket.write(waiting.slice(0, size));
    waiting = waiting.slice(size);
    setImmediate(next);
  };
  return (text) => {
    const idle = waiting === '';
    waiting += text;
    if (idle) setImmediate(next);
  };
}

const reference =
  ({ rcpt, body }: Dialogue) =>
  (port: number): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      const connection = new SMTPConnection({ host: '127.0.0.1', port, name: 'relay.example', ignoreTLS: true });
      connection.once('error', reject);
      connection.connect(() => {
        const envelope = { from, to: rcpt.map((_, index) => addressOf(index)) };
        connection.send(envelope, body, (failed: Error | null, info?: { accepted: string[] }) => {
          connection.close();
          resolve(failed === null ? (info?.accepted ?? []) : []);
        });
      });
    });

const dialer = createDialer({
  tls: createTlsClient({ trustStore: { certificates: [], source: 'none' }, suites: 'default', minVersion: 'TLSv1.2' }),
  log: silentLog,
  metrics: metrics(),
});

const ours =
  ({ rcpt, body }: Dialogue) =>
  async (port: number): Promise<readonly string[]> => {
    const dialed = await dialer.dial(callOf(port), running());
    assert(dialed.kind === 'session');
    assert.equal((await dialer.open(accepted(dialed.session))).kind, 'ready');
    const recipients = rcpt.map((_, index) => recipient(addressOf(index))) as unknown as NonEmpty<EnvelopeRecipient>;
    const outcome = await dialer.transfer(cleared(dialed.session), messageOf({ recipients, text: body }), running());
    dialer.close(dialed.session, 'abort');
    assert(outcome.kind === 'replied', JSON.stringify(outcome));
    return outcome.replies
      .filter(({ at, reply }) => at === 'final-dot' && reply.code < 300)
      .map(({ recipient: to }) => to);
  };

const line = fc.constantFrom('', '.', '..', '.x', 'x.', 'x', 'a longer line of text', `${'y'.repeat(900)}`);

const dialogues: fc.Arbitrary<Dialogue> = fc.record({
  pipelining: fc.constantFrom('listed', 'missing'),
  mail: fc.constantFrom(250, 250, 250, 250, 451, 550),
  rcpt: fc.array(fc.constantFrom(250, 250, 450, 550), { minLength: 1, maxLength: 4 }),
  data: fc.constantFrom(354, 354, 354, 354, 451, 554),
  final: fc.constantFrom(250, 250, 250, 451, 554),
  lines: fc.integer({ min: 1, max: 3 }),
  cut: fc.integer({ min: 1, max: 40 }),
  body: fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.map((text) => `${text}\r\n`).join('')),
});

test('SMTP-6 SMTP-9 SMTP-14 EXT-5 replies cut anywhere: the octets and the recipients of another client', async () => {
  await fc.assert(
    fc.asyncProperty(dialogues, async (dialogue) => {
      const theirs = await serving(dialogue, reference(dialogue));
      const own = await serving(dialogue, ours(dialogue));
      assert.deepEqual(own, theirs);
    }),
    { numRuns: 60 },
  );
});
