// The names of the mail servers: a root, a top level and one zone per mail domain, signed by BIND's tools, served by nsd,
// resolved by unbound. Records can be changed while all of it runs; time to live is one second everywhere below the root.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Peer, startNsd, startUnbound, until } from './peers.ts';

const run = promisify(execFile);

export type MailZone = {
  /** `postfix.test` */
  readonly domain: string;
  readonly sign: 'signed' | 'unsigned' | 'expired';
  /** Lines of the zone file, names relative to the domain. */
  readonly records: readonly string[];
};

export type MailZones = Peer & {
  /** DS of the root, presentation form. */
  readonly anchors: string;
  /** `address:port` of unbound. */
  readonly resolver: string;
  /** Signs the zone anew with these records; resolves when unbound gives them out and older answers have run out. */
  publish(zone: MailZone): Promise<void>;
};

export type MailZonesOptions = {
  readonly folder: string;
  readonly ports: { readonly nsd: number; readonly unbound: number };
  readonly zones: readonly MailZone[];
  /** Domains that another name server has: where unbound asks for them, `address@port`. */
  readonly elsewhere?: Readonly<Record<string, string>>;
};

export async function startMailZones({ folder, ports, zones, elsewhere = {} }: MailZonesOptions): Promise<MailZones> {
  const ds = zones.flatMap((zone) => makeKeys(folder, zone));
  const delegations = zones.map(({ domain }) => `${domain}. NS ns.test.`);
  const top: MailZone = { domain: 'test', sign: 'signed', records: ['ns A 127.0.0.1', ...delegations, ...ds] };
  const topDs = makeKeys(folder, top);
  const root: MailZone = {
    domain: '',
    sign: 'signed',
    records: ['test. NS ns.test.', 'ns.test. A 127.0.0.1', ...topDs],
  };
  const anchors = makeKeys(folder, root);
  const all = [root, top, ...zones];
  const files = all.map((zone) => ({ name: `${zone.domain}.`, file: sign(folder, zone, 1) }));
  const nsd = await startNsd(join(folder, 'nsd'), ports.nsd, files);
  const unbound = await startUnbound(join(folder, 'unbound'), {
    port: ports.unbound,
    anchors: anchors.join('\n'),
    // No record can tell the port of a name server.
    stubs: files.map(({ name }) => ({
      zone: name,
      server: elsewhere[name.replace(/\.$/, '')] ?? `127.0.0.1@${ports.nsd}`,
    })),
  });
  let serial = 1;
  return {
    anchors: anchors.join('\n'),
    resolver: `127.0.0.1:${ports.unbound}`,
    publish: async (zone) => {
      serial += 1;
      sign(folder, zone, serial);
      nsd.reload();
      const wanted = String(serial);
      await until(`serial ${wanted} of ${zone.domain}`, async () => {
        const { stdout } = await run('dig', [
          '+short',
          '+cd',
          '@127.0.0.1',
          '-p',
          `${ports.unbound}`,
          zone.domain,
          'SOA',
        ]);
        return stdout.split(' ')[2] === wanted;
      });
      // What was asked just before is kept for its second: in unbound, then in the relay.
      await new Promise((resolve) => setTimeout(resolve, 2100));
    },
    stop: async () => {
      await unbound.stop();
      await nsd.stop();
    },
  };
}

const homeOf = (folder: string, { domain }: MailZone): string => join(folder, domain === '' ? 'root' : domain);
const quiet = { stdio: ['ignore', 'pipe', 'pipe'] as ('ignore' | 'pipe')[], encoding: 'utf8' as const };

/** @returns the DS records for the zone above. */
function makeKeys(folder: string, zone: MailZone): readonly string[] {
  const home = homeOf(folder, zone);
  mkdirSync(home, { recursive: true });
  if (zone.sign === 'unsigned') return [];
  for (const flag of [[], ['-f', 'KSK']])
    execFileSync('dnssec-keygen', ['-q', '-K', home, '-a', 'ECDSAP256SHA256', ...flag, `${zone.domain}.`], quiet);
  const isKsk = (file: string): boolean =>
    file.endsWith('.key') && readFileSync(join(home, file), 'utf8').includes('DNSKEY 257');
  const ksk = readdirSync(home).find(isKsk) as string;
  return execFileSync('dnssec-dsfromkey', ['-2', join(home, ksk)], quiet)
    .trim()
    .split('\n');
}

/** @returns the file to serve. */
function sign(folder: string, zone: MailZone, serial: number): string {
  const home = homeOf(folder, zone);
  const origin = `${zone.domain}.`;
  const plain = join(home, 'zone');
  const served = join(home, 'zone.served');
  const apex = [
    `$ORIGIN ${origin}`,
    '$TTL 1',
    `@ SOA ns.test. hostmaster.test. ${serial} 3600 600 86400 1`,
    '@ NS ns.test.',
  ];
  writeFileSync(plain, `${[...apex, ...zone.records].join('\n')}\n`);
  if (zone.sign === 'unsigned') {
    writeFileSync(served, readFileSync(plain));
    return served;
  }
  const day = 86_400;
  const [from, to] = zone.sign === 'expired' ? [-20 * day, -10 * day] : [-3600, 7 * day];
  const dates = ['-s', stamp(from), '-e', stamp(to)];
  execFileSync(
    'dnssec-signzone',
    ['-q', '-S', '-P', '-K', home, '-d', home, '-o', origin, '-O', 'full', ...dates, '-f', served, plain],
    quiet,
  );
  return served;
}

const stamp = (seconds: number): string =>
  new Date(Date.now() + seconds * 1000).toISOString().replace(/[-:T]|\.\d+Z/g, '');
