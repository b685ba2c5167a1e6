// What was wrong at a destination is set right, or never is: the waiting message goes, or comes back, and at no age is less
// demanded for it.

import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { post } from './mail.ts';
import {
  type Inside,
  jsonOf,
  messageOf,
  named,
  openWorld,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from './world.ts';

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld(
    named(
      'dane-ee',
      'dane-mismatch',
      'dane-starttls-stripped',
      'dane-starttls-refused',
      'dane-servfail',
      'sts-host-mismatch',
      'sts-untrusted',
    ),
    'standing',
  );
  world.configure({
    edit: (text) =>
      text.replace('[delivery]\n', '[delivery]\nretry = ["1h", "6h"]\nwarn_after = "4h"\nexpire_after = "1d"\n'),
  });
  inside = await startInside(world);
});
afterEach(() => world.lab.clearFaults());

async function deferred(to: string, reason: string, subject: string, from?: string): Promise<string> {
  const id = await post(inside.port, { to, subject, ...(from && { from }) });
  await until(async () => (await stateOf(inside, id)) === 'deferred', `${id} to be deferred`);
  assert.equal((await inside.relay.queue.story(id as never))?.recipients[0]?.last?.because, reason);
  return id;
}

const attemptsOf = async (id: string): Promise<number> =>
  (await inside.relay.queue.story(id as never))?.recipients[0]?.attempts ?? 0;

async function retried(id: string): Promise<void> {
  const before = await attemptsOf(id);
  const said = await sekisho(world, 'queue', 'retry', id);
  assert.equal(said.code, 0, said.err);
  await until(async () => (await stateOf(inside, id)) === 'sent' || (await attemptsOf(id)) > before, 'another attempt');
}

test('QUE-5 QUE-7 the TLSA record is set right: queue retry delivers, with DANE', async () => {
  const id = await deferred('a@dane-mismatch.test', 'cert-no-tlsa-match', 'mend-tlsa');
  await retried(id);
  assert.equal(await stateOf(inside, id), 'deferred');
  const spki = await spkiOf('mx.dane-mismatch.test');
  world.lab.setRecords('_25._tcp.mx.dane-mismatch.test', 'TLSA', [`3 1 1 ${spki}`]);
  // The old answer holds as long as its TTL, and no longer.
  world.clock.advance(301 as never);
  await retried(id);
  assert.equal(await stateOf(inside, id), 'sent');
  const story = await inside.relay.queue.story(id as never);
  assert.equal(story?.records.at(-1)?.authn, 'dane-ee');
  assert.ok(messageOf(world.lab, 'mend-tlsa'));
});

/** Of the key that the host presents, as `check` shows it. */
async function spkiOf(host: string): Promise<string> {
  const report = jsonOf<{ hosts: readonly { host: string; chain: readonly { spkiSha256: string }[] }[] }>(
    await sekisho(world, 'check', host.replace(/^mx\./, ''), '--json'),
  );
  return report.hosts[0]?.chain[0]?.spkiSha256 ?? '';
}

test('QUE-5 STS-65 the policy is set right under a new id: queue retry delivers, with WebPKI', async () => {
  const id = await deferred('a@sts-host-mismatch.example', 'sts-mx-mismatch', 'mend-sts');
  world.lab.publishPolicy('sts-host-mismatch.example', { mode: 'enforce', mx: ['mx.sts-host-mismatch.example'] });
  world.clock.advance(301 as never);
  await retried(id);
  assert.equal(await stateOf(inside, id), 'sent');
  assert.equal((await inside.relay.queue.story(id as never))?.records.at(-1)?.authn, 'pkix-sts');
});

let polls = 0;
/** The clock stands still: a runner that looked just before it was moved sleeps its minute, and nobody else moves it. */
function nudge(): void {
  polls += 1;
  if (polls % 40 === 0) world.clock.advance(61 as never);
}

test('QUE-5 STARTTLS comes back: the message goes by its own schedule, no operator needed', async () => {
  const id = await deferred('a@dane-starttls-stripped.test', 'starttls-missing', 'mend-starttls');
  world.lab.host('mx.dane-starttls-stripped.test').setFaults([]);
  world.clock.advance((2 * 3600) as never);
  await until(async () => {
    nudge();
    return (await stateOf(inside, id)) === 'sent';
  }, 'the next attempt');
  assert.equal((await inside.relay.queue.story(id as never))?.records.at(-1)?.tls_achieved, 'authenticated');
});

test('QUE-6 QUE-3 QUE-2 DSN-9 no age lowers what is demanded: at the end the sender hears, and the host never heard MAIL', async () => {
  const from = 'author@dane-ee.test';
  const hosts = ['mx.dane-starttls-refused.test', 'mx.dane-servfail.test', 'mx.sts-untrusted.example'];
  const said = (): readonly string[] =>
    hosts.flatMap((name) => world.lab.host(name).sessions.flatMap((session) => session.said.map(({ line }) => line)));
  const before = said().length;
  const ids = [
    await deferred('old@dane-starttls-refused.test', 'starttls-refused', 'grown-old-1', from),
    await deferred('old@dane-servfail.test', 'tlsa-lookup-error', 'grown-old-2', from),
    await deferred('old@sts-untrusted.example', 'cert-untrusted', 'grown-old-3', from),
  ];
  for (let hours = 0; hours < 26; hours += 2) {
    const states = await Promise.all(ids.map((id) => attemptsOf(id)));
    world.clock.advance((2 * 3600) as never);
    // An attempt that fell due is waited for, so that time does not run past it.
    await until(async () => {
      nudge();
      const stories = await Promise.all(ids.map((id) => inside.relay.queue.story(id as never)));
      return stories.every(
        (story) => story?.recipients[0]?.state === 'bounced' || (story?.recipients[0]?.dueAt ?? 0) > world.clock.now(),
      );
    }, `the attempts of hour ${hours}, ${states}`);
  }
  for (const id of ids) {
    const story = await inside.relay.queue.story(id as never);
    assert.equal(story?.recipients[0]?.state, 'bounced');
    assert.ok((story?.records.length ?? 0) >= 4, 'there were several attempts');
    const demands = new Set(story?.records.map(({ tls_required }) => tls_required));
    assert.deepEqual([...demands], [story?.records[0]?.tls_required]);
  }
  assert.ok(said().length > before);
  assert.deepEqual(
    said()
      .slice(before)
      .filter((line) => /^(MAIL|RCPT|DATA)/i.test(line)),
    [],
  );
  const bounces = (): readonly string[] =>
    world.lab
      .host('mx.dane-ee.test')
      .messages.map(({ raw }) => raw.toString())
      .filter((text) => text.includes('Action: failed'));
  await until(() => bounces().length === 3, 'the bounces');
  for (const [to, status] of [
    ['old@dane-starttls-refused.test', '4.7.4'],
    ['old@dane-servfail.test', '4.7.5'],
    ['old@sts-untrusted.example', '4.7.5'],
  ] as const) {
    const bounce = bounces().find((text) => text.includes(`Final-Recipient: rfc822; ${to}`));
    assert.ok(bounce, to);
    assert.match(bounce, new RegExp(`Status: ${status.replaceAll('.', '\\.')}\\r\\n`));
  }
  // DSN-14: between them each sender was told once that the mail waits.
  const delays = world.lab.host('mx.dane-ee.test').messages.filter(({ raw }) => raw.includes('Action: delayed'));
  assert.equal(delays.length, 3);
  for (const { mail } of world.lab.host('mx.dane-ee.test').messages.slice(-3)) assert.match(mail, /^<>/);
});
