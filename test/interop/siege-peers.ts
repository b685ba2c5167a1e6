// Debian's Postfix and Exim under siege, each in a network of its own with the laboratory's resolver at port 53, its MX
// hosts at port 25 and nothing else. `node test/interop/siege-peers.ts --write` puts the table into docs/siege.md and what
// is expected into siege-expected.json; inside the network the same file runs with `--inside`.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended, listening, rootOf } from './peers.ts';

const repository = join(import.meta.dirname, '../..');
const program = join(repository, 'bin/sekisho.mjs');

export type Besieged = {
  readonly name: string;
  readonly peer: 'postfix' | 'exim';
  /** What differs from the peer as Debian ships it and the siege needs it. */
  readonly settings: readonly string[];
  readonly claims: string;
  /** All rows unless given. */
  readonly only?: string;
};

const gnutlsNew = 'tls_require_ciphers = NORMAL:-VERS-TLS1.1:-VERS-TLS1.0';

export const besieged: readonly Besieged[] = [
  { name: 'Postfix', peer: 'postfix', settings: [], claims: 'dane' },
  { name: 'Exim', peer: 'exim', settings: [], claims: 'dane' },
  { name: 'Exim, old TLS off', peer: 'exim', settings: [gnutlsNew], claims: 'dane', only: 'ATK-11' },
];

export type Verdict = 'held' | 'fell' | 'not-applicable' | 'undetermined';
export type PeerRow = { readonly id: string; readonly title: string; readonly verdict: Verdict; readonly says: string };
export type PeerResult = { readonly version: string; readonly rows: readonly PeerRow[] };

// ---- inside the network

const port = 2526;

/** Files of the peer's own root, seen by nobody else: the mounts end with this process. */
function mountOver(root: string, files: Readonly<Record<string, string>>, empty: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'sekisho-besieged-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path.replaceAll('/', '_'));
    writeFileSync(file, text);
    if (!existsSync(join(root, path))) writeFileSync(join(root, path), '');
    execFileSync('mount', ['--bind', file, join(root, path)]);
  }
  for (const path of empty) {
    mkdirSync(join(root, path), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', join(root, path)]);
  }
}

/** Who asks must say that he trusts AD, or the C library takes it away. */
const resolvConf = 'nameserver 127.0.0.1\noptions edns0 trust-ad\n';

export const postfixMain = (settings: readonly string[]): string =>
  [
    'compatibility_level = 3.6',
    'myhostname = relay.lab.test',
    'mydestination =',
    'inet_interfaces = 127.0.0.1',
    'inet_protocols = ipv4',
    'mynetworks = 127.0.0.0/8',
    'smtpd_relay_restrictions = permit_mynetworks, reject',
    'smtp_dns_support_level = dnssec',
    'smtp_host_lookup = dns',
    'smtp_tls_security_level = dane',
    'fast_flush_domains = static:all',
    'maillog_file = /var/log/besieged.log',
    ...settings,
    '',
  ].join('\n');

export const eximConfiguration = (settings: readonly string[]): string =>
  `primary_hostname = relay.lab.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
dns_dnssec_ok = 1
disable_ipv6 = true
smtp_accept_max = 200
queue_run_max = 20
acl_smtp_rcpt = accept
begin routers
out:
  driver = dnslookup
  ignore_target_hosts = 127.0.0.1
  self = send
  transport = smtp
  dnssec_request_domains = *
begin transports
smtp:
  driver = smtp
  allow_localhost
  dnssec_request_domains = *
  hosts_try_dane = *
${settings.map((line) => `  ${line}\n`).join('')}begin retry
* * F,1h,15m
`;

type Started = { readonly version: string; readonly flush: string; stop(): Promise<void> };

