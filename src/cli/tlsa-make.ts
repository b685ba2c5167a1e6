// `sekisho tlsa make`: from files or live servers to records in every form people paste (OPS-20 to OPS-29). Records go to
// standard output, advice to standard error.

import { parseDuration } from '../config/values.ts';
import type { DomainName } from '../core/base/brand.ts';
import { parentOf, parseDomainName } from '../core/base/domain-name.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { adviceOnNames, adviceOnSharing, adviceOnSize, adviceOnTtl, adviceOnZone } from '../core/dane/advice.ts';
import {
  bareForm,
  commonForm,
  fieldsForm,
  genericForm,
  hexOf,
  nsupdateForm,
  type Owner,
  ownerName,
  parseTlsaText,
  type TlsaForm,
  tlsaForms,
  zoneForm,
} from '../core/dane/forms.ts';
import {
  adviceFor,
  firstTtl,
  makeTlsa,
  names,
  type Subject,
  type TlsaAdvice,
  type TlsaData,
  type TlsaParameters,
} from '../core/dane/make.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { describeCertificate } from '../core/x509/describe.ts';
import type { Arguments, Flags } from './flags.ts';
import type { Program } from './program.ts';
import { type ExitCode, exitCodes, json, mark, printable, worst } from './terminal.ts';
import { type Gathered, gatherSources, type Source } from './tlsa-sources.ts';
import { readHost, readPorts, readStarttls } from './tlsa-words.ts';

type Wish = {
  readonly parameters: readonly TlsaParameters[];
  readonly ports: readonly number[];
  readonly protocol: Owner['protocol'];
  readonly ttl: number;
  readonly form: TlsaForm | undefined;
  readonly zone: DomainName | undefined;
  /** OPS-43: where the records stand once, with an alias at each owner. */
  readonly common: DomainName | undefined;
};

type MxHosts = Extract<Gathered, { readonly sources: unknown }>['named'];

type Row = {
  readonly owner: Owner | undefined;
  readonly record: TlsaData;
  /** Of the server itself, where it is known. */
  readonly leaf: Certificate | undefined;
  readonly advice: readonly TlsaAdvice[];
};

export async function tlsaMake(program: Program, given: Arguments): Promise<ExitCode> {
  const { terminal } = program;
  const misuse = (says: string): ExitCode => {
    terminal.err(`sekisho: ${printable(says)}\nsee: sekisho help tlsa\n`);
    return exitCodes.usage;
  };
  if (given.words.length > 0) return misuse(`tlsa make takes flags only, not ${JSON.stringify(given.words[0])}`);
  const wish = readWish(given.flags);
  if (wish.kind === 'fault') return misuse(wish.fault);
  const gathered = await gatherSources(program, given, wish.value.ports[0]);
  if ('exit' in gathered) return gathered.says === undefined ? gathered.exit : misuse(gathered.says);
  const rows: Row[] = [];
  for (const source of gathered.sources) {
    const made = rowsOf(source, wish.value);
    if (made.kind === 'fault') return misuse(made.fault);
    rows.push(...made.value);
  }
  tell(program, given.flags, wish.value, advised(merged(rows), wish.value, gathered.named));
  for (const says of gathered.missed) terminal.err(`sekisho: ${printable(says)}\n`);
  return worst([exitCodes.yes, ...gathered.missed.map(() => exitCodes.unknown)]);
}

// ---- what is wanted

