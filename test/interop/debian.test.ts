// Debian's Postfix and Exim in both directions: they use sekisho as smart host, and sekisho delivers to them over DANE.
// What arrives is what was sent, octet by octet, below our Received field.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type MailPeer, type MailPeerOptions, skipPeers, startExim, startPostfix, until } from './peers.ts';
import { asStored, named, type Sample, samples, traceOf, unixLines } from './samples.ts';
import { handIn } from './smtp-client.ts';
import { eximAt, keysWithRecord, mailZone, mxPort, postfixAt, relayName, startWorld, type World } from './world.ts';

let world: World;
let postfix: MailPeer;
let exim: MailPeer;
const postfixKeys = skipPeers ? undefined : keysWithRecord('mx.postfix.test');
const eximKeys = skipPeers ? undefined : keysWithRecord('mx.exim.test');

const peerOptions = (): { readonly postfix: MailPeerOptions; readonly exim: MailPeerOptions } => {
  const common = { port: mxPort, relayhost: { host: '127.0.0.1', port: world.relay.port } };
  return {
    postfix: { ...common, address: postfixAt, keys: postfixKeys?.keys, domains: ['postfix.test'] },
    exim: { ...common, address: eximAt, keys: eximKeys?.keys, domains: ['exim.test'] },
  };
};

before(async () => {
  if (skipPeers) return;
  world = await startWorld([
    mailZone('postfix.test', postfixAt, [postfixKeys?.tlsa ?? '']),
    mailZone('exim.test', eximAt, [eximKeys?.tlsa ?? '']),
  ]);
  postfix = await startPostfix(peerOptions().postfix);
  exim = await startExim(peerOptions().exim);
});
after(async () => {
  await postfix?.stop();
  await exim?.stop();
  await world?.stop();
});

async function arrived(peer: MailPeer, { name }: Sample): Promise<Buffer> {
  await until(`${name} arrives`, () => named(peer.messages(), name) !== undefined);
  return named(peer.messages(), name) as Buffer;
}

/** Hands every sample to one peer's sendmail command and looks at what the other peer stored. */
async function throughRelay(
  from: { readonly peer: MailPeer; readonly domain: string; readonly itsField: RegExp },
  to: { readonly peer: MailPeer; readonly domain: string },
): Promise<void> {
  for (const sample of samples) {
    const message = unixLines(sample.message);
    await from.peer.send(`sender@${from.domain}`, `friend@${to.domain}`, message);
  }
  for (const sample of samples) {
    const { field, below } = traceOf(await arrived(to.peer, sample), relayName);
    assert.match(field, clauses('TLSv1.3', from.domain, to.domain));
    // The peer that handed it over put its own field under ours.
    const sent = asStored(sample);
    assert.match(below.subarray(0, -sent.length).toString('latin1'), from.itsField, sample.name);
    assert.deepEqual(below.subarray(-sent.length), sent, sample.name);
  }
  const [first] = samples;
  const story = await world.relay.explain(idIn(traceOf(await arrived(to.peer, first as Sample), relayName).field));
  const [attempt] = story.attempts;
  assert.equal(story.client.tls, 'TLSv1.3');
  assert.equal(attempt?.result, 'sent');
  assert.equal(attempt?.mx_host, `mx.${to.domain}`);
  assert.equal(attempt?.tls_version, 'TLSv1.3');
  assert.equal(attempt?.tls_achieved, 'authenticated');
  assert.equal(attempt?.authn, 'dane-ee');
  assert.equal(attempt?.nexthop_authenticated, true);
}

/** TRC-3, TRC-4, TRC-5 in one line. */
const clauses = (version: string, from: string, to: string, by: string = relayName): RegExp =>
  new RegExp(
    [
      `^Received: from mx\\.${from} \\(\\[127\\.0\\.0\\.1\\]\\)`,
      ` \\(using ${version} with cipher \\S+ \\(\\d+ bits\\), client certificate none\\)`,
      ` by ${by} with ESMTPS id \\S+ for <friend@${to}>`,
      ` tls TLS_\\w+(?: group \\w+)?; \\w{3}, \\d+ \\w{3} \\d{4} [\\d:]{8} \\+0000$`,
    ]
      .join('')
      .replaceAll('.test', '\\.test'),
  );

const idIn = (field: string): string => / id (\S+)/.exec(field)?.[1] as string;

