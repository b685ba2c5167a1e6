// `sekisho queue --security`: what waits because it could not go safely, and whom to tell.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { mailboxOf } from '../../src/agent/find-contact.ts';
import { sent, signedSite, stranger } from '../../src/lab/destination-plan.ts';
import { post } from '../relay/mail.ts';
import {
  type Inside,
  jsonOf,
  named,
  openWorld,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from '../relay/world.ts';

const broken = signedSite('forgot-rollover', {
  story: 'A missed rollover, and reports are wanted.',
  hosts: [{ name: 'mx.forgot-rollover.test', tlsa: [stranger] }],
  records: [
    '_smtp._tls.forgot-rollover.test. TXT "v=TLSRPTv1; rua=mailto:tls@reports.example,https://reports.example/"',
  ],
  expected: sent('dane', 'dane-ee'),
});

let world: World;
let inside: Inside;
before(async () => {
  world = await openWorld([...named('dane-ee', 'dane-mismatch'), broken]);
  inside = await startInside(world);
});

test('OPS-56 domains whose mail waits for want of security are listed with fault and contacts', async () => {
  const none = await sekisho(world, 'queue', 'list', '--security');
  assert.deepEqual([none.code, none.out], [0, 'no mail waits for want of security\n']);
  const ids = [];
  for (const domain of ['forgot-rollover.test', 'forgot-rollover.test', 'dane-mismatch.test', 'dane-ee.test'])
    ids.push(await post(inside.port, { to: `a@${domain}`, subject: domain }));
  for (const id of ids) await until(async () => (await stateOf(inside, id)) !== 'queued', `an end of ${id}`);
  const { out, code } = await sekisho(world, 'queue', 'list', '--security');
  assert.equal(code, 0);
  const [first = '', second = ''] = out.split(/^(?=\S)/m);
  assert.match(first, /^forgot-rollover\.test {2}2 recipients, 2 within the last hour, the oldest \d+s\n/);
  assert.match(
    first,
    /\n {2}fault +cert-no-tlsa-match: The certificate of the mail host matches none of its TLSA records/,
  );
  assert.match(first, /\n {2}remedy +The owner of the host publishes TLSA records for the certificate in use\n/);
  assert.match(
    first,
    /contact +mailto:tls@reports\.example \(TLSRPT\)\n +contact +https:\/\/reports\.example\/ \(TLSRPT\)\n/,
  );
  assert.match(first, /contact +\S+@\S+ \(SOA\)\n +contact +postmaster@forgot-rollover\.test\n/);
  assert.match(second, /^dane-mismatch\.test {2}1 recipient, /);
  assert.doesNotMatch(second, /TLSRPT/);
  assert.doesNotMatch(out, /dane-ee\.test/);
  const only = await sekisho(world, 'queue', '--security', '--domain', 'forgot-rollover.test', '--json');
  const told = jsonOf<{ recipients: number; contacts: { tlsrpt: string[]; zone: string; postmaster: string } }>(only);
  assert.equal(told.recipients, 2);
  assert.deepEqual(told.contacts.tlsrpt, ['mailto:tls@reports.example', 'https://reports.example/']);
  assert.match(told.contacts.zone, /^[^@]+@[^@]+$/);
  const misused = await sekisho(world, 'queue', 'drop', '--security', '--yes');
  assert.equal(misused.code, 2);
  assert.equal((await sekisho(world, 'queue', 'list', '--json')).out.trim().split('\n').length, 2 + 1);
});

test('OPS-56 RNAME is read as a mailbox: the first dot that is not escaped is the @', () => {
  assert.equal(mailboxOf('hostmaster.example.org.'), 'hostmaster@example.org');
  assert.equal(mailboxOf('host\\.master.example.org.'), 'host.master@example.org');
  assert.equal(mailboxOf('.'), null);
  assert.equal(mailboxOf('bad\\@sign.example.org.'), null);
  assert.equal(mailboxOf('bad\\027[31m.example.org.'), null);
});
