// The operator's own word, from the file to the sink: floors, rules, dated exceptions, routes and their credentials.

import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makeSelfSigned } from '../../src/adapters/smtp/server-certificate.ts';
import type { CheckReport } from '../../src/agent/check-report.ts';
import { post } from './mail.ts';
import {
  freePort,
  type Inside,
  jsonOf,
  messageOf,
  named,
  openWorld,
  sekisho,
  startInside,
  until,
  type World,
} from './world.ts';

let world: World;
before(async () => {
  world = await openWorld(
    named(
      'dane-ee',
      'dane-mismatch',
      'dane-bogus',
      'mx-bogus',
      'plain',
      'no-tls',
      'sts-enforce',
      'sts-untrusted',
      'dane-ta-wrong-name',
      'dane-starttls-stripped',
      'looks-like-gmail',
    ),
    'standing',
  );
});

type Came = {
  readonly state: string;
  readonly reason: string | null;
  readonly record: Readonly<Record<string, unknown>>;
};

/** One message to each, and what became of it after the first attempt; `check` must say the same. */
async function send(inside: Inside, tos: readonly string[], subject: string): Promise<readonly Came[]> {
  const ids: string[] = [];
  for (const to of tos) ids.push(await post(inside.port, { to, subject: `${subject} ${to}` }));
  const came: Came[] = [];
  for (const [index, id] of ids.entries()) {
    await until(
      async () => ((await inside.relay.queue.story(id as never))?.recipients[0]?.state ?? 'queued') !== 'queued',
      `an outcome of ${tos[index]}`,
    );
    const story = await inside.relay.queue.story(id as never);
    const row = story?.recipients[0];
    const state = row?.state ?? '';
    const reason = state === 'sent' ? null : (row?.last?.because ?? null);
    came.push({ state, reason, record: story?.records.at(-1) ?? {} });
    assert.equal(messageOf(world.lab, `${subject} ${tos[index]}`) !== undefined, state === 'sent', tos[index]);
    const report = jsonOf<CheckReport>(await sekisho(world, 'check', tos[index] as string, '--json'));
    assert.equal(report.reason, reason, `check of ${tos[index]}`);
  }
  return came;
}

const under = async (toml: string, tos: readonly string[], subject: string): Promise<readonly Came[]> => {
  world.configure({ end: toml });
  const inside = await startInside(world);
  const came = await send(inside, tos, subject);
  await inside.relay.stop(1);
  return came;
};

const short = (came: readonly Came[]): readonly (string | null)[] =>
  came.map(({ state, reason, record }) => (state === 'sent' ? `${record.tls_achieved} ${record.authn}` : reason));

test('OBS-5 TLS-2 each floor lets through what reaches it, and no more', async () => {
  const tos = ['a@dane-ee.test', 'a@sts-enforce.example', 'a@plain.example', 'a@no-tls.example'];
  const expected: Readonly<Record<string, readonly (string | null)[]>> = {
    may: ['authenticated dane-ee', 'authenticated pkix-sts', 'encrypted none', 'cleartext none'],
    encrypt: ['authenticated dane-ee', 'authenticated pkix-sts', 'encrypted none', 'starttls-missing'],
    verify: ['authenticated dane-ee', 'authenticated pkix-sts', 'cert-untrusted', 'starttls-missing'],
    'dane-only': ['authenticated dane-ee', 'dane-required', 'dane-required', 'dane-required'],
  };
  for (const [floor, results] of Object.entries(expected))
    assert.deepEqual(short(await under(`[policy]\nfloor = "${floor}"\n`, tos, `floor-${floor}`)), results, floor);
});

