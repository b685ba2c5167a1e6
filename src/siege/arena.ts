// The world of one attack over the laboratory that all attacks share: domains of its own, messages with a mark, and what
// the sinks saw of them. The relay is an address; a handle on it serves the timing and never the verdict.

import { randomBytes } from 'node:crypto';
import type { LabDestination } from '../lab/destination-plan.ts';
import { destinations } from '../lab/destinations.ts';
import type { SeenSession } from '../lab/mx-session.ts';
import type { Lab } from '../lab/world.ts';
import type { Arena, Claim, Seen, Submission } from './attack.ts';
import { handOver } from './hand-over.ts';

export type Target = {
  readonly host: string;
  readonly port: number;
  /** Resolves when the relay has nothing under way for the message it took with this reply. */
  readonly over?: (reply: string) => Promise<void>;
  /** Tries at once what waits for the domain. */
  readonly flush?: (domain: string) => Promise<void>;
};

/** All in milliseconds. */
export type Patience = {
  /** For the relay to ask or dial anybody at all. */
  readonly first: number;
  /** Without a handle: it is over when nobody was asked for so long. */
  readonly quiet: number;
  /** For a message that must arrive. */
  readonly arrival: number;
};

export type ArenaOptions = {
  readonly lab: Lab;
  readonly target: Target;
  readonly claims: readonly Claim[];
  readonly patience: Patience;
};

/** The relay asked and dialled nobody about a message that it took. */
export class NeverTried extends Error {
  override readonly name = 'NeverTried';
}

export type WatchedArena = Arena & {
  /** What the relay said to the messages it took. */
  readonly replies: readonly string[];
  /** And to those that it did not take. */
  readonly refusals: readonly string[];
  /** Messages of which nothing was seen at their last look, and something since. */
  stragglers(): readonly string[];
  readonly controlled: () => Promise<'arrived' | 'missing'>;
};

const step = 25;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

type Sent = { readonly domain: string; readonly reply: string; lastSeen: Seen | undefined };

export function makeArena({ lab, target, claims, patience }: ArenaOptions): WatchedArena {
  const tag = randomBytes(3).toString('hex');
  const sent = new Map<string, Sent>();
  const refusals: string[] = [];
  let grown = 0;
  let controlling: Promise<'arrived' | 'missing'> | undefined;

  const fresh: Arena['fresh'] = async (from) => {
    const plan = typeof from === 'string' ? destinations.find(({ name }) => name === from) : from;
    if (plan === undefined) throw new Error(`no destination of the laboratory: ${from}`);
    const renamed = renamedTo(plan, `${tag}${++grown}`);
    await lab.add(renamed);
    return renamed.domain;
  };

  const submit: Arena['submit'] = async (submission) => {
    const marker = randomBytes(6).toString('hex');
    const letter = letterOf(submission, marker);
    const handed = await handOver(target, letter);
    if (handed.kind === 'refused') {
      refusals.push(handed.reply);
      return handed;
    }
    sent.set(marker, { domain: domainOf(submission.to), reply: handed.reply, lastSeen: undefined });
    return { kind: 'accepted', marker };
  };

  const seen: Arena['seen'] = (marker) => {
    const found = seenOf(lab, marker);
    const one = sent.get(marker);
    if (one) one.lastSeen = found;
    return found;
  };

  const watch: Arena['watch'] = async (marker) => {
    const one = sent.get(marker);
    if (one === undefined) throw new Error(`never submitted: ${marker}`);
    if (target.over) await target.over(one.reply);
    await untilTried(one.domain);
    if (target.over === undefined) await untilQuiet(one.domain);
    // What the relay wrote last is still to be read by the sinks.
    await pause(2 * step);
    return seen(marker);
  };

  const untilTried = async (domain: string): Promise<void> => {
    const until = Date.now() + patience.first;
    while (activity(lab, domain) === 0) {
      if (Date.now() > until) throw new NeverTried(`nobody was asked about ${domain} in ${patience.first / 1000} s`);
      await pause(step);
    }
  };

  const untilQuiet = async (domain: string): Promise<void> => {
    let count = -1;
    for (let since = Date.now(); Date.now() - since < patience.quiet; await pause(4 * step)) {
      const now = activity(lab, domain);
      if (now === count) continue;
      count = now;
      since = Date.now();
    }
  };

  const sendControl = async (): Promise<'arrived' | 'missing'> => {
    const domain = await fresh(claims.includes('dane') ? 'dane-ee' : 'plain');
    const handed = await submit({ from: 'control@relay.lab.test', to: `postmaster@${domain}` });
    if (handed.kind === 'refused') return 'missing';
    const until = Date.now() + patience.arrival;
    while (seen(handed.marker).messageAt.length === 0) {
      if (Date.now() > until) return 'missing';
      await pause(step);
    }
    return 'arrived';
  };

  const control: Arena['control'] = () => {
    controlling = sendControl();
    return controlling;
  };

  return {
    lab,
    claims,
    target: { host: target.host, port: target.port },
    submit,
    watch,
    seen,
    retry: async (domain) => {
      if (target.flush === undefined) return 'not-heard';
      await target.flush(domain);
      return 'tried';
    },
    control,
    fresh,
    refusals,
    controlled: () => controlling ?? control(),
    get replies() {
      return [...sent.values()].map(({ reply }) => reply);
    },
    stragglers: () =>
      [...sent].flatMap(([marker, { lastSeen }]) =>
        lastSeen && lastSeen.mailAt.length === 0 && seenOf(lab, marker).mailAt.length > 0 ? [marker] : [],
      ),
  };
}

