// How a laboratory MX host behaves, and its faults by name. The names are those of the attack matrix where it has one.

/** What happens around STARTTLS. */
export type StarttlsBehaviour =
  | 'offered'
  /** Not in the EHLO, 502 when sent all the same. */
  | 'absent'
  /** The keyword is overwritten in the EHLO. */
  | 'stripped'
  | 'refused-454'
  | 'refused-500'
  | 'refused-502'
  | 'refused-503'
  /** Forged reply lines in the segment of the 220. */
  | 'injected'
  /** The same by who sits on the way: behind them TLS begins with the host itself. */
  | 'injected-then-tls'
  /** After the 220: bytes that are no TLS, a closed connection, or silence. */
  | 'garbage'
  | 'alert'
  | 'sni-wanted'
  | 'dropped'
  | 'silent';

export type Step = 'connect' | 'ehlo' | 'ehlo-in-tls' | 'mail' | 'rcpt' | 'data' | 'dot' | 'quit';

export type MxBehaviour = {
  readonly starttls: StarttlsBehaviour;
  readonly requiretls: 'no' | 'in-tls' | 'before-tls' | 'always';
  /** EHLO lines besides STARTTLS, SIZE and REQUIRETLS. */
  readonly extensions: readonly string[];
  /** Octets; 0 announces SIZE without a limit, undefined leaves the keyword out. */
  readonly size: number | undefined;
  /** Whole reply lines without CRLF in place of the usual reply; several lines in one text are sent as they are. */
  readonly replies: Readonly<Partial<Record<Step, string>>>;
  /** The connection is closed in place of the reply. */
  readonly dropAt: Step | undefined;
  /** Half of the reply leaves; then the connection is gone, without a close_notify where there is TLS. */
  readonly cutAt: Step | undefined;
  /** The reply leaves by one octet a second. */
  readonly dripAt: Step | undefined;
  /** Sent behind the reply of the step, in the same segment, although nobody asked. */
  readonly unasked: Readonly<Partial<Record<Step, string>>>;
  /** EHLO lines that stand in cleartext only, put there by who sits on the way. */
  readonly beforeTls: readonly string[];
  /** A web server answers in place of the mail server. */
  readonly web: 'no' | 'at-connect' | 'in-tls';
  /** Milliseconds before each reply. */
  readonly delay: number;
  /** EHLO gets 502, HELO is taken. */
  readonly helo: 'ehlo' | 'helo-only';
  readonly tls: {
    readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
    readonly ciphers?: string;
  };
};

export const wellBehaved: MxBehaviour = {
  starttls: 'offered',
  requiretls: 'no',
  extensions: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN', 'CHUNKING'],
  size: 52_428_800,
  replies: {},
  dropAt: undefined,
  cutAt: undefined,
  dripAt: undefined,
  unasked: {},
  beforeTls: [],
  web: 'no',
  delay: 0,
  helo: 'ehlo',
  tls: {},
};

/** What a terminal, a browser, a JSON writer and a mail header might obey. */
const escapes = '\x1b[2J\x1b]0;owned\x07 <script>alert(1)</script> "}],\\u0000 \x08\x7f\x9b31m \u202e';

const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

export type MxFault =
  | 'starttls-absent'
  | 'starttls-stripped'
  | 'starttls-454'
  | 'starttls-500'
  | 'starttls-502'
  | 'starttls-503'
  | 'starttls-injection'
  | 'starttls-injection-then-tls'
  | 'handshake-garbage'
  | 'handshake-alert'
  | 'handshake-sni-wanted'
  | 'handshake-drop'
  | 'handshake-silence'
  | 'tls-1.0-only'
  | 'tls-1.1-only'
  | 'weak-ciphers-only'
  | 'anonymous-ciphers-only'
  | 'keywords-before-tls'
  | 'web-at-connect'
  | 'web-in-tls'
  | 'requiretls-offered'
  | 'requiretls-before-tls-only'
  | 'helo-only'
  | 'no-8bitmime'
  | 'no-pipelining'
  | 'no-extensions'
  | 'small-size'
  | 'greeting-421'
  | 'greeting-554'
  | 'ehlo-in-tls-421'
  | 'mail-450'
  | 'mail-552'
  | 'mail-530'
  | 'rcpt-451'
  | 'rcpt-550'
  | 'data-451'
  | 'dot-451'
  | 'dot-554'
  | 'reply-two-lines-two-codes'
  | 'reply-malformed'
  | 'reply-endless'
  | 'reply-escapes'
  | 'reply-unasked'
  | 'data-250'
  | 'dot-two-codes'
  | 'dot-malformed'
  | 'dot-cut'
  | 'greeting-endless-line'
  | 'greeting-drip'
  | 'greeting-escapes'
  | 'drop-at-connect'
  | 'drop-at-mail'
  | 'drop-at-data'
  | 'drop-at-dot'
  | 'slow';

