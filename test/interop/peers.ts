// Debian's Postfix, Exim, nsd and unbound as peers: started in roots and folders of their own, stopped with the test.
// `setup.sh` installs them; where that did not happen the suite says so and skips, unless $SEKISHO_INTEROP is "required".

import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const peersFolder: string = process.env.SEKISHO_PEERS ?? '/var/tmp/sekisho-peers';

/** What a mail server of Debian runs in, by chroot. */
export const rootOf = (peer: 'postfix' | 'exim'): string => join(peersFolder, peer, 'root');

/** The reason to skip, or false. In CI nothing is skipped. */
export const skipPeers: string | false =
  existsSync(join(rootOf('postfix'), '.installed')) || process.env.SEKISHO_INTEROP === 'required'
    ? false
    : "Debian's peers are not installed: run test/interop/setup.sh as root";

export type Peer = { stop(): Promise<void> };
export type Keys = { readonly certificate: string; readonly key: string };

/** Resolves when something listens there. */
export async function listening(host: string, port: number, patienceMs = 15_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const trial = connect({ host, port }, () => resolve(true));
      trial.on('error', () => resolve(false));
      trial.on('connect', () => trial.destroy());
    });
    if (open) return;
    if (Date.now() > deadline) throw new Error(`nothing listens on ${host}:${port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits for what other programs do in their own time. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patienceMs = 30_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 3000).unref();
  });

// ---- mail servers

/** Raw octets of every message in a Maildir, without the envelope fields that the peer put on top. */
function maildir(folder: string): readonly Buffer[] {
  return existsSync(folder) ? readdirSync(folder).map((file) => readFileSync(join(folder, file))) : [];
}

export type MailPeer = Peer & {
  /** What it delivered, with its own fields on top and LF line ends. */
  readonly messages: () => readonly Buffer[];
  /** What it wrote into its log so far. */
  readonly log: () => string;
  /** Hands a message to the peer's own sendmail command. */
  send(from: string, to: string, message: Uint8Array): Promise<void>;
};

/**
 * Every local part of the domains has one common mailbox, but `nobody` is refused with 550 and `later` with 450.
 * Nothing alters a message: line lengths are not limited, fields are not added.
 */
export type MailPeerOptions = {
  readonly address: string;
  readonly port: number;
  /** Undefined: no STARTTLS. */
  readonly keys: Keys | undefined;
  readonly domains: readonly string[];
  /** Where the peer sends everything that is not its own. */
  readonly relayhost?: { readonly host: string; readonly port: number };
  /** In both roles; default: what Debian ships. */
  readonly tls?: 'TLSv1.2-only';
};

export async function startPostfix(options: MailPeerOptions): Promise<MailPeer> {
  const root = rootOf('postfix');
  const box = join(root, 'var/mail/interop');
  rmSync(box, { recursive: true, force: true });
  mkdirSync(box, { recursive: true });
  chownSync(box, 5000, 5000);
  writeFileSync(join(root, 'etc/postfix/interop.crt'), options.keys?.certificate ?? '');
  writeFileSync(join(root, 'etc/postfix/interop.key'), options.keys?.key ?? '', { mode: 0o600 });
  const log = join(root, 'var/log/postfix.log');
  rmSync(log, { force: true });
  const { relayhost } = options;
  const versions = options.tls === undefined ? '' : '!SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.3';
  writeFileSync(
    join(root, 'etc/postfix/main.cf'),
    `compatibility_level = 3.6
myhostname = mx.${options.domains[0] ?? 'postfix.test'}
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
relayhost = ${relayhost === undefined ? '' : `[${relayhost.host}]:${relayhost.port}`}
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_recipient_restrictions = check_recipient_access inline:{ {nobody@ = 550 5.1.1 nobody lives here}, {later@ = 450 4.2.1 come back later} }, permit
local_header_rewrite_clients =
alias_maps =
alias_database =
smtp_line_length_limit = 0
virtual_mailbox_domains = ${options.domains.join(' ')}
virtual_mailbox_base = /var/mail/interop
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
smtpd_tls_security_level = ${options.keys === undefined ? 'none' : 'may'}
smtpd_tls_cert_file = /etc/postfix/interop.crt
smtpd_tls_key_file = /etc/postfix/interop.key
smtp_tls_security_level = may
smtpd_tls_loglevel = 1
smtp_tls_loglevel = 1
${versions === '' ? '' : `smtp_tls_protocols = ${versions}\nsmtpd_tls_protocols = ${versions}`}
smtpd_client_connection_rate_limit = 0
maillog_file = /var/log/postfix.log
`,
  );
  const master = readFileSync(join(root, 'usr/share/postfix/master.cf.dist'), 'utf8')
    .replace(/^smtp +inet .*$/m, `${options.address}:${options.port} inet n - n - - smtpd`)
    .replace(/^((?!#)\S+\s+\S+\s+\S+\s+\S+\s+)y(\s)/gm, '$1n$2');
  writeFileSync(join(root, 'etc/postfix/master.cf'), master);
  const postfix = (...args: readonly string[]): Promise<unknown> => run('chroot', [root, 'postfix', ...args]);
  await postfix('stop').catch(() => undefined);
  await run('chroot', [root, 'postsuper', '-d', 'ALL']).catch(() => undefined);
  await postfix('start');
  await listening(options.address, options.port);
  return {
    messages: () => maildir(join(box, 'box/new')),
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    send: (from, to, message) => handOver('chroot', [root, 'sendmail', '-i', '-f', from, to], message),
    stop: async () => void (await postfix('stop').catch(() => undefined)),
  };
}

export async function startExim(options: MailPeerOptions): Promise<MailPeer> {
  const root = rootOf('exim');
  const box = join(root, 'var/mail/interop');
  rmSync(box, { recursive: true, force: true });
  mkdirSync(box, { recursive: true });
  const id = (flag: string): number => Number(execFileSync('chroot', [root, 'id', flag, 'Debian-exim']).toString());
  chownSync(box, id('-u'), id('-g'));
  for (const [name, text] of [
    ['interop.crt', options.keys?.certificate ?? ''],
    ['interop.key', options.keys?.key ?? ''],
  ] as const) {
    writeFileSync(join(root, 'etc/exim4', name), text, { mode: 0o640 });
    chownSync(join(root, 'etc/exim4', name), 0, id('-g'));
  }
  const log = join(root, 'var/log/exim4/mainlog');
  rmSync(log, { force: true });
  const { relayhost } = options;
  const versions = options.tls === undefined ? 'NORMAL' : 'NORMAL:-VERS-TLS1.3';
  writeFileSync(
    join(root, 'etc/exim4/exim4.conf'),
    `primary_hostname = mx.${options.domains[0] ?? 'exim.test'}
local_interfaces = ${options.address}
daemon_smtp_ports = ${options.port}
tls_advertise_hosts = ${options.keys === undefined ? '' : '*'}
tls_require_ciphers = ${versions}
tls_certificate = /etc/exim4/interop.crt
tls_privatekey = /etc/exim4/interop.key
acl_smtp_rcpt = recipient
acl_smtp_data = accept
host_lookup =
smtp_accept_queue_per_connection = 0
rfc1413_query_timeout = 0s
pid_file_path = /run/exim4/interop.pid
begin acl
recipient:
  deny local_parts = nobody
    message = 5.1.1 nobody lives here
  defer local_parts = later
    message = 4.2.1 come back later
  accept
begin routers
ours:
  driver = accept
  domains = ${options.domains.join(' : ')}
  transport = box
${relayhost === undefined ? '' : `out:\n  driver = manualroute\n  route_list = * ${relayhost.host}::${relayhost.port} byname\n  self = send\n  transport = smtp\n`}
begin transports
box:
  driver = appendfile
  directory = /var/mail/interop
  maildir_format
  return_path_add
  user = Debian-exim
smtp:
  driver = smtp
  message_linelength_limit = 1000000
  tls_require_ciphers = ${versions}
begin retry
* * F,1h,1m
`,
  );
  mkdirSync(join(root, 'run/exim4'), { recursive: true });
  chownSync(join(root, 'run/exim4'), id('-u'), id('-g'));
  const daemon = spawn('chroot', [root, 'exim4', '-bdf', '-q1m'], { stdio: 'ignore' });
  await listening(options.address, options.port);
  return {
    messages: () => maildir(join(box, 'new')),
    log: () => (existsSync(log) ? readFileSync(log, 'utf8') : ''),
    send: (from, to, message) => handOver('chroot', [root, 'exim4', '-i', '-odi', '-f', from, to], message),
    stop: () => ended(daemon),
  };
}

function handOver(command: string, args: readonly string[], message: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} ended with ${code}`)),
    );
    child.stdin.end(message);
  });
}