async function startBesiegedPostfix(settings: readonly string[]): Promise<Started> {
  const root = rootOf('postfix');
  const master = readFileSync(join(root, 'usr/share/postfix/master.cf.dist'), 'utf8')
    .replace(/^smtp +inet .*$/m, `127.0.0.1:${port} inet n - n - - smtpd`)
    .replace(/^((?!#)\S+\s+\S+\s+\S+\s+\S+\s+)y(\s)/gm, '$1n$2');
  mountOver(
    root,
    { 'etc/resolv.conf': resolvConf, 'etc/postfix/main.cf': postfixMain(settings), 'etc/postfix/master.cf': master },
    ['var/spool/postfix', 'var/lib/postfix', 'var/log'],
  );
  execFileSync('chroot', [root, 'chown', 'postfix', '/var/lib/postfix']);
  execFileSync('chroot', [root, 'postfix', 'start'], { stdio: ['ignore', 'ignore', 'inherit'] });
  await listening('127.0.0.1', port);
  return {
    version: execFileSync('chroot', [root, 'postconf', '-h', 'mail_version']).toString().trim(),
    flush: `chroot ${root} postqueue -s`,
    stop: async () => void execFileSync('chroot', [root, 'postfix', 'abort'], { stdio: 'ignore' }),
  };
}

async function startBesiegedExim(settings: readonly string[]): Promise<Started> {
  const root = rootOf('exim');
  mountOver(root, { 'etc/resolv.conf': resolvConf, 'etc/exim4/exim4.conf': eximConfiguration(settings) }, [
    'var/spool/exim4',
    'var/log/exim4',
    'run/exim4',
  ]);
  execFileSync('chroot', [root, 'chown', 'Debian-exim:', '/var/spool/exim4', '/var/log/exim4', '/run/exim4']);
  const daemon = spawn('chroot', [root, 'exim4', '-bdf', '-q15m'], { stdio: 'ignore' });
  await listening('127.0.0.1', port);
  return {
    version: /version (\S+)/.exec(execFileSync('chroot', [root, 'exim4', '-bV']).toString())?.[1] ?? '',
    flush: `chroot ${root} exim4 -Rff`,
    stop: () => ended(daemon),
  };
}

async function inside({ peer, settings, claims, only }: Besieged): Promise<void> {
  const { version, flush, stop } = await (peer === 'postfix'
    ? startBesiegedPostfix(settings)
    : startBesiegedExim(settings));
  const into = mkdtempSync(join(tmpdir(), 'sekisho-siege-'));
  const words = ['--target', `127.0.0.1:${port}`, '--claims', claims, '--timeout', '60s', '--into', into];
  const rows = only === undefined ? [] : ['--only', only];
  const siege = spawn(process.execPath, [program, 'siege', '--json', '--flush', flush, ...words, ...rows], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(`${JSON.stringify({ kind: 'version', version })}\n`);
  siege.stdout.pipe(process.stdout, { end: false });
  const code = await new Promise<number | null>((resolve) => siege.once('close', resolve));
  await stop();
  rmSync(into, { recursive: true, force: true });
  process.exitCode = code === 0 || code === 1 || code === 3 ? 0 : 1;
}

// ---- outside

/** A siege in a network and among mounts of its own. @throws Error with what it said when it told nothing. */
export async function besiegePeer(one: Besieged): Promise<PeerResult> {
  const index = String(besieged.indexOf(one));
  const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const script = 'ip link set lo up && exec "$@"';
  const again = [process.execPath, import.meta.filename, '--inside', index];
  const child = spawn('unshare', [...own, 'sh', '-c', script, 'sh', ...again], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (octets: Buffer) => {
    out += octets;
  });
  child.stderr.on('data', (octets: Buffer) => {
    err += octets;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (process.argv.includes('--verbose')) process.stderr.write(err);
  const lines = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { kind: string; version?: string } & PeerRow);
  // Of a row that came twice the second counts.
  const rows = [...new Map(lines.filter(({ kind }) => kind === 'attack').map((row) => [row.id, row])).values()];
  if (code !== 0 || rows.length === 0) throw new Error(`${one.name}: no result (${code})\n${err}\n${out.slice(-2000)}`);
  const version = lines.find(({ kind }) => kind === 'version')?.version ?? 'unknown';
  return { version, rows: rows.map(({ id, title, verdict, says }) => ({ id, title, verdict, says })) };
}

// ---- what came of it

const file = join(import.meta.dirname, 'siege-expected.json');

/** Version and verdicts as they were when the table in docs/siege.md was made. */
export type Expected = Readonly<
  Record<string, { readonly version: string; readonly verdicts: Readonly<Record<string, Verdict>> }>
>;

export const expected = (): Expected => JSON.parse(readFileSync(file, 'utf8')) as Expected;

export const verdictsOf = ({ rows }: PeerResult): Readonly<Record<string, Verdict>> =>
  Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]));

/** Kept short: the hosts have other names each time. */
const plainly = (says: string): string => says.replaceAll(/-[0-9a-f]{7,}(?=\.)/g, '').replaceAll('|', '\\|');

function tableOf(results: readonly (readonly [Besieged, PeerResult])[]): string {
  const ids = (rows: readonly PeerRow[], wanted: Verdict): readonly string[] =>
    rows.flatMap(({ id, verdict }) => (verdict === wanted ? [id] : []));
  const list = (all: readonly string[]): string => (all.length === 0 ? '0' : `${all.length}: ${all.join(', ')}`);
  const lines = results.map(([{ name, claims, settings, only }, { version, rows }]) => {
    const set = settings.length === 0 ? 'as below' : `as below and ${settings.map((line) => `\`${line}\``).join(', ')}`;
    const counts = [ids(rows, 'held').length, list(ids(rows, 'fell')), ids(rows, 'not-applicable').length];
    return `| ${name} ${version} | \`${claims}\`, ${only ?? 'all rows'} | ${set} | ${counts.join(' | ')} | ${list(ids(rows, 'undetermined'))} |`;
  });
  const [whole] = results.filter(([{ only }]) => only === undefined);
  const applied = (whole?.[1].rows ?? []).filter(({ verdict }) => verdict !== 'not-applicable');
  const wholes = results.filter(([{ only }]) => only === undefined);
  const perRow = applied.map(({ id, title }) => {
    const cells = wholes.map(([, { rows }]) => {
      const row = rows.find((one) => one.id === id);
      return row?.verdict === 'held' ? 'held' : `**${row?.verdict}**: ${plainly(row?.says ?? '')}`;
    });
    return `| ${id} | ${title} | ${cells.join(' | ')} |`;
  });
  const heads = wholes.map(([{ name }, { version }]) => `${name} ${version}`);
  return `| Relay | Claims, rows | Settings | held | fell | not applicable | undetermined |
|---|---|---|---|---|---|---|
${lines.join('\n')}

| Row | The attacker | ${heads.join(' | ')} |
|---|---|${'---|'.repeat(heads.length)}
${perRow.join('\n')}

Postfix, \`main.cf\`:

\`\`\`
${postfixMain([]).trim()}
\`\`\`

Exim:

\`\`\`
${eximConfiguration([]).trim()}
\`\`\`
`;
}

