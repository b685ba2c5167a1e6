// The relays: sekisho with its defaults, compiled as the package is, and Postfix with DANE, as Debian ships it and tuned with
// TLS connections kept.

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Group, openGroup } from './group.ts';
import { relayPort } from './load.ts';
import { at, hasPostfix, postfixRoot, repository } from './place.ts';
import { anchorLine, certificate } from './zones.ts';

export type Relay = {
  readonly name: string;
  readonly notes: string;
  readonly group: Group;
  /** sekisho's state directory. */
  readonly state?: string;
  version(): string;
  /** Ready to accept when it resolves; what was queued is kept. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Everything that waits is tried now. */
  flush(): Promise<void>;
  /** Forgets what is queued; only while it is stopped. */
  clear(): void;
};

export type Choice = {
  /** Another checkout of sekisho to compare with. */
  readonly against: string | undefined;
  readonly profile: 'profiled' | 'plain';
};

export function relays({ against, profile }: Choice): readonly Relay[] {
  const sekishos = [
    sekisho('sekisho', 'defaults, DNSSEC validated in-process', repository, profile),
    sekisho('sekisho-tuned', '50 sessions to one host, and some in line for them', repository, profile, {
      in: { delivery: 'per_destination = 150\nper_host = 50' },
    }),
    sekisho('sekisho-2', 'two workers', repository, profile, { top: 'workers = 2' }),
  ];
  if (against !== undefined) sekishos.push(sekisho('sekisho-other', 'another checkout', against, profile));
  if (!hasPostfix()) return sekishos;
  return [
    ...sekishos,
    postfix('postfix', 'as Debian ships it, with dane', ''),
    postfix('postfix-tuned', 'dane, TLS connections kept, 50 at once to one destination, no flow delay', tuning),
  ];
}

// Debian's master.cf has tlsproxy commented out, without which kept TLS connections defer all mail.
const tuning = `smtp_tls_connection_reuse=yes
in_flow_delay=0
default_destination_concurrency_limit=50
initial_destination_concurrency=20
default_process_limit=60
`;

async function awaitGreeting({ name, pids }: Group): Promise<void> {
  const begin = Date.now();
  while (Date.now() < begin + 60_000) {
    if (Date.now() > begin + 2000 && pids().length === 0) break;
    if (await greets()) return;
    await sleep(25);
  }
  throw new Error(`${name} does not answer on port ${relayPort}: see ${at(`logs/${name}.log`)}`);
}

const greets = (): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(relayPort, '127.0.0.1');
    socket.setTimeout(5000, () => socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (data) => {
      resolve(data.toString().startsWith('220'));
      socket.end('QUIT\r\n');
    });
  });

// ---- sekisho

/** TOML lines for the top and for a table. */
type Settings = { readonly top?: string; readonly in?: Readonly<Record<string, string>> };

/** Several relays of one checkout share its package. */
const built = new Map<string, string>();

function sekisho(
  name: string,
  notes: string,
  checkout: string,
  profile: Choice['profile'],
  settings: Settings = {},
): Relay {
  const group = openGroup(name);
  const state = at(`state/${name}`);
  const config = at(`${name}.toml`);
  const programOf = (): string => {
    const program = built.get(checkout) ?? build(checkout, at(`package/${name}`));
    built.set(checkout, program);
    return program;
  };
  const env = { PATH: process.env.PATH, NODE_OPTIONS: process.env.RELAY_NODE_OPTIONS ?? '', STATE_DIRECTORY: state };
  const flags = profile === 'profiled' ? ['--cpu-prof', `--cpu-prof-dir=${at('profiles')}`] : [];
  return {
    name,
    notes,
    group,
    state,
    version: () => execFileSync(process.execPath, [programOf(), 'version'], { encoding: 'utf8' }).trim(),
    start: async () => {
      mkdirSync(state, { recursive: true });
      writeFileSync(config, sekishoToml(state, settings));
      group.start([process.execPath, ...flags, programOf(), 'run', '-c', config], { env });
      await awaitGreeting(group);
    },
    stop: () => group.stop(),
    flush: () => openGroup('sekisho-cli').run([process.execPath, programOf(), 'queue', 'flush', '-c', config], { env }),
    clear: () => rmSync(state, { recursive: true, force: true }),
  };
}

/** Compiled, as the package and the image are. @returns the program. */
function build(checkout: string, target: string): string {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const compiler = join(checkout, 'node_modules/.bin/tsc');
  const { status, stdout } = spawnSync(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(target, 'dist')], {
    cwd: checkout,
    encoding: 'utf8',
  });
  if (status !== 0) process.stderr.write(`${checkout} has type errors:\n${stdout}`);
  for (const part of ['bin', 'policies', 'package.json'])
    cpSync(join(checkout, part), join(target, part), { recursive: true });
  symlinkSync(join(checkout, 'node_modules'), join(target, 'node_modules'));
  return join(target, 'bin/sekisho.mjs');
}

