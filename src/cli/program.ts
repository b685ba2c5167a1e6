// What the verbs may ask of the program around them. main.ts provides it; the verbs stay thin and can be tested alone.

import type { CachedPolicy, DialoguePage, RefreshedPolicy } from '../admin/api.ts';
import type { AlarmMemory, Round } from '../agent/alarms.ts';
import type { Contacts } from '../agent/find-contact.ts';
import type { Service } from '../agent/host-aim.ts';
import type { DraftRequest, PolicyDraft } from '../agent/policy-draft.ts';
import type {
  DialogueLine,
  MessageStory,
  MessageSummary,
  QueueFilter,
  QueueStats,
  RecordsPage,
  RecordsRequest,
} from '../agent/ports.ts';
import type { MxNames } from '../agent/presented.ts';
import type { CheckReport, Sender } from '../agent/probe.ts';
import type { RolloverEvent } from '../agent/rollover.ts';
import type { TlsaCheck, TlsaSubject } from '../agent/tlsa-check.ts';
import type { ConfigFault, Loaded } from '../config/load.ts';
import type { LineagePlan } from '../config/rollover.ts';
import type { DomainName } from '../core/base/brand.ts';
import type { NonEmpty, Result } from '../core/base/result.ts';
import type { TlsaAdvice, TlsaData } from '../core/dane/make.ts';
import type { Memory } from '../core/dane/rollover.ts';
import type { PresentedChain } from '../core/x509/presented-chain.ts';
import type { Flags } from './flags.ts';
import type { Terminal } from './terminal.ts';

/** `dns --json` without the schema word: see cli.md. */
export type DnsReport = {
  readonly name: string;
  readonly type: string;
  readonly state: 'secure' | 'insecure' | 'bogus' | 'indeterminate';
  readonly rcode: string;
  readonly answers: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly data: string;
    readonly state: string;
  }[];
  readonly aliases: readonly {
    readonly name: string;
    readonly type: string;
    readonly target: string;
    readonly state: string;
  }[];
  readonly denial: 'nxdomain' | 'nodata' | null;
  readonly reason: string | null;
  readonly chain: readonly {
    readonly zone: string;
    readonly keyTag: number | null;
    readonly algorithm: number | null;
    readonly outcome: string;
  }[];
  readonly elapsedMs: number;
  readonly queries: number;
  readonly verifications: number;
};

export type CheckOptions = {
  readonly mx: string | undefined;
  readonly host: { readonly name: string; readonly port: number; readonly starttls: 'smtp' | 'none' } | undefined;
  readonly all: 'yes' | 'no';
  readonly connect: 'yes' | 'no';
  readonly requiretls: 'yes' | 'no';
  readonly floor: string | undefined;
  /** OPS-16. */
  readonly sender: Sender | undefined;
  /** OPS-13: judged instead of what servers present. */
  readonly chain: PresentedChain | undefined;
  /** OPS-19: each authoritative server as well; `addresses`: these instead of those that the zones name. */
  readonly authorities?: { readonly addresses: readonly string[] };
};

/** Advice is nothing against the verdict. */
export type TlsaReport = TlsaCheck & { readonly advice: readonly TlsaAdvice[] };

export type TlsaCheckRequest = {
  readonly subjects: readonly TlsaSubject[];
  /** Instead of what is published. */
  readonly supposed: readonly TlsaData[];
  /** Instead of what is presented (OPS-13). */
  readonly chain: PresentedChain | undefined;
};

export type WatchRequest = {
  readonly subjects: readonly TlsaSubject[];
  /** Owners of DKIM keys. */
  readonly dkim: readonly DomainName[];
  readonly servers: LineagePlan['servers'];
};

/** OPS-52: programs; `mail` goes to the standard input of `sendmail`. */
/** An alarm, or its end, as it goes to hook and mail. */
export type ToldAlarm = {
  readonly event: string;
  readonly kind: string;
  readonly subject: string;
  readonly says: string;
  /** A whole message. */
  readonly mail: string;
};

