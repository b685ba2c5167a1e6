// `sekisho tlsa watch`: looks again and again at what is published and presented, and tells people once when something
// breaks, again after a while, and when it is over (OPS-50 to OPS-54). Watches without root and without any key (OPS-68).

import { type AlarmEvent, type AlarmMemory, type Round, settleAlarms } from '../agent/alarms.ts';
import { parseDuration } from '../config/values.ts';
import type { DomainName } from '../core/base/brand.ts';
import { instant } from '../core/base/brand.ts';
import { isNonEmpty } from '../core/base/result.ts';
import type { Arguments } from './flags.ts';
import type { Program, WatchChannels, WatchRequest } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, mark, printable } from './terminal.ts';
import { readSubjects } from './tlsa-check.ts';
import { fill } from './tlsa-rollover-words.ts';
import { sayAlarm, watchWords } from './tlsa-watch-words.ts';
import { readHost } from './tlsa-words.ts';

type Watch = {
  readonly request: WatchRequest;
  readonly channels: WatchChannels;
  readonly memoryPath: string;
  /** Milliseconds. */
  readonly repeat: number;
  readonly every: number;
};

export async function tlsaWatch(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help tlsa\n`);
    return exitCodes.usage;
  };
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const watch = readWatch(given, loaded.config.delivery.port, loaded.config.stateDirectory);
  if (typeof watch === 'string') return misuse(watch);
  const recalled = await program.alarmMemory(watch.memoryPath);
  if (recalled.kind === 'fault') return misuse(recalled.fault);
  // Before people are told: what cannot be kept would be told anew in each round.
  const kept = await program.rememberAlarms(watch.memoryPath, recalled.value);
  if (kept.kind === 'fault') return misuse(`${kept.fault}; --memory names another file`);
  for (let memory = recalled.value; ; ) {
    const looked = await program.watchRound(loaded, flags, watch.request, memory);
    if (looked.kind === 'fault') {
      terminal.err(`sekisho: ${printable(looked.fault.says)}\n`);
      return looked.fault.exit;
    }
    const { round, facts } = looked.value;
    const settled = settleAlarms({ ...memory, facts }, round, instant(program.now()), watch.repeat);
    memory = settled.memory;
    await tell(program, given, watch, settled.events);
    // After telling: who is cut off between the two tells twice, never not at all.
    const written = await program.rememberAlarms(watch.memoryPath, memory);
    if (written.kind === 'fault') return misuse(written.fault);
    if (flags.on('once')) return atEnd(program, given, watch, memory, round);
    await program.sleep(watch.every);
  }
}

/** @returns what is wrong with the flags. */
function readWatch(given: Arguments, usualPort: number, stateDirectory: string): Watch | string {
  const { flags } = given;
  const subjects = readSubjects(given, usualPort);
  if (typeof subjects === 'string')
    return subjects.replace('tlsa check', 'tlsa watch').replace('tlsa check', 'tlsa watch');
  const dkim: DomainName[] = [];
  for (const text of flags.all('dkim')) {
    const name = readHost(text);
    if (name.kind === 'fault') return `--dkim: ${name.fault}`;
    dkim.push(name.value);
  }
  const [every, repeat] = [parseDuration(flags.text('every') ?? '15m'), parseDuration(flags.text('repeat') ?? '24h')];
  if (every === undefined || every < 1)
    return `--every wants a duration such as 15m, not ${JSON.stringify(flags.text('every'))}`;
  if (repeat === undefined) return `--repeat wants a duration such as 24h, not ${JSON.stringify(flags.text('repeat'))}`;
  const authorities = flags.all('authority');
  const mail = flags.text('mail');
  if (mail !== undefined && !/^[^\s@<>-][^\s@<>]*@[^\s@<>]+$/.test(mail))
    return `--mail wants an address, not ${JSON.stringify(mail)}`;
  return {
    request: {
      subjects,
      dkim,
      servers: isNonEmpty(authorities) ? { kind: 'only', addresses: authorities } : { kind: 'found' },
    },
    channels: { hook: flags.text('hook'), mail, sendmail: flags.text('sendmail') ?? '/usr/sbin/sendmail' },
    memoryPath: flags.text('memory') ?? `${stateDirectory}/tlsa/watch.json`,
    repeat: repeat * 1000,
    every: every * 1000,
  };
}

async function tell(
  program: Program,
  { flags }: Arguments,
  { channels }: Watch,
  events: readonly AlarmEvent[],
): Promise<void> {
  const { terminal } = program;
  for (const event of events) {
    const says = printable(sayAlarm(event));
    const { kind, subject, detail } = event;
    if (flags.on('json'))
      json(terminal, {
        schema: 'sekisho.tlsa/1',
        act: 'watch',
        at: new Date(program.now()).toISOString(),
        event: event.event,
        alarm: kind,
        subject,
        detail,
        since: new Date(event.since).toISOString(),
        says: event.says,
      });
    else if (!flags.on('quiet'))
      terminal.out(`${mark(terminal, event.event === 'recovered' ? 'pass' : 'fail')} ${says}\n`);
    const title = fill(watchWords.mailSubject, { event: event.event, kind, subject });
    const wrong = await program.tellPeople(channels, {
      event: event.event,
      kind,
      subject,
      says,
      mail: mailOf(program, channels, title, says),
    });
    for (const one of wrong) terminal.err(`sekisho: ${printable(fill(watchWords.channelFailed, { says: one }))}\n`);
  }
}

/** RFC 5322; whoever runs sendmail is the sender. */
const mailOf = (program: Program, { mail = '' }: WatchChannels, title: string, says: string): string =>
  [
    `To: ${mail}`,
    `Subject: ${title.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)}`,
    `Date: ${new Date(program.now()).toUTCString().replace('GMT', '+0000')}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    says,
    '',
  ].join('\n');

/** `--once`: 1 while an alarm stands, 3 when something could not be told, 0 when all is well. */
function atEnd(
  { terminal }: Program,
  { flags }: Arguments,
  { request }: Watch,
  { alarms }: AlarmMemory,
  { unknown, seen }: Round,
): ExitCode {
  for (const [subject, says] of unknown) terminal.err(`${printable(fill(watchWords.unknown, { subject, says }))}\n`);
  if (Object.values(alarms).some(({ subject }) => seen.includes(subject))) return exitCodes.no;
  if (unknown.size > 0) return exitCodes.unknown;
  if (flags.on('verbose')) terminal.out(`${fill(watchWords.well, { count: String(request.subjects.length) })}\n`);
  return exitCodes.yes;
}
