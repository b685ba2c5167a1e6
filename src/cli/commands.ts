// The one table of verbs: help, usage faults and dispatch come from it. Contract: docs/spec/cli.md. A verb is loaded when it is
// asked for, so that the health check of a container stays cheap.

import { suggestion } from '../config/load.ts';
import { tlsaForms, typographicDash } from '../core/dane/forms.ts';
import { catalogue } from '../core/policy/catalogue.ts';
import type { Reason } from '../core/policy/reasons.ts';
import { type Arguments, commonFault, commonFlags, type FlagSpec, filterFlags, parseFlags } from './flags.ts';
import { helpTexts } from './help-texts.ts';
import { type Program, RelayUnreachable } from './program.ts';
import { loadedOrFaults } from './settings.ts';
import {
  bold,
  type ExitCode,
  exitCodes,
  folded,
  guarded,
  hanging,
  printable,
  say,
  speaking,
  type Terminal,
  table,
} from './terminal.ts';

export type Command = {
  readonly name: string;
  readonly usage: string;
  readonly says: string;
  readonly examples: readonly string[];
  readonly flags: readonly FlagSpec[];
  /** Left out: the verb judges its words itself. */
  readonly words?: 'none';
  /** OPS-18: the schemas of docs/schemas that describe `--json`; `document`: what is printed has a form of its own. */
  readonly data: readonly string[] | 'document';
  /** OPS-12: besides yes, usage and bug, which every verb has. */
  readonly exits: readonly ('no' | 'unknown' | 'unreachable')[];
  readonly run: (program: Program, given: Arguments) => Promise<ExitCode>;
};

const floors = 'may|encrypt|verify|secure|dane-only';

/** Where `check` and `trace` look. */
const serverFlags: readonly FlagSpec[] = [
  { name: 'mx', value: 'host', says: 'only this MX host' },
  { name: 'host', value: 'name', says: 'one server without MX look-up' },
  { name: 'port', value: 'n', says: 'its port' },
  { name: 'starttls', value: 'smtp|none', says: 'how TLS begins there' },
  { name: 'all', says: 'every address of every host' },
];

