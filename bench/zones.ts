// The bench's DNS: a signed root, test. and bench.test. served by nsd, and an unbound that resolves and validates them.
// one: a host with the right TLSA; d01 to d50, c0001 to c2000: the same, a host each; bad: a TLSA of another key; plain: none.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { at } from './place.ts';

export const manyDomains = 50;
/** Met by nothing before the cold part. */
export const newDomains = 2000;
/** Changes with the zones, so that older ones are made anew. */
const edition = '2';
const dns = at('dns');

const openssl = (...words: string[]): Buffer => execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] });

/** Keys, certificates, zones and configurations, made once. */
export function makeZones(): void {
  if (existsSync(`${dns}/ready-${edition}`)) return;
  rmSync(dns, { recursive: true, force: true });
  mkdirSync(dns, { recursive: true });
  for (const who of ['sink', 'other', 'relay']) makeCertificate(who);
  const zones = [
    { name: 'bench.test', file: 'bench.test', text: benchZone() },
    { name: 'test', file: 'test', text: zone('test', 'ns.test', 'bench NS ns.bench\nns.bench A 127.0.0.10\n') },
    { name: '.', file: 'root', text: zone('.', 'ns.rootserver', 'test. NS ns.test.\nns.test. A 127.0.0.10\n') },
  ];
  let delegation = '';
  for (const { name, file, text } of zones) delegation = sign(name, file, text + delegation);
  writeFileSync(`${dns}/anchor.ds`, delegation);
  writeFileSync(`${dns}/root.hints`, '. 3600000 NS ns.rootserver.\nns.rootserver. 3600000 A 127.0.0.10\n');
  writeFileSync(`${dns}/nsd.conf`, nsdConf(zones));
  writeFileSync(`${dns}/unbound.conf`, unboundConf());
  writeFileSync(`${dns}/ready-${edition}`, '');
}

/** The DS line of the bench's root, for sekisho. */
export const anchorLine = (): string => readFileSync(`${dns}/anchor.ds`, 'utf8').replace(/\s+/g, ' ').trim();

export const dnsCommands: readonly (readonly string[])[] = [
  ['nsd', '-d', '-c', `${dns}/nsd.conf`],
  ['unbound', '-c', `${dns}/unbound.conf`],
];

export const certificate = (who: 'sink' | 'relay'): { readonly cert: string; readonly key: string } => ({
  cert: `${dns}/${who}.crt`,
  key: `${dns}/${who}.key`,
});

function makeCertificate(who: string): void {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650'];
  const files = ['-keyout', `${dns}/${who}.key`, '-out', `${dns}/${who}.crt`];
  openssl('req', '-x509', ...curve, '-subj', `/CN=${who}.bench.test`, ...files);
}

function tlsaOf(who: string): string {
  const { publicKey } = new X509Certificate(readFileSync(`${dns}/${who}.crt`));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

const zone = (origin: string, server: string, rest: string): string => `$ORIGIN ${origin === '.' ? '.' : `${origin}.`}
$TTL 3600
@ 3600 IN SOA ${server}. hostmaster.${server}. 1 3600 600 86400 300
@ NS ${server}.
${server}. A 127.0.0.10
${rest}`;

function benchZone(): string {
  const domain = (name: string, address: string, tlsa?: string): string =>
    `${name} MX 10 mx.${name}\nmx.${name} A ${address}\n${tlsa === undefined ? '' : `_25._tcp.mx.${name} TLSA 3 1 1 ${tlsa}\n`}`;
  const right = tlsaOf('sink');
  const many = Array.from({ length: manyDomains }, (_, index) => index + 1)
    .map((number) => domain(`d${String(number).padStart(2, '0')}`, `127.0.1.${number}`, right))
    .join('');
  const cold = Array.from({ length: newDomains }, (_, index) => index + 1)
    .map((number) =>
      domain(`c${String(number).padStart(4, '0')}`, `127.0.${16 + (number >> 7)}.${1 + (number & 127)}`, right),
    )
    .join('');
  const some = [
    domain('one', '127.0.2.1', right),
    domain('bad', '127.0.3.1', tlsaOf('other')),
    domain('plain', '127.0.3.2'),
  ];
  const own = 'relay A 127.0.0.1\nsource A 127.0.0.1\nsource MX 10 source\n';
  return zone('bench.test', 'ns.bench.test', own + some.join('') + many + cold);
}

/** @returns the DS record, for the zone above or as the anchor. */
function sign(name: string, file: string, text: string): string {
  writeFileSync(`${dns}/${file}.zone`, text);
  const generate = (...words: string[]): string =>
    execFileSync('ldns-keygen', ['-r', '/dev/urandom', '-a', 'ECDSAP256SHA256', ...words, name], {
      cwd: dns,
      encoding: 'utf8',
    }).trim();
  const keys = [generate('-k'), generate()] as const;
  const times = ['-i', '20240101000000', '-e', '20361231000000'];
  execFileSync('ldns-signzone', [...times, '-f', `${file}.signed`, `${file}.zone`, ...keys], { cwd: dns });
  if (name === '.') copyFileSync(`${dns}/${keys[0]}.key`, `${dns}/root.anchor`);
  return readFileSync(`${dns}/${keys[0]}.ds`, 'utf8');
}

const nsdConf = (zones: readonly { readonly name: string; readonly file: string }[]): string => `server:
  ip-address: 127.0.0.10
  port: 53
  username: ""
  chroot: ""
  pidfile: "${dns}/nsd.pid"
  database: ""
  zonesdir: "${dns}"
  logfile: "${dns}/nsd.log"
  xfrdfile: "${dns}/xfrd.state"
  zonelistfile: "${dns}/zone.list"
  server-count: 1
remote-control:
  control-enable: no
${zones.map(({ name, file }) => `zone:\n  name: "${name}"\n  zonefile: "${file}.signed"\n`).join('')}`;

const unboundConf = (): string => `server:
  interface: 127.0.0.1
  port: 53
  do-ip6: no
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "${dns}"
  pidfile: "${dns}/unbound.pid"
  use-syslog: no
  logfile: "${dns}/unbound.log"
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  root-hints: "${dns}/root.hints"
  trust-anchor-file: "${dns}/root.anchor"
  local-zone: "test." nodefault
  num-threads: 1
  so-rcvbuf: 1m
  outgoing-range: 512
  msg-cache-size: 16m
  rrset-cache-size: 32m
  module-config: "validator iterator"
remote-control:
  control-enable: yes
  control-interface: "${dns}/unbound.sock"
  control-use-cert: no
`;

/** How many questions unbound was asked since it started. */
export const questionsAsked = (): number =>
  Number(
    /^total\.num\.queries=(\d+)/m.exec(
      execFileSync('unbound-control', ['-c', `${dns}/unbound.conf`, 'stats_noreset'], { encoding: 'utf8' }),
    )?.[1],
  );
