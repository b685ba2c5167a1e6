import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Channel, createTransport, type Exchanged } from '../../../src/adapters/dns/transport.ts';
import { mismatchCap } from '../../../src/adapters/dns/udp.ts';
import {
  type Asked,
  altered,
  bareQuery,
  bareReply,
  type FakeServer,
  framed,
  type Reaction,
  startFakeServer,
} from './fake-server.ts';

const open: { close: () => unknown }[] = [];
after(async () => {
  for (const one of open) await one.close();
});

const query = bareQuery('www.example');
const patience = 2_000;

async function serve(
  react: (asked: Asked, count: number) => Reaction | Promise<Reaction>,
  host?: string,
): Promise<FakeServer> {
  const server = await startFakeServer(react, host);
  open.push(server);
  return server;
}

function transport(): ReturnType<typeof createTransport> {
  const made = createTransport();
  open.push(made);
  return made;
}

const ask = (server: FakeServer, channel: Channel = 'udp', milliseconds = patience): Promise<Exchanged> =>
  transport().exchange(server.address, query, channel, milliseconds);

const answers = ({ bytes }: Asked): Reaction => ({ send: [bareReply(bytes)] });

test('DNS-4 each question has an id and a source port of its own', async () => {
  const server = await serve(answers);
  const one = transport();
  for (let round = 0; round < 12; round += 1) {
    const outcome = await one.exchange(server.address, query, 'udp', patience);
    assert.equal(outcome.kind, 'reply');
  }
  const ids = new Set(server.asked.map(({ bytes }) => `${bytes[0]}.${bytes[1]}`));
  const ports = new Set(server.asked.map(({ port }) => port));
  assert.ok(ids.size >= 11, 'ids repeat');
  assert.ok(ports.size >= 11, 'ports repeat');
  assert.deepEqual(server.asked[0]?.bytes.slice(2), Uint8Array.from(query.slice(2)), 'nothing but the id is changed');
});

test('a server to which there is no way is unreachable, and nothing worse', async () => {
  // The system refuses a plain socket to this address, as it does every address while the machine has no network.
  const outcome = await transport().exchange({ host: '255.255.255.255', port: 53 }, query, 'udp', patience);
  assert.equal(outcome.kind, 'unreachable');
});

const forgeries: Readonly<Record<string, (reply: Uint8Array) => Uint8Array>> = {
  'another id': (reply) => altered(reply, 1),
  'another name': (reply) => altered(reply, 14),
  'another case': (reply) => altered(reply, 13, 0x20),
  'another type': (reply) => altered(reply, reply.length - 3),
  'another class': (reply) => altered(reply, reply.length - 1, 2),
  'a query instead of a reply': (reply) => altered(reply, 2, 0x80),
  'another operation': (reply) => altered(reply, 2, 0x28),
  'no question and no error': (reply) => altered(altered(reply.slice(0, 12), 5), 3, 3),
  'two questions': (reply) => altered(reply, 5, 3),
  'half a question': (reply) => reply.slice(0, 18),
  'half a header': (reply) => reply.slice(0, 7),
  nothing: () => new Uint8Array(0),
};

for (const [what, forge] of Object.entries(forgeries)) {
  test(`DNS-4 an answer with ${what} is passed over and the right one still taken`, async () => {
    const server = await serve(({ bytes }) => ({ send: [forge(bareReply(bytes, { rcode: 3 })), bareReply(bytes)] }));
    const outcome = await ask(server);
    assert.equal(outcome.kind, 'reply');
    assert.ok(outcome.kind === 'reply' && outcome.bytes[3] === 0x80, 'the forged answer was taken');
  });
}

test('DNS-4 an answer from another address or port is not taken', async () => {
  const server = await serve(({ bytes }) => ({ send: [bareReply(bytes)], from: 'elsewhere' }));
  assert.deepEqual(await ask(server, 'udp', 150), { kind: 'timeout' });
});

test('DNS-4 after too many wrong answers the question goes by TCP', async () => {
  const server = await serve(({ bytes, channel }) => {
    const reply = bareReply(bytes);
    return { send: channel === 'tcp' ? [reply] : Array.from({ length: mismatchCap }, () => altered(reply, 0)) };
  });
  const outcome = await ask(server);
  assert.ok(outcome.kind === 'reply' && outcome.channel === 'tcp');
});

test('DNS-4 an error header without a question is believed on TCP alone', async () => {
  const server = await serve(({ bytes, channel }) => {
    const header = altered(bareReply(bytes, { rcode: channel === 'udp' ? 1 : 4 }).slice(0, 12), 5);
    return { send: [header] };
  });
  const outcome = await ask(server);
  assert.ok(outcome.kind === 'reply' && outcome.channel === 'tcp' && outcome.bytes[3] === 0x84);
});

test('DNS-3 a truncated answer is asked for again by TCP', async () => {
  const server = await serve(({ bytes, channel }) => ({
    send: [bareReply(bytes, channel === 'udp' ? { truncated: true } : {})],
  }));
  const outcome = await ask(server);
  assert.ok(outcome.kind === 'reply' && outcome.channel === 'tcp');
  assert.deepEqual(
    server.asked.map(({ channel }) => channel),
    ['udp', 'tcp'],
  );
});