/** The plan with a new domain, and new apexes of the zones that come with it; all names at and below move along. */
function renamedTo(plan: LabDestination, tag: string): LabDestination {
  const apexes = [plan.domain, ...(plan.zones ?? []).map(({ apex }) => apex)];
  const text = apexes.reduce((so, apex) => so.replaceAll(apex, renamed(apex, tag)), JSON.stringify(plan));
  return JSON.parse(text) as LabDestination;
}

const renamed = (apex: string, tag: string): string => apex.replace(/^([^.]+)/, `$1-${tag}`);

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** The mark stands in both addresses and in the message, so that any trace of it can be told. */
function letterOf(submission: Submission, marker: string): Parameters<typeof handOver>[1] {
  const { requiretls = 'no', headers = [], body = 'What was sent while under siege.' } = submission;
  const from = marked(submission.from, marker);
  const to = marked(submission.to, marker);
  const header = [
    `From: <${from || 'postmaster@relay.lab.test'}>`,
    `To: <${to}>`,
    'Subject: siege',
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${marker}@besieger.test>`,
    ...headers,
  ];
  return { from, to, requiretls, content: [...header, '', body, marker].join('\r\n') };
}

const marked = (address: string, marker: string): string => address.replace(/@(?=[^@]*$)/, `.${marker}@`);

function seenOf(lab: Lab, marker: string): Seen {
  const mailAt = new Set<string>();
  let inCleartext: Seen['inCleartext'] = 'no';
  for (const host of lab.hosts.values()) {
    for (const session of host.sessions) {
      const lines = session.said.filter(({ line }) => line.includes(marker));
      if (lines.length > 0) mailAt.add(session.host);
      if (lines.some(({ inTls }) => !inTls)) inCleartext = 'yes';
    }
  }
  const messages = lab.messages().filter(({ raw }) => raw.includes(marker));
  if (messages.some(({ session }) => session.tls === undefined)) inCleartext = 'yes';
  return { mailAt: [...mailAt], messageAt: [...new Set(messages.map(({ host }) => host))], inCleartext };
}

/** How often anybody was asked or dialled about the domain. */
function activity(lab: Lab, domain: string): number {
  const below = `.${domain}`;
  const isOurs = (name: string): boolean => name === domain || name.endsWith(below);
  const questions = lab.dns.seen.filter(({ name }) => isOurs(name.slice(0, -1))).length;
  const requests = lab.policyHosts.requests.filter(({ host }) => isOurs(host)).length;
  const words = [...lab.hosts.values()].filter(({ name }) => isOurs(name)).reduce((sum, host) => sum + said(host), 0);
  return questions + requests + words;
}

const said = (host: { readonly sessions: readonly SeenSession[] }): number =>
  host.sessions.reduce((sum, session) => sum + 1 + session.said.length, 0);
