// The one table of settings: path, type, default, sentence. Environment names, `config example`, the docs page and the
// suggestions for mistyped keys are printed from it. Contract: docs/spec/config.md.

/** How a value is written in TOML and in the environment. */
export type SettingType =
  | { readonly kind: 'string' }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  /** "30s", "5m", "4h", "5d"; held as seconds. */
  | { readonly kind: 'duration' }
  /** "50MB", "64KiB"; held as octets. */
  | { readonly kind: 'size' }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  /** "127.0.0.1:2525", "[::1]:2525". */
  | { readonly kind: 'address' }
  /** `file:`, `env:` or `credential:` reference; never the secret itself. */
  | { readonly kind: 'secret' }
  | { readonly kind: 'date' }
  | { readonly kind: 'list'; readonly of: SettingType }
  /** Text to text, keys chosen by the operator. */
  | { readonly kind: 'map' };

export type Setting = {
  /** `section.key`; `[]` marks an array of tables. */
  readonly path: string;
  readonly type: SettingType;
  /** As written in TOML; undefined: no value unless given. */
  readonly default?: unknown;
  readonly required?: 'yes';
  readonly says: string;
};

const text: SettingType = { kind: 'string' };
const flag: SettingType = { kind: 'boolean' };
const duration: SettingType = { kind: 'duration' };
const size: SettingType = { kind: 'size' };
const address: SettingType = { kind: 'address' };
const secret: SettingType = { kind: 'secret' };
const texts: SettingType = { kind: 'list', of: text };
const choice = (...of: readonly string[]): SettingType => ({ kind: 'choice', of });
const integer = (min: number, max: number): SettingType => ({ kind: 'integer', min, max });

const floors = choice('may', 'encrypt', 'verify', 'secure', 'dane-only');

