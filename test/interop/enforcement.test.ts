// Enforcement against real zones and real receivers: with the wrong record at a Debian peer the mail stays, with the right
// one it arrives. Every change is made as an operator makes it: the zone is signed anew and the name server reloads it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { makeChain, makeKeys, tlsaOfAuthority, tlsaOfKey, tlsaOfNobody } from './keys.ts';
import { type MailPeer, skipPeers, startExim, startPostfix, until } from './peers.ts';
import { named } from './samples.ts';
import type { Story } from './sekisho.ts';
import { handIn } from './smtp-client.ts';
import { eximAt, mailZone, mxPort, postfixAt, startWorld, type World } from './world.ts';

let world: World;
let postfix: MailPeer;
let exim: MailPeer;
const postfixKeys = skipPeers ? undefined : makeKeys('mx.elsewhere.test');
const eximKeys = skipPeers ? undefined : makeChain('mx.exim.test');
const postfixRecord = postfixKeys && tlsaOfKey(postfixKeys.certificate);
const eximRecord = eximKeys && tlsaOfAuthority(eximKeys.authority);
const eximDomains = ['exim.test', 'two.test', 'bare.test', 'floor.test'];
const limits = { skip: skipPeers, timeout: 120_000 };

before(async () => {
  if (skipPeers) return;
  const right = [postfixRecord as string];
  const more = '[[policy.rule]]\nto = ["floor.test"]\nfloor = "encrypt"';
  const zones = [
    mailZone('postfix.test', postfixAt, [tlsaOfNobody]),
    mailZone('exim.test', eximAt, [tlsaOfNobody]),
    mailZone('unsigned.test', postfixAt, [tlsaOfNobody], { sign: 'unsigned' }),
    mailZone('expired.test', postfixAt, right, { sign: 'expired' }),
    mailZone('none.test', postfixAt, []),
    mailZone('bare.test', eximAt, []),
    mailZone('floor.test', eximAt, []),
    {
      domain: 'two.test',
      sign: 'signed',
      records: [
        '@ MX 10 first',
        '@ MX 20 second',
        `first A ${eximAt}`,
        `second A ${postfixAt}`,
        `_${mxPort}._tcp.first TLSA ${tlsaOfNobody}`,
        `_${mxPort}._tcp.second TLSA ${postfixRecord}`,
      ],
    },
  ] as const;
  world = await startWorld(zones, { more });
  const domains = ['unsigned.test', 'expired.test', 'none.test', 'two.test'];
  postfix = await startPostfix({
    address: postfixAt,
    port: mxPort,
    keys: postfixKeys,
    domains: ['postfix.test', ...domains],
  });
  exim = await startExim({ address: eximAt, port: mxPort, keys: eximKeys, domains: eximDomains });
});
after(async () => {
  await postfix?.stop();
  await exim?.stop();
  await world?.stop();
});

const message = (name: string): Buffer => Buffer.from(`Message-ID: <${name}@sender.test>\r\n\r\n${name}\r\n`);

async function send(name: string, domain: string): Promise<{ readonly id: string; readonly story: Story }> {
  const to = [`friend@${domain}`];
  const id = await handIn(world.relay, { from: 'sender@sender.test', to, message: message(name) });
  return { id, story: await world.relay.tried(id) };
}

/** Tries again what waits. @returns the story when another attempt has come to its end. */
async function again(id: string): Promise<Story> {
  const before = (await world.relay.explain(id)).recipients[0]?.attempts ?? 0;
  assert.equal((await world.relay.verb('queue', 'retry', id)).code, 0);
  let story: Story | undefined;
  await until(`another attempt of ${id}`, async () => {
    story = await world.relay.explain(id);
    return (story.recipients[0]?.attempts ?? 0) > before;
  });
  return story as Story;
}

const outcome = ({ recipients: [one] }: Story): readonly unknown[] => [one?.state, one?.reason, one?.status];

/** `sekisho check --json`: exit status, verdict and reason. */
async function verdict(domain: string): Promise<readonly unknown[]> {
  const { code, out } = await world.relay.verb('check', '--json', domain);
  const report = JSON.parse(out) as { verdict: string; level: string | null; reason: string | null };
  return [code, report.verdict, report.level, report.reason];
}

