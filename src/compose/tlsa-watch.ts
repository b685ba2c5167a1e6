// One round of `sekisho tlsa watch` over the bench, its memory, and the ways in which people are told (OPS-50 to OPS-54).

import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeDurably } from '../adapters/store/rollover.ts';
import { type AlarmMemory, type Finding, noAlarms, type Round } from '../agent/alarms.ts';
import { mxNamesOf } from '../agent/presented.ts';
import { probe } from '../agent/probe.ts';
import { checkTlsa } from '../agent/tlsa-check.ts';
import { findingsOf, serverFindings } from '../agent/tlsa-findings.ts';
import type { Flags } from '../cli/flags.ts';
import type { TlsaFault, ToldAlarm, WatchChannels, WatchRequest } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import type { DomainName } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { nameFromText } from '../core/dns/name.ts';
import { RrType } from '../core/dns/registry.ts';
import { authoritiesOf, strangeServer } from './all-auth.ts';
import { type Bench, openBench } from './bench.ts';
import { meaningOf } from './input.ts';
import { viewsOf } from './rollover.ts';
import type { Environment } from './settings.ts';
import { lookAtSerials, lookAtSignatures } from './tlsa-watch-zone.ts';

export type Watched = { readonly round: Round; readonly facts: AlarmMemory['facts'] };

export async function watchRound(
  loaded: Loaded,
  flags: Flags,
  request: WatchRequest,
  memory: AlarmMemory,
  env: Environment,
  terminal: Terminal,
): Promise<Result<Watched, TlsaFault>> {
  const { servers } = request;
  const strange = servers.kind === 'only' ? strangeServer(servers.addresses) : undefined;
  if (strange !== undefined)
    return fault({ exit: 2, says: `--authority wants an address, or address:port, not ${JSON.stringify(strange)}` });
  const opened = openBench(loaded, flags, env, terminal);
  if (opened.kind === 'fault') return fault({ exit: 2, says: opened.fault });
  const bench = opened.value;
  try {
    const unfit = await unfitness(bench);
    if (unfit !== undefined) return ok({ round: untold(request, unfit), facts: memory.facts });
    const parts = [
      ...(await Promise.all(request.subjects.map((subject) => lookAtSubject(bench, subject, servers)))),
      ...(await Promise.all(request.dkim.map((name) => lookAtDkim(bench, name)))),
    ];
    const domains = request.subjects.flatMap((subject) => (subject.kind === 'domain' ? [subject.domain] : []));
    const facts: Record<string, AlarmMemory['facts'][string]> = { ...memory.facts };
    for (const domain of domains) {
      const seen = await lookAtDomain(bench, domain, servers, memory.facts[domain]);
      parts.push(seen.round);
      if (seen.facts !== undefined) facts[domain] = seen.facts;
    }
    return ok({ round: joined(parts), facts });
  } finally {
    bench.outlook.close();
  }
}

/** Through such a resolver everything is bogus, and nothing of it is said of the zone. */
async function unfitness({ outlook }: Bench): Promise<string | undefined> {
  const { state, servers } = await outlook.resolver.examined();
  return state === 'passed'
    ? undefined
    : `no resolver is fit: ${servers.map(({ server, says }) => `${server} ${says}`).join('; ')}`;
}

function untold({ subjects, dkim }: WatchRequest, says: string): Round {
  const seen = [
    ...subjects.map((subject) =>
      subject.kind === 'domain' ? subject.domain : `${subject.service.host}:${subject.service.port}`,
    ),
    ...dkim,
  ];
  return { findings: [], unknown: new Map(seen.map((one) => [one, says])), seen };
}

const joined = (parts: readonly Round[]): Round => ({
  findings: parts.flatMap(({ findings }) => findings),
  unknown: new Map(parts.flatMap(({ unknown }) => [...unknown])),
  seen: [...new Set(parts.flatMap(({ seen }) => seen))],
});

const onceEach = (findings: readonly Finding[]): readonly Finding[] => [
  ...new Map(findings.map((finding) => [finding.detail, finding])).values(),
];

