// RTE-17: names that are served only inside are looked up the way every other program of this machine does it, hosts file
// included. Nothing here is ever secure.

import { NODATA, NOTFOUND } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { LocalResolver } from '../../agent/ports.ts';
import { type Seconds, seconds } from '../../core/base/brand.ts';
import type { IpAddress } from '../../core/base/lookup.ts';
import { isNonEmpty } from '../../core/base/result.ts';

export type LocalOptions = {
  /** DNS-5: the system's own patience can be much longer. */
  readonly patience?: Seconds;
  /** In place of getaddrinfo(3). */
  readonly lookup?: (name: string) => Promise<readonly { readonly address: string }[]>;
};

export function createLocalResolver(options: LocalOptions = {}): LocalResolver {
  const patience = options.patience ?? seconds(15);
  const lookup = options.lookup ?? ((name) => systemLookup(name, { all: true, order: 'verbatim' }));
  return {
    addresses: async (name) => {
      const late = Promise.withResolvers<'late'>();
      const timer = setTimeout(() => late.resolve('late'), patience * 1_000);
      try {
        const found = await Promise.race([lookup(name), late.promise]);
        if (found === 'late') return { kind: 'failed', reason: 'timeout' };
        // An address that means something on one link only is no `IpAddress`.
        const addresses = [...new Set(found.map(({ address }) => address as IpAddress))].filter(
          (address) => !address.includes('%'),
        );
        if (!isNonEmpty(addresses)) return { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: seconds(0) };
        return { kind: 'found', status: 'insecure', value: addresses, ttl: seconds(0) };
      } catch (error) {
        return failureOf(error);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** getaddrinfo tells a missing name from a missing answer, as far as the system does. */
function failureOf(error: unknown): Awaited<ReturnType<LocalResolver['addresses']>> {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === NOTFOUND) return { kind: 'absent', status: 'insecure', reason: 'nxdomain', ttl: seconds(0) };
  if (code === NODATA) return { kind: 'absent', status: 'insecure', reason: 'nodata', ttl: seconds(0) };
  return { kind: 'failed', reason: 'servfail' };
}