export const settings: readonly Setting[] = [
  {
    path: 'profile',
    type: choice('default', 'strict', 'government', 'lab'),
    default: 'default',
    says: 'Ready-made policy from policies/.',
  },

  {
    path: 'workers',
    type: integer(0, 64),
    default: 1,
    says: 'Threads that take mail in and send it out; 0: one for each core, four at most.',
  },

  {
    path: 'identity.hostname',
    type: text,
    says: "EHLO name; without one the machine's full name is used, or an address literal with a loud warning.",
  },
  {
    path: 'identity.origin',
    type: text,
    says: 'Domain for addresses without one on submission listeners; default: hostname.',
  },
  {
    path: 'identity.own_names',
    type: texts,
    default: [],
    says: 'Further names that are this relay, for loop detection.',
  },
  {
    path: 'identity.postmaster',
    type: text,
    says: 'Mailbox for <Postmaster> and in the From field of bounces; default: postmaster at the origin.',
  },

  { path: 'listen[].name', type: text, says: 'Name in logs; default: the address.' },
  {
    path: 'listen[].kind',
    type: choice('relay', 'submission'),
    default: 'relay',
    says: 'A relay listener touches nothing; a submission listener completes addresses and adds Date and Message-ID.',
  },
  { path: 'listen[].address', type: address, required: 'yes', says: 'Where to listen.' },
  {
    path: 'listen[].clients',
    type: texts,
    default: [],
    says: 'Ranges that may relay without AUTH; empty means nobody; "private" is RFC 1918, ULA and loopback.',
  },
  {
    path: 'listen[].tls',
    type: choice('off', 'optional', 'required', 'implicit'),
    default: 'optional',
    says: 'STARTTLS is offered when a certificate is configured.',
  },
  { path: 'listen[].client_spki', type: texts, default: [], says: 'SHA-256 of client keys that may relay, in hex.' },
  {
    path: 'listen[].client_ca',
    type: text,
    says: 'PEM file of the authorities whose clients may relay; reloaded when it changes.',
  },
  {
    path: 'listen[].certificate',
    type: text,
    says: 'PEM file with the chain, or "self-signed"; reloaded when it changes.',
  },
  { path: 'listen[].key', type: secret, says: 'Private key of the certificate.' },
  {
    path: 'listen[].auth',
    type: choice('none', 'password', 'client-certificate'),
    default: 'none',
    says: 'How clients outside the ranges may earn the right to relay.',
  },
  {
    path: 'listen[].users',
    type: secret,
    says: 'File with one "name:sha-256 or scrypt hash" per line, for auth = "password".',
  },
  {
    path: 'listen[].requiretls',
    type: choice('offer', 'off'),
    default: 'offer',
    says: 'REQUIRETLS is offered inside TLS only.',
  },
  {
    path: 'listen[].bare_newline',
    type: choice('normalize', 'refuse'),
    default: 'normalize',
    says: 'Bare CR or LF in mail from the clients ranges; all others are refused.',
  },
  { path: 'listen[].max_message_size', type: size, default: '50MB', says: 'Announced as SIZE.' },
  {
    path: 'listen[].max_recipients',
    type: integer(100, 100_000),
    default: 1000,
    says: 'Recipients in one transaction; more get 452.',
  },

  {
    path: 'resolver.mode',
    type: choice('validate', 'trust-ad'),
    default: 'validate',
    says: 'validate: DNSSEC in-process; trust-ad: believe a resolver on loopback or behind TLS.',
  },
  {
    path: 'resolver.servers',
    type: texts,
    default: [],
    says: 'Recursive servers, "ip[:port]" or "tls://ip[:port]#name" for DNS over TLS; default: /etc/resolv.conf.',
  },
  {
    path: 'resolver.trust_anchors',
    type: text,
    default: 'builtin',
    says: 'builtin, a file (root-anchors.xml, DS or DNSKEY lines), or inline DS lines.',
  },
  {
    path: 'resolver.allow_sha1_dnssec',
    type: flag,
    default: false,
    says: 'Accept DNSSEC algorithms 5 and 7 and SHA-1 DS digests.',
  },
  {
    path: 'resolver.local_zones',
    type: texts,
    default: [],
    says: 'Names served only inside: system resolver, always insecure.',
  },

  {
    path: 'tls.min_version',
    type: choice('TLSv1.2', 'TLSv1.3'),
    default: 'TLSv1.2',
    says: 'Lowest TLS version in both roles.',
  },
  {
    path: 'tls.trust_store',
    type: text,
    default: 'system',
    says: 'system, builtin, a PEM bundle, or a hashed directory.',
  },
  {
    path: 'tls.certificate',
    type: text,
    says: 'PEM, leaf first: shown to hosts that ask for a client certificate. It may be that of a listener.',
  },
  { path: 'tls.key', type: secret, says: 'Private key of the client certificate.' },

  { path: 'mta_sts.enabled', type: flag, default: true, says: 'Discover and enforce MTA-STS policies.' },
  {
    path: 'mta_sts.port',
    type: integer(1, 65_535),
    default: 443,
    says: 'Port of policy hosts; other than 443 only in laboratories.',
  },
  { path: 'mta_sts.max_age_cap', type: duration, default: '31557600s', says: 'Longest time a policy is kept.' },

  {
    path: 'policy.floor',
    type: floors,
    default: 'may',
    says: 'What every host must reach whatever its domain publishes.',
  },
  {
    path: 'policy.enforce',
    type: flag,
    default: true,
    says: "false rehearses the operator's own floor; what destinations publish always binds.",
  },

  { path: 'policy.rule[].to', type: texts, required: 'yes', says: 'Recipient domains, exact or "*.domain".' },
  { path: 'policy.rule[].floor', type: floors, says: 'Raises the floor for them.' },
  { path: 'policy.rule[].names', type: texts, default: [], says: 'Further certificate names accepted for this rule.' },
  {
    path: 'policy.rule[].requiretls',
    type: choice('as-asked', 'always'),
    default: 'as-asked',
    says: 'always: demand REQUIRETLS onward whatever the sender asked.',
  },

  { path: 'policy.exception[].to', type: texts, required: 'yes', says: 'Recipient domains, exact or "*.domain".' },
  {
    path: 'policy.exception[].ignore',
    type: { kind: 'list', of: choice('floor', 'dane', 'mta-sts', 'dnssec') },
    required: 'yes',
    says: 'What is not enforced for them.',
  },
  {
    path: 'policy.exception[].until',
    type: { kind: 'date' },
    required: 'yes',
    says: 'Last day (UTC) on which the exception holds.',
  },
  { path: 'policy.exception[].reason', type: text, required: 'yes', says: 'Why; shown in every record and listing.' },

  { path: 'route[].to', type: texts, required: 'yes', says: 'Recipient domains, exact, "*.domain", or "*" for all.' },
  {
    path: 'route[].via',
    type: text,
    required: 'yes',
    says: 'Next hop: "[host]:port" without MX look-up, "domain" with it.',
  },
  {
    path: 'route[].tls',
    type: choice('starttls', 'implicit'),
    default: 'starttls',
    says: 'How TLS begins at the next hop.',
  },
  { path: 'route[].credentials', type: secret, says: 'File with "user:password"; sent only to an authenticated host.' },

  {
    path: 'delivery.port',
    type: integer(1, 65_535),
    default: 25,
    says: 'Port of MX hosts; other than 25 only in laboratories.',
  },
  {
    path: 'delivery.allow_addresses',
    type: texts,
    default: [],
    says: 'Private or loopback ranges that public DNS may point to.',
  },
  {
    path: 'delivery.families',
    type: choice('auto', 'ipv4', 'ipv6'),
    default: 'auto',
    says: 'Address families used for delivery.',
  },
  {
    path: 'delivery.source_addresses',
    type: texts,
    default: [],
    says: 'Local addresses to send from, at most one of each family.',
  },
  { path: 'delivery.warn_after', type: duration, default: '4h', says: 'A sender is told once that mail still waits.' },
  { path: 'delivery.expire_after', type: duration, default: '5d', says: 'Life of a message in the queue.' },
  { path: 'delivery.per_destination', type: integer(1, 1000), default: 20, says: 'Parallel sessions to one next hop.' },
  { path: 'delivery.per_host', type: integer(1, 1000), default: 5, says: 'Parallel sessions to one host.' },
  { path: 'delivery.parallel', type: integer(1, 10_000), default: 100, says: 'Parallel sessions in all.' },
  {
    path: 'delivery.retry',
    type: { kind: 'list', of: duration },
    default: ['5m', '15m', '30m', '1h', '2h', '3h'],
    says: 'Waiting times between attempts; the last one repeats.',
  },

  { path: 'queue.url', type: text, says: 'sqlite:/path/queue.db; default: in the state directory.' },
  { path: 'queue.min_free', type: size, default: '100MB', says: 'Below this free space mail is refused with 452.' },
  { path: 'queue.keep_history', type: duration, default: '7d', says: 'How long finished messages can be explained.' },

  { path: 'aliases', type: { kind: 'map' }, default: {}, says: 'Local part to mailbox, on submission listeners.' },

  { path: 'tlsrpt.send', type: flag, default: false, says: 'Send TLS reports; needs contact and dkim.' },
  { path: 'tlsrpt.organization', type: text, says: 'organization-name of reports.' },
  { path: 'tlsrpt.contact', type: text, says: 'contact-info of reports.' },
  { path: 'tlsrpt.dkim.domain', type: text, says: 'Signing domain of reports.' },
  { path: 'tlsrpt.dkim.selector', type: text, says: 'Selector of the signing key.' },
  { path: 'tlsrpt.dkim.key', type: secret, says: 'Private signing key.' },

  {
    path: 'admin.address',
    type: address,
    default: '127.0.0.1:9025',
    says: 'Status page, API, /livez, /readyz, /metrics; any address but loopback demands a token.',
  },
  { path: 'admin.token', type: secret, says: 'Bearer token of the endpoint.' },
  {
    path: 'admin.actions',
    type: flag,
    default: false,
    says: 'Allow acts that change the queue over HTTP; the Unix socket always may.',
  },

  {
    path: 'log.format',
    type: choice('json', 'pretty'),
    default: 'json',
    says: 'Log lines for machines or for people.',
  },
  {
    path: 'log.level',
    type: choice('debug', 'info', 'warn', 'error'),
    default: 'info',
    says: 'Least important event that is written.',
  },
  {
    path: 'log.redact',
    type: choice('none', 'local-parts', 'addresses'),
    default: 'local-parts',
    says: 'What is left out of mail addresses in logs.',
  },
];

/** The whole environment name: `SEKISHO_` and the path, `__` between levels; the first listener stands for `listen[]`. */
export function environmentName(path: string): string | undefined {
  if (path.includes('[]') && !path.startsWith('listen[]')) return undefined;
  return `SEKISHO_${path.replace('[]', '').replaceAll('.', '__').toUpperCase()}`;
}
