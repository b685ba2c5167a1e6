// `sekisho tlsa check`: what is published against what is presented, for every combination, address and kind of client
// (DANE-88, OPS-53), or against a certificate that is not live yet (OPS-13).

import type { TlsaCheck, TlsaSubject } from '../agent/tlsa-check.ts';
import { isNonEmpty, type NonEmpty } from '../core/base/result.ts';
import { parseTlsaText } from '../core/dane/forms.ts';
import type { TlsaData } from '../core/dane/make.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { readMaterial } from '../core/x509/material.ts';
import type { Arguments } from './flags.ts';
import type { Program, TlsaReport } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { bold, type ExitCode, exitCodes, json, mark, printable, say, worst } from './terminal.ts';
import { readHost, readPlace, readPorts, readStarttls, tlsAt } from './tlsa-words.ts';

export async function tlsaCheck(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const { flags } = given;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help tlsa\n`);
    return exitCodes.usage;
  };
  const supposed: TlsaData[] = [];
  for (const text of flags.all('record')) {
    const record = parseTlsaText(text);
    if (record.kind === 'fault') return misuse(`--record: ${record.fault}`);
    supposed.push(record.value);
  }
  const local = await readLocal(program, given);
  if (typeof local === 'string') return misuse(local);
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return exitCodes.usage;
  const subjects = readSubjects(given, loaded.config.delivery.port);
  if (typeof subjects === 'string') return misuse(subjects);
  const codes: ExitCode[] = [];
  for await (const found of program.tlsaCheck(loaded, flags, { subjects, supposed, chain: local })) {
    if (found.kind === 'fault') {
      terminal.err(`sekisho: ${printable(found.fault.says)}\n`);
      codes.push(found.fault.exit);
      continue;
    }
    const report = found.value;
    if (flags.on('json')) json(terminal, { schema: 'sekisho.tlsa/1', act: 'check', ...report });
    else if (!flags.on('quiet')) terminal.out(tell(program, report, given));
    codes.push(exitOf(report));
  }
  return worst(codes);
}

const exits: Readonly<Record<TlsaCheck['verdict'], ExitCode>> = {
  match: exitCodes.yes,
  mismatch: exitCodes.no,
  'not-published': exitCodes.no,
  undetermined: exitCodes.unknown,
};

const exitOf = ({ verdict }: TlsaCheck): ExitCode => exits[verdict];

/** @param usualPort where mail goes. Words are hosts, `--domain` is for mail domains. @returns what is wrong with them. */
export function readSubjects({ words, flags }: Arguments, usualPort: number): NonEmpty<TlsaSubject> | string {
  const ports = readPorts(flags);
  if (ports.kind === 'fault') return ports.fault;
  const starttls = readStarttls(flags);
  if (starttls.kind === 'fault') return starttls.fault;
  const subjects: TlsaSubject[] = [];
  for (const text of [...words, ...flags.all('host')]) {
    const place = readPlace(text);
    if (place.kind === 'fault') return place.fault;
    const { host, port } = place.value;
    const here = port === undefined ? (ports.value.length > 0 ? ports.value : [usualPort]) : [port];
    for (const one of here)
      subjects.push({ kind: 'service', service: { host, port: one, tls: tlsAt(one, starttls.value) } });
  }
  for (const text of flags.all('domain')) {
    const domain = readHost(text);
    if (domain.kind === 'fault') return `--domain: ${domain.fault}`;
    subjects.push({ kind: 'domain', domain: domain.value });
  }
  return isNonEmpty(subjects)
    ? subjects
    : 'tlsa check wants a host, host:port or --domain, e.g. sekisho tlsa check mx.example.org';
}

/** `--cert` and `--chain`: the chain as it would be sent. @returns undefined without them, a sentence when they are wrong. */
export async function readLocal(
  program: Program,
  { flags }: Arguments,
): Promise<NonEmpty<Uint8Array> | string | undefined> {
  const leafFile = flags.text('cert');
  const chainFile = flags.text('chain');
  if (leafFile === undefined) return chainFile === undefined ? undefined : '--chain goes with --cert';
  const certificates: Certificate[] = [];
  for (const path of [leafFile, ...(chainFile === undefined ? [] : [chainFile])]) {
    const read = await program.read(path);
    if (read.kind === 'fault') return read.fault;
    const material = readMaterial(read.value);
    if (material.kind === 'fault') return `${path}: ${material.fault}`;
    if (material.value.certificates.length === 0) return `${path}: no certificate is in it`;
    certificates.push(...material.value.certificates);
  }
  const chain = certificates.map(({ der }) => der);
  // `fullchain` begins with the leaf that `--cert` named already.
  const once = chain.filter((der, at) => chain.findIndex((other) => Buffer.compare(other, der) === 0) === at);
  return isNonEmpty(once) ? once : `${leafFile}: no certificate is in it`;
}

const words: Readonly<Record<TlsaCheck['published'], string>> = {
  secure: 'published, proven by DNSSEC',
  unusable: 'published, but unusable for mail',
  insecure: 'NOT published: the answer is insecure',
  none: 'not published',
  bogus: 'bogus',
  failed: 'not to be had',
  supposed: 'as given with --record',
};

function tell(program: Program, report: TlsaReport, { flags }: Arguments): string {
  const { terminal } = program;
  const sign = { match: 'pass', mismatch: 'fail', 'not-published': 'fail', undetermined: 'unknown' } as const;
  const good = report.published === 'secure' || report.published === 'supposed';
  const lines = [
    `${bold(terminal, `${report.host}:${report.port}`)}     ${printable(report.says)}`,
    '',
    `  ${mark(terminal, good ? 'pass' : 'fail')} ${report.owner}  ${words[report.published]}${report.ttl === null ? '' : `, TTL ${report.ttl}`}`,
    ...report.records.map(
      ({ record, usable }) =>
        `      TLSA ${record.slice(0, 160)}${record.length > 160 ? '…' : ''}${usable === 'no' ? '   unusable for mail' : ''}`,
    ),
  ];
  for (const seen of report.presented) {
    const outcome = { match: 'pass', mismatch: 'fail', unreached: 'unknown' } as const;
    lines.push(
      `  ${mark(terminal, outcome[seen.outcome])} ${seen.address}  ${seen.sni === null ? say(terminal, 'without SNI') : `SNI ${seen.sni}`}  ${printable(say(terminal, seen.says))}`,
    );
    if (flags.on('verbose'))
      for (const [depth, certificate] of seen.chain.entries())
        lines.push(`      ${depth}: ${printable(JSON.stringify(certificate))}`);
  }
  lines.push('', `  ${mark(terminal, sign[report.verdict])} ${printable(report.says)}`);
  if (report.wouldMatch !== null && report.verdict !== 'match')
    lines.push(`  what is presented is   ${report.owner} IN TLSA ${report.wouldMatch}`);
  for (const { says } of report.advice) lines.push(`  ${mark(terminal, 'unknown')} ${printable(says)}`);
  return `${lines.join('\n')}\n`;
}