async function lookAtSubject(
  bench: Bench,
  subject: WatchRequest['subjects'][number],
  servers: WatchRequest['servers'],
): Promise<Round> {
  const { outlook, probeOptions, around } = bench;
  const now = around.clock.now();
  const parts: Round[] = [];
  const authorities = authoritiesOf(bench);
  try {
    const options = { ...probeOptions, supposed: [], looks: 'every-address' } as const;
    for await (const found of checkTlsa(outlook.probePorts, subject, options)) {
      if ('kind' in found) {
        const name = subject.kind === 'domain' ? subject.domain : subject.service.host;
        parts.push({ findings: [], unknown: new Map([[name, found.state]]), seen: [name] });
        continue;
      }
      parts.push(findingsOf(found, now));
      const at = `${found.host}:${found.port}`;
      const name = nameFromText(found.owner);
      if (name.kind === 'fault') continue;
      const proof = await outlook.resolver.lookup(name.value, RrType.TLSA);
      const signatures = [
        ...(await lookAtSignatures(bench, at, found.owner, ['TLSA'])),
        ...(await lookAtSignatures(bench, at, found.host, ['A', 'AAAA'])),
      ];
      parts.push({ findings: onceEach(signatures), unknown: new Map(), seen: [at] });
      // DS against DNSKEY and the like: the stable word of the proof (OPS-15).
      if (proof.state === 'secure') {
        const views = await viewsOf(bench, authorities, found.owner.replace(/\.$/, ''), servers);
        parts.push(serverFindings(at, views));
        parts.push(await lookAtSerials(bench, authorities, at, name.value, servers));
      } else if (proof.state === 'bogus')
        parts.push({
          findings: [{ subject: at, kind: 'bogus', detail: '', says: proof.because ?? 'bogus' }],
          unknown: new Map(),
          seen: [at],
        });
    }
  } finally {
    authorities.close();
  }
  return joined(parts);
}

/** OPS-51: MX set, MTA-STS against MX and certificate, and the wish for reports. */
async function lookAtDomain(
  bench: Bench,
  domain: DomainName,
  servers: WatchRequest['servers'],
  known: AlarmMemory['facts'][string] | undefined,
): Promise<{ readonly round: Round; readonly facts: AlarmMemory['facts'][string] | undefined }> {
  const { outlook, probeOptions } = bench;
  const findings: Finding[] = [];
  const found = (kind: Finding['kind'], says: string): void =>
    void findings.push({ subject: domain, kind, detail: '', says });
  const named = await mxNamesOf(outlook.probePorts, domain, probeOptions);
  if (named.kind === 'fault')
    return { round: { findings, unknown: new Map([[domain, named.fault]]), seen: [domain] }, facts: known };
  const mx = [...named.value.hosts].sort();
  // What was there first is what is meant; a person who means the change removes the memory or lets the alarm stand.
  const first = known?.mx ?? mx;
  if (first.join(' ') !== mx.join(' ')) found('mx-changed', `${first.join(' ')} → ${mx.join(' ')}`);
  const report = await probe(outlook.probePorts, domain, { ...probeOptions, all: 'yes', sender: 'mta-sts' });
  if (report.kind === 'fault')
    return { round: { findings, unknown: new Map([[domain, report.fault]]), seen: [domain] }, facts: known };
  const { sts, hosts, tlsrpt, reason } = report.value;
  const unknown = new Map<string, string>();
  if (sts !== null && sts.mode === 'enforce') {
    const wrong = hosts.filter(({ reason: why, tried }) => tried === 'yes' && why !== null);
    if (wrong.length > 0 || report.value.verdict === 'blocked')
      found(
        'sts-mismatch',
        wrong.length > 0 ? wrong.map(({ host, reason: why }) => `${host}: ${why}`).join('; ') : (reason ?? ''),
      );
  }
  const reports = tlsrpt?.state === 'wanted' ? 'wanted' : tlsrpt?.state === 'none' ? 'none' : undefined;
  if (reports === undefined) unknown.set(domain, '_smtp._tls');
  if (reports === 'none' && known?.reports === 'wanted') found('tlsrpt-missing', `_smtp._tls.${domain}`);
  const zone = await lookAtZone(bench, domain, servers);
  return {
    round: joined([{ findings, unknown, seen: [domain] }, zone]),
    facts: { mx: first, reports: known?.reports === 'wanted' ? 'wanted' : (reports ?? 'none') },
  };
}