const sekishoToml = (state: string, { top = '', in: tables = {} }: Settings): string => `${top}
[identity]
hostname = "relay.bench.test"

[[listen]]
address = "127.0.0.1:${relayPort}"
clients = ["127.0.0.0/8"]
kind = "relay"
max_message_size = "60MB"
certificate = "${certificate('relay').cert}"
key = "file:${certificate('relay').key}"

[resolver]
servers = ["127.0.0.1:53"]
trust_anchors = "${anchorLine()}"

[tls]
trust_store = "builtin"

[delivery]
allow_addresses = ["127.0.0.0/8"]
${tables.delivery ?? ''}

[queue]
url = "sqlite:${state}/queue.db"

[admin]
address = "127.0.0.1:9025"
`;

// ---- Postfix

function postfix(name: string, notes: string, extra: string): Relay {
  const group = openGroup(name);
  const inRoot = (...command: string[]): Promise<void> => group.run(['chroot', postfixRoot, ...command]);
  return {
    name,
    notes,
    group,
    version: () =>
      execFileSync('chroot', [postfixRoot, 'postconf', '-hd', 'mail_version'], { encoding: 'utf8' }).trim(),
    start: async () => {
      configure(extra);
      const copies = 'resolv.conf hosts services nsswitch.conf localtime';
      const prepare = `/usr/lib/postfix/configure-instance.sh -; mkdir -p /var/spool/postfix/etc`;
      const copy = `for f in ${copies}; do cp -L /etc/$f /var/spool/postfix/etc/; done`;
      await inRoot('/bin/sh', '-c', `${prepare}; ${copy}; postfix start`);
      await awaitGreeting(group);
    },
    stop: async () => {
      await inRoot('postfix', 'stop').catch(() => {});
      await group.stop();
    },
    flush: () => inRoot('postqueue', '-f'),
    clear: () => {
      const spool = `${postfixRoot}/var/spool/postfix`;
      const queues = ['incoming', 'active', 'deferred', 'maildrop', 'hold', 'corrupt', 'defer', 'bounce'];
      const there = queues.map((queue) => `${spool}/${queue}`).filter((path) => existsSync(path));
      if (there.length > 0) execFileSync('find', [...there, '-type', 'f', '-delete']);
      rmSync(`${spool}/pid/master.pid`, { force: true });
    },
  };
}

function configure(extra: string): void {
  const write = (path: string, text: string): void => writeFileSync(postfixRoot + path, text);
  const read = (path: string): string => readFileSync(postfixRoot + path, 'utf8');
  mkdirSync(`${postfixRoot}/etc/bench`, { recursive: true });
  const { cert, key } = certificate('relay');
  copyFileSync(cert, `${postfixRoot}/etc/bench/relay.crt`);
  copyFileSync(key, `${postfixRoot}/etc/bench/relay.key`);
  write('/etc/hosts', '127.0.0.1 relay.bench.test relay localhost\n');
  // A symbolic link on some machines, to a file of theirs.
  rmSync(`${postfixRoot}/etc/resolv.conf`, { force: true });
  write('/etc/resolv.conf', 'nameserver 127.0.0.1\noptions edns0 trust-ad\n');
  const tlsPart = '/usr/share/postfix/main.cf.tls';
  const shipped = read('/usr/share/postfix/main.cf.debian') + (existsSync(postfixRoot + tlsPart) ? read(tlsPart) : '');
  const ours = /^(smtpd?_tls_(cert|key|security|CA|session_cache)|smtpd_relay_restrictions)/;
  const kept = shipped.split('\n').filter((line) => !ours.test(line));
  write('/etc/postfix/main.cf', `${kept.join('\n')}\n${mainCf}${extra}`);
  let services = read('/etc/postfix/master.cf.proto').replace(/^smtp(\s+inet.*)$/m, `127.0.0.1:${relayPort}$1`);
  if (!/^postlog/m.test(services)) services += 'postlog   unix-dgram n  -       n       -       1       postlogd\n';
  if (!/^tlsproxy/m.test(services)) services += 'tlsproxy  unix  -       -       y       -       0       tlsproxy\n';
  write('/etc/postfix/master.cf', services);
  write('/var/log/postfix.log', '');
}

const mainCf = `smtpd_tls_cert_file=/etc/bench/relay.crt
smtpd_tls_key_file=/etc/bench/relay.key
smtpd_tls_security_level=may
smtp_dns_support_level=dnssec
smtp_tls_security_level=dane
smtp_tls_session_cache_database=btree:\${data_directory}/smtp_scache
myhostname=relay.bench.test
mydestination=
alias_maps=
alias_database=
inet_interfaces=127.0.0.1
inet_protocols=ipv4
mynetworks=127.0.0.0/8
smtpd_relay_restrictions=permit_mynetworks, reject
message_size_limit=60000000
maillog_file=/var/log/postfix.log
`;
