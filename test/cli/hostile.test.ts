// Hosts whose words are weapons, against every verb that shows what others said, the status page, and returned mail: real
// servers on loopback, real deliveries to them (ATK-112, ATK-115).
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { dispatch } from '../../src/cli/commands.ts';
import { makeProgram } from '../../src/compose/program.ts';
import { issueLeaf, pemOf } from '../../src/lab/certificates.ts';
import { post } from '../relay/mail.ts';
import {
  bare,
  type Inside,
  named,
  openWorld,
  type Said,
  sekisho,
  startInside,
  stateOf,
  until,
  type World,
} from '../relay/world.ts';

/** What a terminal, a browser or a reader might obey: ESC, C0, C1, bidirectional controls, invisible signs, mark-up. */
const weapons =
  '\u001b[2J\u001b]0;owned\u0007\u009b31m\u0085\u202e\u2066\u200f\u061c\u200b\u2028\ufeff\u{e0041}\b\u007f<script>alert(1)</script>"}\t';
const long = 'a'.repeat(3500);
const octets = Buffer.from([0xff, 0xfe, 0x9b, 0x1b, 0x5b, 0x32, 0x4a, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf5]);

/** A reply whose lines are each a weapon: UTF-8, octets that are no text, and length. */
const reply = (code: number): Buffer =>
  Buffer.concat([
    Buffer.from(`${code}-4.7.1 ${weapons}\r\n${code}-`),
    octets,
    Buffer.from(`\r\n${`${code}-${long}\r\n`.repeat(10)}${code} ${weapons}\r\n`),
  ]);

/** Speaks SMTP without TLS; every word of it that is free is hostile. */
function converse(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.write(`220 ${weapons}\r\n`);
  let rest = '';
  socket.on('data', (chunk) => {
    const lines = (rest + chunk.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (/^EHLO/i.test(line)) socket.write(`250-${weapons}\r\n250-X${weapons}\r\n250 X-${long}\r\n`);
      else if (/^RCPT TO:<gone/i.test(line)) socket.write(reply(550));
      else if (/^RCPT/i.test(line)) socket.write(reply(450));
      else if (/^QUIT/i.test(line)) socket.end(`221 ${weapons}\r\n`);
      else socket.write(`250 2.1.0 ${weapons}\r\n`);
    }
  });
}

let world: World;
let inside: Inside;
let waiting: string;
const sockets = new Set<Socket>();
const hostile = createServer((socket) => {
  sockets.add(socket);
  converse(socket);
});
after(() => {
  for (const socket of sockets) socket.destroy();
  hostile.close();
});

const domain = 'no-tls.example';
const own = 'sts-enforce.example';

before(async () => {
  world = await openWorld(named('no-tls', 'dane-ee', 'dane-mismatch', 'sts-enforce'));
  const { lab } = world;
  await new Promise<void>((resolve) => hostile.listen(lab.ports.smtp, '127.99.0.1', resolve));
  lab.setRecords(`mx.${domain}`, 'A', ['127.99.0.1']);
  const host = 'mx.dane-mismatch.test';
  const shown = await issueLeaf({ names: [host], commonName: `${weapons.replaceAll(/[",+\\;<>=]/g, '')}${long}` });
  lab.host(host).present({ chainPem: pemOf([shown]), keyPem: shown.keyPem });
  const text = (parts: readonly Buffer[]): string => {
    const data = Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), part]));
    return `\\# ${data.length} ${data.toString('hex')}`;
  };
  lab.setRecords('words.dane-ee.test', 'TXT', [
    text([Buffer.from(weapons), octets, ...Array(200).fill(Buffer.from(long.slice(0, 255)))]),
  ]);
  const name = Buffer.from('\u001b[2J\u202e.<b>');
  const mx = Buffer.concat([Buffer.from([0, 10, name.length]), name, Buffer.from([0])]);
  lab.setRecords('names.dane-ee.test', 'MX', [`\\# ${mx.length} ${mx.toString('hex')}`]);
  const policy = lab.policyHosts.policy(own);
  assert.ok(policy);
  policy.body = `${policy.body}${weapons}: ${weapons}\r\nx-${long}: ${weapons}\r\n`;
  inside = await startInside(world);
  waiting = await post(inside.port, { to: `anna@${domain}`, from: 'reader@dane-ee.test' });
  await until(async () => (await stateOf(inside, waiting)) === 'deferred', 'the refusal');
  const sent = await post(inside.port, { to: `a@${own}` });
  await until(async () => (await stateOf(inside, sent)) === 'sent', 'the policy to be cached');
});

