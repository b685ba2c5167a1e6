// The two ends of every run: the source that hands mail to the relay, and the sink that is every destination.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitOf, type Group } from './group.ts';
import { at } from './place.ts';
import { certificate, manyDomains, newDomains } from './zones.ts';

export const relayPort = 2525;
const control = 'http://127.0.0.1:8025';

export const oneDomain = 'one.bench.test';
export const allDomains: string = `d%02d.bench.test*${manyDomains}`;
export const coldDomains: string = `c%04d.bench.test*${newDomains}`;

/** What the source says at its end. */
export type Sent = {
  readonly accepted: number;
  readonly failed: number;
  readonly start_ns: number;
  readonly end_ns: number;
  /** Messages accepted per second. */
  readonly rate: number;
  /** From the final dot sent to the 250 read. */
  readonly lat_ms_p50: number;
  readonly lat_ms_p99: number;
  readonly lat_ms_max: number;
  readonly errors?: Readonly<Record<string, number>>;
};

export type Seen = {
  readonly messages: number;
  readonly unique: number;
  readonly duplicates: number;
  readonly bytes: number;
  readonly conns: number;
  readonly handshakes: number;
  readonly resumed: number;
  readonly hs_failed: number;
  readonly msgs_without_tls: number;
  readonly max_active: number;
  readonly first_ns: number;
  readonly last_ns: number;
  readonly tls: Readonly<Record<string, number>>;
  readonly msgs_by_addr: Readonly<Record<string, number>>;
};

export type Load = {
  readonly domains: string;
  readonly messages: number;
  readonly size?: number;
  readonly sessions?: number;
  /** Of each message, all in its domain. */
  readonly recipients?: number;
  /** STARTTLS on the way in, and a connection for each message. */
  readonly tls?: 'each';
  /** Number of the first message; a number is never sent twice between two resets of the sink. */
  readonly firstId?: number;
};

export async function send(group: Group, load: Load): Promise<Sent> {
  const { domains, messages, size = 5000, sessions = 10, firstId = 0, recipients = 1 } = load;
  const numbers = { n: messages, size, c: sessions, id: firstId, rcpts: recipients };
  const flags = Object.entries(numbers).flatMap(([flag, value]) => [`-${flag}`, String(value)]);
  if (load.tls === 'each') flags.push('-starttls', '-per-conn', '1');
  const command = [at('bin/source'), '-addr', `127.0.0.1:${relayPort}`, '-domains', domains, ...flags];
  const child = group.start(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  const [code] = await Promise.all([exitOf(child), child.stdout && once(child.stdout, 'end')]);
  if (code !== 0) throw new Error(`source: exit ${code}`);
  return JSON.parse(text) as Sent;
}

export function startSink(group: Group): ChildProcess {
  const { cert, key } = certificate('sink');
  return group.start([at('bin/sink'), '-cert', cert, '-key', key, '-listen', '0.0.0.0:25']);
}

async function ask(path: string): Promise<string> {
  const response = await fetch(control + path);
  const text = await response.text();
  if (!response.ok) throw new Error(`sink ${path}: ${text}`);
  return text;
}

export const seen = async (): Promise<Seen> => JSON.parse(await ask('/stats')) as Seen;
export const reset = (): Promise<string> => ask('/reset');
/** A round trip of so long to every destination; a change ends the open connections. */
export const setRoundTrip = (rtt: string): Promise<string> => ask(`/set?rtt=${rtt}`);
/** `down`: connections are refused, and those that are open end. */
export const setSink = (state: 'up' | 'down'): Promise<string> => ask(`/${state}`);

/** Waits for so many different messages. @returns what was seen, be it less when nothing more came for `idleMs`. */
export async function awaitMessages(count: number, limitMs = 240_000, idleMs = 60_000): Promise<Seen> {
  const begin = Date.now();
  let lastMove = begin;
  let last = -1;
  for (;;) {
    const now = await seen();
    if (now.unique >= count) return now;
    if (now.unique !== last) {
      last = now.unique;
      lastMove = Date.now();
    }
    if (Date.now() - begin > limitMs || Date.now() - lastMove > idleMs) return now;
    await sleep(Date.now() - lastMove < 2000 ? 50 : 300);
  }
}