export const commands: readonly Command[] = [
  {
    name: 'run',
    usage: 'run',
    says: 'the relay, in the foreground',
    examples: ['sekisho run', 'sekisho run -c /etc/sekisho/sekisho.toml'],
    flags: [],
    words: 'none',
    data: [],
    exits: [],
    run: async (program, given) => {
      const loaded = loadedOrFaults(program, given);
      return loaded === undefined ? exitCodes.usage : program.run(loaded, given.flags);
    },
  },
  {
    name: 'lab',
    usage: 'lab [--once]',
    says: 'an offline mail internet, the relay and the status page',
    examples: ['sekisho lab', 'sekisho lab --once --json'],
    flags: [{ name: 'once', says: 'one message to each destination, then stop' }],
    words: 'none',
    data: ['lab'],
    exits: ['no'],
    run: (program, given) => program.lab(given.flags),
  },
  {
    name: 'siege',
    usage: 'siege [--only ATK-7] [--target host:port]',
    says: 'downgrade attacks against this relay, or any other, judged by what arrived',
    examples: [
      'sekisho siege',
      'sekisho siege --only ATK-7,ATK-39 --json',
      'sekisho siege --target 127.0.0.1:2526 --claims dane',
    ],
    flags: [
      { name: 'only', value: 'ATK-n,…', says: 'these attacks' },
      { name: 'target', value: 'host:port', says: "another relay, which must use the laboratory's resolver and ports" },
      {
        name: 'claims',
        value: 'dane,…',
        says: 'what that relay claims: dane, dnssec, mta-sts, requiretls, tls-required-no, smtp-server, strict-replies',
      },
      { name: 'ports', value: 'dns=53,…', says: 'of the laboratory: dns, smtp, https' },
      {
        name: 'into',
        value: 'folder',
        says: 'where its trust anchor and CA bundle are written; default ./sekisho-siege',
      },
      { name: 'flush', value: 'command', says: 'has that relay try the domain again that is put behind it' },
    ],
    words: 'none',
    data: ['siege'],
    exits: ['no', 'unknown'],
    run: async (...asked) => (await import('./siege.ts')).siege(...asked),
  },
  {
    name: 'check',
    usage: 'check <domain|address>…',
    says: 'what would happen to mail for this destination now, and why',
    examples: [
      'sekisho check example.org',
      'sekisho check --no-connect --json example.org',
      'sekisho check --host mx.example.org --port 25',
      'sekisho check example.org --all --out report.html',
      'sekisho check example.org --cert new.pem --at +14d',
    ],
    flags: [
      ...serverFlags,
      { name: 'all-auth', says: 'ask every authoritative server by itself, and show where they differ' },
      {
        name: 'authority',
        value: 'ip[:port]',
        multiple: 'yes',
        says: 'ask these name servers instead of those that the zones name; means --all-auth',
      },
      { name: 'no-connect', says: 'look-ups only' },
      { name: 'requiretls', says: 'as for a message with REQUIRETLS' },
      { name: 'floor', value: floors, says: 'as if this were the floor' },
      { name: 'require', value: 'authenticated|dane', says: 'exit 1 below this level' },
      { name: 'as', value: 'dane|mta-sts|requiretls|opportunistic', says: 'as another sender would judge' },
      { name: 'cert', value: 'pem', says: 'a certificate that is not live yet, in place of what is presented' },
      { name: 'chain', value: 'pem', says: 'the issuers that will be sent with --cert' },
      { name: 'out', value: 'file.html|.json', says: 'write a report as well' },
      { name: 'via-daemon', says: 'let the running relay look, with its caches' },
    ],
    data: ['check'],
    exits: ['no', 'unknown', 'unreachable'],
    run: async (...asked) => (await import('./check.ts')).check(...asked),
  },
  {
    name: 'trace',
    usage: 'trace [<domain|address>] [filters]',
    says: 'an SMTP dialogue, line by line: with one destination, or those of the running relay',
    examples: [
      'sekisho trace example.org',
      'sekisho trace --host mx.example.org --port 25',
      'sekisho trace --domain example.org',
    ],
    flags: [
      ...serverFlags,
      { name: 'requiretls', says: 'as for a message with REQUIRETLS' },
      ...filterFlags.filter(({ name }) => ['domain', 'from', 'to', 'limit'].includes(name)),
    ],
    data: ['trace'],
    exits: ['no', 'unknown', 'unreachable'],
    run: async (...asked) => (await import('./trace.ts')).trace(...asked),
  },
  {
    name: 'explain',
    usage: 'explain <queue-id>',
    says: 'what happened to this message, and what happens next',
    examples: ['sekisho explain 4kQ7m2'],
    flags: [],
    data: ['explain'],
    exits: ['no', 'unreachable'],
    run: async (...asked) => (await import('./explain.ts')).explain(...asked),
  },
  {
    name: 'probe',
    usage: 'probe <address>',
    says: 'send one real test message and show what protected it',
    examples: ['sekisho probe me@example.org', 'sekisho probe me@gmail.com --expect webpki --quiet'],
    flags: [
      { name: 'expect', value: 'encrypted|webpki|dane', says: 'exit 1 if less protected it; for scheduled checks' },
    ],
    data: ['probe'],
    exits: ['no', 'unknown', 'unreachable'],
    run: async (...asked) => (await import('./probe.ts')).probe(...asked),
  },
  {
    name: 'doctor',
    usage: 'doctor [<own domain>…]',
    says: 'can this machine do the job, and is a domain of ours ready for DANE',
    examples: [
      'sekisho doctor',
      'sekisho doctor example.org',
      'sekisho doctor --reach example.net --bad broken.example.net',
    ],
    flags: [
      {
        name: 'reach',
        value: 'domain',
        multiple: 'yes',
        says: 'its mail hosts show that port 25 is open; default: large receivers',
      },
      { name: 'no-connect', says: 'connect to nobody' },
      { name: 'good', value: 'name', multiple: 'yes', says: 'a name that must be secure' },
      { name: 'bad', value: 'name', multiple: 'yes', says: 'a name that must be bogus' },
      {
        name: 'plan',
        value: 'plan.toml',
        multiple: 'yes',
        says: 'a plan of tlsa rollover: whether another program would write its live files; default /etc/sekisho/rollover.toml',
      },
    ],
    data: ['doctor'],
    exits: ['no', 'unknown'],
    run: async (...asked) => (await import('./doctor.ts')).doctor(...asked),
  },
  {
    name: 'dns',
    usage: 'dns <name> <type>',
    says: 'one validated look-up with the chain that decided',
    examples: ['sekisho dns _25._tcp.mx.example.org TLSA', 'sekisho dns example.org MX --json'],
    flags: [],
    data: ['dns'],
    exits: ['unknown'],
    run: async (...asked) => (await import('./dns.ts')).dns(...asked),
  },
  {
    name: 'queue',
    usage: 'queue list | show <id> | retry | flush | hold | release | bounce | drop [<id>…] [filters] | override <id>…',
    says: 'the waiting mail',
    examples: [
      'sekisho queue list',
      'sekisho queue list --security',
      'sekisho queue retry --domain example.org',
      'sekisho queue drop --because queue-expired --yes',
      'sekisho queue override 4kQ7m2 --ignore dane --reason "agreed with their postmaster by telephone"',
    ],
    flags: [
      ...filterFlags,
      { name: 'reason', value: 'text', says: 'why; kept with the message' },
      { name: 'security', says: 'list: domains whose mail waits because it could not go safely, and whom to tell' },
      { name: 'ignore', value: 'dane,…', says: 'override: floor, dane, mta-sts, dnssec; for this message alone' },
    ],
    data: ['queue', 'explain'],
    exits: ['no', 'unreachable'],
    run: async (...asked) => (await import('./queue.ts')).queue(...asked),
  },
  {
    name: 'log',
    usage: 'log [--follow] [filters]',
    says: 'delivery records: every attempt, where it went, what protected it',
    examples: [
      'sekisho log --domain example.org',
      'sekisho log --state deferred --newer 2h --json',
      'sekisho log --follow',
    ],
    flags: [{ name: 'follow', says: 'go on with what comes; ends with Ctrl-C or --timeout' }, ...filterFlags],
    data: ['log'],
    exits: ['no', 'unreachable'],
    run: async (...asked) => (await import('./log.ts')).log(...asked),
  },
  {
    name: 'destination',
    usage: 'destination list | show <domain> [filters]',
    says: 'how the domains that mail goes to stand: what they show, what came of the mail',
    examples: [
      'sekisho destination list',
      'sekisho destination show example.org',
      'sekisho destination list --newer 1d',
    ],
    flags: filterFlags,
    data: ['destination'],
    exits: ['no', 'unreachable'],
    run: async (...asked) => (await import('./destination.ts')).destination(...asked),
  },
  {
    name: 'policy',
    usage: 'policy list | show <domain> | refresh <domain> | forget <domain> | make <domain> | lint <file|->',
    says: 'MTA-STS policies: those the relay has cached, a file judged, a new one from the live MX set',
    examples: [
      'sekisho policy list',
      'sekisho policy refresh example.org',
      'sekisho policy make example.org --mode enforce',
      'sekisho policy lint mta-sts.txt --mx mx.example.org --txt "v=STSv1; id=20261121;"',
    ],
    flags: [
      { name: 'mode', value: 'enforce|testing|none', says: 'make: default testing; none shows how to remove a policy' },
      { name: 'max-age', value: '30d', says: 'make: default 30d for enforce, 7d for testing, 1d for none' },
      { name: 'txt', value: 'record', multiple: 'yes', says: 'lint: one record of the TXT set; repeatable' },
      { name: 'mx', value: 'host', multiple: 'yes', says: 'lint: does the policy name this host; repeatable' },
    ],
    data: ['policy'],
    exits: ['no', 'unknown', 'unreachable'],
    run: async (...asked) => (await import('./policy.ts')).policy(...asked),
  },
  {
    name: 'tlsa',
    usage:
      'tlsa make --certificate <file> --host <mx> | check <host[:port]>… | watch <host[:port]>… | rollover <plan, run, status or compromised> <plan.toml>',
    says: 'TLSA records: made, compared with what is presented, watched, and changed together with certificates',
    examples: [
      'sekisho tlsa make --certificate fullchain.pem --host mx.example.org',
      'sekisho tlsa make --domain example.org --form fields',
      'sekisho tlsa make --key next.pem --host mx.example.org --port 25 --port 465',
      'sekisho tlsa check mx.example.org',
      'sekisho tlsa check --domain example.org --cert new.pem',
      'sekisho tlsa watch --domain example.org --every 15m --hook /usr/local/bin/page-me',
      'sekisho tlsa watch mx.example.org --once --json',
      'sekisho tlsa rollover plan /etc/sekisho/rollover.toml',
      'sekisho tlsa rollover run /etc/sekisho/rollover.toml',
    ],
    flags: [
      { name: 'certificate', value: 'file', multiple: 'yes', says: 'make: PEM or DER, leaf first; repeatable' },
      { name: 'key', value: 'file', multiple: 'yes', says: 'make: public or private key' },
      { name: 'csr', value: 'file', multiple: 'yes', says: 'make: certificate request' },
      { name: 'server', value: 'host:port', multiple: 'yes', says: 'make: what this server presents' },
      { name: 'usage', value: '0-3', multiple: 'yes', says: 'make: default 3, the certificate itself' },
      { name: 'selector', value: '0|1', multiple: 'yes', says: 'make: default 1, its key' },
      { name: 'matching', value: '0-2', multiple: 'yes', says: 'make: default 1, SHA-256' },
      { name: 'host', value: 'name', multiple: 'yes', says: 'the MX host that owns the records; repeatable' },
      { name: 'domain', value: 'domain', multiple: 'yes', says: 'a mail domain: its MX hosts are found' },
      { name: 'port', value: 'n', multiple: 'yes', says: 'default 25; repeatable' },
      { name: 'protocol', value: 'tcp|udp|sctp', says: 'make: default tcp' },
      { name: 'starttls', value: 'smtp|none', says: 'how TLS begins; none is the default for 443, 465 and the like' },
      { name: 'form', value: tlsaForms.join('|'), says: 'make: default zone, or bare without a host' },
      { name: 'ttl', value: '3600', says: 'make: seconds, or 1h' },
      { name: 'zone', value: 'domain', says: 'make: names relative to this zone' },
      { name: 'common', value: 'name', says: 'make: the records once, at this name, and an alias at each owner' },
      { name: 'record', value: '"3 1 1 …"', multiple: 'yes', says: 'check: instead of what is published' },
      { name: 'cert', value: 'pem', says: 'check: instead of what is presented; nothing is connected to' },
      { name: 'chain', value: 'pem', says: 'check: issuers that will be sent with --cert' },
      { name: 'once', says: 'watch: one round, then 0, 1 while an alarm stands, 3 when it could not tell' },
      { name: 'every', value: '15m', says: 'watch: from round to round' },
      { name: 'repeat', value: '24h', says: 'watch: a standing alarm is told again after so long' },
      { name: 'hook', value: 'program', says: 'watch: run for each alarm and each recovery' },
      { name: 'mail', value: 'address', says: 'watch: told by mail, best at a domain that is not watched' },
      { name: 'sendmail', value: 'program', says: 'watch: takes the mail; default /usr/sbin/sendmail' },
      { name: 'dkim', value: 'selector._domainkey.…', multiple: 'yes', says: 'watch: the key that signs reports' },
      {
        name: 'authority',
        value: 'ip[:port]',
        multiple: 'yes',
        says: 'watch: name servers to ask one by one, instead of those that the zone names',
      },
      { name: 'memory', value: 'file', says: 'watch: which alarms stand; default below the state directory' },
      { name: 'lineage', value: 'name', multiple: 'yes', says: 'rollover: only this one of the plan' },
      { name: 'dry-run', says: 'rollover: as rollover plan' },
    ],
    data: [
      'tlsa-make',
      'tlsa-check',
      'tlsa-watch',
      'tlsa-rollover',
      'tlsa-rollover-status',
      'tlsa-rollover-compromised',
    ],
    exits: ['no', 'unknown'],
    run: async (...asked) => (await import('./tlsa.ts')).tlsa(...asked),
  },
  {
    name: 'config',
    usage: 'config check | show [--diff|--source|--default] | example [profile] | env',
    says: 'the settings: are they right, where do they come from',
    examples: [
      'sekisho config check -c sekisho.toml',
      'sekisho config show --source',
      'sekisho config example > sekisho.toml',
    ],
    flags: [
      { name: 'diff', says: 'only what differs from the built-in values' },
      { name: 'source', says: 'where each value comes from' },
      { name: 'default', says: 'the built-in values' },
    ],
    data: ['config'],
    exits: [],
    run: async (...asked) => (await import('./config.ts')).configVerb(...asked),
  },
  {
    name: 'health',
    usage: 'health [--ready]',
    says: 'ask the running relay; made for HEALTHCHECK',
    examples: ['sekisho health --ready'],
    flags: [{ name: 'ready', says: 'ready to take and deliver mail, not only alive' }],
    words: 'none',
    data: ['health'],
    exits: ['no', 'unreachable'],
    run: async (...asked) => (await import('./health.ts')).health(...asked),
  },
  {
    name: 'completion',
    usage: 'completion bash | zsh | fish',
    says: 'completion for a shell, on standard output',
    examples: ['sekisho completion bash > /etc/bash_completion.d/sekisho'],
    flags: [],
    data: 'document',
    exits: [],
    run: async (program, given) =>
      (await import('./completion.ts')).completion(program, given, { commands, common: commonFlags }),
  },
  {
    name: 'man',
    usage: 'man',
    says: 'the manual page, on standard output',
    examples: ['sekisho man > /usr/local/share/man/man8/sekisho.8'],
    flags: [],
    words: 'none',
    data: 'document',
    exits: [],
    run: async (program) => (await import('./man.ts')).man(program, { commands, common: commonFlags }),
  },
  {
    name: 'version',
    usage: 'version',
    says: 'the version',
    examples: ['sekisho version'],
    flags: [],
    words: 'none',
    data: ['version'],
    exits: [],
    run: async (program, given) => {
      const node = program.nodeVersion;
      program.terminal.out(
        given.flags.on('json')
          ? `${JSON.stringify({ schema: 'sekisho.version/1', version: program.version, node })}\n`
          : `sekisho ${program.version} (Node ${node})\n`,
      );
      return exitCodes.yes;
    },
  },
];

