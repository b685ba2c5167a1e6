// A signed zone on two of BIND's servers: the primary takes dynamic updates (RFC 2136) and signs what it took; the secondary
// follows when it is told to, so that for a while both give out different records.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, listening, type Peer } from './peers.ts';

export type DynamicZone = Peer & {
  /** The secondary fetches the zone as it is now. */
  follow(): Promise<void>;
};

export type DynamicZoneOptions = {
  readonly folder: string;
  /** `roll.test` */
  readonly domain: string;
  /** With the keys of the zone, and `zone`, its unsigned file. */
  readonly home: string;
  readonly ports: { readonly primary: number; readonly secondary: number };
};

export async function startDynamicZone({ folder, domain, home, ports }: DynamicZoneOptions): Promise<DynamicZone> {
  const start = async (name: 'primary' | 'secondary', zone: string): Promise<Peer> => {
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    const config = join(own, 'named.conf');
    writeFileSync(
      config,
      `options {
  directory "${own}";
  pid-file "${own}/named.pid";
  session-keyfile "${own}/session.key";
  managed-keys-directory "${own}";
  listen-on port ${ports[name]} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
  notify no;
};
dnssec-policy standing {
  keys { ksk lifetime unlimited algorithm ecdsap256sha256; zsk lifetime unlimited algorithm ecdsap256sha256; };
};
controls { };
logging { channel file { file "${own}/named.log"; severity info; }; category default { file; }; };
zone "${domain}" { ${zone} };
`,
    );
    const child = spawn('named', ['-f', '-n', '1', '-c', config], { stdio: 'ignore' });
    await listening('127.0.0.1', ports[name]);
    return { stop: () => ended(child) };
  };
  mkdirSync(join(folder, 'primary'), { recursive: true });
  const file = join(folder, 'primary/zone');
  copyFileSync(join(home, 'zone'), file);
  const primary = await start(
    'primary',
    `type primary; file "${file}"; key-directory "${home}"; dnssec-policy standing; inline-signing no; allow-update { 127.0.0.1; }; allow-transfer { 127.0.0.1; };`,
  );
  const held = join(folder, 'secondary/zone');
  const followed = (): Promise<Peer> =>
    start('secondary', `type secondary; file "${held}"; primaries port ${ports.primary} { 127.0.0.1; };`);
  let secondary = await followed();
  return {
    follow: async () => {
      await secondary.stop();
      rmSync(held, { force: true });
      secondary = await followed();
    },
    stop: async () => {
      await secondary.stop();
      await primary.stop();
    },
  };
}