/** The zone of the mail domain: hosts may be in another one. */
async function lookAtZone(bench: Bench, domain: DomainName, servers: WatchRequest['servers']): Promise<Round> {
  const name = nameFromText(domain);
  if (name.kind === 'fault') return { findings: [], unknown: new Map(), seen: [domain] };
  const findings = await lookAtSignatures(bench, domain, domain, ['MX']);
  const authorities = authoritiesOf(bench);
  try {
    const serials = await lookAtSerials(bench, authorities, domain, name.value, servers);
    return joined([{ findings, unknown: new Map(), seen: [domain] }, serials]);
  } finally {
    authorities.close();
  }
}

/** OPS-51: reports must be signed with a key that is there (RFC 8460 §3). */
async function lookAtDkim({ outlook }: Bench, owner: DomainName): Promise<Round> {
  const { answer } = await outlook.resolver.resolve(owner, 'TXT');
  if (answer.kind === 'failed') return { findings: [], unknown: new Map([[owner, answer.reason]]), seen: [owner] };
  const texts =
    answer.kind === 'found'
      ? answer.value.map((strings) => Buffer.concat(strings.map((one) => Buffer.from(one))).toString('latin1'))
      : [];
  const keyed = texts.some((text) => /(^|;)\s*p\s*=\s*[A-Za-z0-9+/]/.test(text));
  return {
    findings: keyed
      ? []
      : [{ subject: owner, kind: 'dkim-missing', detail: '', says: answer.kind === 'found' ? texts.join(' ') : 'TXT' }],
    unknown: new Map(),
    seen: [owner],
  };
}

// ---- memory

export async function recallAlarms(path: string): Promise<Result<AlarmMemory, string>> {
  try {
    const read = JSON.parse(await readFile(path, 'utf8')) as Partial<AlarmMemory> & { readonly version?: unknown };
    const whole = [read?.alarms, read?.unknown, read?.facts].every((part) => typeof part === 'object' && part !== null);
    if (read?.version !== 1 || !whole) return fault(`${path}: this is no memory of alarms; remove it`);
    return ok(read as AlarmMemory);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return ok(noAlarms);
    return fault(
      error instanceof SyntaxError ? `${path}: this is no memory of alarms; remove it` : `${path}: ${message}`,
    );
  }
}

export async function rememberAlarms(path: string, memory: AlarmMemory): Promise<Result<'written', string>> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeDurably(dirname(path), path, `${JSON.stringify({ version: 1, ...memory }, undefined, 2)}\n`);
    return ok('written');
  } catch (error) {
    return fault(`${path}: ${meaningOf(error as NodeJS.ErrnoException)}`);
  }
}

// ---- telling people

const patience = 60_000;

/** OPS-52. @returns what went wrong. */
export async function tellPeople(
  { hook, mail, sendmail }: WatchChannels,
  told: ToldAlarm,
  env: Environment,
): Promise<readonly string[]> {
  const wrong: (string | undefined)[] = [];
  if (hook !== undefined) {
    const given = {
      ...env,
      SEKISHO_EVENT: told.event,
      SEKISHO_ALARM: told.kind,
      SEKISHO_SUBJECT: told.subject,
      SEKISHO_SAYS: told.says,
    };
    wrong.push(await run(hook, [], given, ''));
  }
  if (mail !== undefined) wrong.push(await run(sendmail, ['-i', '--', mail], env, told.mail));
  return wrong.filter((one) => one !== undefined);
}

function run(program: string, args: readonly string[], env: Environment, input: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: env as NodeJS.ProcessEnv,
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: patience,
      killSignal: 'SIGKILL',
    });
    child.once('error', (error) => resolve(`${program}: ${error.message}`));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `${program} ended with ${code ?? signal}`));
    // A program that does not read its input is no reason to fail.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
