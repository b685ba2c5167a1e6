// What `tlsa make` makes records from: files, MX hosts of a domain, chains of live servers (OPS-20, OPS-25, OPS-68).

import type { DomainName } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { Subject } from '../core/dane/make.ts';
import { readCertificate } from '../core/x509/certificate.ts';
import { readMaterial } from '../core/x509/material.ts';
import type { Arguments } from './flags.ts';
import type { Program } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';
import { readHost, readPlace, tlsAt } from './tlsa-words.ts';

/** What one source gives, and the hosts it is for; none: not known. */
export type Source = {
  readonly subject: Subject;
  readonly hosts: readonly DomainName[];
  readonly from: 'file' | 'server';
};

export type Gathered =
  /** `missed`: servers and domains that could not be asked. */
  | {
      readonly sources: readonly Source[];
      readonly missed: readonly string[];
      /** MX hosts with the mail domain that named them. */
      readonly named: readonly { readonly host: DomainName; readonly domain: DomainName }[];
    }
  /** `says` undefined: it was told already. */
  | { readonly exit: ExitCode; readonly says?: string };

/** @param usualPort where a server or MX host is asked that names no port; none: where mail goes. */
export async function gatherSources(
  program: Program,
  given: Arguments,
  usualPort: number | undefined,
): Promise<Gathered> {
  const { flags } = given;
  const hosts: DomainName[] = [];
  for (const text of flags.all('host')) {
    const host = readHost(text);
    if (host.kind === 'fault') return { exit: exitCodes.usage, says: host.fault };
    hosts.push(host.value);
  }
  const subjects: Subject[] = [];
  for (const kind of ['certificate', 'key', 'csr'] as const)
    for (const path of flags.all(kind)) {
      const subject = await readSubject(program, kind, path);
      if (subject.kind === 'fault') return { exit: exitCodes.usage, says: subject.fault };
      subjects.push(subject.value);
    }
  const domains = flags.all('domain');
  const servers = flags.all('server');
  if (subjects.length === 0 && servers.length === 0 && domains.length === 0)
    return {
      exit: exitCodes.usage,
      says: 'tlsa make wants --certificate, --key, --csr, --server host:port or --domain',
    };
  if (servers.length === 0 && domains.length === 0)
    return { sources: subjects.map((subject) => ({ subject, hosts, from: 'file' })), missed: [], named: [] };
  return lookAround(program, given, usualPort, { hosts, subjects, domains, servers });
}

async function readSubject(
  program: Program,
  kind: 'certificate' | 'key' | 'csr',
  path: string,
): Promise<Result<Subject, string>> {
  const read = await program.read(path);
  if (read.kind === 'fault') return read;
  const material = readMaterial(read.value);
  if (material.kind === 'fault') return fault(`${path}: ${material.fault}`);
  const { certificates, keys } = material.value;
  if (kind === 'certificate') {
    const [leaf, ...rest] = certificates;
    return leaf === undefined
      ? fault(
          `${path}: no certificate is in it; ${kind === 'certificate' && keys[0]?.from === 'request' ? '--csr' : '--key'} reads it`,
        )
      : ok({ kind: 'chain', certificates: [leaf, ...rest] });
  }
  const wanted = keys.find(({ from }) => (from === 'request') === (kind === 'csr'));
  if (wanted !== undefined) return ok({ kind: 'key', key: wanted });
  return fault(
    `${path}: ${kind === 'csr' ? 'no certificate request' : 'no key'} is in it${certificates.length > 0 ? '; --certificate reads it' : ''}`,
  );
}

async function lookAround(
  program: Program,
  given: Arguments,
  usualPort: number | undefined,
  asked: {
    readonly hosts: readonly DomainName[];
    readonly subjects: readonly Subject[];
    readonly domains: readonly string[];
    readonly servers: readonly string[];
  },
): Promise<Gathered> {
  const { flags } = given;
  const loaded = loadedOrFaults(program, given);
  if (loaded === undefined) return { exit: exitCodes.usage };
  const hosts = [...asked.hosts];
  const places: { readonly host: DomainName; readonly port: number | undefined }[] = [];
  const missed: string[] = [];
  const named: { readonly host: DomainName; readonly domain: DomainName }[] = [];
  for (const text of asked.servers) {
    const place = readPlace(text);
    if (place.kind === 'fault') return { exit: exitCodes.usage, says: `--server ${place.fault}` };
    places.push(place.value);
  }
  for (const text of asked.domains) {
    const domain = readHost(text);
    if (domain.kind === 'fault') return { exit: exitCodes.usage, says: `--domain: ${domain.fault}` };
    const found = await program.mxNames(loaded, flags, domain.value);
    if (found.kind === 'fault') {
      missed.push(found.fault);
      continue;
    }
    if (found.value.hosts.length === 0) {
      program.terminal.err(`sekisho: ${domain.value} has no MX host (${found.value.state})\n`);
      return { exit: exitCodes.no };
    }
    // OPS-25: the owner is the MX host, never the mail domain.
    hosts.push(...found.value.hosts);
    named.push(...found.value.hosts.map((host) => ({ host, domain: domain.value })));
    if (asked.subjects.length === 0) places.push(...found.value.hosts.map((host) => ({ host, port: undefined })));
  }
  const sources: Source[] = asked.subjects.map((subject) => ({ subject, hosts, from: 'file' }));
  for (const { host, port = usualPort ?? loaded.config.delivery.port } of places) {
    const seen = await program.presented(loaded, flags, { host, port, tls: tlsAt(port, flags.text('starttls')) });
    if (seen.kind === 'fault') missed.push(seen.fault);
    else {
      const [leaf, ...rest] = seen.value.map(readCertificate);
      if (leaf === undefined) missed.push(`${host}: the certificate cannot be read`);
      else
        sources.push({
          subject: { kind: 'chain', certificates: [leaf, ...rest.filter((one) => one !== undefined)] },
          hosts: asked.hosts.length > 0 && asked.domains.length === 0 ? asked.hosts : [host],
          from: 'server',
        });
    }
  }
  if (sources.length > 0) return { sources, missed, named };
  for (const says of missed) program.terminal.err(`sekisho: ${printable(says)}\n`);
  return { exit: exitCodes.unknown };
}
