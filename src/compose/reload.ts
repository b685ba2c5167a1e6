// A new configuration, or a new certificate, in place of the one in force, while sessions and deliveries go on. All or
// nothing: what cannot be put in force changes nothing and is told.

import { isDeepStrictEqual } from 'node:util';
import type { BoundAddress, SmtpFront } from '../adapters/smtp/server.ts';
import type { Log, PolicyStore } from '../agent/ports.ts';
import { faultLine } from '../cli/settings.ts';
import type { Loaded } from '../config/load.ts';
import { seconds } from '../core/base/brand.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { Holder } from './in-force.ts';
import { filesOf, readListeners, readPair } from './listeners.ts';
import type { Materials } from './materials.ts';
import { type Outlook, openOutlook } from './outlook.ts';
import { makeReader } from './reader.ts';
import type { RelayAround } from './sending.ts';
import { watchFiles } from './watch.ts';

export type ReloadParts = {
  readonly holder: Holder;
  readonly front: SmtpFront;
  readonly policyStore: PolicyStore;
  readonly around: RelayAround;
  /** After the change: the queue is grouped by what is in force now. */
  readonly changed: () => Promise<void>;
  /** After certificates were read anew. */
  readonly amended: () => Promise<void>;
};

export type Reloader = {
  /** Where mail is taken now. */
  addresses(): readonly BoundAddress[];
  /** Why what is on disk is not what is in force. */
  trouble(): string | undefined;
  noteConfiguration(says: string | undefined): void;
  /** Never rejects. */
  reload(loaded: Loaded, materials: Materials): Promise<Result<'reloaded', string>>;
  /** No certificate is looked at any more. */
  close(): void;
};

/** Watches the certificates from now on (TLS-27, OPS-40). @param first where the front listens already */
export function makeReloader(parts: ReloadParts, first: readonly BoundAddress[]): Reloader {
  const { holder, front, policyStore, around } = parts;
  const { log } = around;
  const trouble = makeTrouble();
  const inTurn = makeTurns();
  let addresses = first;

  const listen = async (listeners: Materials['listeners']): Promise<Result<'reloaded', string>> => {
    const listening = await front.reload(listeners);
    if (listening.kind === 'fault') return listening;
    tellAddresses(addresses, listening.value, log);
    addresses = listening.value;
    return ok('reloaded');
  };

  const renewCertificates = async (): Promise<void> => {
    const { loaded, materials } = holder.current();
    const reader = makeReader(around.env);
    const listeners = await readListeners(loaded.config, materials.identity, reader);
    const clientCertificate = readPair('tls.', loaded.config.tls, reader);
    const unread = reader.faults.map(faultLine).join('; ');
    const renewed = { ...materials, listeners, clientCertificate };
    // What dials holds the one that it shows.
    const dialsAsBefore = isDeepStrictEqual(clientCertificate, materials.clientCertificate);
    const renew = (): ReturnType<typeof listen> => (dialsAsBefore ? listen(listeners) : reload(loaded, renewed));
    const done = unread === '' ? await renew() : fault(unread);
    trouble.certificates(done.kind === 'fault' ? done.fault : undefined);
    if (done.kind === 'fault') return log.event('error', 'certificate-refused', { says: done.fault });
    if (dialsAsBefore) {
      holder.amend(renewed);
      await parts.amended();
    }
    log.event('info', 'certificate-reloaded', { listeners: listeners.map(({ name }) => name) });
  };
  const watch = watchFiles(() => void inTurn(renewCertificates));
  watch.look(filesOf(holder.current().loaded.config));

  const reload = async (loaded: Loaded, materials: Materials): Promise<Result<'reloaded', string>> => {
    let outlook: Outlook;
    try {
      outlook = openOutlook(loaded.config, materials, policyStore, around);
    } catch (error) {
      return fault((error as Error).message);
    }
    // The old one serves until the new one is known: a relay that is ready stays so, and no delivery waits.
    const enough = new AbortController();
    await Promise.race([outlook.resolver.examined(), around.clock.sleep(seconds(10), enough.signal)]);
    enough.abort();
    const done = await listen(materials.listeners);
    if (done.kind === 'fault') {
      outlook.close();
      return done;
    }
    warnOfFixed(holder.current().loaded, loaded, log);
    holder.replace({ loaded, materials, outlook });
    trouble.certificates(undefined);
    watch.look(filesOf(loaded.config));
    await parts.changed();
    return done;
  };

  return {
    addresses: () => addresses,
    trouble: trouble.tell,
    noteConfiguration: trouble.configuration,
    reload: (loaded, materials) => inTurn(() => reload(loaded, materials)),
    close: watch.close,
  };
}

/** What an operator reads after a reload: the places that are new, and those that are gone. */
function tellAddresses(before: readonly BoundAddress[], now: readonly BoundAddress[], log: Log): void {
  const text = ({ listener, host, port }: BoundAddress): string => `${listener} ${host}:${port}`;
  const tell = (event: string, those: readonly BoundAddress[], others: readonly BoundAddress[]): void => {
    for (const one of those)
      if (!others.some((other) => text(other) === text(one)))
        log.event('info', event, { listener: one.listener, address: `${one.host}:${one.port}` });
  };
  tell('listening', now, before);
  tell('no-longer-listening', before, now);
}

/** What is wrong with the configuration on disk while an older one is in force. */
function makeTrouble(): {
  tell(): string | undefined;
  configuration(says: string | undefined): void;
  certificates(says: string | undefined): void;
} {
  const known = new Map<string, string>();
  const note =
    (about: string) =>
    (says: string | undefined): void => {
      if (says === undefined) known.delete(about);
      else known.set(about, says);
    };
  return {
    tell: () => (known.size === 0 ? undefined : [...known.values()].join('; ')),
    configuration: note('configuration'),
    certificates: note('certificates'),
  };
}

/** One after the other, in the order of the calls. */
function makeTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** Settings that a running relay cannot change; a reload that touches them takes effect in all others. */
const fixed = /^(workers$|(queue|admin|log)\.)/;

function warnOfFixed(before: Loaded, next: Loaded, log: Log): void {
  const paths = new Set([...before.values.keys(), ...next.values.keys()].filter((path) => fixed.test(path)));
  const written = ({ values }: Loaded, path: string): string => JSON.stringify(values.get(path)?.value) ?? '';
  const changed = [...paths].filter((path) => written(before, path) !== written(next, path));
  if (changed.length > 0)
    log.event('warn', 'restart-wanted', { settings: changed, says: 'these take effect with the next start' });
}
