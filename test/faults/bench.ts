// What every fault is measured by: numbered messages, what the relay said to each, and whether all that got a 250 arrived.

import assert from 'node:assert/strict';
import { SmtpTalk } from '../lab/smtp-talk.ts';
import { memoryOf } from '../relay/load.ts';
import { rawOf } from '../relay/mail.ts';
import { type Running, until, type World } from '../relay/world.ts';

export type Counters = Readonly<Record<string, number>>;

export type Tally = {
  readonly accepted: number[];
  /** Replies 4yz, and connections that ended without a reply. */
  refused: number;
  broken: number;
  /** 5yz: no fault of the machine may lead to one. */
  readonly rejected: string[];
};

export type Bench = {
  readonly world: World;
  readonly running: Running;
  readonly tally: Tally;
  /** Messages one by one in sessions of their own, so many at a time. */
  send(
    count: number,
    more?: { readonly to?: string; readonly lines?: number; readonly atOnce?: number },
  ): Promise<void>;
  /** A message gets 250 and arrives, after refusals if need be; then all that was accepted is there. */
  recovered(): Promise<Counters>;
};

export function benchOf(world: World, running: Running): Bench {
  const tally: Tally = { accepted: [], refused: 0, broken: 0, rejected: [] };
  let count = 0;

  const one = async (to: string, lines: number): Promise<string> => {
    const number = ++count;
    const talk = SmtpTalk.to({ address: '127.0.0.1', port: running.port });
    let last = await talk.reply();
    const body = `${'f'.repeat(76)}\n`.repeat(lines).trimEnd();
    const text = rawOf({ to, subject: `fault ${number}`, body });
    for (const step of [
      'EHLO client.test',
      'MAIL FROM:<sender@relay.lab.test>',
      `RCPT TO:<${to}>`,
      'DATA',
      `${text}.`,
    ]) {
      if (!/^[23]/.test(last)) break;
      last = await talk.say(step);
    }
    talk.close();
    if (last.startsWith('250')) tally.accepted.push(number);
    else if (last.startsWith('4')) tally.refused++;
    else if (last.startsWith('5')) tally.rejected.push(last);
    else tally.broken++;
    return last;
  };

  const send: Bench['send'] = async (messages, { to = 'a@dane-ee.test', lines = 20, atOnce = 6 } = {}) => {
    let left = messages;
    const client = async (): Promise<void> => {
      while (left-- > 0) await one(to, lines);
    };
    await Promise.all(Array.from({ length: atOnce }, client));
  };

  const missing = (): readonly number[] => {
    const there = new Set<number>();
    for (const { raw } of world.lab.messages())
      there.add(Number(/^Subject: fault (\d+)\r$/m.exec(raw.subarray(0, 4000).toString('latin1'))?.[1] ?? -1));
    return tally.accepted.filter((number) => !there.has(number));
  };

  const recovered: Bench['recovered'] = async () => {
    await until(async () => (await one('a@dane-ee.test', 3)).startsWith('250'), 'a 250 after the fault', 90_000);
    await until(() => missing().length === 0, 'all that was accepted', 120_000).catch(() => undefined);
    assert.equal(running.child.exitCode ?? running.child.signalCode, null, running.output().slice(-2000));
    assert.deepEqual(tally.rejected, []);
    assert.deepEqual(missing(), []);
    const { accepted, refused, broken } = tally;
    const peak = Math.round(memoryOf(running.pid).peak / 1e6);
    return { accepted: accepted.length, 'refused with 4yz': refused, 'cut off': broken, lost: 0, 'peak MB': peak };
  };
  return { world, running, tally, send, recovered };
}