function readWish(flags: Flags): Result<Wish, string> {
  const usages = readNumbers(flags, 'usage', 3, 3);
  const selectors = readNumbers(flags, 'selector', 1, 1);
  const matchings = readNumbers(flags, 'matching', 2, 1);
  for (const read of [usages, selectors, matchings]) if (read.kind === 'fault') return read;
  const ports = readPorts(flags);
  if (ports.kind === 'fault') return ports;
  const starttls = readStarttls(flags);
  if (starttls.kind === 'fault') return starttls;
  const protocol = flags.text('protocol') ?? 'tcp';
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')
    return fault('--protocol wants tcp, udp or sctp');
  const text = flags.text('ttl');
  const ttl = text === undefined ? firstTtl : /^\d{1,9}$/.test(text) ? Number(text) : parseDuration(text);
  if (ttl === undefined || ttl > 2_147_483_647) return fault(`--ttl wants seconds, or 1h, not ${JSON.stringify(text)}`);
  const formText = flags.on('json') ? 'json' : flags.text('form');
  const form = tlsaForms.find((one) => one === formText);
  if (formText !== undefined && form === undefined) return fault(`--form wants one of ${tlsaForms.join(', ')}`);
  const zoneText = flags.text('zone');
  const zone = zoneText === undefined ? undefined : parseDomainName(zoneText);
  if (zone?.kind === 'fault') return fault(`--zone ${JSON.stringify(zoneText)} is no domain`);
  const commonText = flags.text('common');
  const common = commonText === undefined ? undefined : parseDomainName(commonText);
  if (common?.kind === 'fault') return fault(`--common wants a name, not ${JSON.stringify(commonText)}`);
  if (common !== undefined && form !== undefined && !commonForms.includes(form))
    return fault(`--common goes with --form ${commonForms.join(', ')}`);
  const numbersOf = (read: typeof usages): readonly number[] => (read.kind === 'ok' ? read.value : []);
  const parameters = numbersOf(usages).flatMap((usage) =>
    numbersOf(selectors).flatMap((selector) =>
      numbersOf(matchings).map((matching) => ({ usage, selector, matching }) as TlsaParameters),
    ),
  );
  return ok({
    parameters,
    ports: ports.value,
    protocol,
    ttl,
    form: form ?? (common === undefined ? undefined : 'zone'),
    zone: zone?.value,
    common: common?.value,
  });
}

const commonForms: readonly TlsaForm[] = ['zone', 'generic', 'nsupdate'];

function readNumbers(flags: Flags, name: string, most: number, usual: number): Result<readonly number[], string> {
  const texts = flags.all(name);
  const wrong = texts.find((text) => !/^0*[0-3]$/.test(text) || Number(text) > most);
  if (wrong !== undefined) return fault(`--${name} wants 0 to ${most}, not ${JSON.stringify(wrong)}`);
  return ok(texts.length === 0 ? [usual] : [...new Set(texts.map(Number))]);
}

// ---- records

function rowsOf({ subject, hosts, from }: Source, wish: Wish): Result<readonly Row[], string> {
  const ports = wish.ports.length > 0 ? wish.ports : [25];
  const rows: Row[] = [];
  for (const parameters of wish.parameters) {
    const made = makeTlsa(parameters, subject);
    if (made.kind === 'fault') return made;
    const { named, ...record } = made.value;
    const advice = adviceFor(parameters, named, { ports, seen: seenBy(from, named, subject), issuer: issuerOf(named) });
    const owners = (hosts.length > 0 || !needsOwner(wish.form) ? hosts : namesIn(subject)).flatMap((host) =>
      ports.map((port): Owner => ({ host, port, protocol: wish.protocol })),
    );
    if (owners.length === 0 && needsOwner(wish.form))
      return fault(
        `--form ${wish.form} wants an owner: name the MX host with --host, or the mail domain with --domain`,
      );
    for (const owner of owners.length > 0 ? owners : [undefined])
      rows.push(checked({ owner, record, leaf: leafOf(from, subject), advice }, subject));
  }
  return ok(rows);
}

/** A file with one certificate may hold the issuer alone. */
const leafOf = (from: Source['from'], subject: Subject): Certificate | undefined =>
  subject.kind === 'chain' && (from === 'server' || subject.certificates.length > 1)
    ? subject.certificates[0]
    : undefined;

const needsOwner = (form: TlsaForm | undefined): boolean =>
  form === 'zone' || form === 'generic' || form === 'fields' || form === 'nsupdate';

/** Both worlds (OPS-1): the certificate of an MX host names it. */
function namesIn(subject: Subject): readonly DomainName[] {
  const found = subject.kind === 'chain' ? subject.certificates[0].names : undefined;
  if (found?.kind !== 'read') return [];
  return found.dns.flatMap((octets) => {
    const name = readHost(new TextDecoder('latin1').decode(octets));
    return name.kind === 'ok' ? [name.value] : [];
  });
}

/** A single certificate on a live server is its leaf: an issuer was not sent. */
function seenBy(
  from: Source['from'],
  named: Certificate | undefined,
  subject: Subject,
): 'sent' | 'not-sent' | 'not-asked' {
  if (from === 'file') return 'not-asked';
  return subject.kind === 'chain' && named === subject.certificates[0] && subject.certificates.length === 1
    ? 'not-sent'
    : 'sent';
}

const issuerOf = (named: Certificate | undefined): string =>
  named === undefined ? '' : (describeCertificate(named.der).subject ?? '');

