// What `sekisho trace` asks for: one look at a destination with somebody reading along, and the dialogues of the running relay
// kept for a moment while somebody follows them.

import type { DialogueWatcher } from '../adapters/smtp/dialogue.ts';
import type { Dialogues } from '../admin/api.ts';
import type { Clock, DialogueLine } from '../agent/ports.ts';
import { type CheckReport, probe } from '../agent/probe.ts';
import type { Flags } from '../cli/flags.ts';
import { timeoutOf } from '../cli/flags.ts';
import type { CheckOptions } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import type { Result } from '../core/base/result.ts';
import { sightOf, surroundings } from './bench.ts';
import { makePassingPolicyStore, openOutlook } from './outlook.ts';
import { probeOptionsOf, subjectOf } from './probe-options.ts';
import type { Environment } from './settings.ts';

export async function traceOne(
  loaded: Loaded,
  flags: Flags,
  subject: string,
  options: CheckOptions,
  hear: (line: DialogueLine) => void,
  env: Environment,
  terminal: Terminal,
): Promise<Result<CheckReport, string>> {
  const sight = sightOf(loaded, env);
  if (sight.kind === 'fault') return sight;
  const read = probeOptionsOf(loaded, sight.value, options);
  if (read.kind === 'fault') return read;
  const around = { ...surroundings(flags, terminal), watcher: { watched: () => true, line: hear } };
  const outlook = openOutlook(loaded.config, sight.value, makePassingPolicyStore(), around);
  try {
    const signal = AbortSignal.timeout(timeoutOf(flags));
    return await probe(outlook.probePorts, subjectOf(subject, options), {
      ...read.value,
      discover: outlook.discoverOptions,
      signal,
    });
  } finally {
    outlook.close();
  }
}

/** Lines kept for one who asks every quarter of a second; and how long after the last question nobody is there any more. */
const kept = 5000;
export const presence = 15_000;

/** Costs nothing while nobody asks. */
export function makeDialogues(clock: Pick<Clock, 'now'>): {
  readonly watcher: DialogueWatcher;
  readonly face: Dialogues;
} {
  let lines: DialogueLine[] = [];
  let first = 1;
  let askedAt = Number.NEGATIVE_INFINITY;
  const present = (): boolean => clock.now() - askedAt < presence;
  return {
    watcher: {
      watched: present,
      line: (line) => {
        if (!present()) {
          first += lines.length;
          lines = [];
          return;
        }
        lines.push(line);
        if (lines.length <= kept) return;
        lines.splice(0, kept / 2);
        first += kept / 2;
      },
    },
    face: {
      read: (from) => {
        askedAt = clock.now();
        const next = first + lines.length;
        if (from === undefined || from > next) return { lines: [], next, missed: 0 };
        const missed = Math.max(0, first - from);
        return { lines: lines.slice(Math.max(0, from - first)), next, missed };
      },
    },
  };
}
