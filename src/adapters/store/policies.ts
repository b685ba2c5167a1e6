// Cached MTA-STS policies, durable over restarts (STS-40): one JSON file, written by temporary file, fsync and rename.
// Leaves expiry and eviction to the agent.

import { readFile, rename } from 'node:fs/promises';
import type { Log, PolicyStore } from '../../agent/ports.ts';
import { type DomainName, instant, seconds } from '../../core/base/brand.ts';
import { parseDomainName } from '../../core/base/domain-name.ts';
import type { StsPolicy } from '../../core/mtasts/policy.ts';
import { inOneWrite, writeDurably } from './json-file.ts';

/**
 * Reads the file, or starts empty. A file that cannot be understood is set aside under another name, said loudly, and
 * never stops the relay: what is lost is what was remembered, not what is published.
 */
export async function openPolicyStore(path: string, log: Log): Promise<PolicyStore> {
  const policies = new Map<DomainName, StsPolicy>();
  await load(path, policies, log);
  const save = inOneWrite(() => writeDurably(path, { version: 1, policies: [...policies] } satisfies Stored));
  return {
    get: (domain) => policies.get(domain),
    put: (domain, policy) => {
      policies.set(domain, policy);
      return save();
    },
    forget: async (domain) => {
      if (policies.delete(domain)) await save();
    },
    entries: () => policies.entries(),
  };
}

async function load(path: string, policies: Map<DomainName, StsPolicy>, log: Log): Promise<void> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    // A file that cannot be read for another reason is a fault of the machine that somebody must see.
    if ((error as { code?: string }).code === 'ENOENT') return;
    throw error;
  }
  try {
    for (const [domain, policy] of parseFile(text)) policies.set(domain, policy);
  } catch (error) {
    policies.clear();
    const aside = `${path}.corrupt-${Date.now()}`;
    await rename(path, aside);
    log.event('error', 'sts-cache-corrupt', { path, set_aside: aside, says: String(error) });
  }
}

type Stored = { readonly version: 1; readonly policies: readonly (readonly [string, StsPolicy])[] };

function* parseFile(text: string): Iterable<readonly [DomainName, StsPolicy]> {
  const file = JSON.parse(text) as Stored;
  if (file?.version !== 1 || !Array.isArray(file.policies)) throw new Error('not a policy cache of version 1');
  for (const entry of file.policies as readonly unknown[]) {
    if (!Array.isArray(entry) || !isPolicy(entry[1])) throw new Error('an entry is not a policy');
    const domain = parseDomainName(String(entry[0]));
    if (domain.kind === 'fault') throw new Error('an entry has no domain');
    const { mode, mx, maxAge, id, fetchedAt, body } = entry[1];
    yield [domain.value, { mode, mx, maxAge: seconds(maxAge), id, fetchedAt: instant(fetchedAt), body }];
  }
}

function isPolicy(value: unknown): value is StsPolicy {
  if (typeof value !== 'object' || value === null) return false;
  const policy = value as Record<keyof StsPolicy, unknown>;
  return (
    ['enforce', 'testing', 'none'].includes(policy.mode as string) &&
    Array.isArray(policy.mx) &&
    policy.mx.every((pattern) => typeof pattern === 'string') &&
    (policy.mode === 'none' || policy.mx.length > 0) &&
    [policy.maxAge, policy.fetchedAt].every((number) => Number.isSafeInteger(number) && (number as number) >= 0) &&
    [policy.id, policy.body].every((part) => typeof part === 'string')
  );
}
