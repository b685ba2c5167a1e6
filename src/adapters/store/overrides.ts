// QUE-7: what an operator allowed for single messages, durable over restarts. Each ends with the life of its message.

import { readFile } from 'node:fs/promises';
import type { Instant, QueueId } from '../../core/base/brand.ts';
import { isOverride, type MessageOverride } from '../../core/policy/operator.ts';
import { inOneWrite, writeDurably } from './json-file.ts';

export type OverrideStore = {
  get(id: QueueId): MessageOverride | undefined;
  entries(): Iterable<readonly [QueueId, MessageOverride]>;
  /** Resolves when it is on disk. Those whose time is over are forgotten then. */
  put(id: QueueId, override: MessageOverride, now: Instant): Promise<void>;
};

/**
 * Reads the file, or starts empty.
 * @throws Error naming a file that is not ours: without what stands there mail would be judged otherwise than its operator
 * said, but never less strictly, so it may be moved away.
 */
export async function openOverrideStore(path: string): Promise<OverrideStore> {
  const overrides = await load(path);
  const save = inOneWrite(() => writeDurably(path, { version: 1, overrides: [...overrides] }));
  return {
    get: (id) => overrides.get(id),
    entries: () => overrides.entries(),
    async put(id, override, now) {
      for (const [other, { until }] of overrides) if (until <= now) overrides.delete(other);
      overrides.set(id, override);
      await save();
    },
  };
}

async function load(path: string): Promise<Map<QueueId, MessageOverride>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw error;
  }
  const entries = entriesOf(text);
  if (entries === undefined) throw new Error(`${path} is no file of overrides; move it away and start again`);
  return new Map(entries);
}

function entriesOf(text: string): readonly (readonly [QueueId, MessageOverride])[] | undefined {
  try {
    const file = JSON.parse(text) as { readonly version: unknown; readonly overrides: readonly (readonly unknown[])[] };
    const isWhole =
      file.version === 1 && file.overrides.every(([id, override]) => typeof id === 'string' && isOverride(override));
    return isWhole ? (file.overrides as unknown as readonly (readonly [QueueId, MessageOverride])[]) : undefined;
  } catch {
    return undefined;
  }
}
