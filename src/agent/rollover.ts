// One run of a rollover: look, decide, act, remember, and again until there is something to wait for (OPS-36). That an act
// is done is written after it, so a run that is cut off repeats the act; hooks bear that.

import { fault, type Result } from '../core/base/result.ts';
import {
  type Act,
  type Facts,
  type Held,
  type Lineage,
  type Memory,
  type Note,
  nextStep,
  type Step,
} from '../core/dane/rollover.ts';
import type { Clock } from './ports.ts';

export type RolloverHook = 'publish' | 'install' | 'reload' | 'request';

export type RolloverPorts = {
  /** A fault: the files cannot be used, in one sentence. */
  held(): Promise<Result<Held, string>>;
  look(held: Held): Promise<Facts>;
  recall(): Promise<Result<Memory, string>>;
  /** Resolves when it is on the disk. */
  remember(memory: Memory): Promise<void>;
  /** `none`: no such hook, a person must do it. A fault: it failed, with what it said last. */
  hook(name: RolloverHook, act: Act): Promise<Result<'done' | 'none', string>>;
  readonly clock: Clock;
};

export type RolloverEvent = {
  readonly act: Act;
  readonly notes: readonly Note[];
  readonly memory: Memory;
  readonly outcome: /** `plan`: it would be done. */
    | { readonly kind: 'planned' | 'done' | 'by-hand' | 'no-effect' }
    | { readonly kind: 'failed'; readonly hook: RolloverHook; readonly says: string };
};

/** publish, wait for servers; install, reload, look; clean up: no run has more to do. */
const maxTurns = 8;

export async function* rollOver(
  ports: RolloverPorts,
  lineage: Lineage,
  mode: 'plan' | 'run',
): AsyncGenerator<Result<RolloverEvent, string>> {
  const recalled = await ports.recall();
  if (recalled.kind === 'fault') return yield recalled;
  let memory = recalled.value;
  const acted = new Set<Act['kind']>();
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const held = await ports.held();
    if (held.kind === 'fault') return yield fault(held.fault);
    const facts = await ports.look(held.value);
    const step = softened(nextStep(lineage, held.value, facts, memory, ports.clock.now()), acted);
    const event = (outcome: RolloverEvent['outcome'], known: Memory): Result<RolloverEvent, string> => ({
      kind: 'ok',
      value: { act: step.act, notes: step.notes, memory: known, outcome },
    });
    if (mode === 'plan') return yield event({ kind: 'planned' }, step.before);
    const { act } = step;
    const hooks = hooksOf(act);
    if (hooks.length === 0) {
      await ports.remember(step.memory);
      return yield event({ kind: 'done' }, step.memory);
    }
    // What was done once in this run and is still to be done had no effect.
    if (acted.has(act.kind)) {
      if (act.kind === 'request') await ports.remember(step.memory);
      return yield event({ kind: act.kind === 'request' ? 'done' : 'no-effect' }, step.before);
    }
    acted.add(act.kind);
    memory = step.before;
    await ports.remember(memory);
    const outcome = await runHooks(ports, hooks, act);
    if (outcome.kind !== 'failed' && (outcome.kind === 'done' || act.kind === 'publish')) {
      memory = step.memory;
      await ports.remember(memory);
    }
    yield event(outcome, memory);
    if (outcome.kind !== 'done') return;
  }
}

/** In the run that published it is no fault that servers have not followed yet. */
function softened(step: Step, acted: ReadonlySet<Act['kind']>): Step {
  const { act } = step;
  return act.kind === 'refuse' && act.because === 'not-everywhere' && acted.has('publish')
    ? { ...step, act: { kind: 'wait', because: 'spreading', until: null, where: act.where } }
    : step;
}

function hooksOf({ kind }: Act): readonly RolloverHook[] {
  if (kind === 'install') return ['install', 'reload'];
  return kind === 'publish' || kind === 'reload' || kind === 'request' ? [kind] : [];
}

async function runHooks(
  ports: RolloverPorts,
  hooks: readonly RolloverHook[],
  act: Act,
): Promise<RolloverEvent['outcome']> {
  for (const name of hooks) {
    const ran = await ports.hook(name, act);
    if (ran.kind === 'fault') return { kind: 'failed', hook: name, says: ran.fault };
    // An install hook may reload the services itself.
    if (ran.value === 'none' && !(name === 'reload' && act.kind === 'install')) return { kind: 'by-hand' };
  }
  return { kind: 'done' };
}
