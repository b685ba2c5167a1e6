// What `sekisho tlsa` asks of the network, over the bench.

import { X509Certificate } from 'node:crypto';
import { createLocalDialer } from '../adapters/smtp/local-dialer.ts';
import type { Dialer } from '../agent/ports.ts';
import type { TlsaCheck } from '../agent/tlsa-check.ts';
import { checkTlsa } from '../agent/tlsa-check.ts';
import type { Flags } from '../cli/flags.ts';
import type { TlsaCheckRequest, TlsaFault } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
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
): AsyncGenerator<Result<TlsaCheck, TlsaFault>> {
  const opened = openBench(loaded, flags, env, terminal);
  if (opened.kind === 'fault') return yield fault({ exit: 2, says: opened.fault });
  const bench = opened.value;
  const { outlook, probeOptions } = bench;
  const ports = chain === undefined ? outlook.probePorts : { ...outlook.probePorts, dialer: localDialer(bench, chain) };
  const looks = chain === undefined ? 'every-address' : 'once';
  try {
    for (const subject of subjects)
      for await (const found of checkTlsa(ports, subject, { ...probeOptions, supposed, looks }))
        yield 'kind' in found ? noHosts(subject, found.state) : ok(found);
  } finally {
    outlook.close();
  }
}

const conclusive: ReadonlySet<string> = new Set(['null-mx', 'nxdomain', 'loop']);

function noHosts(subject: TlsaCheckRequest['subjects'][number], state: string): Result<never, TlsaFault> {
  const name = subject.kind === 'domain' ? subject.domain : subject.service.host;
  return fault({ exit: conclusive.has(state) ? 1 : 3, says: `${name} has no host to look at (${state})` });
}