for (const peer of [
  {
    name: 'Postfix',
    domain: 'postfix.test',
    address: postfixAt,
    right: postfixRecord as string,
    authn: 'dane-ee',
    running: () => postfix,
    // The certificate names another host: DANE-EE looks at the key alone (DANE-44).
    ids: 'DANE-44',
  },
  {
    name: 'Exim',
    domain: 'exim.test',
    address: eximAt,
    right: eximRecord as string,
    authn: 'dane-ta',
    running: () => exim,
    ids: 'DANE-50',
  },
]) {
  test(
    `DANE-14 DANE-40 DANE-74 QUE-5 OBS-5 ${peer.ids} the mail stays while the record at ${peer.name} is wrong, and arrives when it is right`,
    limits,
    async () => {
      const sample = `wrong-${peer.domain}`;
      const { id, story } = await send(sample, peer.domain);
      assert.deepEqual(outcome(story), ['deferred', 'cert-no-tlsa-match', '4.7.5']);
      assert.equal(story.attempts[0]?.tls_required, 'authenticated');
      assert.deepEqual(await verdict(peer.domain), [1, 'blocked', null, 'cert-no-tlsa-match']);
      const waiting = (await world.relay.queue()).find(({ queue_id }) => queue_id === id);
      assert.equal(waiting?.recipients[0]?.state, 'deferred');
      // Asked again while nothing changed, it stays all the same.
      assert.deepEqual(outcome(await again(id)), ['deferred', 'cert-no-tlsa-match', '4.7.5']);
      assert.equal(peer.running().messages().length, 0);
      assert.doesNotMatch(peer.running().log(), /sender@sender\.test/);

      await world.zones.publish(mailZone(peer.domain, peer.address, [peer.right]));
      assert.deepEqual(await verdict(peer.domain), [0, 'cleared', 'dane', null]);
      const delivered = await again(id);
      assert.deepEqual(outcome(delivered), ['sent', 'sent', '2.0.0']);
      assert.equal(delivered.attempts.at(-1)?.authn, peer.authn);
      await until('it arrives', () => named(peer.running().messages(), sample) !== undefined);

      // And the other way round: a session that was good before is no reason.
      await world.zones.publish(mailZone(peer.domain, peer.address, [tlsaOfNobody]));
      const later = await send(`wrong-again-${peer.domain}`, peer.domain);
      assert.deepEqual(outcome(later.story), ['deferred', 'cert-no-tlsa-match', '4.7.5']);
      assert.equal(named(peer.running().messages(), `wrong-again-${peer.domain}`), undefined);
    },
  );
}

test(
  'DANE-7 DANE-40 the host whose record is wrong is passed over, the next one gets the message',
  limits,
  async () => {
    const { story } = await send('two', 'two.test');
    assert.deepEqual(outcome(story), ['sent', 'sent', '2.0.0']);
    assert.deepEqual(
      story.attempts.map(({ mx_host, reason, authn }) => [mx_host, reason, authn]),
      [
        ['first.two.test', 'cert-no-tlsa-match', 'none'],
        ['second.two.test', null, 'dane-ee'],
      ],
    );
    await until('it arrives', () => named(postfix.messages(), 'two') !== undefined);
    assert.equal(named(exim.messages(), 'two'), undefined);
  },
);

test(
  'DANE-4 QUE-5 a zone whose signatures have run out gets no connection, and its mail when it is signed anew',
  limits,
  async () => {
    const { id, story } = await send('expired', 'expired.test');
    assert.deepEqual(outcome(story), ['deferred', 'mx-bogus', '4.7.5']);
    assert.deepEqual(
      story.attempts.map(({ ip }) => ip),
      [null],
    );
    await world.zones.publish(mailZone('expired.test', postfixAt, [postfixRecord as string]));
    // DNS-8: what was found bogus is remembered for a minute; an operator who cannot wait reloads.
    await world.relay.reload();
    assert.deepEqual(outcome(await again(id)), ['sent', 'sent', '2.0.0']);
    await until('it arrives', () => named(postfix.messages(), 'expired') !== undefined);
  },
);

test(
  'DANE-18 DANE-70 TLS-1 records in an unsigned zone, and none in a signed one, leave TLS without proof of a name',
  limits,
  async () => {
    for (const domain of ['unsigned.test', 'none.test']) {
      const { story } = await send(domain, domain);
      assert.deepEqual(outcome(story), ['sent', 'sent', '2.0.0']);
      assert.equal(story.attempts[0]?.tls_achieved, 'encrypted');
      assert.equal(story.attempts[0]?.authn, 'none');
      assert.equal(story.attempts[0]?.nexthop_authenticated, false);
      await until('it arrives', () => named(postfix.messages(), domain) !== undefined);
    }
  },
);

test(
  'DANE-34 TLS-2 TLS-3 an Exim that offers no STARTTLS gets nothing where TLS is due, and the rest in clear',
  limits,
  async () => {
    await world.zones.publish(mailZone('exim.test', eximAt, [eximRecord as string]));
    await exim.stop();
    exim = await startExim({ address: eximAt, port: mxPort, keys: undefined, domains: eximDomains });
    const byRecord = await send('clear-dane', 'exim.test');
    assert.deepEqual(outcome(byRecord.story), ['deferred', 'starttls-missing', '4.7.4']);
    const byFloor = await send('clear-floor', 'floor.test');
    assert.deepEqual(outcome(byFloor.story), ['deferred', 'starttls-missing', '4.7.4']);
    const free = await send('clear-bare', 'bare.test');
    assert.deepEqual(outcome(free.story), ['sent', 'sent', '2.0.0']);
    assert.equal(free.story.attempts[0]?.tls_achieved, 'cleartext');
    await until('it arrives', () => named(exim.messages(), 'clear-bare') !== undefined);
    assert.equal(exim.messages().length, 1);
  },
);