/** What these print is for machines, or was said by others. */
const printsData = ['completion', 'man', 'trace', 'log', 'config'];

/** @returns the exit status. Never throws: a bug is told in one line with exit 5. */
export async function dispatch(spoken: Program, argv: readonly string[]): Promise<ExitCode> {
  // OPS-64: data stays as it is in every language.
  const asData = argv.includes('--json') || printsData.includes(argv[0] ?? '');
  return answer({ ...spoken, terminal: speaking(guarded(spoken.terminal), asData ? 'data' : 'sentences') }, argv);
}

async function answer(program: Program, argv: readonly string[]): Promise<ExitCode> {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') return help(program, helpWord(rest));
  if (verb === '--version') return answer(program, ['version', ...rest]);
  const command = commands.find((candidate) => candidate.name === verb);
  if (!command) {
    const names = commands.map((candidate) => candidate.name);
    return misuse(
      program,
      `there is no verb ${JSON.stringify(printable(verb))}${suggestion(verb, names)}`,
      'sekisho help',
    );
  }
  // OPS-65: before such a word is taken for a file or a domain.
  const dashed = rest.find((word) => typographicDash.test(word.slice(0, 2)));
  if (dashed !== undefined)
    return misuse(
      program,
      `the dash in ${JSON.stringify(printable(dashed))} is typographic, as documents make it from a hyphen: type - instead`,
      `sekisho help ${verb}`,
    );
  const given = parseFlags(rest, [...commonFlags, ...command.flags]);
  if (given.kind === 'fault') return misuse(program, printable(given.fault), `sekisho help ${verb}`);
  if (given.value.flags.on('help')) return help(program, verb);
  const amiss = commonFault(given.value.flags, program.now());
  if (amiss !== undefined) return misuse(program, printable(amiss), `sekisho help ${verb}`);
  const [word] = given.value.words;
  if (command.words === 'none' && word !== undefined)
    return misuse(program, surplus(verb, JSON.stringify(printable(word))), `sekisho help ${verb}`);
  if (command.data === 'document' && given.value.flags.on('json'))
    return misuse(program, `${verb} prints no data: leave --json out`, `sekisho help ${verb}`);
  try {
    return await command.run(program, given.value);
  } catch (error) {
    if (error instanceof RelayUnreachable) {
      program.terminal.err(`sekisho: ${printable(error.message)}\n`);
      return exitCodes.unreachable;
    }
    program.terminal.err(`sekisho: internal error: ${(error as Error).stack ?? String(error)}\n`);
    return exitCodes.bug;
  }
}

