// Signals of the process, and bugs that nobody caught.

export type Signals = {
  /** Resolves on the first SIGTERM or SIGINT; the next one of either ends the process at once. */
  readonly stop: Promise<void>;
  /** Calls for each SIGHUP; one that came before is not lost. */
  onHangup(reload: () => void): void;
  /** Back to what the process did before. */
  close(): void;
};

/** From now on no signal ends the process by itself: a reload may be asked for before the start is over. */
export function catchSignals(): Signals {
  let early = false;
  let reload = (): void => {
    early = true;
  };
  const stop = Promise.withResolvers<void>();
  let asked = false;
  const onStop = (): void => {
    if (asked) process.exit(1);
    asked = true;
    stop.resolve();
  };
  const onHangup = (): void => reload();
  process.on('SIGTERM', onStop).on('SIGINT', onStop).on('SIGHUP', onHangup);
  return {
    stop: stop.promise,
    onHangup: (act) => {
      reload = act;
      if (early) act();
    },
    close: () => void process.off('SIGTERM', onStop).off('SIGINT', onStop).off('SIGHUP', onHangup),
  };
}

/** A bug ends the process, but never without a word: what was accepted is on disk, and the next start finds it. */
export function onBug(tell: (says: string) => void): { close(): void } {
  const onUncaught = (error: unknown): void => {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(5);
  };
  // Rejections that nobody awaited come here too.
  process.on('uncaughtException', onUncaught);
  return { close: () => void process.off('uncaughtException', onUncaught) };
}
