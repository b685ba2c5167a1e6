// `sekisho probe <address>`: one real test message through the running relay (OPS-7): the dialogue as it goes on, the level
// that was reached, and how to read what the other end wrote.

import type { DeliveryRecord, DialogueLine, MessageStory } from '../agent/ports.ts';
import { padded } from '../core/words/say.ts';
import { explain, explainView } from './explain.ts';
import { type Arguments, timeoutOf } from './flags.ts';
import { levelOf } from './log.ts';
import type { Program, RelayClient } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, printable, say } from './terminal.ts';
import { dialogueLine } from './trace.ts';

const says = {
  address: 'one address is wanted, e.g. sekisho probe me@example.org --timeout 60s',
  expect: '--expect wants encrypted, webpki or dane',
  queued: (id: string, nonce: string): string => `probe ${nonce} is queued as ${id}`,
  unheard: 'a session that was open already carried it, so its dialogue was not heard from the start',
  late: (id: string): string => `${id} is still under way; see: sekisho explain ${id}`,
  reached: 'reached',
  less: (level: string, wanted: string): string => `${level} is less than ${wanted}, which was expected`,
  levels: {
    dane: 'DANE: the host proved its key against a TLSA record that DNSSEC protects',
    webpki: 'WebPKI: the host proved its name by a certificate of a trusted authority',
    encrypted: 'encrypted, but nobody proved who was at the other end',
    cleartext: 'cleartext: everybody on the way could read it',
    nothing: 'nothing: no host took it',
  },
  reading: (nonce: string, host: string): readonly string[] => [
    `To see it from the other end, open the message "sekisho probe ${nonce}" there and show its source. Look for the`,
    `Received field that ${host} wrote about this relay. It was encrypted if it says ESMTPS (not ESMTP), beside it`,
    'many hosts write version and cipher, as in (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256). The field',
    'tells what that host saw; that this relay knew the host for the right one only its own record tells, above.',
  ],
};

const levels = ['nothing', 'cleartext', 'encrypted', 'webpki', 'dane'] as const;
type Level = (typeof levels)[number];

export async function probe(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const complain = (text: string, code: ExitCode): ExitCode => {
    terminal.err(`sekisho: ${printable(text)}\n`);
    return code;
  };
  const [address, ...more] = given.words;
  if (address === undefined || more.length > 0 || !address.includes('@'))
    return complain(says.address, exitCodes.usage);
  const expected = flags.text('expect');
  if (expected !== undefined && !['encrypted', 'webpki', 'dane'].includes(expected))
    return complain(says.expect, exitCodes.usage);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, flags);
  const ear = await listen(relay, address);
  const queued = await relay.probe(address);
  if (queued.kind === 'fault') return complain(queued.fault, exitCodes.usage);
  const { id, nonce } = queued.value;
  const loud = !flags.on('json') && !flags.on('quiet');
  if (loud) terminal.out(`${says.queued(id, nonce)}\n`);
  const story = await settled(program, given, relay, id);
  if (story === undefined) return complain(says.late(id), exitCodes.unknown);
  const dialogue = await ear();
  const sent = story.recipients.some(({ state }) => state === 'sent');
  const record = story.records.find(({ result }) => result === 'sent') ?? story.records.at(-1);
  const level = sent && record !== undefined ? asLevel(levelOf(record)) : 'nothing';
  const enough = expected === undefined || levels.indexOf(level) >= levels.indexOf(expected as Level);
  if (flags.on('json')) {
    const view = {
      ...explainView(story),
      schema: 'sekisho.probe/1',
      nonce,
      level,
      expected: expected ?? null,
      dialogue,
    };
    json(terminal, view);
  } else if (loud) {
    for (const line of dialogue) terminal.out(`${dialogueLine(line)}\n`);
    terminal.out(dialogue.length === 0 && sent ? `${says.unheard}\n\n` : '\n');
    await explain(program, { ...given, words: [id] });
    terminal.out(`\n${padded(say(terminal, says.reached), 10)} ${say(terminal, says.levels[level])}${tlsOf(record)}\n`);
    if (sent) terminal.out(`\n${says.reading(nonce, printable(String(record?.mx_host ?? 'the host'))).join('\n')}\n`);
  }
  if (sent && !enough) return complain(says.less(level, expected as string), exitCodes.no);
  return sent ? exitCodes.yes : exitCodes.no;
}

const asLevel = (text: string): Level => levels.find((one) => one === text) ?? 'nothing';

const tlsOf = (record: DeliveryRecord | undefined): string =>
  typeof record?.tls_version === 'string' ? ` (${printable(`${record.tls_version} ${record.tls_cipher}`)})` : '';

/** Waits until the first attempt is over. @returns undefined when the time is. */
async function settled(
  program: Program,
  { flags }: Arguments,
  relay: RelayClient,
  id: string,
): Promise<MessageStory | undefined> {
  const deadline = program.now() + timeoutOf(flags);
  while (program.now() < deadline) {
    const story = await relay.story(id);
    const states = story?.recipients.map((row) => row.state) ?? [];
    if (states.length > 0 && !states.includes('queued')) return story;
    await program.sleep(100);
  }
  return undefined;
}

/** @returns what gives the lines of the sessions in which the address was named. */
async function listen(relay: RelayClient, address: string): Promise<() => Promise<readonly DialogueLine[]>> {
  const { next } = await relay.trace(undefined);
  return async () => {
    const { lines } = await relay.trace(next);
    const wanted = `rcpt to:<${address.toLowerCase()}>`;
    const ours = new Set(
      lines
        .filter(({ kind, text }) => kind === 'sent' && text.toLowerCase().startsWith(wanted))
        .map((one) => one.session),
    );
    return lines.filter(({ session }) => ours.has(session));
  };
}