// ---- name servers

export type ZoneFile = { readonly name: string; readonly file: string };

/** Authoritative, on 127.0.0.1. `reload` makes it read changed zone files. */
export async function startNsd(
  folder: string,
  port: number,
  zones: readonly ZoneFile[],
): Promise<Peer & { reload(): void }> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'nsd.conf');
  writeFileSync(
    config,
    `server:
  ip-address: 127.0.0.1
  port: ${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${folder}"
  database: ""
  pidfile: "${folder}/nsd.pid"
  xfrdfile: "${folder}/xfrd.state"
  zonelistfile: "${folder}/zone.list"
  logfile: "${folder}/nsd.log"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${zones.map((zone) => `zone:\n  name: "${zone.name}"\n  zonefile: "${zone.file}"\n  provide-xfr: 127.0.0.1 NOKEY`).join('\n')}
`,
  );
  const child = spawn('nsd', ['-d', '-c', config], { stdio: 'ignore' });
  await listening('127.0.0.1', port);
  return { stop: () => ended(child), reload: () => void child.kill('SIGHUP') };
}

export type UnboundOptions = {
  readonly port: number;
  readonly anchors: string;
  /** Zone to `address@port` of its name server, or one forwarder for everything. */
  readonly stubs: readonly { readonly zone: string; readonly server: string }[];
  readonly forward?: string;
  /** Further lines of the server clause. */
  readonly more?: readonly string[];
};