/** `--lang ja` and the like may stand before it. */
const helpWord = (rest: readonly string[]): string | undefined => {
  const given = parseFlags(rest, commonFlags);
  return given.kind === 'ok' ? given.value.words[0] : rest.find((word) => !word.startsWith('-'));
};

function misuse(program: Program, says: string, see: string): ExitCode {
  program.terminal.err(`sekisho: ${says}\nsee: ${see}\n`);
  return exitCodes.usage;
}

const flagRow =
  (terminal: Terminal) =>
  (flag: FlagSpec): readonly string[] => [
    `  ${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? '' : ` <${flag.value}>`}`,
    say(terminal, flag.says),
  ];

function help(program: Program, verb: string | undefined): ExitCode {
  const { terminal } = program;
  const { width } = terminal.style;
  const says = (text: string): string => say(terminal, text);
  const command = commands.find((candidate) => candidate.name === verb);
  if (command) {
    terminal.out(`${hanging(terminal, `${bold(terminal, `sekisho ${command.name}`)}: `, says(command.says))}\n\n`);
    terminal.out(`${command.examples.map((example) => `  ${example}`).join('\n')}\n\n`);
    const reading = helpTexts[command.name];
    if (reading !== undefined) terminal.out(`${folded(says(reading), Math.min(width, 100))}\n\n`);
    terminal.out(`${hanging(terminal, `${says('usage')}: sekisho `, command.usage)}\n\n`);
    if (command.flags.length > 0) terminal.out(`${table(command.flags.map(flagRow(terminal)), width)}\n\n`);
    terminal.out(`${says('flags of all verbs')}:\n${table(commonFlags.map(flagRow(terminal)), width)}\n\n`);
    if (command.data !== 'document' && command.data.length > 0)
      terminal.out(`${folded(schemaLine(command.data), Math.min(width, 100))}\n`);
    terminal.out(`${exitLine(terminal, command.exits)}\n`);
    return exitCodes.yes;
  }
  const entry = catalogue[verb as Reason];
  if (verb !== undefined && entry) {
    const rows = [
      ['cause', entry.cause],
      ['remedy', entry.remedy],
      ['status', entry.status],
      ['source', entry.rfc],
    ].map(([name = '', text = '']) => [`  ${says(name)}`, says(text)]);
    terminal.out(`${hanging(terminal, `${bold(terminal, verb)}: `, says(entry.sentence))}\n\n${table(rows, width)}\n`);
    return exitCodes.yes;
  }
  if (verb !== undefined)
    return misuse(
      program,
      `there is no verb or reason code ${JSON.stringify(printable(verb))}${likely(verb)}`,
      'sekisho help',
    );
  terminal.out(
    `${hanging(terminal, `${bold(terminal, 'sekisho')}: `, says('a mail relay that delivers only over connections it can prove'))}\n\n`,
  );
  terminal.out(
    `${table(
      commands.map((candidate) => [`  ${candidate.name}`, says(candidate.says)]),
      width,
    )}\n\n`,
  );
  terminal.out(
    `${hanging(terminal, '', says('sekisho help <verb> shows examples and flags, sekisho help <reason> explains a reason code.'))}\n${exitLine(terminal, ['no', 'unknown', 'unreachable'])}\n`,
  );
  return exitCodes.yes;
}