test('DNS-3 a truncated answer without a TCP answer is none', async () => {
  const server = await serve(({ bytes, channel }) =>
    channel === 'udp' ? { send: [bareReply(bytes, { truncated: true })] } : { end: true },
  );
  assert.equal((await ask(server)).kind, 'unreachable');
  const silent = await serve(({ bytes, channel }) =>
    channel === 'udp' ? { send: [bareReply(bytes, { truncated: true })] } : {},
  );
  assert.equal((await ask(silent, 'udp', 150)).kind, 'timeout');
});

test('DNS-1 questions share a TCP connection, and answers may come in any order and in pieces', async () => {
  let held: Uint8Array | undefined;
  const server = await serve(({ bytes }, count) => {
    if (count === 1) {
      held = bytes;
      return {};
    }
    const both = Buffer.concat([framed(bareReply(bytes)), framed(bareReply(held ?? bytes, { rcode: 3 }))]);
    return { raw: [both.subarray(0, 1), both.subarray(1, 20), both.subarray(20)] };
  });
  const one = transport();
  const first = one.exchange(server.address, query, 'tcp', patience);
  const second = one.exchange(server.address, query, 'tcp', patience);
  const [a, b] = await Promise.all([first, second]);
  assert.ok(a.kind === 'reply' && a.bytes[3] === 0x83);
  assert.ok(b.kind === 'reply' && b.bytes[3] === 0x80);
  assert.equal(server.connections(), 1);
});

test('DNS-4 ids on one TCP connection differ, and a wrong question there is passed over', async () => {
  const server = await serve(({ bytes }) => ({
    send: [altered(bareReply(bytes, { rcode: 3 }), 14), bareReply(bytes)],
  }));
  const one = transport();
  const all = await Promise.all(Array.from({ length: 20 }, () => one.exchange(server.address, query, 'tcp', patience)));
  assert.ok(all.every((outcome) => outcome.kind === 'reply' && outcome.bytes[3] === 0x80));
  assert.equal(new Set(server.asked.map(({ bytes }) => `${bytes[0]}.${bytes[1]}`)).size, 20);
  assert.equal(server.connections(), 1);
});

test('DNS-1 a kept connection that the server closed meanwhile costs no answer', async () => {
  const server = await serve(({ bytes }, count) => (count === 2 ? { end: true } : { send: [bareReply(bytes)] }));
  const one = transport();
  assert.equal((await one.exchange(server.address, query, 'tcp', patience)).kind, 'reply');
  assert.equal((await one.exchange(server.address, query, 'tcp', patience)).kind, 'reply');
  assert.equal(server.connections(), 2);
});

test('DNS-5 silence ends at the time-out, by UDP and by TCP, drip by drip too', async () => {
  const silent = await serve(() => ({}));
  assert.deepEqual(await ask(silent, 'udp', 60), { kind: 'timeout' });
  assert.deepEqual(await ask(silent, 'tcp', 60), { kind: 'timeout' });
  const dripping = await serve(({ bytes }) => ({
    raw: [...framed(bareReply(bytes))].map((octet) => Uint8Array.of(octet)),
  }));
  assert.deepEqual(await ask(dripping, 'tcp', 30), { kind: 'timeout' });
});

test('DNS-5 a port without a server is unreachable at once', async () => {
  const server = await startFakeServer(() => ({}));
  await server.close();
  assert.equal((await ask(server, 'udp')).kind, 'unreachable');
  assert.equal((await ask(server, 'tcp')).kind, 'unreachable');
});

test('DNS-4 a server on an IPv6 address is asked there, by UDP and TCP', async () => {
  const server = await serve(answers, '::1');
  assert.equal((await ask(server, 'udp')).kind, 'reply');
  assert.equal((await ask(server, 'tcp')).kind, 'reply');
  assert.equal(server.asked.length, 2);
});

test('DNS-5 closing the transport ends what is under way', async () => {
  const server = await serve(() => ({}));
  const one = createTransport();
  const both = [
    one.exchange(server.address, query, 'udp', patience),
    one.exchange(server.address, query, 'tcp', patience),
  ];
  setTimeout(() => one.close(), 20);
  assert.deepEqual(await Promise.all(both), [
    { kind: 'unreachable', says: 'closed' },
    { kind: 'unreachable', says: 'closed' },
  ]);
});

test('SEC-41 the number of questions under way is bounded, the others wait for their turn', async () => {
  let together = 0;
  let most = 0;
  const server = await serve(async ({ bytes }) => {
    together += 1;
    most = Math.max(most, together);
    await new Promise((done) => setTimeout(done, 15));
    together -= 1;
    return { send: [bareReply(bytes)] };
  });
  const one = transport();
  const all = await Promise.all(Array.from({ length: 200 }, () => one.exchange(server.address, query, 'udp', 5_000)));
  assert.ok(all.every(({ kind }) => kind === 'reply'));
  assert.ok(most <= 128, `${most} at once`);
});
