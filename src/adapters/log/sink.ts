// Lines to a file descriptor, many at a time, without waiting. What cannot be written is dropped: a log on a full disk, or
// behind a reader that is gone or asleep, must neither stop the mail nor the end of the process.

import { write, writeSync } from 'node:fs';

export type Sink = {
  write(line: string): void;
  /** Now, as far as it can be had within a second. */
  flush(): void;
};

/** Octets that wait for a reader; what comes beyond them is dropped. */
const maxWaiting = 16 * 1024 * 1024;
/** Milliseconds in which lines are gathered: a write costs as much as several of them. */
const moment = 10;
/** Milliseconds between tries at a descriptor that takes nothing just now. */
const pause = 20;
const maxPauses = 50;

export function openSink(descriptor: number): Sink {
  let waiting: string[] = [];
  let size = 0;
  let state: 'idle' | 'busy' = 'idle';

  const take = (): Buffer => {
    const octets = Buffer.from(waiting.join(''));
    waiting = [];
    size = 0;
    return octets;
  };
  const goOn = (octets: Buffer): void => {
    write(descriptor, octets, (error, written) => {
      if (error !== null && isBusy(error)) setTimeout(goOn, pause, octets);
      else if (error === null && written < octets.length) goOn(octets.subarray(written));
      else if (waiting.length > 0) goOn(take());
      else state = 'idle';
    });
  };
  return {
    write(line) {
      if (size > maxWaiting) return;
      waiting.push(line);
      size += line.length;
      if (state === 'busy') return;
      state = 'busy';
      // The lines of a moment leave together, and `flush` still has them all.
      setTimeout(() => {
        if (waiting.length > 0) goOn(take());
        else state = 'idle';
      }, moment);
    },
    flush() {
      writeAll(descriptor, take());
    },
  };
}

function writeAll(descriptor: number, octets: Buffer): void {
  let left = octets;
  for (let pauses = 0; left.length > 0 && pauses < maxPauses; ) {
    try {
      left = left.subarray(writeSync(descriptor, left));
    } catch (error) {
      if (!isBusy(error as NodeJS.ErrnoException)) return;
      pauses += 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
}

const isBusy = ({ code }: NodeJS.ErrnoException): boolean => code === 'EAGAIN' || code === 'EBUSY';
