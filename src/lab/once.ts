// One message to each destination through a relay that is handed in, and what became of it beside what must become of
// it. The relay's own delivery decides; nothing here does.

import type { LabDestination, Outcome } from './destination-plan.ts';
import type { Lab } from './world.ts';

export type LabMessage = {
  readonly destination: string;
  readonly reversePath: string;
  readonly recipient: string;
  /** REQUIRETLS on MAIL FROM; `tls-required-no` stands in the header of `raw`. */
  readonly requiretls: 'asked' | 'no';
  /** Header and body, CRLF lines. */
  readonly raw: Uint8Array;
};

/** The relay as the laboratory sees it. */
export interface RelayHandle {
  /** Resolves with the queue id once the message is safely queued. */
  submit(message: LabMessage): Promise<string>;
  /** Resolves after the first attempt has come to an outcome; deferral is one. */
  outcomeOf(queueId: string): Promise<Outcome>;
}

/** One line of `sekisho lab --once --json`. */
export type OnceLine = {
  readonly schema: 'sekisho.lab/1';
  readonly destination: string;
  readonly domain: string;
  readonly story: string;
  readonly expected: Outcome;
  readonly outcome: Outcome['outcome'];
  readonly reason: Outcome['reason'];
  readonly level: Outcome['level'];
  readonly authn: Outcome['authn'];
  readonly asExpected: boolean;
};

/** Messages in flight together; the relay has its own limits besides. */
const atOnce = 8;

/** Lines in the order of the table; the caller exits 0 only if every one is `asExpected`. */
export async function* sendToAll(lab: Lab, relay: RelayHandle): AsyncGenerator<OnceLine> {
  const waiting = [...lab.destinations];
  const flying: Promise<OnceLine>[] = [];
  const launch = (): void => {
    const next = waiting.shift();
    if (next === undefined) return;
    const line = sendTo(relay, next);
    // It is awaited in its turn; until then a rejection is not unhandled.
    line.catch(() => {});
    flying.push(line);
  };
  for (let started = 0; started < atOnce; started++) launch();
  for (let line = flying.shift(); line; line = flying.shift()) {
    yield await line;
    launch();
  }
}

async function sendTo(relay: RelayHandle, destination: LabDestination): Promise<OnceLine> {
  const queueId = await relay.submit(messageFor(destination));
  const outcome = await relay.outcomeOf(queueId);
  const { name, domain, story, expected } = destination;
  return {
    schema: 'sekisho.lab/1',
    destination: name,
    domain,
    story,
    expected,
    outcome: outcome.outcome,
    reason: outcome.reason,
    level: outcome.level,
    authn: outcome.authn,
    asExpected: isSame(outcome, expected),
  };
}

/** The order of authenticators says nothing. */
export function isSame(one: Outcome, other: Outcome): boolean {
  const authn = (outcome: Outcome): string => [...outcome.authn].sort().join();
  return (
    one.outcome === other.outcome &&
    one.reason === other.reason &&
    one.level === other.level &&
    authn(one) === authn(other)
  );
}

const sender = 'sender@relay.lab.test';

/** The test message of a destination. */
export function messageFor({ name, domain, story, message }: LabDestination): LabMessage {
  const recipient = `postmaster@${domain}`;
  const lines = [
    `From: <${sender}>`,
    `To: <${recipient}>`,
    `Subject: laboratory, ${name}`,
    'Date: Sat, 21 Nov 2026 00:00:00 +0000',
    `Message-ID: <${name}@relay.lab.test>`,
    ...(message === 'tls-required-no' ? ['TLS-Required: No'] : []),
    '',
    story,
    '',
  ];
  return {
    destination: name,
    reversePath: sender,
    recipient,
    requiretls: message === 'requiretls' ? 'asked' : 'no',
    raw: Buffer.from(lines.join('\r\n')),
  };
}
