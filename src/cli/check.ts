// `sekisho check <domain>…`: the ladder, from the value that the probe made with delivery's own code (OPS-10, OBS-5).

import type { AuthorityRow, CheckReport, Sender } from '../agent/probe.ts';
import { checkPage } from './check-html.ts';
import { ladder, oneLine } from './check-ladder.ts';
import type { Arguments } from './flags.ts';
import type { CheckOptions, Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, json, printable, say, type Terminal, worst } from './terminal.ts';
import { readLocal } from './tlsa-check.ts';

const floors = ['may', 'encrypt', 'verify', 'secure', 'dane-only'];
const senders: readonly Sender[] = ['dane', 'mta-sts', 'requiretls', 'opportunistic'];
const levels: readonly (string | null)[] = [null, 'cleartext', 'encrypted', 'webpki', 'dane'];

export async function check(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help check\n`);
    return exitCodes.usage;
  };
  const chain = await readLocal(program, given);
  if (typeof chain === 'string') return misuse(chain);
  const options = readOptions(given, chain);
  if (typeof options === 'string') return misuse(options);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const subjects = options.host === undefined ? given.words : [options.host.name];
  const codes: ExitCode[] = [];
  const reports: CheckReport[] = [];
  const looked = flags.on('via-daemon')
    ? viaDaemon(program.relay(loaded, flags), subjects, options)
    : program.check(loaded, flags, subjects, options);
  let done = 0;
  terminal.progress?.(lookingAt(terminal, subjects, done));
  for await (const result of looked) {
    done += 1;
    if (result.kind === 'fault') {
      terminal.err(`sekisho: ${printable(result.fault)}\n`);
      codes.push(exitCodes.usage);
      continue;
    }
    const report = result.value;
    reports.push(report);
    if (flags.on('json')) json(terminal, viewOf(report));
    else if (!flags.on('quiet'))
      terminal.out(
        `${subjects.length > 1 && !flags.on('verbose') ? oneLine(program, report) : ladder(program, report, flags)}\n`,
      );
    codes.push(exitOf(report, flags.text('require')), ...(report.authorities ?? []).map(exitOfServers));
    terminal.progress?.(lookingAt(terminal, subjects, done));
  }
  terminal.progress?.('');
  return worst([...codes, await writeReport(program, given, reports, loaded.config.resolver.servers)]);
}

/** Who waits sees for what. */
const lookingAt = (terminal: Terminal, subjects: readonly string[], done: number): string =>
  done >= subjects.length
    ? ''
    : `${say(terminal, `looking at ${printable(subjects[done] ?? '')}`)}${subjects.length > 1 ? ` (${done + 1}/${subjects.length})` : ''}`;

const viewOf = (report: CheckReport): unknown => ({ schema: 'sekisho.check/1', ...report });

async function* viaDaemon(
  relay: ReturnType<Program['relay']>,
  subjects: readonly string[],
  options: CheckOptions,
): ReturnType<Program['check']> {
  for (const subject of subjects) yield await relay.check(subject, options);
}

/** @returns the options, or what is wrong with them. */
function readOptions({ words, flags }: Arguments, chain: CheckOptions['chain']): CheckOptions | string {
  const name = flags.text('host');
  const port = flags.text('port') ?? '25';
  const starttls = flags.text('starttls') ?? 'smtp';
  const floor = flags.text('floor');
  const require = flags.text('require');
  const as = flags.text('as');
  const out = flags.text('out');
  if (name === undefined && words.length === 0) return 'a domain or address is wanted, e.g. sekisho check example.org';
  if (name !== undefined && words.length > 0) return '--host takes the place of a domain';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return `--port wants 1 to 65535, not ${JSON.stringify(port)}`;
  if (starttls !== 'smtp' && starttls !== 'none') return '--starttls wants smtp or none';
  if (floor !== undefined && !floors.includes(floor)) return `--floor wants one of ${floors.join(', ')}`;
  if (require !== undefined && require !== 'authenticated' && require !== 'dane')
    return '--require wants authenticated or dane';
  const sender = senders.find((one) => one === as);
  if (as !== undefined && sender === undefined) return `--as wants one of ${senders.join(', ')}`;
  if (out !== undefined && !/\.(html|json)$/.test(out)) return '--out wants a name that ends in .html or .json';
  if (chain !== undefined && flags.on('via-daemon')) return '--cert is looked at here, not by the running relay';
  const addresses = flags.all('authority');
  const allAuth = flags.on('all-auth') || addresses.length > 0;
  if (allAuth && flags.on('via-daemon')) return '--all-auth asks from here, not by the running relay';
  if (chain !== undefined && flags.on('no-connect')) return '--cert connects to nobody as it is';
  return {
    mx: flags.text('mx'),
    host: name === undefined ? undefined : { name, port: Number(port), starttls },
    all: flags.on('all') ? 'yes' : 'no',
    connect: flags.on('no-connect') ? 'no' : 'yes',
    requiretls: flags.on('requiretls') ? 'yes' : 'no',
    floor,
    sender,
    chain,
    ...(allAuth ? { authorities: { addresses } } : {}),
  };
}

/** cli.md: 0 would deliver as demanded, 1 would not, 3 could not tell. */
export function exitOf(report: CheckReport, require: string | undefined): ExitCode {
  if (report.verdict === 'undetermined') return exitCodes.unknown;
  if (report.verdict === 'blocked') return exitCodes.no;
  const wanted = require === 'dane' ? 'dane' : require === 'authenticated' ? 'webpki' : null;
  return levels.indexOf(report.level) >= levels.indexOf(wanted) ? exitCodes.yes : exitCodes.no;
}

/** OPS-19: servers that differ fail some sender; one that did not answer leaves open what it would have said. */
const exitOfServers = ({ agree }: AuthorityRow): ExitCode =>
  ({ yes: exitCodes.yes, no: exitCodes.no, unknown: exitCodes.unknown })[agree];

/** `--out`: one file with everything, whatever is on the screen. */
async function writeReport(
  program: Program,
  { flags }: Arguments,
  reports: readonly CheckReport[],
  servers: readonly string[],
): Promise<ExitCode> {
  const path = flags.text('out');
  if (path === undefined || reports.length === 0) return exitCodes.yes;
  const made = {
    at: new Date(program.now()).toISOString(),
    version: program.version,
    resolver: servers.length === 0 ? 'the resolvers of this machine' : servers.join(', '),
    language: program.terminal.style.language ?? 'en',
  };
  const text = path.endsWith('.html')
    ? checkPage(reports, made)
    : `${reports.map((report) => JSON.stringify(viewOf(report))).join('\n')}\n`;
  const written = await program.write(path, text);
  if (written.kind === 'ok') return exitCodes.yes;
  program.terminal.err(`sekisho: ${printable(written.fault)}\n`);
  return exitCodes.usage;
}
