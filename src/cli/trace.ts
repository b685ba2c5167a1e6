// `sekisho trace <domain>`: one dialogue with its mail host, line by line, by the relay's own dialer and judge. Without a
// domain: the dialogues of the running relay as they go on. Prefixes tell TLS from cleartext, as swaks has them.

import type { DialogueLine } from '../agent/ports.ts';
import type { CheckReport } from '../agent/probe.ts';
import { padded } from '../core/words/say.ts';
import { type Arguments, timeoutOf } from './flags.ts';
import type { CheckOptions, Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, printable, say, type Terminal } from './terminal.ts';

const says = {
  key: '->  we say, <-  they say, ~>  and <~  the same inside TLS, ===  what happened',
  verdict: 'verdict',
  filters: '--domain, --from, --to and --limit are for following the relay; name no domain then',
  one: 'one domain or address, or none to follow the running relay',
  port: '--port wants 1 to 65535',
  starttls: '--starttls wants smtp or none',
  limit: '--limit wants a whole number above 0',
  following: 'following the relay; end it with Ctrl-C',
  missed: (count: number): string => `(${count} lines were not seen: too many came at once)`,
};

export async function trace(program: Program, given: Arguments): Promise<ExitCode> {
  const { words, flags } = given;
  const misuse = (what: string): ExitCode => {
    program.terminal.err(`sekisho: ${printable(what)}\nsee: sekisho help trace\n`);
    return exitCodes.usage;
  };
  if (words.length > 1) return misuse(says.one);
  const subject = words[0] ?? flags.text('host');
  if (subject === undefined) return follow(program, given, misuse);
  if (['domain', 'from', 'to', 'limit'].some((name) => flags.text(name) !== undefined)) return misuse(says.filters);
  const options = readOptions(given);
  if (typeof options === 'string') return misuse(options);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const { terminal } = program;
  const quiet = flags.on('quiet');
  if (!quiet && !flags.on('json')) terminal.err(`${says.key}\n`);
  const hear = (line: DialogueLine): void => {
    if (flags.on('json')) json(terminal, { schema: 'sekisho.trace/1', ...line });
    else if (!quiet) terminal.out(`${dialogueLine(spoken(terminal, line))}\n`);
  };
  const looked = await program.trace(loaded, flags, subject, options, hear);
  if (looked.kind === 'fault') return misuse(looked.fault);
  const report = looked.value;
  if (flags.on('json'))
    json(terminal, {
      schema: 'sekisho.trace/1',
      kind: 'verdict',
      verdict: report.verdict,
      level: report.level,
      reason: report.reason,
    });
  else if (!quiet) terminal.out(`${verdictOf(terminal, report)}\n`);
  return report.verdict === 'cleared' ? exitCodes.yes : report.verdict === 'blocked' ? exitCodes.no : exitCodes.unknown;
}

const prefixes: Readonly<Record<DialogueLine['kind'], Readonly<Record<DialogueLine['channel'], string>>>> = {
  sent: { cleartext: ' ->', tls: ' ~>' },
  heard: { cleartext: '<- ', tls: '<~ ' },
  note: { cleartext: '===', tls: '===' },
};

/** ATK-112: what a host says is shown, never obeyed. */
export const dialogueLine = ({ kind, channel, text }: DialogueLine): string =>
  `${prefixes[kind][channel]} ${printable(text)}`;

/** What we tell ourselves; what peers said stays as it was said. */
const spoken = (terminal: Terminal, line: DialogueLine): DialogueLine =>
  line.kind === 'note' ? { ...line, text: say(terminal, line.text) } : line;

const verdictOf = (terminal: Terminal, { verdict, level, reason, explain }: CheckReport): string =>
  [
    `${padded(say(terminal, says.verdict), 9)} ${verdict}${level === null ? '' : ` (${level})`}`,
    ...(reason === null
      ? []
      : [`          ${reason}`, ...explain.slice(0, 1).map((line) => `          ${printable(say(terminal, line))}`)]),
  ].join('\n');

function readOptions({ flags }: Arguments): CheckOptions | string {
  const name = flags.text('host');
  const port = flags.text('port') ?? '25';
  const starttls = flags.text('starttls') ?? 'smtp';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return says.port;
  if (starttls !== 'smtp' && starttls !== 'none') return says.starttls;
  return {
    mx: flags.text('mx'),
    host: name === undefined ? undefined : { name, port: Number(port), starttls },
    all: flags.on('all') ? 'yes' : 'no',
    connect: 'yes',
    requiretls: flags.on('requiretls') ? 'yes' : 'no',
    floor: undefined,
    sender: undefined,
    chain: undefined,
  };
}

// ---- the running relay

/** Between two questions to the relay, in milliseconds. */
const pause = 250;

async function follow(program: Program, given: Arguments, misuse: (what: string) => ExitCode): Promise<ExitCode> {
  const { flags } = given;
  const { terminal } = program;
  const limit = flags.text('limit');
  if (limit !== undefined && !/^[1-9]\d{0,6}$/.test(limit)) return misuse(says.limit);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const relay = program.relay(loaded, flags);
  const sieve = makeSieve(given);
  const until = flags.text('timeout') === undefined ? Number.POSITIVE_INFINITY : program.now() + timeoutOf(flags);
  let left = limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  let { next } = await relay.trace(undefined);
  if (!flags.on('quiet') && !flags.on('json')) terminal.err(`${says.following}\n${says.key}\n`);
  while (left > 0 && program.now() < until && terminal.gone?.() !== true) {
    const heard = await relay.trace(next);
    next = heard.next;
    if (heard.missed > 0) terminal.err(`${says.missed(heard.missed)}\n`);
    for (const line of heard.lines.flatMap(sieve).slice(0, left)) {
      left -= 1;
      if (flags.on('json')) json(terminal, { schema: 'sekisho.trace/1', ...line });
      else if (!flags.on('quiet'))
        terminal.out(`${line.session} ${line.host} ${dialogueLine(spoken(terminal, line))}\n`);
    }
    if (left > 0) await program.sleep(pause);
  }
  return exitCodes.yes;
}

type Sieved = { readonly held: DialogueLine[]; readonly wanted: Set<string> };

/** A session's lines are held until all that was asked for has been seen in it; then they and all further ones are shown. */
function makeSieve({ flags }: Arguments): (line: DialogueLine) => readonly DialogueLine[] {
  const asked = (['domain', 'from', 'to'] as const).flatMap((name) => {
    const value = flags.text(name)?.toLowerCase();
    return value === undefined ? [] : [[name, value] as const];
  });
  const sessions = new Map<number, Sieved>();
  return (line) => {
    if (asked.length === 0) return [line];
    const session = sessions.get(line.session) ?? { held: [], wanted: new Set(asked.map(([name]) => name)) };
    sessions.set(line.session, session);
    for (const oldest of sessions.keys()) if (sessions.size > 1000) sessions.delete(oldest);
    for (const [name, value] of asked) if (fits(line, name, value)) session.wanted.delete(name);
    session.held.push(line);
    return session.wanted.size > 0 ? [] : session.held.splice(0);
  };
}

function fits({ host, kind, text }: DialogueLine, name: 'domain' | 'from' | 'to', value: string): boolean {
  const command = kind === 'sent' ? text.toLowerCase() : '';
  if (name === 'from') return command.startsWith(`mail from:<${value}>`);
  if (name === 'to') return command.startsWith(`rcpt to:<${value}>`);
  const at = host.toLowerCase();
  return (
    at === value || at.endsWith(`.${value}`) || (command.startsWith('rcpt to:<') && command.includes(`@${value}>`))
  );
}
