// A received message becomes a queued one: what is written, what is found out on the way, and what is answered when it fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AcceptPorts, accept } from '../../src/agent/accept.ts';
import type { BodyWriter, ClientFacts, Incoming, IncomingBody, QueuedMessage } from '../../src/agent/ports.ts';
import { QueueFull } from '../../src/agent/ports.ts';
import { instant, seconds } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import { mailboxAt } from '../../src/core/smtp/address.ts';
import type { EnvelopeDraft, EnvelopeRecipient } from '../../src/core/smtp/envelope.ts';

const now = instant(Date.UTC(2026, 10, 21, 9, 8, 7));
const client: ClientFacts = {
  listener: 'lan',
  kind: 'relay',
  address: '192.0.2.1' as IpAddress,
  ehlo: 'client.example',
  trusted: true,
};
const to = (local: string, domain = 'far.example'): EnvelopeRecipient => ({
  mailbox: mailboxAt(local, domainName(domain)),
});
const draft: EnvelopeDraft = {
  reversePath: mailboxAt('a', domainName('client.example')),
  recipients: [to('b')],
  smtputf8: false,
  requiretls: 'not-asked',
};

type Result = {
  readonly answer: Awaited<ReturnType<typeof accept>>;
  readonly steps: readonly string[];
  readonly body: string;
  readonly message: QueuedMessage | undefined;
  readonly hops: readonly string[];
  readonly logged: readonly string[];
};

type Case = {
  readonly chunks: readonly string[];
  readonly client?: Partial<ClientFacts>;
  readonly draft?: Partial<EnvelopeDraft>;
  readonly cut?: 'cut';
  readonly writer?: Partial<BodyWriter>;
  readonly nextHopOf?: AcceptPorts['nextHopOf'];
};

async function run(given: Case): Promise<Result> {
  const steps: string[] = [];
  const written: Uint8Array[] = [];
  const logged: string[] = [];
  let message: QueuedMessage | undefined;
  let hops: readonly string[] = [];
  const writer: BodyWriter = {
    async write(chunk) {
      steps.push('write');
      written.push(Uint8Array.from(chunk));
    },
    async commit(found, recipients) {
      steps.push('commit');
      message = found;
      hops = recipients.map(({ nextHop }) => nextHop);
    },
    async abort() {
      steps.push('abort');
    },
    ...given.writer,
  };
  const ports: AcceptPorts = {
    queue: { begin: () => writer },
    clock: { now: () => now, sleep: async () => undefined, random: () => 0.5 },
    log: { event: (_level, event) => logged.push(event) },
    hostname: 'relay.example.org',
    nextHopOf: given.nextHopOf ?? (({ mailbox }) => mailbox.text.replace(/.*@/, '')),
    life: { normal: seconds(432_000), nullSender: seconds(172_800) },
  };
  const incoming: Incoming = {
    client: { ...client, ...given.client },
    hello: 'EHLO',
    envelope: { ...draft, ...given.draft },
  };
  const body: IncomingBody = {
    chunks: (async function* () {
      for (const chunk of given.chunks) yield Buffer.from(chunk, 'latin1');
    })(),
    ending: () => (given.cut ? { kind: 'cut' } : { kind: 'whole', has8bit: false, longestLine: 72 }),
  };
  const answer = await accept(ports, incoming, body);
  return { answer, steps, body: Buffer.concat(written).toString('latin1'), message, hops, logged };
}

const trace =
  /^Received: from client\.example \(\[192\.0\.2\.1\]\)\r\n\tby relay\.example\.org with ESMTP id [0-9A-Z]{17}(?:\r\n\tfor <[^>]*>)?;\r\n\tSat, 21 Nov 2026 09:08:07 \+0000\r\n/;

test('SRV-12 SRV-18 TRC-1 TRC-6 the trace field, then the octets, then the commit, then the id', async () => {
  const { answer, steps, body, message } = await run({
    chunks: ['Received: old\r\nA: b\r\n\r\n', 'one\r\n', 'two\r\n'],
  });
  assert.deepEqual(steps, ['write', 'write', 'write', 'write', 'commit']);
  assert.match(body, trace);
  assert.equal(body.replace(trace, ''), 'Received: old\r\nA: b\r\n\r\none\r\ntwo\r\n');
  assert.deepEqual(answer, { kind: 'queued', id: message?.id });
  assert.equal(message?.size, body.length);
  assert.ok(body.includes(` id ${message?.id}\r\n`));
});

