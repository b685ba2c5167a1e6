import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.ts';
import { commonFlags, parseFlags } from '../../src/cli/flags.ts';
import type { Program, SiegeOptions } from '../../src/cli/program.ts';
import { siege } from '../../src/cli/siege.ts';

async function ask(...argv: string[]): Promise<{ code: number; said: string; options: SiegeOptions | undefined }> {
  let options: SiegeOptions | undefined;
  let said = '';
  const program = {
    terminal: { err: (text: string) => (said += text) },
    siege: async (_flags: unknown, given: SiegeOptions) => {
      options = given;
      return 0;
    },
  } as unknown as Program;
  const flags = commands.find(({ name }) => name === 'siege')?.flags ?? [];
  const given = parseFlags(argv, [...commonFlags, ...flags]);
  assert.ok(given.kind === 'ok');
  return { code: await siege(program, given.value), said, options };
}

test('our own relay by default, on any free port', async () => {
  const { options } = await ask('--only', 'atk-7,ATK-39');
  assert.deepEqual(options?.only, ['ATK-7', 'ATK-39']);
  assert.equal(options?.target, undefined);
  assert.deepEqual(options?.ports, {});
});

test('another relay finds the laboratory at the ports that mail uses, or at those given', async () => {
  const { options } = await ask('--target', 'relay.example:2525', '--claims', 'dane,mta-sts');
  assert.deepEqual(options?.target, { host: 'relay.example', port: 2525 });
  assert.deepEqual(options?.claims, ['dane', 'mta-sts']);
  assert.deepEqual(options?.ports, { dns: 53, smtp: 25, https: 443 });
  const moved = await ask('--target', '[::1]:25', '--ports', 'dns=5353,smtp=2500');
  assert.deepEqual(moved.options?.target, { host: '::1', port: 25 });
  assert.deepEqual(moved.options?.ports, { dns: 5353, smtp: 2500 });
});

test('what cannot be understood is told and nothing begins', async () => {
  for (const argv of [
    ['--target', 'relay.example'],
    ['--claims', 'dane,everything'],
    ['--ports', 'smtp'],
  ]) {
    const { code, said, options } = await ask(...argv);
    assert.equal(code, 2, argv.join(' '));
    assert.match(said, new RegExp(`${argv[0]} `));
    assert.equal(options, undefined);
  }
});

test('the command that has the target try again is a program and its arguments', async () => {
  const { options } = await ask('--target', 'relay.example:2525', '--flush', 'chroot /srv/root  exim4 -Rff');
  assert.deepEqual(options?.flush, ['chroot', '/srv/root', 'exim4', '-Rff']);
  assert.equal((await ask()).options?.flush, undefined);
});
