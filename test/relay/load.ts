// A load and what it costs: messages by the thousand over a few sessions, one large message as a stream, and the memory of a
// process as the system counts it.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { SmtpTalk } from '../lab/smtp-talk.ts';

/** Octets; the peak since the last `forgetPeak`. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}

/** The least of several looks: garbage that is about to go does not count. */
export async function settledMemory(pid: number, looks = 10): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < looks; look++) {
    await pause(200);
    least = Math.min(least, memoryOf(pid).now);
  }
  return least;
}

/** @returns how many got a 250. */
export async function fill(
  port: number,
  messages: number,
  octets: number,
  to: (index: number) => string,
  sessions = 8,
): Promise<number> {
  let left = messages;
  let taken = 0;
  const body = `${'m'.repeat(76)}\r\n`.repeat(Math.ceil(octets / 78));
  const session = async (): Promise<void> => {
    const talk = SmtpTalk.to({ address: '127.0.0.1', port });
    await talk.reply();
    await talk.say('EHLO load.test');
    while (left > 0) {
      const index = left--;
      talk.write(`MAIL FROM:<sender@relay.lab.test>\r\nRCPT TO:<${to(index)}>\r\nDATA\r\n`);
      await talk.reply();
      await talk.reply();
      if (!(await talk.reply()).startsWith('354')) break;
      if ((await talk.say(`Subject: load ${index}\r\n\r\n${body}.`)).startsWith('250')) taken++;
    }
    await talk.say('QUIT');
    talk.close();
  };
  await Promise.all(Array.from({ length: sessions }, session));
  return taken;
}

/** One message of so many octets, written as fast as it is taken. @returns the hash of its content and the last reply. */
export async function sendLarge(
  port: number,
  to: string,
  octets: number,
): Promise<{ readonly sha256: string; readonly reply: string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const say = async (line: string, code: RegExp): Promise<void> => {
    text = '';
    socket.write(line);
    while (!code.test(text)) await pause(5);
  };
  while (!text.startsWith('220')) await pause(5);
  await say('EHLO load.test\r\n', /^250 /m);
  await say('MAIL FROM:<sender@relay.lab.test>\r\n', /^250/);
  await say(`RCPT TO:<${to}>\r\n`, /^250/);
  await say('DATA\r\n', /^354/);
  const hash = createHash('sha256');
  const put = async (part: Buffer): Promise<void> => {
    hash.update(part);
    if (!socket.write(part)) await once(socket, 'drain');
  };
  await put(Buffer.from('Subject: large\r\n\r\n'));
  const block = Buffer.from(`${'L'.repeat(126)}\r\n`.repeat(512));
  for (let sent = 0; sent < octets; sent += block.length) await put(block);
  await say('.\r\n', /^\d{3} .*\r\n/);
  socket.destroy();
  return { sha256: hash.digest('hex'), reply: text.trim() };
}