test('SMTP-14 TRC-9 whatever the chunks, the octets below our field are the same, and no Return-Path is added', async () => {
  const text = 'A: b\r\n folded\r\nC: d\r\n\r\nbody\r\n\r\nmore\r\n';
  for (const chunks of [[text], Array.from(text), [text.slice(0, 21), text.slice(21)]]) {
    const { body } = await run({ chunks });
    assert.equal(body.replace(trace, ''), text);
  }
  for (const text of ['', 'no newline', '\r\nbody only\r\n', 'A: b\r\n'])
    assert.equal((await run({ chunks: [text] })).body.replace(trace, ''), text);
});

test('TRC-2 for stands with one recipient only', async () => {
  assert.match((await run({ chunks: ['x\r\n'] })).body, /\r\n\tfor <b@far\.example>;/);
  assert.doesNotMatch((await run({ chunks: ['x\r\n'], draft: { recipients: [to('b'), to('c')] } })).body, /\bfor </);
});

test('QUE-1 every recipient gets its next hop, the envelope keeps what was asked', async () => {
  const { hops, message } = await run({
    chunks: ['x\r\n'],
    draft: {
      recipients: [to('b'), to('c', 'near.example')],
      body: '8bitmime',
      ret: 'hdrs',
      envid: 'e',
      smtputf8: true,
    },
  });
  assert.deepEqual(hops, ['far.example', 'near.example']);
  assert.deepEqual(message?.envelope, {
    reversePath: draft.reversePath,
    recipients: [to('b'), to('c', 'near.example')],
    body: '8bitmime',
    ret: 'hdrs',
    envid: 'e',
    smtputf8: true,
    tlsTag: 'none',
  });
});

test('QUE-3 the life is five days, two for the null sender', async () => {
  const days = async (reversePath: EnvelopeDraft['reversePath']): Promise<number> => {
    const { message } = await run({ chunks: ['x\r\n'], draft: { reversePath } });
    return ((message?.expiresAt ?? 0) - now) / 86_400_000;
  };
  assert.deepEqual([await days(draft.reversePath), await days('null')], [5, 2]);
});

test('RTLS-4 RTLS-5 RTLS-6 RTLS-7 RTLS-8 the tag is settled at the commit, and the field stays', async () => {
  const tag = async (header: string, requiretls: EnvelopeDraft['requiretls'] = 'not-asked'): Promise<unknown> => {
    const { message, body, logged } = await run({ chunks: [header, '\r\nbody\r\n'], draft: { requiretls } });
    assert.ok(body.includes(header));
    return [message?.envelope.tlsTag, logged.includes('tls-required-ignored')];
  };
  assert.deepEqual(await tag('TLS-Required: No\r\n'), ['tls-required-no', false]);
  assert.deepEqual(await tag('TLS-Required: No\r\n', 'asked'), ['requiretls', false]);
  assert.deepEqual(await tag('TLS-Required: Yes\r\n'), ['none', true]);
  assert.deepEqual(await tag('TLS-Required: No\r\nTLS-Required: No\r\n'), ['none', true]);
  assert.deepEqual(await tag('Subject: x\r\n'), ['none', false]);
});

test('SMUG-12 the field in the body or behind a folded line has no effect, in any chunks', async () => {
  for (const text of [
    'A: b\r\n\r\nTLS-Required: No\r\n',
    'A: b\r\n TLS-Required: No\r\n\r\n',
    '\r\nTLS-Required: No\r\n',
  ])
    for (const chunks of [[text], Array.from(text)])
      assert.equal((await run({ chunks })).message?.envelope.tlsTag, 'none');
  assert.equal((await run({ chunks: Array.from('TLS-Required: No') })).message?.envelope.tlsTag, 'tls-required-no');
});

