// What of a text for people is still English, where it should be Japanese: words that are no technical tokens (OPS-64).

import { commands } from '../../src/cli/commands.ts';
import { subverbs } from '../../src/cli/completion.ts';
import { commonFlags } from '../../src/cli/flags.ts';
import { reasons } from '../../src/core/policy/catalogue.ts';

/** Never translated: states and levels, names of protocols, programs, fields and files. */
const names = `
  secure insecure bogus indeterminate usable unusable none absent failed
  queued deferred held sent bounced dropped override ok
  dane webpki encrypted cleartext authenticated opportunistic unauthenticated
  may encrypt verify floor enforce testing mode id mx max_age version
  fell undetermined not-applicable not-offered offered supported
  nodata nxdomain servfail timeout inconsistent resolver-unfit relay smtp none connect
  WebPKI EHLO STARTTLS DANE-EE DANE-TA Received From Date Message-ID Postmaster Node bit kB MB
  bash zsh fish man root hostname origin postmaster contact dkim domain selector key name system builtin auto validate
  password alias SEKISHO subject issuer sha include redirect mta-sts mta sts dnssec starttls tlsa tlsrpt requiretls plan
  tcp udp sctp zone bare fields json generic nsupdate rollover list show check make file host port ip pem folder command
  submission trust-ad private clients warn_after unbound text plain smtp-server strict-replies tls-required-no policies
  record program address path queue-id filters profile reason verb code shell of wildcard opt-out over https Ctrl-C TLS-Required No status or compromised flags auth organization-name contact-info Unix true false
  always never cleared blocked presented test dane-ee max-age-short send domains Laboratory Public Intermediate default strict government lab
`;

const allowed = new Set([
  ...names.trim().split(/\s+/),
  ...reasons,
  ...commands.flatMap((command) => [command.name, ...subverbs(command), ...command.flags.map(({ name }) => name)]),
  ...commonFlags.map(({ name }) => name),
]);

/** What peers said is shown as they said it; so are records in the form of log lines. */
const strangers = /^(?:\s*(?:->|<-|~>|<~|\d{4}-\d\d-\d\dT\S+ \S+: )|\d\d:\d\d:\d\d )/;

/** @returns the lines, each with the words that should not be there. */
export function englishIn(text: string): readonly string[] {
  return text.split('\n').flatMap((whole) => {
    if (strangers.test(whole)) return [];
    // A setting and its value, behind them what it is for.
    const line = whole.replace(/^(?:# )?(?:\S+ = .*?(?= {4}#|$)|\[.*\]$)/, '');
    const words = wordsOf(line).filter((word) => !allowed.has(word) && !/^[A-Z][A-Z\d-]*s?$/.test(word));
    return words.length === 0 ? [] : [`${words.join(' ')} | ${line}`];
  });
}

/** Without what was quoted, commands to type, placeholders, and whatever has a sign in it that words have not. */
const wordsOf = (line: string): readonly string[] =>
  line
    .replace(/"(?:\\.|[^"\\])*"|<[^>]*>|\bsekisho(?: [!-~]+)*|応答 \d.*|プローブ \S+|\b(?:CN|O|OU|C)=[^,]*/g, ' ')
    .split(/[^!-~]+/)
    .map((word) => word.replace(/^[('"[{]+|[,.:;)\]}'"!?]+$/g, ''))
    .filter((word) => /^[A-Za-z][A-Za-z'’-]+$/.test(word));