/** Recursive and validating, on 127.0.0.1. */
export async function startUnbound(folder: string, options: UnboundOptions): Promise<Peer> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'anchors'), options.anchors);
  const config = join(folder, 'unbound.conf');
  writeFileSync(
    config,
    `server:
  interface: 127.0.0.1
  port: ${options.port}
  username: ""
  chroot: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  logfile: "${folder}/unbound.log"
  verbosity: 1
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  trust-anchor-file: "${folder}/anchors"
  access-control: 127.0.0.0/8 allow
  local-zone: "test." nodefault
  local-zone: "invalid." nodefault
  local-zone: "onion." nodefault
${(options.more ?? []).map((line) => `  ${line}`).join('\n')}
${options.stubs.map((stub) => `stub-zone:\n  name: "${stub.zone}"\n  stub-addr: ${stub.server}`).join('\n')}
${options.forward === undefined ? '' : `forward-zone:\n  name: "."\n  forward-addr: ${options.forward}`}
`,
  );
  const child = spawn('unbound', ['-d', '-c', config], { stdio: 'ignore' });
  await listening('127.0.0.1', options.port);
  return { stop: () => ended(child) };
}

export type NamedOptions = {
  readonly port: number;
  /** DS lines of the root. */
  readonly anchors: string;
  /** The port on 127.0.0.1 of the name server that holds every zone. */
  readonly authority: number;
};

/** BIND as a validating resolver on 127.0.0.1. It forwards to the authority, and judges by itself. */
export async function startNamed(folder: string, options: NamedOptions): Promise<Peer> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'named.conf');
  const anchors = options.anchors
    .trim()
    .split('\n')
    .map((line) => line.replace(/^(\S+)\s+DS\s+(\d+\s+\d+\s+\d+)\s+(\S+).*$/, '"$1" static-ds $2 "$3";'));
  writeFileSync(
    config,
    `options {
  directory "${folder}";
  pid-file "${folder}/named.pid";
  session-keyfile "${folder}/session.key";
  managed-keys-directory "${folder}";
  listen-on port ${options.port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion yes;
  allow-query { 127.0.0.1; };
  allow-recursion { 127.0.0.1; };
  forward only;
  forwarders { 127.0.0.1 port ${options.authority}; };
  dnssec-validation yes;
  empty-zones-enable no;
  synth-from-dnssec no;
  servfail-ttl 0;
  qname-minimization off;
  max-recursion-queries 500;
};
trust-anchors {
  ${anchors.join('\n  ')}
};
controls { };
logging {
  channel file { file "${folder}/named.log"; severity info; print-category yes; };
  category default { file; };
  category lame-servers { null; };
};
`,
  );
  const child = spawn('named', ['-f', '-n', '1', '-c', config], { stdio: 'ignore' });
  await listening('127.0.0.1', options.port);
  return { stop: () => ended(child) };
}