test('a rule raises the floor for those it names, exact or below, and for nobody else', async () => {
  const rules =
    '[[policy.rule]]\nto = ["no-tls.example"]\nfloor = "encrypt"\n\n[[policy.rule]]\nto = ["*.test"]\nfloor = "dane-only"\n';
  const tos = ['a@no-tls.example', 'a@plain.example', 'a@dane-ee.test', 'a@bigmail.test'];
  const came = await under(rules, tos, 'rule');
  assert.deepEqual(short(came), ['starttls-missing', 'encrypted none', 'authenticated dane-ee', 'dane-required']);
  assert.deepEqual(
    came.map(({ record }) => record.floor),
    ['encrypt', 'may', 'dane-only', 'dane-only'],
  );
});

test('RTE-14 a route leads to the host in brackets, whose own protection counts', async () => {
  const port = world.lab.ports.smtp;
  const routes = `[[route]]\nto = ["first.example"]\nvia = "[MX.dane-ee.test]:${port}"\n
[[route]]\nto = ["second.example"]\nvia = "[mx.dane-mismatch.test]:${port}"\n
[[route]]\nto = ["*.third.example"]\nvia = "sts-enforce.example"\n`;
  const came = await under(routes, ['a@first.example', 'a@second.example', 'a@deep.third.example'], 'routed');
  assert.deepEqual(short(came), ['authenticated dane-ee', 'cert-no-tlsa-match', 'authenticated pkix-sts']);
  assert.equal(came[0]?.record.mx_state, 'relay');
});

test('SMTP-17 credentials of a route are sent to nobody who was not authenticated, whatever the floor', async () => {
  const port = world.lab.ports.smtp;
  const secret = join(world.folder, 'route-secret');
  writeFileSync(secret, 'us:route-password\n');
  const hosts = [
    'mx.plain.example',
    'mx.no-tls.example',
    'mx.dane-mismatch.test',
    'mx.dane-starttls-stripped.test',
    'mx.dane-ta-wrong-name.test',
  ];
  const routes = hosts
    .map(
      (host, index) =>
        `[[route]]\nto = ["r${index}.example"]\nvia = "[${host}]:${port}"\ncredentials = "file:${secret}"\n`,
    )
    .join('\n');
  const came = await under(
    routes,
    hosts.map((_, index) => `a@r${index}.example`),
    'credentials',
  );
  assert.deepEqual(
    came.map(({ state }) => state),
    hosts.map(() => 'deferred'),
  );
  assert.deepEqual(short(came), [
    'route-auth-unprotected',
    'route-auth-unprotected',
    'cert-no-tlsa-match',
    'starttls-missing',
    'cert-name',
  ]);
  for (const host of hosts)
    for (const session of world.lab.host(host).sessions)
      assert.ok(!session.said.some(({ line }) => /^AUTH/i.test(line)), host);
});

test('SMTP-17 the host that proved itself gets them: one relay hands over to another, which wants a password', async () => {
  // The other relay stands at the address of a DANE host, at a port of its own with a TLSA record of its own.
  const host = 'mx.dane-ee.test';
  const port = await freePort();
  const { certificate, key } = await makeSelfSigned(host);
  const other: World = {
    ...world,
    folder: join(world.folder, 'other'),
    config: join(world.folder, 'other.toml'),
    env: { ...world.env, STATE_DIRECTORY: join(world.folder, 'other') },
  };
  writeFileSync(join(world.folder, 'other.pem'), certificate + key);
  writeFileSync(
    join(world.folder, 'users'),
    `us:sha256:${createHash('sha256').update('route-password').digest('hex')}\n`,
  );
  world.configure();
  const base = readFileSync(world.config, 'utf8');
  writeFileSync(
    other.config,
    base
      .replaceAll(join(world.folder, 'queue.db'), join(other.folder, 'queue.db'))
      .replace('address = "127.0.0.1:0"', `address = "${world.lab.host(host).address}:${port}"`)
      .replace(/clients = .*/, `clients = []\nauth = "password"\nusers = "file:${join(world.folder, 'users')}"`)
      .replace('certificate = "self-signed"', `certificate = "${join(world.folder, 'other.pem')}"`)
      .replace('relay.lab.test', 'other.lab.test'),
  );
  const { publicKey } = new X509Certificate(certificate);
  const spki = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  world.lab.setRecords(`_${port}._tcp.${host}`, 'TLSA', [`3 1 1 ${spki}`]);
  const second = await startInside(other);
  world.configure({
    end: `[[route]]\nto = ["plain.example"]\nvia = "[${host}]:${port}"\ncredentials = "file:${join(world.folder, 'route-secret')}"\n`,
  });
  const first = await startInside(world);
  const id = await post(first.port, { to: 'a@plain.example', subject: 'through-two' });
  await until(() => messageOf(world.lab, 'through-two') !== undefined, 'the far end');
  assert.equal((await first.relay.queue.story(id as never))?.records.at(-1)?.authn, 'dane-ee');
  assert.ok(second.log.some(({ event, outcome }) => event === 'auth' && outcome === 'accepted'));
  assert.match(messageOf(world.lab, 'through-two')?.raw.toString() ?? '', /with ESMTPSA/);
  await first.relay.stop(1);
  await second.relay.stop(1);
});