/** One change of behaviour each; several may be set at a host. */
export const mxFaults: Readonly<Record<MxFault, Partial<MxBehaviour>>> = {
  'starttls-absent': { starttls: 'absent' },
  'starttls-stripped': { starttls: 'stripped' },
  'starttls-454': { starttls: 'refused-454' },
  'starttls-500': { starttls: 'refused-500' },
  'starttls-502': { starttls: 'refused-502' },
  'starttls-503': { starttls: 'refused-503' },
  'starttls-injection': { starttls: 'injected' },
  'starttls-injection-then-tls': { starttls: 'injected-then-tls' },
  'handshake-alert': { starttls: 'alert' },
  'handshake-sni-wanted': { starttls: 'sni-wanted' },
  'handshake-garbage': { starttls: 'garbage' },
  'handshake-drop': { starttls: 'dropped' },
  'handshake-silence': { starttls: 'silent' },
  'tls-1.0-only': { tls: { ...old, maxVersion: 'TLSv1' } },
  'tls-1.1-only': { tls: old },
  'weak-ciphers-only': { tls: { maxVersion: 'TLSv1.2', ciphers: 'NULL:aNULL:@SECLEVEL=0' } },
  'anonymous-ciphers-only': { tls: { maxVersion: 'TLSv1.2', ciphers: 'aNULL:!NULL:@SECLEVEL=0' } },
  'keywords-before-tls': { beforeTls: ['SIZE 1', 'AUTH PLAIN LOGIN', 'REQUIRETLS'] },
  'web-at-connect': { web: 'at-connect' },
  'web-in-tls': { web: 'in-tls' },
  'requiretls-offered': { requiretls: 'in-tls' },
  'requiretls-before-tls-only': { requiretls: 'before-tls' },
  'helo-only': { helo: 'helo-only' },
  'no-8bitmime': { extensions: ['PIPELINING', 'ENHANCEDSTATUSCODES'] },
  'no-pipelining': { extensions: ['8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'DSN'] },
  'no-extensions': { extensions: [], size: undefined },
  'small-size': { size: 1024 },
  'greeting-421': { replies: { connect: '421 4.3.2 not now' } },
  'greeting-554': { replies: { connect: '554 5.7.1 no service for you' } },
  'ehlo-in-tls-421': { replies: { 'ehlo-in-tls': '421 4.3.2 not now' } },
  'mail-450': { replies: { mail: '450 4.7.1 greylisted, come back later' } },
  'mail-552': { replies: { mail: '552 5.3.4 too big for us' } },
  'mail-530': { replies: { mail: '530 5.7.0 must issue a STARTTLS command first' } },
  'rcpt-451': { replies: { rcpt: '451 4.7.1 greylisted, come back later' } },
  'rcpt-550': { replies: { rcpt: '550 5.1.1 no such user here' } },
  'data-451': { replies: { data: '451 4.3.0 try again' } },
  'dot-451': { replies: { dot: '451 4.3.0 try again' } },
  'dot-554': { replies: { dot: '554 5.6.0 content refused' } },
  'reply-two-lines-two-codes': { replies: { mail: '250-2.1.0 ok\r\n550 5.1.1 no' } },
  'reply-malformed': { replies: { mail: '25 what' } },
  'reply-endless': { replies: { mail: '250-2.1.0 and so on\r\n'.repeat(4000).trimEnd() } },
  'reply-escapes': { replies: { rcpt: `550 5.1.1 ${escapes}` } },
  'reply-unasked': { unasked: { 'ehlo-in-tls': '250 2.0.0 and this was not asked' } },
  // Without CHUNKING: content that came by BDAT needs no 354.
  'data-250': {
    replies: { data: '250 2.0.0 taken already' },
    extensions: wellBehaved.extensions.filter((keyword) => keyword !== 'CHUNKING'),
  },
  'dot-two-codes': { replies: { dot: '250-2.0.0 stored\r\n550 5.6.0 no' } },
  'dot-malformed': { replies: { dot: '25 stored' } },
  'dot-cut': { cutAt: 'dot' },
  'greeting-endless-line': { replies: { connect: `220 ${'x'.repeat(1024 * 1024)}` } },
  'greeting-drip': { dripAt: 'connect' },
  'greeting-escapes': { replies: { connect: `220 mx.test ${escapes}` } },
  'drop-at-connect': { dropAt: 'connect' },
  'drop-at-mail': { dropAt: 'mail' },
  'drop-at-data': { dropAt: 'data' },
  'drop-at-dot': { dropAt: 'dot' },
  slow: { delay: 250 },
};

/** The behaviour that several faults come to; later ones win, replies add up. */
export function behaviourWith(base: MxBehaviour, faults: Iterable<MxFault>): MxBehaviour {
  let behaviour = base;
  for (const name of faults) {
    const change = mxFaults[name];
    behaviour = { ...behaviour, ...change, replies: { ...behaviour.replies, ...change.replies } };
  }
  return behaviour;
}
