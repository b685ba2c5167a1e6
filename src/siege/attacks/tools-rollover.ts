// ATK-117 (OPS-36, OPS-50): the certificate is renewed before its TLSA record is everywhere.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../lab/world.ts';
import type { Attack } from '../attack.ts';
import { fell, held, nothingArrives, undetermined } from '../judging.ts';
import { newIdentity } from '../staging.ts';

const program = join(import.meta.dirname, '../../../bin/sekisho.mjs');

/** One look of `sekisho tlsa watch`, in a process of its own. @returns its exit status: 1 while an alarm stands. */
const watchOnce = (lab: Lab, host: string, memory: string): Promise<number> =>
  new Promise((resolve) => {
    const env = { SEKISHO_DELIVERY__PORT: String(lab.ports.smtp), SEKISHO_DELIVERY__ALLOW_ADDRESSES: '127.0.0.0/8' };
    const world = ['--resolver', lab.resolver, '--trust-anchor', lab.anchors, '--timeout', '20s'];
    const watch = ['--once', '--authority', lab.resolver, '--memory', memory, host];
    const child = execFile(process.execPath, [program, 'tlsa', 'watch', ...world, ...watch], { env }, () =>
      resolve(child.exitCode ?? 5),
    );
  });

export const rollover: Attack = {
  id: 'ATK-117',
  title: 'renews the certificate before the wait for TLSA is over',
  controls: 'own automation',
  sends: 'a new certificate, the old TLSA record',
  sinkMaySee: 'handshakes, no MAIL; the watcher is content before and alarmed at its next look',
  mustBeVisible: 'OPS-36, OPS-50',
  claims: ['dane', 'tools'],
  run: async (arena) => {
    const domain = await arena.fresh('dane-ee');
    const host = arena.lab.host(`mx.${domain}`);
    const folder = mkdtempSync(join(tmpdir(), 'sekisho-rollover-'));
    const look = (): Promise<number> => watchOnce(arena.lab, host.name, join(folder, 'alarms.json'));
    try {
      const before = await look();
      if (before !== 0) return undetermined(`the watcher was not content before: exit ${before}`);
      host.present(await newIdentity(arena.lab, host.name, { by: 'self' }));
      if ((await look()) !== 1) return fell('the watcher said nothing');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    const finding = await nothingArrives(arena, domain);
    return finding.kind === 'held' ? held(`the watcher is alarmed at once; ${finding.saw}`) : finding;
  },
};