/** OPS-28: what is printed is read back and compared with what it was made of. @throws Error: a bug. */
function checked(row: Row, subject: Subject): Row {
  const printed = row.owner === undefined ? bareForm(row.record) : zoneForm(row.owner, row.record, 0);
  const back = parseTlsaText(printed);
  if (back.kind === 'fault' || !names(back.value, subject))
    throw new Error(`the record made names something else: ${printed}`);
  return row;
}

/** OPS-27: sorted by owner and record, each once. */
function merged(rows: readonly Row[]): readonly Row[] {
  const keyed = new Map(
    rows.map((row) => {
      const { owner, record } = row;
      const place = owner === undefined ? '' : `${owner.host} ${String(owner.port).padStart(5, '0')}`;
      return [`${place} ${bareForm(record)}`, row] as const;
    }),
  );
  return [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** What is to be said of a set, with each of its records. */
function advised(rows: readonly Row[], { ttl, common }: Wish, named: MxHosts): readonly Row[] {
  return rows.map((row): Row => {
    const { owner, record } = row;
    if (owner === undefined) return { ...row, advice: [...row.advice, ...adviceOnTtl(ttl)] };
    const place = ownerName(owner);
    const set = rows.filter((one) => one.owner !== undefined && ownerName(one.owner) === place);
    const sharing = rows.flatMap((one) =>
      one.owner !== undefined && bareForm(one.record) === bareForm(record) ? [one.owner] : [],
    );
    // MX hosts of one domain stand for one another; ports do not.
    const unlike = common !== undefined || new Set(sharing.map(({ port }) => port)).size > 1 ? sharing : [];
    return {
      ...row,
      advice: [
        ...row.advice,
        ...adviceOnNames(record, row.leaf, owner.host),
        ...adviceOnSize(
          place,
          set.map((one) => one.record),
        ),
        ...adviceOnTtl(ttl),
        ...adviceOnSharing(
          record,
          unlike.map(({ host, port }) => `${host}:${port}`),
        ),
        ...named.filter(({ host }) => host === owner.host).flatMap(({ host, domain }) => adviceOnZone(host, domain)),
      ],
    };
  });
}

// ---- output

function tell(program: Program, flags: Flags, wish: Wish, rows: readonly Row[]): void {
  const { terminal } = program;
  const form = wish.form ?? (rows.every(({ owner }) => owner !== undefined) ? 'zone' : 'bare');
  if (form === 'json') for (const row of rows) json(terminal, viewOf(row, wish.ttl));
  else terminal.out(`${textIn(form, wish, rows)}\n`);
  if (flags.on('quiet') || flags.on('json')) return;
  const advice = new Set(rows.flatMap((row) => row.advice.map(({ says }) => says)));
  for (const says of advice) terminal.err(`${mark(terminal, 'unknown')} ${printable(says)}\n`);
  // OPS-29
  if (form === 'zone' || form === 'nsupdate' || form === 'generic' || form === 'fields')
    terminal.err(`TTL ${wish.ttl}: keep it at 300 to 3600 until it has proven itself, later at most a day\n`);
}

function textIn(form: Exclude<TlsaForm, 'json'>, { ttl, zone, common }: Wish, rows: readonly Row[]): string {
  if (form === 'bare') return [...new Set(rows.map(({ record }) => bareForm(record)))].join('\n');
  const owned = rows.flatMap(({ owner, record }) => (owner === undefined ? [] : [{ owner, record }]));
  if (common !== undefined) return commonForm(form, owned, ttl, common, zone);
  switch (form) {
    case 'zone':
      return owned.map(({ owner, record }) => zoneForm(owner, record, ttl)).join('\n');
    case 'generic':
      return owned.map(({ owner, record }) => genericForm(owner, record, ttl)).join('\n');
    case 'fields':
      return owned
        .map(({ owner, record }) => fieldsForm(owner, record, ttl, zone ?? parentOf(owner.host)))
        .join('\n\n');
    case 'nsupdate':
      return nsupdateForm(owned, ttl, zone);
  }
}

function viewOf({ owner, record, advice }: Row, ttl: number): Readonly<Record<string, unknown>> {
  return {
    schema: 'sekisho.tlsa/1',
    owner: owner === undefined ? null : `${ownerName(owner)}.`,
    host: owner?.host ?? null,
    port: owner?.port ?? null,
    protocol: owner?.protocol ?? null,
    ttl,
    usage: record.usage,
    selector: record.selector,
    matching: record.matching,
    data: hexOf(record.data),
    record: bareForm(record),
    zone: owner === undefined ? null : zoneForm(owner, record, ttl),
    generic: owner === undefined ? null : genericForm(owner, record, ttl),
    warnings: advice,
  };
}
