// How long each phase of a conversation may take (SMTP-2, SMTP-3, RFC 5321 §4.5.3.2), and one timer for all of them: it is
// armed seldom and looks when it fires, for phases change several times with each message.

// SMTP-2, SMTP-3: seconds, absolute: a peer that trickles octets does not prolong them.
export type Timeouts = {
  readonly connect: number;
  readonly greeting: number;
  readonly ehlo: number;
  readonly starttls: number;
  readonly handshake: number;
  readonly auth: number;
  readonly mail: number;
  readonly rcpt: number;
  readonly data: number;
  /** For each block of the message. */
  readonly block: number;
  readonly finalDot: number;
  readonly quit: number;
  /** For a whole transaction, its body apart: `slowest` adds what that needs. */
  readonly transaction: number;
};

export const defaultTimeouts: Timeouts = {
  connect: 30,
  greeting: 300,
  ehlo: 300,
  starttls: 120,
  handshake: 60,
  auth: 300,
  mail: 300,
  rcpt: 300,
  data: 120,
  block: 180,
  finalDot: 600,
  quit: 5,
  transaction: 1800,
};

/** A peer that keeps to each deadline and still takes less than this, in octets a second, is given up in the end. */
export const slowest = 4096;

/** What the peer is waited for. */
export type Phase = Exclude<keyof Timeouts, 'connect' | 'transaction'>;

export type Deadline = {
  /** @param seconds from now; takes the place of the one before. */
  set(seconds: number): void;
  clear(): void;
  /** Nothing will be waited for any more. */
  end(): void;
};

export function createDeadline(onPassed: () => void): Deadline {
  let due = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let firesAt = Number.POSITIVE_INFINITY;
  const arm = (at: number, now: number): void => {
    clearTimeout(timer);
    firesAt = at;
    timer = setTimeout(fire, Math.max(at - now, 1));
    // The socket keeps the process alive while there is one.
    timer.unref();
  };
  const fire = (): void => {
    firesAt = Number.POSITIVE_INFINITY;
    if (due === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    if (due <= now) onPassed();
    else arm(due, now);
  };
  return {
    set(seconds) {
      const now = performance.now();
      due = now + seconds * 1000;
      // It would fire too late; a timer that fires too early looks and waits again.
      if (due < firesAt) arm(Math.min(due, now + sooner), now);
    },
    clear() {
      due = Number.POSITIVE_INFINITY;
    },
    end() {
      due = Number.POSITIVE_INFINITY;
      clearTimeout(timer);
    },
  };
}

// Milliseconds. No common phase is shorter, so that a change from a long one to a short one needs no new timer.
const sooner = 100_000;
