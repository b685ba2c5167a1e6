// What operators watch: a dialogue with one host, the dialogues of the relay, delivery records, and how destinations stand.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { post } from './mail.ts';
import {
  type Inside,
  jsonOf,
  named,
  openWorld,
  type Said,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from './world.ts';

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld(named('dane-ee', 'dane-mismatch', 'no-tls', 'sts-enforce', 'looks-like-gmail'));
  inside = await startInside(world);
});

const lines = ({ out }: Said): readonly Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const deliver = async (to: string, state: string): Promise<string> => {
  const id = await post(inside.port, { to, subject: to });
  await until(async () => (await stateOf(inside, id)) === state, `${to} to be ${state}`);
  return id;
};

test('trace tells cleartext from TLS, ends with the verdict of check, and sends no mail', async () => {
  const mail = world.lab.messages().length;
  const good = await sekisho(world, 'trace', 'dane-ee.test');
  assert.equal(good.code, 0, good.err);
  assert.match(good.out, /^=== connecting to mx\.dane-ee\.test \[127\./);
  assert.match(good.out, /\n<- {2}220 /);
  assert.match(good.out, /\n -> EHLO relay\.lab\.test\n/);
  assert.match(good.out, /\n -> STARTTLS\n<- {2}220 [^\n]*\n=== TLSv1\.3 with /);
  assert.match(good.out, /\n ~> EHLO relay\.lab\.test\n<~ {2}250/);
  assert.match(good.out, /\nverdict {3}cleared \(dane\)\n$/);
  assert.ok(!/MAIL FROM/.test(good.out));
  assert.equal(world.lab.messages().length, mail);
  const bad = await sekisho(world, 'trace', 'dane-mismatch.test', '--json');
  assert.equal(bad.code, 1);
  const checked = jsonOf(await sekisho(world, 'check', 'dane-mismatch.test', '--json'));
  const verdict = lines(bad).at(-1);
  assert.deepEqual([verdict?.verdict, verdict?.reason], [checked.verdict, checked.reason]);
  // TLS-22: after a handshake that proved nothing not one command is said.
  assert.ok(!lines(bad).some(({ kind, channel }) => kind === 'sent' && channel === 'tls'));
});

test('trace follows the running relay, sieved by recipient', async () => {
  const following = sekisho(world, 'trace', '--to', 'wanted@dane-ee.test', '--json', '--timeout', '4s');
  await until(() => true, 'a turn');
  await new Promise((resolve) => setTimeout(resolve, 600));
  await deliver('other@no-tls.example', 'sent');
  await deliver('wanted@dane-ee.test', 'sent');
  const seen = lines(await following);
  const hosts = [...new Set(seen.map(({ host }) => host))];
  assert.deepEqual(hosts, ['mx.dane-ee.test']);
  const sent = seen.filter(({ kind }) => kind === 'sent').map(({ text }) => String(text));
  assert.ok(
    sent.some((text) => text === 'STARTTLS') && sent.some((text) => /octets of message/.test(text)),
    sent.join(),
  );
});

test('OPS-7 the Gmail harness: the look-alike is reached by its policy, word, dialogue and reading of the field are shown', async () => {
  const said = await sekisho(world, 'probe', 'me@bigmail.test', '--expect', 'webpki', '--timeout', '20s');
  assert.equal(said.code, 0, said.err);
  const nonce = /^probe (\w+) is queued as /.exec(said.out)?.[1];
  assert.match(said.out, /\n ~> RCPT TO:<me@bigmail\.test>/);
  assert.match(said.out, /\nreached {4}WebPKI: /);
  assert.ok(said.out.includes(`open the message "sekisho probe ${nonce}"`));
  const more = await sekisho(world, 'probe', 'me@bigmail.test', '--expect', 'dane', '--json', '--timeout', '20s');
  const { schema, level, dialogue } = jsonOf(more);
  assert.deepEqual([more.code, schema, level, Array.isArray(dialogue)], [1, 'sekisho.probe/1', 'webpki', true]);
});

test('log tells every attempt, newest last, by the filters of the queue', async () => {
  const sent = await deliver('a@sts-enforce.example', 'sent');
  const waits = await deliver('a@dane-mismatch.test', 'deferred');
  const all = lines(await sekisho(world, 'log', '--json'));
  assert.ok(all.findIndex((one) => one.queue_id === sent) < all.findIndex((one) => one.queue_id === waits));
  assert.ok(all.every(({ schema }) => schema === 'sekisho.log/1'));
  const ids = async (...filter: readonly string[]): Promise<readonly unknown[]> =>
    lines(await sekisho(world, 'log', '--json', ...filter)).map((one) => one.queue_id);
  assert.deepEqual(await ids('--domain', 'sts-enforce.example'), [sent]);
  assert.deepEqual(await ids('--state', 'deferred'), [waits]);
  assert.deepEqual(await ids('--because', 'cert-no-tlsa-match', '--newer', '1h'), [waits]);
  assert.deepEqual(await ids('--to', 'a@dane-mismatch.test', '--limit', '1'), [waits]);
  const text = await sekisho(world, 'log', '--domain', 'sts-enforce.example');
  assert.match(
    text.out,
    / to=<a@sts-enforce\.example>, relay=mx\.sts-enforce\.example\[127\.[\d.]+\]:\d+, dsn=2\.\d\.\d, status=sent \(webpki TLSv1\.3\)\n$/,
  );
  assert.equal((await sekisho(world, 'log', '--domain', 'never.example')).code, 1);
  assert.equal((await sekisho(world, 'log', '--state', 'held')).code, 2);
  const following = sekisho(world, 'log', '--follow', '--limit', '1', '--json', '--timeout', '2s');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const later = await deliver('late@dane-ee.test', 'sent');
  assert.ok(lines(await following).some((one) => one.queue_id === later));
});

test('destination shows what each domain showed, what came of its mail, and why it waits', async () => {
  await deliver('b@dane-ee.test', 'sent');
  const listed = lines(await sekisho(world, 'destination', 'list', '--json'));
  const of = (domain: string): Record<string, unknown> | undefined => listed.find((one) => one.domain === domain);
  assert.deepEqual(
    [of('dane-mismatch.test')?.waiting, of('dane-mismatch.test')?.last_reason],
    [1, 'cert-no-tlsa-match'],
  );
  assert.ok(Number(of('dane-ee.test')?.sent) >= 1);
  const shown = await sekisho(world, 'destination', 'show', 'sts-enforce.example');
  assert.equal(shown.code, 0, shown.err);
  assert.match(shown.out, /shown {6}webpki at mx\.sts-enforce\.example/);
  assert.match(shown.out, /MTA-STS {4}enforce, id /);
  const unknown = await sekisho(world, 'destination', 'show', 'never.example');
  assert.equal(unknown.code, 1);
  assert.equal((await sekisho(world, 'destination', 'show')).code, 2);
});

test('QUE-7 an act says how much it touches before it is done', async () => {
  const said = await sekisho(world, 'queue', 'hold', '--domain', 'dane-mismatch.test');
  assert.equal(said.code, 0);
  assert.match(said.err, /^hold: 1 message \(1 recipient\) fit\n/);
  assert.match(said.out, /^hold: 1 recipients/);
  const asked = await sekisho(world, 'queue', 'drop', '--domain', 'dane-mismatch.test', '--no-input');
  assert.equal(asked.code, 2);
  assert.match(asked.err, /drop of 1 message \(1 recipient\) wants --yes/);
});