test('SRV-27 a submitted message gets Date and Message-ID where they lack, at the end of its header', async () => {
  const submitted = async (chunks: readonly string[]): Promise<string> => {
    const { body, message } = await run({ chunks, client: { kind: 'submission' } });
    return body.replace(trace, '').replaceAll(message?.id ?? '?', 'ID');
  };
  const date = 'Date: Sat, 21 Nov 2026 09:08:07 +0000\r\n';
  const id = 'Message-ID: <ID@relay.example.org>\r\n';
  assert.equal(await submitted(['A: b\r\n\r\nx\r\n']), `A: b\r\n${date}${id}\r\nx\r\n`);
  assert.equal(await submitted(Array.from('A: b\r\n\r\nx\r\n')), `A: b\r\n${date}${id}\r\nx\r\n`);
  assert.equal(await submitted(['date: x\r\n\r\nx\r\n']), `date: x\r\n${id}\r\nx\r\n`);
  assert.equal(await submitted(['MESSAGE-ID: x\r\nDate: y\r\n\r\nx\r\n']), 'MESSAGE-ID: x\r\nDate: y\r\n\r\nx\r\n');
  assert.equal(await submitted(['all text\r\n']), `${date}${id}\r\nall text\r\n`);
  assert.equal(await submitted(['A: b\r\n']), `A: b\r\n${date}${id}`);
  assert.equal(await submitted(['']), `${date}${id}`);
  assert.equal((await run({ chunks: ['A: b\r\n\r\nx\r\n'] })).body.replace(trace, ''), 'A: b\r\n\r\nx\r\n');
});

test('TRC-7 more than a hundred Received fields are refused while the message still comes', async () => {
  const looping = await run({ chunks: Array.from({ length: 200 }, () => 'Received: x\r\n') });
  assert.deepEqual(looping.answer, { kind: 'refused', because: 'loop-received' });
  assert.equal(looping.steps.at(-1), 'abort');
  assert.ok(looping.steps.length < 110);
  assert.equal(
    (await run({ chunks: ['Received: x\r\n'.repeat(100), '\r\n', 'Received: x\r\n'] })).answer.kind,
    'queued',
  );
});

test('ATK-93 a header section is bounded, and so is one line of it', async () => {
  for (const chunk of [`X: ${'y'.repeat(990)}\r\n`, 'y'.repeat(1000)]) {
    const { answer, steps } = await run({ chunks: Array.from({ length: 2000 }, () => chunk) });
    assert.deepEqual(answer, { kind: 'refused', because: 'header-size' });
    assert.equal(steps.at(-1), 'abort');
  }
});

test('SRV-13 a message that was cut is aborted', async () => {
  const { answer, steps } = await run({ chunks: ['A: b\r\n\r\nx\r\n'], cut: 'cut' });
  assert.deepEqual([answer, steps], [{ kind: 'cut' }, ['write', 'write', 'abort']]);
});

test('SRV-13 EXT-1 the store that fails is an answer, never an exception', async () => {
  const failing = (error: unknown) => async (): Promise<never> => {
    throw error;
  };
  const full = { kind: 'not-stored', because: 'queue-full' };
  const broken = { kind: 'not-stored', because: 'storage-failed' };
  const noSpace = Object.assign(new Error('x'), { code: 'ENOSPC' });
  const cases: readonly (readonly [Partial<BodyWriter>, object])[] = [
    [{ write: failing(new QueueFull()) }, full],
    [{ write: failing(noSpace) }, full],
    [{ commit: failing(new QueueFull()) }, full],
    [{ commit: failing(new Error('EIO')) }, broken],
    [{ commit: failing(undefined) }, broken],
    [{ commit: failing(new Error('EIO')), abort: failing(new Error('again')) }, broken],
  ];
  for (const [writer, expected] of cases) assert.deepEqual((await run({ chunks: ['x\r\n'], writer })).answer, expected);
  const bug = await run({
    chunks: ['x\r\n'],
    nextHopOf: () => {
      throw new Error('bug');
    },
  });
  assert.deepEqual([bug.answer, bug.steps.at(-1)], [broken, 'abort']);
});