export type WatchChannels = {
  readonly hook: string | undefined;
  readonly mail: string | undefined;
  readonly sendmail: string;
};

/** Why nothing could be compared, with the exit status that says so. */
export type TlsaFault = { readonly exit: 1 | 2 | 3; readonly says: string };

export type SiegeOptions = {
  /** Attacks by number; empty: all. */
  readonly only: readonly string[];
  /** Undefined: a relay of our own. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
  /** What the target claims; undefined: DANE. */
  readonly claims: readonly string[] | undefined;
  /** Of the laboratory; left out: any free one. */
  readonly ports: { readonly dns?: number; readonly smtp?: number; readonly https?: number };
  /** Where anchors and CA bundle for the target are written. */
  readonly folder: string;
  /** A program and its first arguments; with a domain behind them it has the target try again what waits for that domain. */
  readonly flush: NonEmpty<string> | undefined;
};

export type DoctorRequest = {
  /** Domains of ours that (will) publish TLSA records (OPS-61). */
  readonly domains: readonly DomainName[];
  /** Mail domains whose hosts show that port 25 is open; `none`: connect to nobody. */
  readonly reach: readonly string[] | 'none';
  /** Names whose look-up must be secure, and bogus. */
  readonly good: readonly string[];
  readonly bad: readonly string[];
  /** Certificates that `tlsa rollover` changes (OPS-46). */
  readonly lineages: readonly LineagePlan[];
};

/** Whatever is wrong or could not be told comes with what to do about it. */
export type DoctorFinding = { readonly subject: string; readonly says: string } & (
  | { readonly outcome: 'pass' | 'not-applicable'; readonly remedy?: string }
  | { readonly outcome: 'fail' | 'unknown'; readonly remedy: string }
);

export type Readiness = {
  readonly ready: boolean;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly says: string }[];
};

/** Thrown by every call of `RelayClient` when nobody answers or the token is refused. */
export class RelayUnreachable extends Error {
  override readonly name = 'RelayUnreachable';
}

/** The running relay through its admin endpoint. */
export interface RelayClient {
  live(): Promise<boolean>;
  ready(): Promise<Readiness>;
  list(filter: QueueFilter): Promise<readonly MessageSummary[]>;
  story(id: string): Promise<MessageStory | undefined>;
  records(request: RecordsRequest): Promise<RecordsPage>;
  /** @param from the `next` of the last answer; undefined: from now on. */
  trace(from: number | undefined): Promise<DialoguePage>;
  stats(): Promise<QueueStats>;
  act(act: 'retry' | 'hold' | 'release' | 'drop' | 'bounce', filter: QueueFilter, note: string): Promise<number>;
  /** QUE-7. @returns how many recipients wait; undefined when no such message does. */
  override(id: string, ignore: readonly string[], reason: string): Promise<number | undefined>;
  flush(): Promise<void>;
  /** Queues a test message and gives its queue id and the word in it, or says why the address will not do. */
  probe(address: string): Promise<Result<{ readonly id: string; readonly nonce: string }, string>>;
  check(subject: string, options: CheckOptions): Promise<Result<CheckReport, string>>;
  /** STS-49. */
  policies(): Promise<readonly CachedPolicy[]>;
  policy(domain: DomainName): Promise<CachedPolicy | undefined>;
  refreshPolicy(domain: DomainName): Promise<RefreshedPolicy>;
  /** @returns what was forgotten; undefined if there was nothing. */
  forgetPolicy(domain: DomainName): Promise<CachedPolicy | undefined>;
}

