// What `sekisho tlsa` asks of the network, over the bench.

import { X509Certificate } from 'node:crypto';
import { createLocalDialer } from '../adapters/smtp/local-dialer.ts';
import type { Dialer } from '../agent/ports.ts';
import { checkTlsa, type TlsaCheck } from '../agent/tlsa-check.ts';
import type { Flags } from '../cli/flags.ts';
import type { TlsaCheckRequest, TlsaFault, TlsaReport } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { adviceOnSignature, adviceOnSize, adviceOnTtl, adviceOnZone } from '../core/dane/advice.ts';
import { parseTlsaText } from '../core/dane/forms.ts';
import { adviceOnFullData, type TlsaAdvice } from '../core/dane/make.ts';
import { nameFromText } from '../core/dns/name.ts';
import { RrType } from '../core/dns/registry.ts';
import type { PresentedChain } from '../core/x509/presented-chain.ts';
import { type Bench, openBench } from './bench.ts';
import type { Environment } from './settings.ts';

/** OPS-13: with it every look sees the chain of the file. */
export const localDialer = ({ sight, around }: Bench, chain: PresentedChain): Dialer =>
  createLocalDialer({
    chain,
    authorities: sight.trustStore.certificates.map((pem) => new Uint8Array(new X509Certificate(pem).raw)),
    clock: around.clock,
  });

export async function* checkTlsaLive(
  loaded: Loaded,
  flags: Flags,
  { subjects, supposed, chain }: TlsaCheckRequest,
  env: Environment,
  terminal: Terminal,
): AsyncGenerator<Result<TlsaReport, TlsaFault>> {
  const opened = openBench(loaded, flags, env, terminal);
  if (opened.kind === 'fault') return yield fault({ exit: 2, says: opened.fault });
  const bench = opened.value;
  const { outlook, probeOptions } = bench;
  const ports = chain === undefined ? outlook.probePorts : { ...outlook.probePorts, dialer: localDialer(bench, chain) };
  const looks = chain === undefined ? 'every-address' : 'once';
  try {
    for (const subject of subjects)
      for await (const found of checkTlsa(ports, subject, { ...probeOptions, supposed, looks }))
        yield 'kind' in found
          ? noHosts(subject, found.state)
          : ok({ ...found, advice: await adviceOn(bench, subject, found) });
  } finally {
    outlook.close();
  }
}

/** What is published and works may still be published better. */
async function adviceOn(
  { outlook }: Bench,
  subject: TlsaCheckRequest['subjects'][number],
  { owner, host, published, ttl, records }: TlsaCheck,
): Promise<readonly TlsaAdvice[]> {
  const name = nameFromText(owner);
  if (published === 'none' || published === 'supposed' || name.kind === 'fault') return [];
  const read = records.flatMap(({ record }) => {
    const data = parseTlsaText(record);
    return data.kind === 'ok' ? [data.value] : [];
  });
  const { chain, records: found } = await outlook.resolver.lookup(name.value, RrType.TLSA);
  const { inception, expiration } = chain.at(-1) ?? {};
  const life = inception === undefined || expiration === undefined ? 0 : expiration - inception;
  const full = read.filter(({ matching }) => matching === 0).flatMap(adviceOnFullData);
  return [
    ...new Map(full.map((advice) => [advice.says, advice])).values(),
    ...adviceOnSize(owner.replace(/\.$/, ''), read),
    // Our own caches keep nothing for longer than a day; others do.
    ...adviceOnTtl(Math.max(ttl ?? 0, ...found.map((record) => record.ttl))),
    ...adviceOnSignature(life),
    ...(subject.kind === 'domain' ? adviceOnZone(host, subject.domain) : []),
  ];
}

const conclusive: ReadonlySet<string> = new Set(['null-mx', 'nxdomain', 'loop']);

function noHosts(subject: TlsaCheckRequest['subjects'][number], state: string): Result<never, TlsaFault> {
  const name = subject.kind === 'domain' ? subject.domain : subject.service.host;
  return fault({ exit: conclusive.has(state) ? 1 : 3, says: `${name} has no host to look at (${state})` });
}
