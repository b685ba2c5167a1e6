// `sekisho policy`: files as people have them, and the cached policies of a relay in the laboratory.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bare, type Inside, jsonOf, named, openWorld, program, sekisho, startInside } from '../relay/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'sekisho-policy-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const good = file('good.txt', 'version: STSv1\r\nmode: enforce\r\nmx: *.example.org\r\nmax_age: 604800\r\n');
const lint = (...argv: readonly string[]) => bare({}, 'policy', 'lint', ...argv);

test('OPS-12 OPS-18 policy lint answers by the contract', async () => {
  const said = await lint(good, '--json', '--mx', 'mx.example.org', '--txt', 'v=STSv1; id=7;');
  assert.equal(said.code, 0);
  assert.deepEqual(jsonOf(said), {
    schema: 'sekisho.policy/1',
    valid: true,
    version: 'STSv1',
    mode: 'enforce',
    maxAge: 604_800,
    mx: ['*.example.org'],
    errors: [],
    warnings: [],
    txt: { state: 'id', id: '7', says: null },
    match: true,
  });
  const other = await lint(good, '--json', '--mx', 'example.org');
  assert.equal(jsonOf(other).match, false);
  assert.equal(other.code, 1);
  const doubled = await lint(good, '--json', '--txt', 'v=STSv1; id=1', '--txt', 'v=STSv1; id=2');
  assert.equal(doubled.code, 1);
  assert.equal(jsonOf<{ errors: { code: string }[] }>(doubled).errors[0]?.code, 'txt-invalid');
  assert.equal((await lint('--txt', 'v=STSv1; id=1;')).code, 0);
  assert.equal((await lint('--txt', 'v=STSv1')).code, 1);
  assert.equal((await lint(good, '--quiet')).out, '');
});

test('standard input is read for -', () => {
  const out = execFileSync(process.execPath, [program, 'policy', 'lint', '-', '--json'], {
    input: 'version: STSv1\nmode: none\nmax_age: 86400\n',
    encoding: 'utf8',
  });
  assert.equal(JSON.parse(out).mode, 'none');
});

test('wrong files: one clear line and the right exit code', async () => {
  const lines = (text: string): number => text.trimEnd().split('\n').length;
  const missing = await lint(join(folder, 'nowhere'));
  assert.equal(missing.code, 2);
  assert.match(missing.err, /nowhere: there is no such file/);
  const directory = join(folder, 'folder');
  mkdirSync(directory);
  const isFolder = await lint(directory);
  assert.equal(isFolder.code, 2);
  assert.match(isFolder.err, /is a folder/);
  for (const [path, word] of [
    [file('empty', ''), /the body is empty/],
    [file('binary', Uint8Array.of(0x30, 0x82, 0, 0, 1)), /the body is no text/],
  ] as const) {
    const said = await lint(path);
    assert.equal(said.code, 1);
    assert.match(said.out, word);
    assert.equal(lines(said.out), 2);
  }
  // A novel is not answered with a novel.
  const novel = await lint(file('novel', 'once upon a time\n'.repeat(1000)));
  assert.ok(lines(novel.out) < 40);
  for (const argv of [
    [],
    ['policy'],
    ['policy', 'burn'],
    ['policy', 'show'],
    ['policy', 'show', 'a b'],
    ['policy', 'lint'],
  ])
    if (argv.length > 0) assert.equal((await bare({}, ...argv)).code, 2, argv.join(' '));
  assert.equal((await bare({}, 'policy', 'list', '--socket', join(folder, 'none.sock'))).code, 4);
});

test('ATK-112 ATK-115 a hostile body cannot move the cursor', async () => {
  const said = await lint(file('hostile', '\u001b[2Jversion: \u001b[31mSTSv1\nmode: \u001b]0;x\u0007\n'), '--verbose');
  assert.equal(said.code, 1);
  assert.doesNotMatch(said.out + said.err, /[\u001b\u0007]/);
});

