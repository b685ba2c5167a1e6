// Signals of the process as promises and calls.

/** Resolves on the first SIGTERM or SIGINT; a second one ends the process at once. */
export function stopSignal(onHangup: () => void): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGHUP', onHangup);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve();
        process.once(signal, () => process.exit(1));
      });
    }
  });
}