const asPostfix = { domain: 'postfix.test', itsField: /^Received: by mx\.postfix\.test \(Postfix, (?:.*\n)+$/ };
const asExim = { domain: 'exim.test', itsField: /^Received: from \w+ by mx\.exim\.test with local \(Exim (?:.*\n)+$/ };
const limits = { skip: skipPeers, timeout: 120_000 };

test(
  'OPS-5 SMTP-14 EXT-3 TRC-3 TRC-4 TRC-5 TRC-6 Postfix hands over by STARTTLS, Exim gets every octet by DANE',
  limits,
  () => throughRelay({ peer: postfix, ...asPostfix }, { peer: exim, ...asExim }),
);

test(
  'OPS-5 SMTP-14 EXT-3 TRC-3 TRC-4 TRC-5 TRC-6 Exim hands over by STARTTLS, Postfix gets every octet by DANE',
  limits,
  () => throughRelay({ peer: exim, ...asExim }, { peer: postfix, ...asPostfix }),
);

test('SMTP-14 TRC-2 one message of a raw client reaches both peers alike, octet by octet', limits, async () => {
  for (const sample of samples.map(renamed('both'))) {
    // A DATA section cannot end without CRLF.
    const message =
      sample.message.at(-1) === 0x0a ? sample.message : Buffer.concat([sample.message, Buffer.from('\r\n')]);
    const to = ['friend@postfix.test', 'friend@exim.test'];
    await handIn(world.relay, { from: 'sender@exim.test', to, message, how: 'starttls' });
    for (const peer of [postfix, exim]) {
      const { field, below } = traceOf(await arrived(peer, sample), relayName);
      assert.deepEqual(below, asStored(sample), sample.name);
      assert.doesNotMatch(field, / for </);
    }
  }
});

/** The same message under a name of its own. */
const renamed =
  (mark: string) =>
  ({ name, message }: Sample): Sample => ({
    name: `${name}-${mark}`,
    message: Buffer.from(message.toString('latin1').replace(`<${name}@`, `<${name}-${mark}@`), 'latin1'),
  });

test(
  'SMTP-9 QUE-9 DSN-1 DSN-2 DSN-6 recipients of one message end each in their own way, and the notice goes home',
  limits,
  async () => {
    const [plain] = samples.map(renamed('partial')) as [Sample, ...Sample[]];
    const to = [
      'alive@postfix.test',
      'nobody@postfix.test',
      'later@postfix.test',
      'alive@exim.test',
      'later@exim.test',
    ];
    const id = await handIn(world.relay, { from: 'sender@exim.test', to, message: plain.message });
    const { recipients } = await world.relay.tried(id);
    assert.deepEqual(
      recipients.map(({ address, state, status }) => [address, state, status]),
      [
        ['alive@postfix.test', 'sent', '2.0.0'],
        ['nobody@postfix.test', 'bounced', '5.1.1'],
        ['later@postfix.test', 'deferred', '4.2.1'],
        ['alive@exim.test', 'sent', '2.0.0'],
        ['later@exim.test', 'deferred', '4.2.1'],
      ],
    );
    await arrived(postfix, plain);
    await arrived(exim, plain);

    const isNotice = (message: Buffer): boolean => message.includes('report-type=delivery-status');
    await until('the notice arrives', () => exim.messages().some(isNotice));
    const notice =
      exim
        .messages()
        .find(isNotice)
        ?.toString('latin1')
        .replace(/\n[ \t]+/g, ' ') ?? '';
    assert.match(notice, /^Return-path: <>$/m);
    assert.match(notice, /^To: .*sender@exim\.test/m);
    assert.match(notice, /^Final-Recipient: rfc822; ?nobody@postfix\.test$/m);
    assert.match(notice, /^Action: failed$/m);
    assert.match(notice, /^Status: 5\.1\.1$/m);
    assert.match(notice, /^Remote-MTA: dns; ?mx\.postfix\.test/m);
    assert.match(notice, /^Diagnostic-Code: smtp; ?550 5\.1\.1 .*nobody lives here/m);
    assert.doesNotMatch(notice, /later@|alive@/);

    // Who was served is not served again.
    assert.equal((await world.relay.verb('queue', 'retry', id)).code, 0);
    await until('later was tried again', async () => {
      const story = await world.relay.explain(id);
      return story.recipients.every(({ address, attempts }) => attempts === (address.startsWith('later@') ? 2 : 1));
    });
    for (const peer of [postfix, exim])
      assert.equal(
        peer.messages().filter((message) => !isNotice(message) && message.includes(`<${plain.name}@`)).length,
        1,
      );
    assert.equal((await world.relay.verb('queue', 'drop', id, '--yes')).code, 0);
  },
);

test('OPS-5 TLS-12 with TLS 1.2 and nothing newer at both peers the way is the same', limits, async () => {
  // Sessions that the first relay keeps open would go on as they are.
  const relay = await world.another({ hostname: 'second.interop.test' });
  const relayhost = { host: relay.host, port: relay.port };
  await postfix.stop();
  await exim.stop();
  postfix = await startPostfix({ ...peerOptions().postfix, relayhost, tls: 'TLSv1.2-only' });
  exim = await startExim({ ...peerOptions().exim, relayhost, tls: 'TLSv1.2-only' });
  for (const [from, to] of [
    [
      { peer: postfix, ...asPostfix },
      { peer: exim, ...asExim },
    ],
    [
      { peer: exim, ...asExim },
      { peer: postfix, ...asPostfix },
    ],
  ] as const) {
    const sample = renamed(`old-${from.domain}`)(samples[1] as Sample);
    await from.peer.send(`sender@${from.domain}`, `friend@${to.domain}`, unixLines(sample.message));
    const { field, below } = traceOf(await arrived(to.peer, sample), 'second.interop.test');
    assert.match(field, clauses('TLSv1.2', from.domain, to.domain, 'second.interop.test'));
    const sent = asStored(sample);
    assert.deepEqual(below.subarray(-sent.length), sent);
    const { attempts } = await relay.explain(idIn(field));
    assert.equal(attempts.at(-1)?.tls_version, 'TLSv1.2');
    assert.equal(attempts.at(-1)?.authn, 'dane-ee');
  }
});