/** Everything that no text on a screen may have; JSON, lines and pages are all made of the rest. */
const obeyed = /[^\P{Cc}\n\t]|\p{Cf}|[\u2028\u2029\ufffe\uffff]/u;

function harmless(said: string, what: string): void {
  const found = obeyed.exec(said);
  assert.equal(
    found === null ? '' : JSON.stringify(said.slice(Math.max(0, found.index - 80), found.index + 20)),
    '',
    what,
  );
  assert.ok(said.length < 120_000, `${what}: ${said.length}`);
  for (const line of said.split('\n').filter((one) => !one.startsWith('{')))
    assert.ok(line.length < 9000, `${what}: a line of ${line.length}`);
}

async function tried(...argv: readonly string[]): Promise<readonly Said[]> {
  const told: Said[] = [];
  // With --json the laboratory's program holds each line to its schema.
  for (const how of [['--json'], ['-v']]) {
    const said = await sekisho(world, ...argv, ...how);
    harmless(said.out + said.err, [...argv, ...how].join(' '));
    assert.notEqual(said.code, 5, said.err);
    told.push(said);
  }
  return told;
}

test('ATK-112 the queue, its story, the log and the destination of a host that refuses with weapons', async () => {
  for (const argv of [
    ['queue', 'list'],
    ['queue', 'list', '--security'],
    ['queue', 'show', waiting],
    ['explain', waiting],
    ['log'],
    ['destination', 'list'],
    ['destination', 'show', domain],
  ]) {
    const [data, said] = await tried(...argv);
    assert.equal(data?.code, 0, argv.join(' '));
    if (argv.includes(waiting) || argv.join(' ') === 'queue list') assert.match(said?.out ?? '', /450/, argv.join(' '));
    harmless((await sekisho(world, ...argv, '--lang', 'ja')).out, `${argv.join(' ')} in Japanese`);
  }
});

test('ATK-115 check, trace, probe and doctor look at a host that speaks in weapons', async () => {
  for (const argv of [
    ['check', domain],
    ['trace', domain],
    ['probe', `anna@${domain}`],
    ['doctor', domain, '--reach', domain, '--good', domain, '--bad', domain],
    ['policy', 'make', domain],
  ])
    await tried(...argv);
});

test('ATK-115 tlsa make, check and watch, check and trace of a host whose certificate has weapons for a name', async () => {
  const host = 'mx.dane-mismatch.test';
  for (const argv of [
    ['tlsa', 'make', '--server', `${host}:${world.lab.ports.smtp}`, '--usage', '2', '--usage', '3'],
    ['tlsa', 'make', '--domain', domain],
    ['tlsa', 'check', host, `mx.${domain}`],
    ['tlsa', 'watch', host, `mx.${domain}`, '--once', '--authority', `127.0.0.1:${world.lab.ports.dns}`],
    ['check', 'dane-mismatch.test'],
    ['trace', 'dane-mismatch.test'],
  ])
    await tried(...argv);
});

test('ATK-115 a greeting without end, replies without end, and hosts that hang up: bounded, and could not tell', async () => {
  const host = 'mx.dane-mismatch.test';
  for (const fault of ['greeting-endless-line', 'drop-at-connect', 'handshake-garbage'] as const) {
    world.lab.host(host).setFaults([fault]);
    for (const argv of [
      ['tlsa', 'make', '--server', `${host}:${world.lab.ports.smtp}`],
      ['tlsa', 'check', host],
      ['doctor', 'dane-mismatch.test', '--reach', 'dane-mismatch.test'],
    ]) {
      const said = await sekisho(world, ...argv, '--timeout', '10s');
      harmless(said.out + said.err, `${argv.join(' ')} ${fault}`);
      assert.ok(said.code !== 5, said.err);
    }
  }
  world.lab.host(host).setFaults([]);
});

