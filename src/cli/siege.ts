// `sekisho siege`: the downgrade attacks of the matrix against this relay, or against any other.

import { isNonEmpty } from '../core/base/result.ts';
import type { Arguments } from './flags.ts';
import type { Program, SiegeOptions } from './program.ts';
import { type ExitCode, exitCodes, printable } from './terminal.ts';

const claims = ['dane', 'mta-sts', 'requiretls', 'dnssec', 'smtp-server', 'tls-required-no', 'strict-replies'];

export async function siege(program: Program, { flags }: Arguments): Promise<ExitCode> {
  const words = (name: string): string[] | undefined =>
    flags
      .text(name)
      ?.split(',')
      .filter((word) => word !== '');
  const misuse = (says: string): ExitCode => {
    program.terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help siege\n`);
    return exitCodes.usage;
  };
  const target = flags.text('target');
  const place = target === undefined ? undefined : /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(target);
  if (place === null) return misuse(`--target wants host:port, not ${JSON.stringify(target)}`);
  const strange = words('claims')?.find((word) => !claims.includes(word));
  if (strange !== undefined) return misuse(`--claims knows ${claims.join(', ')}, not ${JSON.stringify(strange)}`);
  const flush = (flags.text('flush') ?? '').split(' ').filter((word) => word !== '');
  const ports = portsFrom(words('ports') ?? (place === undefined ? [] : ['dns=53', 'smtp=25', 'https=443']));
  if (typeof ports === 'string') return misuse(ports);
  return program.siege(flags, {
    only: (words('only') ?? []).map((word) => word.toUpperCase()),
    target: place && { host: place[1] ?? place[2] ?? '', port: Number(place[3]) },
    claims: words('claims'),
    ports,
    folder: flags.text('into') ?? 'sekisho-siege',
    flush: isNonEmpty(flush) ? flush : undefined,
  });
}

function portsFrom(words: readonly string[]): SiegeOptions['ports'] | string {
  const ports: { dns?: number; smtp?: number; https?: number } = {};
  for (const word of words) {
    const match = /^(dns|smtp|https)=(\d{1,5})$/.exec(word);
    if (match === null) return `--ports wants dns=53,smtp=25,https=443, not ${JSON.stringify(word)}`;
    ports[match[1] as keyof typeof ports] = Number(match[2]);
  }
  return ports;
}
