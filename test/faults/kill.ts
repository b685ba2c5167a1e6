// The relay is killed with SIGKILL at random moments, again and again, while it starts, accepts and delivers. What got a 250
// must arrive, octet for octet; what comes twice is held against the queue as each kill left it: only what a sink had taken
// and the queue had not yet settled may come again (RFC 5321 §6.1).

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { rawOf } from '../relay/mail.ts';
import { named, openWorld, program, sekisho, startOutside, until, type World } from '../relay/world.ts';

export type KillCounters = {
  readonly rounds: number;
  /** Killed before the relay listened. */
  readonly atStart: number;
  /** 250 to the final dot. */
  readonly accepted: number;
  /** Sent to its end without a reply: the relay may have it or not. */
  readonly unanswered: number;
  /** Copies that the sinks took. */
  readonly arrived: number;
  /** Accepted, and at no sink. */
  readonly lost: number;
  /** At a sink with other octets than were sent. */
  readonly altered: number;
  /** Copies beyond the first: taken by a sink before a kill, not settled in the queue at that kill. */
  readonly repeated: number;
  /** Copies beyond the first that the queue had settled before: SMTP does not excuse them. */
  readonly wronglyRepeated: number;
  /** Still in the queue when all had arrived. */
  readonly left: number;
};

const clients = 6;
const domains = ['dane-ee.test', 'sts-enforce.example', 'plain.example', 'both.test'];

const sha256 = (octets: string | Buffer): string => createHash('sha256').update(octets).digest('hex');

/** mulberry32 */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Ledger = {
  /** Hash of what was sent, by number. */
  readonly sent: Map<number, string>;
  readonly accepted: Set<number>;
  readonly unanswered: Set<number>;
};

function letterFor(number: number): { readonly to: string; readonly raw: string } {
  // Some are too large for a row of the queue and lie in files.
  const lines = number % 23 === 0 ? 1200 : 5 + (number % 40);
  const body = `${sha256(String(number))}\r\n`.repeat(lines).trimEnd();
  const to = `n${number}@${domains[number % domains.length]}`;
  return { to, raw: rawOf({ to, subject: `kill ${number}`, body }) };
}

/** Messages in one session until the relay is gone. */
async function sendUntilGone(port: number, ledger: Ledger): Promise<void> {
  const talk = SmtpTalk.to({ address: '127.0.0.1', port });
  try {
    if (!(await talk.reply()).startsWith('220')) return;
    await talk.say('EHLO client.test');
    for (;;) {
      const number = ledger.sent.size;
      const { to, raw } = letterFor(number);
      ledger.sent.set(number, sha256(raw));
      for (const step of ['MAIL FROM:<sender@relay.lab.test>', `RCPT TO:<${to}>`, 'DATA'])
        if (!/^[23]/.test(await talk.say(step))) return;
      const reply = await talk.say(`${raw}.`);
      if (reply.startsWith('250')) ledger.accepted.add(number);
      else {
        if (reply === 'closed') ledger.unanswered.add(number);
        return;
      }
    }
  } finally {
    talk.close();
  }
}

/** Numbers of the messages that the queue, as the kill left it, has settled. It is read in a copy. */
function settledIn(folder: string): ReadonlySet<number> {
  const copy = join(folder, 'looked-at.db');
  for (const end of ['', '-wal'])
    if (existsSync(join(folder, `queue.db${end}`))) copyFileSync(join(folder, `queue.db${end}`), `${copy}${end}`);
  try {
    const db = new DatabaseSync(copy);
    const rows = db
      .prepare("SELECT address FROM recipient WHERE state NOT IN ('queued', 'deferred', 'held')")
      .all() as unknown as readonly { address: string }[];
    db.close();
    return new Set(rows.flatMap(({ address }) => numberIn(address)));
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(`${copy}${end}`, { force: true });
  }
}

const numberIn = (text: string): readonly number[] =>
  (/^n(\d+)@/.exec(text)?.slice(1) ?? []).map((digits) => Number(digits));

const numberOf = (raw: Buffer): number => Number(/^Subject: kill (\d+)\r$/m.exec(raw.toString('latin1'))?.[1] ?? -1);