// The last one: the tools go by the machine's clock, and it moves the laboratory's.
test('DANE-73 INT-15 a dated exception lowers what it names, for whom it names, until its day, and shows in every record', async () => {
  const day = (from: number): string => new Date(world.clock.now() + from * 86_400_000).toISOString().slice(0, 10);
  const exception = (to: string, ignore: string, until = day(1)): string =>
    `[[policy.exception]]\nto = ["${to}"]\nignore = ["${ignore}"]\nuntil = ${until}\nreason = "contract 4711"\n\n`;
  const cases = [
    ['a@no-tls.example', 'floor', 'cleartext none', 'starttls-missing'],
    ['a@dane-mismatch.test', 'dane', 'encrypted none', 'cert-no-tlsa-match'],
    ['a@sts-untrusted.example', 'mta-sts', 'encrypted none', 'cert-untrusted'],
    ['a@dane-bogus.test', 'dnssec', 'encrypted none', 'tlsa-bogus'],
    ['a@mx-bogus.test', 'dnssec', 'encrypted none', 'mx-bogus'],
  ] as const;
  const tos = cases.map(([to]) => to);
  const floor = '[policy]\nfloor = "encrypt"\n\n';
  const all = cases.map(([to, ignore]) => exception(to.slice(2), ignore)).join('');
  world.configure({ end: floor + all });
  const inside = await startInside(world);
  const came = await send(inside, tos, 'exception');
  assert.deepEqual(
    short(came).slice(0, 4),
    cases.slice(0, 4).map(([, , sent]) => sent),
  );
  // The signed name without a host behind it: the MX is taken unproven, and leads nowhere worse than the destination.
  assert.notEqual(came[4]?.reason, 'mx-bogus');
  for (const { record } of came) assert.match(String(record.exception), /contract 4711|exception|sekisho\.toml/);
  const { exceptions } = jsonOf<{ exceptions?: readonly string[] }>({
    code: 0,
    err: '',
    out: await (await fetch(`http://127.0.0.1:${inside.relay.adminPort}/api/v1/status`)).text(),
  });
  assert.equal(exceptions?.length, cases.length);
  const doctor = await sekisho(world, 'doctor', '--json');
  assert.match(doctor.out, /no-tls\.example: floor ignored until .* \(contract 4711\)/);

  // The last day is over: nobody has to take anything back.
  world.clock.advance((3 * 86_400) as never);
  const later = await Promise.all(tos.map((to) => post(inside.port, { to, subject: 'exception-over' })));
  for (const [index, id] of later.entries()) {
    await until(
      async () => ((await inside.relay.queue.story(id as never))?.recipients[0]?.state ?? 'queued') !== 'queued',
      'an outcome',
    );
    const row = (await inside.relay.queue.story(id as never))?.recipients[0];
    assert.deepEqual([row?.state, row?.last?.because], ['deferred', cases[index]?.[3]], cases[index]?.[0]);
  }
  assert.equal(messageOf(world.lab, 'exception-over'), undefined);
  await inside.relay.stop(1);
});
