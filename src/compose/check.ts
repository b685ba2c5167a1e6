// `sekisho check` over the bench: delivery's own probe for each subject, against what is live or a chain from a file, now or
// as of another instant.

import { systemClock } from '../adapters/system/clock.ts';
import { type Lapse, lapsesIn, type SignatureEnd } from '../agent/lapses.ts';
import { type CheckReport, probe } from '../agent/probe.ts';
import { type Flags, readAt, timeoutOf } from '../cli/flags.ts';
import type { CheckOptions } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import { type Instant, instant } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { nameFromText, nameToText } from '../core/dns/name.ts';
import { typeFromText } from '../core/dns/presentation.ts';
import { askAuthorities, strangeServer } from './all-auth.ts';
import { type Bench, openBench } from './bench.ts';
import { probeOptionsOf, subjectOf } from './probe-options.ts';
import type { Environment } from './settings.ts';
import { localDialer } from './tlsa.ts';

export async function* checkEach(
  loaded: Loaded,
  flags: Flags,
  subjects: readonly string[],
  options: CheckOptions,
  env: Environment,
  terminal: Terminal,
): AsyncGenerator<Result<CheckReport, string>> {
  const strange = strangeServer(options.authorities?.addresses ?? []);
  if (strange !== undefined)
    return yield fault(`--authority wants an address, or address:port, not ${JSON.stringify(strange)}`);
  const opened = openBench(loaded, flags, env, terminal);
  if (opened.kind === 'fault') return yield opened;
  const later = laterInstant(flags);
  const today = later === undefined ? undefined : openBench(loaded, flags, env, terminal, 'now');
  try {
    for (const subject of subjects) {
      const looked = await look(opened.value, loaded, subject, options, flags);
      const report = await withAuthorities(opened.value, looked, options);
      if (report.kind === 'fault' || later === undefined || today?.kind !== 'ok') yield report;
      else {
        const lapsed = await lapsesOf(today.value, loaded, subject, options, flags, later);
        const renewed = await withFreshSignatures(today.value, opened.value, loaded, subject, options, flags);
        yield ok({ ...report.value, lapsed, renewed });
      }
    }
  } finally {
    opened.value.outlook.close();
    if (today?.kind === 'ok') today.value.outlook.close();
  }
}

async function withAuthorities(
  bench: Bench,
  report: Result<CheckReport, string>,
  { authorities }: CheckOptions,
): Promise<Result<CheckReport, string>> {
  if (report.kind === 'fault' || authorities === undefined) return report;
  return ok({ ...report.value, authorities: await askAuthorities(bench, report.value, authorities.addresses) });
}

/** `--at` ahead of now; the past has nothing to lapse. */
function laterInstant(flags: Flags): Instant | undefined {
  const at = readAt(flags, systemClock.now());
  return at?.kind === 'ok' && at.value > systemClock.now() ? at.value : undefined;
}

async function look(
  bench: Bench,
  loaded: Loaded,
  subject: string,
  options: CheckOptions,
  flags: Flags,
): Promise<Result<CheckReport, string>> {
  const { outlook, sight } = bench;
  const read = probeOptionsOf(loaded, sight, options);
  if (read.kind === 'fault') return read;
  const ports =
    options.chain === undefined
      ? outlook.probePorts
      : { ...outlook.probePorts, dialer: localDialer(bench, options.chain) };
  return probe(ports, subjectOf(subject, options), {
    ...read.value,
    discover: outlook.discoverOptions,
    // A time that was named is for all subjects together; the usual one is for each.
    signal: flags.text('timeout') === undefined ? AbortSignal.timeout(timeoutOf(flags)) : bench.probeOptions.signal,
  });
}

/**
 * Signatures of zones live for days and are renewed by themselves, so nearly nothing would be left of a later verdict:
 * what DNS says is taken as of now, and all else is judged as of then.
 */
async function withFreshSignatures(
  today: Bench,
  then: Bench,
  loaded: Loaded,
  subject: string,
  options: CheckOptions,
  flags: Flags,
): Promise<CheckReport['renewed']> {
  const { outlook } = today;
  const { clock } = then.around;
  const mixed = { ...outlook, probePorts: { ...outlook.probePorts, clock } };
  const report = await look({ ...today, outlook: mixed, around: then.around }, loaded, subject, options, flags);
  if (report.kind === 'fault') return null;
  const { verdict, level, reason } = report.value;
  return { verdict, level, reason };
}

async function lapsesOf(
  bench: Bench,
  loaded: Loaded,
  subject: string,
  options: CheckOptions,
  flags: Flags,
  at: Instant,
): Promise<readonly Lapse[]> {
  const report = await look(bench, loaded, subject, options, flags);
  if (report.kind === 'fault') return [];
  return lapsesIn(report.value, await signaturesOf(bench, report.value), at);
}

/** Every RRSIG that the answers of this destination rest on. */
async function signaturesOf({ outlook: { resolver } }: Bench, report: CheckReport): Promise<readonly SignatureEnd[]> {
  const questions = [
    [report.domain, 'MX'],
    [`_mta-sts.${report.domain}`, 'TXT'],
    ...report.hosts.flatMap(({ host, tlsa_base, port }) => [
      [host, 'A'],
      [host, 'AAAA'],
      ...(tlsa_base === null ? [] : [[`_${port}._tcp.${tlsa_base}`, 'TLSA']]),
    ]),
  ] as const;
  const found = await Promise.all(
    questions.map(async ([text = '', type = '']) => {
      const name = nameFromText(text);
      const number = typeFromText(type);
      if (name.kind === 'fault' || number === undefined) return [];
      const { chain } = await resolver.lookup(name.value, number);
      return chain.flatMap(({ zone, what, expiration }): readonly SignatureEnd[] =>
        expiration === undefined
          ? []
          : [
              {
                zone: nameToText(zone),
                what: what === 'rrset' || what === 'denial' ? `${text} ${type}` : what.toUpperCase(),
                until: instant(expiration * 1000),
              },
            ],
      );
    }),
  );
  return found.flat();
}
