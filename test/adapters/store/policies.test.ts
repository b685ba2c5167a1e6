import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openPolicyStore } from '../../../src/adapters/store/policies.ts';
import type { Log } from '../../../src/agent/ports.ts';
import { instant, seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import type { MxPattern, StsPolicy } from '../../../src/core/mtasts/policy.ts';

const example = domainName('example.org');
const policy = (more: Partial<StsPolicy> = {}): StsPolicy => ({
  mode: 'enforce',
  mx: ['*.example.org' as MxPattern],
  maxAge: seconds(86_400),
  id: 'a1',
  fetchedAt: instant(1_800_000_000_000),
  body: 'version: STSv1\r\nmode: enforce\r\n',
  ...more,
});

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'policies-'));
  context.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function notebook(): Log & { readonly events: string[] } {
  const events: string[] = [];
  return { events, event: (level, event) => void events.push(`${level} ${event}`) };
}

test('STS-40 policies survive a restart, every field of them', async (context) => {
  const path = join(await folder(context), 'policies.json');
  const first = await openPolicyStore(path, notebook());
  assert.equal(first.get(example), undefined);
  await first.put(example, policy());
  await first.put(domainName('none.example'), policy({ mode: 'none', mx: [] }));
  const second = await openPolicyStore(path, notebook());
  assert.deepEqual(second.get(example), policy());
  assert.deepEqual(
    [...second.entries()].map(([domain]) => domain),
    ['example.org', 'none.example'],
  );
  await second.forget(example);
  await second.forget(domainName('unknown.example'));
  const third = await openPolicyStore(path, notebook());
  assert.equal(third.get(example), undefined);
  assert.equal(third.get(domainName('none.example'))?.mode, 'none');
});

test('STS-40 many changes at once are all on disk when they are said to be', async (context) => {
  const directory = await folder(context);
  const path = join(directory, 'policies.json');
  const store = await openPolicyStore(path, notebook());
  const domains = Array.from({ length: 50 }, (_, index) => domainName(`d${index}.example`));
  await Promise.all(
    domains.map(async (domain) => {
      await store.put(domain, policy({ id: domain.replace(/\W/g, '') }));
      assert.ok((await readFile(path, 'utf8')).includes(domain));
    }),
  );
  assert.equal([...(await openPolicyStore(path, notebook())).entries()].length, 50);
  assert.deepEqual(await readdir(directory), ['policies.json']);
});

test('STS-40 a corrupt file is set aside and said, and the relay goes on', async (context) => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"version":2,"policies":[]}',
    '{"version":1,"policies":[["example.org",{"mode":"enforce"}]]}',
    JSON.stringify({ version: 1, policies: [['example.org', policy({ mx: [] })]] }),
    JSON.stringify({ version: 1, policies: [['', policy()]] }),
    JSON.stringify({
      version: 1,
      policies: [
        ['ok.example', policy()],
        ['example.org', { ...policy(), maxAge: -1 }],
      ],
    }),
  ]) {
    const directory = await folder(context);
    const path = join(directory, 'policies.json');
    await writeFile(path, text);
    const log = notebook();
    const store = await openPolicyStore(path, log);
    assert.deepEqual([...store.entries()], [], text);
    assert.deepEqual(log.events, ['error sts-cache-corrupt']);
    const [aside = ''] = await readdir(directory);
    assert.match(aside, /^policies\.json\.corrupt-\d+$/);
    assert.equal(await readFile(join(directory, aside), 'utf8'), text);
    await store.put(example, policy());
    assert.deepEqual((await openPolicyStore(path, log)).get(example), policy());
  }
});

test('STS-40 a write that fails is not said to be done', async (context) => {
  const directory = await folder(context);
  const store = await openPolicyStore(join(directory, 'policies.json'), notebook());
  await rm(directory, { recursive: true });
  await assert.rejects(store.put(example, policy()));
});
