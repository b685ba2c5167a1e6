// What each thread of the relay does: mail in through its listeners, mail out from the shared queue, under what is in force.

import { createServer, type SmtpFront } from '../adapters/smtp/server.ts';
import type { ListenerOptions } from '../adapters/smtp/server-options.ts';
import type { OverrideStore } from '../adapters/store/overrides.ts';
import { passwordFits } from '../adapters/system/passwords.ts';
import { accept } from '../agent/accept.ts';
import type { Clock, Incoming, IncomingBody, QueueStore } from '../agent/ports.ts';
import type { Runner } from '../agent/run-queue.ts';
import { seconds } from '../core/base/brand.ts';
import { nextHopOf as coreNextHopOf, formatNextHop } from '../core/routing/next-hop.ts';
import { type Holder, holdInForce, type InForce } from './in-force.ts';
import { lifeOf, makeRunner, type NextHopOf, type RelayAround } from './sending.ts';
import { alone, shareListener } from './share.ts';

export type Station = {
  readonly holder: Holder;
  readonly front: SmtpFront;
  readonly runner: Runner;
  readonly nextHopOf: NextHopOf;
  /** Takes a message as a trusted local client would hand it over. */
  submit(incoming: Incoming, body: IncomingBody): ReturnType<typeof accept>;
};

/** @param arrived called when mail came in, for threads that have room to send it; soon, and not for each message. */
export function makeStation(
  first: InForce,
  stores: { readonly queue: QueueStore; readonly overrides: Pick<OverrideStore, 'get'> },
  around: RelayAround,
  arrived: () => void,
): Station {
  const { queue } = stores;
  const { clock, log, metrics } = around;
  const share = around.share ?? alone;
  const holder = holdInForce(first);
  const nextHopOf: NextHopOf = (recipient) =>
    formatNextHop(coreNextHopOf(recipient.mailbox, holder.current().materials.routes));
  const runner = makeRunner(stores, nextHopOf, holder, around);
  const tellOthers = share.of === 1 ? () => undefined : atIntervals(clock, arrived);
  const submit: Station['submit'] = async (incoming, body) => {
    const { loaded, materials } = holder.current();
    const { hostname } = materials.identity;
    const acceptance = await accept({ queue, clock, log, hostname, nextHopOf, life: lifeOf(loaded) }, incoming, body);
    if (acceptance.kind === 'queued') {
      runner.wake();
      tellOthers();
    }
    return acceptance;
  };
  const mine = (listeners: readonly ListenerOptions[]): readonly ListenerOptions[] =>
    listeners.map((listener) => shareListener(listener, share));
  const front = createServer(mine(first.materials.listeners), {
    acceptor: { accept: submit },
    log,
    metrics,
    authenticate: async (user, password, listener) => {
      const stored = holder.current().materials.users.get(listener)?.get(user);
      return (await passwordFits(password, stored)) ? 'accepted' : 'refused';
    },
    knownNullMx: (domain) => holder.current().outlook.resolver.knownNullMx(domain),
  });
  return {
    holder,
    front: { ...front, reload: (listeners) => front.reload(mine(listeners)) },
    runner,
    nextHopOf,
    submit,
  };
}

/** Seconds between two words to the other threads. */
const interval = seconds(0.05);

function atIntervals(clock: Clock, act: () => void): () => void {
  let state: 'idle' | 'waiting' = 'idle';
  const later = async (): Promise<void> => {
    state = 'waiting';
    await clock.sleep(interval);
    state = 'idle';
    act();
  };
  return () => {
    if (state === 'idle') void later();
  };
}