export interface Program {
  readonly terminal: Terminal;
  readonly version: string;
  readonly nodeVersion: string;
  now(): number;
  /** A question to the person at the terminal; undefined when there is nobody to ask. */
  ask(question: string): Promise<string | undefined>;
  sleep(milliseconds: number): Promise<void>;
  /** A file that the person named, or standard input for `-`; the fault is one sentence. */
  read(path: string): Promise<Result<Uint8Array, string>>;
  /** Writes a report; the fault is one sentence. */
  write(path: string, text: string): Promise<Result<'written', string>>;
  config(flags: Flags): Result<Loaded, NonEmpty<ConfigFault>>;
  /** Files, keys, anchors and addresses that the settings name. */
  inspect(loaded: Loaded): Promise<readonly ConfigFault[]>;
  run(loaded: Loaded, flags: Flags): Promise<0 | 2 | 5>;
  lab(flags: Flags): Promise<0 | 1 | 2 | 5>;
  siege(flags: Flags, options: SiegeOptions): Promise<0 | 1 | 2 | 3>;
  dns(loaded: Loaded, flags: Flags, name: string, type: string): Promise<Result<DnsReport, string>>;
  /** One result per subject, as they come; a fault says what is wrong with the subject. */
  check(
    loaded: Loaded,
    flags: Flags,
    subjects: readonly string[],
    options: CheckOptions,
  ): AsyncIterable<Result<CheckReport, string>>;
  /** The same for one subject, with every line of the dialogue told as it comes. */
  trace(
    loaded: Loaded,
    flags: Flags,
    subject: string,
    options: CheckOptions,
    hear: (line: DialogueLine) => void,
  ): Promise<Result<CheckReport, string>>;
  /** A new MTA-STS policy from the live MX set; the fault says what is wrong with the question. */
  policyDraft(loaded: Loaded, flags: Flags, request: DraftRequest): Promise<Result<PolicyDraft, string>>;
  /** OPS-56: whom to tell; in the order of the domains. */
  contacts(loaded: Loaded, flags: Flags, domains: readonly DomainName[]): Promise<readonly Contacts[]>;
  /** The MX hosts that own TLSA records; a fault: they could not be had. */
  mxNames(loaded: Loaded, flags: Flags, domain: DomainName): Promise<Result<MxNames, string>>;
  /** The chain that a server presents; a fault: none was seen. */
  presented(loaded: Loaded, flags: Flags, service: Service): Promise<Result<PresentedChain, string>>;
  /** One result per host and port. */
  tlsaCheck(loaded: Loaded, flags: Flags, request: TlsaCheckRequest): AsyncIterable<Result<TlsaReport, TlsaFault>>;
  /** Steps of one certificate's rollover as they are done, or the next one as it would be. */
  rollover(
    loaded: Loaded,
    flags: Flags,
    job: { readonly plan: LineagePlan; readonly state: string; readonly mode: 'plan' | 'run' },
  ): AsyncIterable<Result<RolloverEvent, TlsaFault>>;
  rolloverMemory(plan: LineagePlan, state: string): Promise<Result<Memory, string>>;
  /** OPS-42. @returns the record of the key. */
  rolloverCompromised(plan: LineagePlan, state: string): Promise<Result<string, string>>;
  watchRound(
    loaded: Loaded,
    flags: Flags,
    request: WatchRequest,
    memory: AlarmMemory,
  ): Promise<Result<{ readonly round: Round; readonly facts: AlarmMemory['facts'] }, TlsaFault>>;
  alarmMemory(path: string): Promise<Result<AlarmMemory, string>>;
  rememberAlarms(path: string, memory: AlarmMemory): Promise<Result<'written', string>>;
  /** @returns one sentence for each channel that failed. */
  tellPeople(channels: WatchChannels, alarm: ToldAlarm): Promise<readonly string[]>;
  doctor(loaded: Loaded, flags: Flags, request: DoctorRequest): Promise<readonly DoctorFinding[]>;
  /** @param loaded undefined: the usual socket, whatever the configuration says. */
  relay(loaded: Loaded | undefined, flags: Flags): RelayClient;
  exampleConfig(profile: string | undefined): string | undefined;
}