/** Part of a name is enough for help, for reason codes are long. */
function likely(word: string): string {
  const names = [...commands.map(({ name }) => name), ...Object.keys(catalogue)];
  const near = word.length < 3 ? [] : names.filter((name) => name.includes(word.toLowerCase()));
  return near.length === 0 ? suggestion(word, names) : `; did you mean ${near.slice(0, 4).join(', ')}?`;
}

const exitWords: Readonly<Record<keyof typeof exitCodes, string>> = {
  yes: '0 yes',
  no: '1 no',
  usage: '2 asked wrongly',
  unknown: '3 could not tell',
  unreachable: '4 relay not reachable',
  bug: '5 internal error',
};

/** `run sekisho.toml` must not start with another configuration. */
const surplus = (verb: string, word: string): string =>
  verb === 'run'
    ? `${verb} takes no arguments, not ${word}; the configuration is named with -c`
    : `${verb} takes no arguments, not ${word}`;

/** OPS-18: where the form of `--json` is written down. */
const schemaLine = (data: readonly string[]): string =>
  `--json: ${data.map((name) => `docs/schemas/${name}.schema.json`).join(' ')}`;

type Exit = keyof typeof exitCodes;

/** @param exits besides those of every verb. */
const exitLine = (terminal: Terminal, exits: readonly Exit[]): string => {
  const words = (Object.keys(exitWords) as Exit[])
    .filter((one) => one === 'yes' || one === 'usage' || one === 'bug' || exits.includes(one))
    .map((one) => say(terminal, exitWords[one]));
  return hanging(terminal, `${say(terminal, 'exit status')}: `, words.join(', '));
};