function write(results: readonly (readonly [Besieged, PeerResult])[]): void {
  const kept = Object.fromEntries(
    results.map(([{ name }, result]) => [name, { version: result.version, verdicts: verdictsOf(result) }]),
  );
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  const document = join(repository, 'docs/siege.md');
  const marked = /(<!-- siege:peers -->\n)[\s\S]*(<!-- \/siege:peers -->)/;
  const text = readFileSync(document, 'utf8');
  if (!marked.test(text)) throw new Error(`${document}: no place for the table`);
  writeFileSync(
    document,
    text.replace(marked, (_all, from: string, to: string) => `${from}\n${tableOf(results)}\n${to}`),
  );
}

if (import.meta.main) {
  const at = process.argv.indexOf('--inside');
  if (at > 0) await inside(besieged[Number(process.argv[at + 1])] as Besieged);
  else {
    const results: (readonly [Besieged, PeerResult])[] = [];
    for (const one of besieged) {
      const result = await besiegePeer(one);
      results.push([one, result]);
      const told = result.rows.filter(({ verdict }) => verdict !== 'not-applicable');
      for (const { id, verdict, says } of told) console.log(`${one.name} ${result.version} ${id} ${verdict} ${says}`);
    }
    if (process.argv.includes('--write')) write(results);
  }
}