/** What the sinks have taken since they were last looked at. */
function reader(world: World): () => readonly { readonly number: number; readonly hash: string }[] {
  const read = new Map<string, number>();
  return () =>
    [...world.lab.hosts.values()].flatMap((host) => {
      const fresh = host.messages.slice(read.get(host.name) ?? 0);
      read.set(host.name, host.messages.length);
      // The relay puts a trace field in front.
      return fresh.map(({ raw }) => ({
        number: numberOf(raw),
        hash: sha256(raw.subarray(raw.indexOf('\r\nFrom: ') + 2)),
      }));
    });
}

/** One life of the relay: from its start to a kill at a random moment. @returns whether it came to listen. */
async function oneLife(world: World, ledger: Ledger, random: () => number): Promise<'listened' | 'killed at start'> {
  if (random() < 0.1) {
    const child = spawn(process.execPath, [program, 'run', '-c', world.config], { env: world.env, stdio: 'ignore' });
    const gone = new Promise((resolve) => child.once('close', resolve));
    await pause(random() * 700);
    child.kill('SIGKILL');
    await gone;
    return 'killed at start';
  }
  const running = await startOutside(world, { SEKISHO_LOG__LEVEL: 'info' });
  const before = ledger.accepted.size;
  const sending = Array.from({ length: clients }, () => sendUntilGone(running.port, ledger));
  if (random() < 0.8) await until(() => ledger.accepted.size > before, 'the load to begin', 30_000);
  await pause(random() * 400);
  running.child.kill('SIGKILL');
  await running.ended;
  await Promise.all(sending);
  return 'listened';
}

export type KillOptions = {
  readonly rounds: number;
  readonly seed: number;
  /** No further round begins after this moment of performance.now(). */
  readonly until?: number;
  readonly tell?: (line: string) => void;
};

export async function killLoop({ rounds, seed, until: end = Infinity, tell }: KillOptions): Promise<KillCounters> {
  const world = await openWorld(named('dane-ee', 'sts-enforce', 'plain', 'both'));
  const ledger: Ledger = { sent: new Map(), accepted: new Set(), unanswered: new Set() };
  const random = randomFrom(seed);
  const look = reader(world);
  const copies = new Map<number, number>();
  /** At a sink and settled in the queue at some kill. */
  const settled = new Set<number>();
  const count = { done: 0, atStart: 0, arrived: 0, altered: 0, repeated: 0, wronglyRepeated: 0 };
  const take = (): void => {
    for (const { number, hash } of look()) {
      count.arrived++;
      if (hash !== ledger.sent.get(number)) count.altered++;
      const times = copies.get(number) ?? 0;
      copies.set(number, times + 1);
      if (times > 0) settled.has(number) ? count.wronglyRepeated++ : count.repeated++;
    }
  };
  for (; count.done < rounds && performance.now() < end; count.done++) {
    if ((await oneLife(world, ledger, random)) === 'killed at start') count.atStart++;
    // What was on its way to a sink when the relay died comes to its end there.
    await pause(50);
    take();
    for (const number of settledIn(world.folder)) settled.add(number);
    if (tell && (count.done + 1) % 50 === 0)
      tell(`${count.done + 1} rounds: ${JSON.stringify({ ...count, accepted: ledger.accepted.size })}`);
  }
  const last = await startOutside(world, { SEKISHO_LOG__LEVEL: 'info' });
  const missing = (): readonly number[] => {
    take();
    return [...ledger.accepted].filter((number) => !copies.has(number));
  };
  // What is not there when nothing has come for a minute is lost.
  for (let before = -1; missing().length > 0 && count.arrived > before; ) {
    before = count.arrived;
    await until(() => missing().length === 0 || count.arrived > before + 500, 'more', 60_000).catch(() => undefined);
  }
  const isEmpty = async (): Promise<boolean> =>
    (await sekisho(world, 'queue', 'list')).out.includes('the queue is empty');
  const left = await until(isEmpty, 'an empty queue', 60_000).then(
    () => 0,
    () => 1,
  );
  take();
  last.child.kill('SIGKILL');
  await last.ended;
  const { done, ...counted } = count;
  return {
    rounds: done,
    accepted: ledger.accepted.size,
    unanswered: ledger.unanswered.size,
    lost: missing().length,
    left,
    ...counted,
  };
}
