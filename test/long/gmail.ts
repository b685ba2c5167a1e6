// The Gmail harness (docs/gmail.md): a real message to a large receiver, and whether it was protected as its policy demands.
// `npm run gmail` asks the laboratory's look-alike; `npm run gmail -- you@gmail.com [-c sekisho.toml]` the real one, through the
// relay that runs here. Exit status of `sekisho probe`: 0 protected, 1 not, 3 could not tell, 4 no relay.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatch } from '../../src/cli/commands.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { startInside } from '../../src/compose/lab.ts';
import { makeProgram } from '../../src/compose/program.ts';
import { makeLabClock } from '../../src/lab/clock.ts';
import { destinations } from '../../src/lab/destinations.ts';
import { startLab } from '../../src/lab/world.ts';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  style: { color: false, ascii: false, width: 80 },
};

const [address, ...flags] = process.argv.slice(2);
if (address === undefined) process.exitCode = await inLaboratory();
else {
  const program = join(import.meta.dirname, '../../bin/sekisho.mjs');
  const asked = [program, 'probe', address, '--expect', 'webpki', '--timeout', '120s', ...flags];
  process.exitCode = spawnSync(process.execPath, asked, { stdio: 'inherit' }).status ?? 5;
}

async function inLaboratory(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-gmail-'));
  const only = destinations.filter(({ name }) => name === 'looks-like-gmail');
  const lab = await startLab({ clock: makeLabClock('running'), destinations: only });
  const relay = await startInside(lab, folder, true, { STATE_DIRECTORY: folder }, terminal);
  const env = { STATE_DIRECTORY: folder };
  const config = join(folder, 'sekisho.toml');
  try {
    return await dispatch(makeProgram(terminal, env), [
      'probe',
      `anyone@${only[0]?.domain}`,
      '--expect',
      'webpki',
      '--timeout',
      '60s',
      '-c',
      config,
    ]);
  } finally {
    await relay.stop(1);
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
