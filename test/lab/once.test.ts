import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Outcome } from '../../src/lab/destination-plan.ts';
import { destinations } from '../../src/lab/destinations.ts';
import { type LabMessage, messageFor, type OnceLine, type RelayHandle, sendToAll } from '../../src/lab/once.ts';
import { type Lab, startLab } from '../../src/lab/world.ts';

let lab: Lab;
before(async () => {
  lab = await startLab({ destinations: destinations.slice(0, 12) });
});
after(() => lab.close());

/** A relay that comes to the outcomes given by destination name. */
function relayWith(outcome: (destination: string) => Outcome): RelayHandle & { readonly submitted: LabMessage[] } {
  const submitted: LabMessage[] = [];
  return {
    submitted,
    submit: async (message) => {
      submitted.push(message);
      return message.destination;
    },
    outcomeOf: async (id) => outcome(id),
  };
}

const expectedOf = (name: string): Outcome => destinations.find((one) => one.name === name)!.expected;

async function collect(lines: AsyncIterable<OnceLine>): Promise<readonly OnceLine[]> {
  const found: OnceLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test('every destination gets one message and one line, in order', async () => {
  const relay = relayWith(expectedOf);
  const lines = await collect(sendToAll(lab, relay));
  assert.deepEqual(
    lines.map(({ destination }) => destination),
    destinations.slice(0, 12).map(({ name }) => name),
  );
  assert.ok(lines.every(({ asExpected }) => asExpected));
  assert.equal(relay.submitted.length, 12);
});

test('any other outcome, reason, level or authenticator is not as expected', async () => {
  const changes: readonly Partial<Outcome>[] = [
    { outcome: 'bounced' },
    { reason: 'conn-lost' },
    { level: 'cleartext' },
    { authn: ['pkix-floor'] },
  ];
  for (const change of changes) {
    const relay = relayWith((name) => (name === 'dane-ee' ? { ...expectedOf(name), ...change } : expectedOf(name)));
    const wrong = (await collect(sendToAll(lab, relay))).filter(({ asExpected }) => !asExpected);
    assert.deepEqual(
      wrong.map(({ destination }) => destination),
      ['dane-ee'],
    );
  }
});

test('a relay that fails ends the run', async () => {
  const relay = { ...relayWith(expectedOf), submit: () => Promise.reject(new Error('queue full')) };
  await assert.rejects(collect(sendToAll(lab, relay)), /queue full/);
});

test('the message asks for what the destination is about', () => {
  const messages = new Map(destinations.map((one) => [one.name, messageFor(one)]));
  assert.equal(messages.get('requiretls-offered')?.requiretls, 'asked');
  assert.equal(messages.get('dane-ee')?.requiretls, 'no');
  assert.match(String(messages.get('tls-required-no')?.raw), /\r\nTLS-Required: No\r\n/);
  for (const { raw } of messages.values()) {
    const text = Buffer.from(raw).toString();
    assert.doesNotMatch(text, /(?<!\r)\n|\r(?!\n)/);
    assert.match(text, /\r\n\r\n[^\r]+\r\n$/);
  }
});
