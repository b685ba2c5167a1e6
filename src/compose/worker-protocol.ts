// What the relay's first thread and its workers tell each other.

import type { MessagePort } from 'node:worker_threads';
import type { Counts } from '../adapters/metrics/registry.ts';
import type { BoundAddress } from '../adapters/smtp/server.ts';
import type { DialogueLine } from '../agent/ports.ts';
import type { Loaded } from '../config/load.ts';
import type { DomainName, QueueId } from '../core/base/brand.ts';
import type { StsPolicy } from '../core/mtasts/policy.ts';
import type { MessageOverride } from '../core/policy/operator.ts';
import type { Materials } from './materials.ts';
import type { Share } from './share.ts';

/** Everything that a worker is made from; plain data, so that it never reads a file that has changed meanwhile. */
export type WorkerStart = {
  readonly share: Share;
  readonly loaded: Loaded;
  readonly materials: Materials;
  /** Where the first thread listens. */
  readonly addresses: readonly BoundAddress[];
  readonly policies: readonly (readonly [DomainName, StsPolicy])[];
  readonly overrides: readonly (readonly [QueueId, MessageOverride])[];
  readonly queue: MessagePort;
};

export type PolicyChange = { readonly domain: DomainName; readonly policy: StsPolicy | undefined };

/** To a worker. Those with a number are answered. */
export type Order =
  | {
      readonly kind: 'reload';
      readonly n: number;
      readonly loaded: Loaded;
      readonly materials: Materials;
      readonly addresses: readonly BoundAddress[];
    }
  | {
      readonly kind: 'amend';
      readonly n: number;
      readonly materials: Materials;
      readonly addresses: readonly BoundAddress[];
    }
  /** No new mail; sessions get this many seconds. */
  | { readonly kind: 'drain'; readonly n: number; readonly within: number }
  /** No new deliveries; those under way get this many seconds. */
  | { readonly kind: 'finish'; readonly n: number; readonly within: number }
  | { readonly kind: 'wake' }
  | { readonly kind: 'forget-hosts' }
  /** Somebody reads the dialogues for a while. */
  | { readonly kind: 'watch' }
  | ({ readonly kind: 'policy' } & PolicyChange)
  | { readonly kind: 'override'; readonly id: QueueId; readonly override: MessageOverride }
  /** The answer to a worker's `store`. */
  | { readonly kind: 'stored'; readonly n: number; readonly fault: string | undefined };

/** From a worker. */
export type News =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly n: number; readonly fault: string | undefined }
  /** Mail came in, which others may have room to send. */
  | { readonly kind: 'arrived' }
  | { readonly kind: 'dialogue'; readonly line: DialogueLine }
  | { readonly kind: 'log'; readonly lines: string }
  | { readonly kind: 'counts'; readonly counts: Counts }
  | ({ readonly kind: 'store'; readonly n: number } & PolicyChange);