test('ATK-115 dns answers and policies that are weapons', async () => {
  for (const argv of [
    ['dns', 'words.dane-ee.test', 'TXT'],
    ['dns', 'names.dane-ee.test', 'MX'],
    ['check', 'names.dane-ee.test'],
    ['policy', 'list'],
    ['policy', 'show', own],
    ['policy', 'refresh', own],
  ])
    await tried(...argv);
});

test('ATK-112 a relay that is none: an answer of weapons is one line, and exit 4', async () => {
  const answers = [
    { status: 401, body: `${weapons}${long.repeat(20)}` },
    { status: 200, body: JSON.stringify({ [weapons]: weapons }) },
    { status: 200, body: JSON.stringify([weapons]) },
    { status: 500, body: JSON.stringify({ error: `${weapons}${long.repeat(20)}` }) },
    { status: 400, body: JSON.stringify({ error: `${weapons}${long.repeat(20)}` }) },
  ];
  const verbs = [
    ['queue', 'list'],
    ['explain', 'X'],
    ['log'],
    ['destination', 'list'],
    ['policy', 'list'],
    ['policy', 'show', 'a.example'],
    ['policy', 'refresh', 'a.example'],
    ['probe', 'a@b.example'],
    ['health', '--ready'],
    ['trace'],
    ['queue', 'retry'],
    ['check', 'a.example', '--via-daemon'],
  ];
  for (const { status, body } of answers) {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(
          `HTTP/1.1 ${status} X\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        ),
      );
    });
    after(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    for (const argv of verbs) {
      const what = `${argv.join(' ')} ${status} ${body.slice(0, 20)}`;
      const said = await bare(
        {},
        argv[0] as string,
        ...argv.slice(1),
        '--url',
        `http://127.0.0.1:${port}`,
        '--timeout',
        '2s',
      );
      harmless(said.out + said.err, what);
      assert.equal(said.code, 4, `${what}: ${said.out}${said.err.slice(0, 500)}`);
      assert.match(said.err, /^sekisho: [^\n]*\n$/, what);
      assert.equal(said.out, '', what);
    }
  }
});

test('ATK-112 with colours only our own colours reach the screen', async () => {
  let out = '';
  const hear = (text: string): void => {
    out += text;
  };
  const style = { color: true, ascii: false, width: 80 };
  const { env } = world;
  await dispatch(makeProgram({ out: hear, err: hear, style }, env), ['explain', '-c', world.config, waiting]);
  await dispatch(makeProgram({ out: hear, err: hear, style }, env), ['check', '-c', world.config, domain]);
  assert.match(out, /\u001b\[1m/);
  harmless(out.replaceAll(/\u001b\[(?:0|1|3[123]|90)m/g, ''), 'colour');
});

/** The page and the data of the endpoint. */
const fetched = (path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socketPath = join(world.folder, 'admin.sock');
    request({ socketPath, path, headers: { host: 'localhost' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });

test('ATK-112 the status page and the endpoint show weapons without using them', async () => {
  const page = await fetched('/');
  harmless(page, 'the page');
  assert.match(page, /450/);
  assert.doesNotMatch(page, /<script/);
  for (const path of [`/api/v1/messages/${waiting}`, '/api/v1/status', '/api/v1/policies', '/readyz']) {
    const text = await fetched(path);
    harmless(text, path);
    JSON.parse(text);
  }
});

test('ATK-112 mail that is returned quotes the host without its weapons', async () => {
  const id = await post(inside.port, { to: `gone@${domain}`, from: 'reader@dane-ee.test' });
  await until(async () => (await stateOf(inside, id)) === 'bounced', 'the bounce');
  const returned = (): string | undefined =>
    world.lab
      .host('mx.dane-ee.test')
      .messages.map(({ raw }) => Buffer.from(raw).toString('utf8'))
      .find((text) => text.includes(`gone@${domain}`));
  await until(() => returned() !== undefined, 'the notice');
  const text = returned() ?? '';
  harmless(text.replaceAll('\r\n', '\n'), 'the notice');
  assert.match(text, /Diagnostic-Code: smtp; 550/);
  assert.ok(text.length < 40_000, `${text.length}`);
  for (const line of text.split('\r\n')) assert.ok(Buffer.byteLength(line) <= 998, line.slice(0, 80));
});