test('STS-49 list, show, refresh and forget the policies of the running relay; forgetting is logged', async () => {
  const world = await openWorld(named('sts-enforce', 'sts-redirect'));
  const inside: Inside = await startInside(world);
  const domain = 'sts-enforce.example';
  const none = await sekisho(world, 'policy', 'list');
  assert.equal(none.code, 0);
  assert.match(none.out, /no policy is cached/);
  assert.equal((await sekisho(world, 'policy', 'show', domain)).code, 1);
  assert.equal((await sekisho(world, 'policy', 'forget', domain)).code, 1);

  const fetched = jsonOf<{ outcome: string; policy: { id: string } }>(
    await sekisho(world, 'policy', 'refresh', domain, '--json'),
  );
  assert.equal(fetched.outcome, 'fetched');
  const listed = jsonOf(await sekisho(world, 'policy', 'list', '--json'));
  assert.equal(listed.schema, 'sekisho.policy/1');
  assert.equal(listed.domain, domain);
  assert.equal(listed.state, 'in-force');
  assert.match((await sekisho(world, 'policy', 'list')).out, /sts-enforce\.example +enforce +1 /);
  assert.match((await sekisho(world, 'policy', 'show', domain)).out, /mx: mx\.sts-enforce\.example/);

  // The body changes under the same id: only a refresh sees it.
  world.lab.publishPolicy(domain, { mode: 'testing', mx: [`mx.${domain}`] }, 'same-id');
  assert.equal((await sekisho(world, 'policy', 'refresh', domain)).code, 0);
  assert.equal(jsonOf(await sekisho(world, 'policy', 'show', domain, '--json')).mode, 'testing');

  // What cannot be fetched stays, and says so.
  world.lab.setFault('sts:redirect', domain);
  const kept = await sekisho(world, 'policy', 'refresh', domain, '--json');
  assert.equal(kept.code, 3);
  assert.equal(jsonOf(kept).outcome, 'kept');
  assert.equal((await sekisho(world, 'policy', 'refresh', 'sts-redirect.example')).code, 3);
  assert.equal((await sekisho(world, 'policy', 'refresh', 'nowhere.example')).code, 1);

  assert.match((await sekisho(world, 'policy', 'forget', domain)).out, /^forgotten: sts-enforce\.example/);
  assert.equal((await sekisho(world, 'policy', 'show', domain)).code, 1);
  assert.ok(
    inside.log.some(({ event, policy_domain }) => event === 'sts-policy-forgotten' && policy_domain === domain),
  );
});

test('STS-80 STS-81 policy make: body and record from the live MX set, hosts that would fail named', async () => {
  const world = await openWorld(named('sts-enforce', 'sts-untrusted', 'dane-ee', 'null-mx', 'looks-like-gmail'));
  type Draft = {
    body: string;
    record: string;
    verdict: string;
    change: string;
    id: string;
    hosts: { host: string; outcome: string; reason: string | null }[];
    steps: string[];
  };
  const make = async (...argv: readonly string[]) => {
    const said = await sekisho(world, 'policy', 'make', ...argv, '--json');
    return { code: said.code, draft: jsonOf<Draft>(said) };
  };
  // Nothing is published yet, and the host would fail: its certificate is self-signed.
  const first = await make('dane-ee.test', '--mode', 'enforce');
  assert.equal(first.code, 1);
  assert.equal(first.draft.change, 'first');
  assert.equal(first.draft.verdict, 'not-ready');
  assert.deepEqual(
    first.draft.hosts.map(({ host, outcome, reason }) => [host, outcome, reason]),
    [['mx.dane-ee.test', 'fail', 'cert-untrusted']],
  );
  const text = await sekisho(world, 'policy', 'make', 'dane-ee.test', '--mode', 'enforce');
  assert.match(text.out, /^version: STSv1\nmode: enforce\nmx: mx\.dane-ee\.test\nmax_age: 2592000$/m);
  assert.match(text.out, /would FAIL: cert-untrusted/);
  assert.match(text.out, /do not publish this yet/);

  // The certificate is for no public authority: the live policy host is a different matter.
  assert.equal((await make('sts-untrusted.example')).draft.verdict, 'not-ready');
  const good = await make('sts-enforce.example', '--mode', 'enforce', '--max-age', '7d');
  assert.equal(good.code, 0);
  assert.equal(good.draft.change, 'same');
  assert.equal(good.draft.id, '1');
  const other = await make('sts-enforce.example', '--mode', 'testing');
  assert.equal(other.draft.change, 'changed');
  assert.notEqual(other.draft.id, '1');
  const many = await make('bigmail.test', '--mode', 'enforce');
  assert.equal(many.draft.hosts.length, 5);
  assert.equal(many.draft.verdict, 'ready');

  const removal = await make('sts-enforce.example', '--mode', 'none');
  assert.equal(removal.code, 0);
  assert.match(removal.draft.body, /mode: none/);
  assert.match(removal.draft.steps.join('\n'), /wait for the largest max_age.*7 days/);

  // Nobody takes mail; no such domain; nonsense; no resolver.
  assert.equal((await sekisho(world, 'policy', 'make', 'null-mx.example')).code, 1);
  assert.equal((await sekisho(world, 'policy', 'make', 'nowhere.example')).code, 1);
  for (const argv of [
    [],
    ['a b'],
    ['a.example', '--mode', 'strict'],
    ['a.example', '--max-age', 'x'],
    ['a.example', '--max-age', '2y'],
  ])
    assert.equal((await sekisho(world, 'policy', 'make', ...argv)).code, 2, argv.join(' '));
  world.lab.setFault('dns:servfail', 'sts-enforce.example/MX');
  assert.equal((await sekisho(world, 'policy', 'make', 'sts-enforce.example')).code, 3);
});
