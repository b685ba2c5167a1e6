// What `sekisho tlsa rollover` says: one template for each act, refusal and note. Reason words and records stay as they are.

import type { RolloverEvent } from '../agent/rollover.ts';
import { bareForm } from '../core/dane/forms.ts';
import type { Act, Note, Phase } from '../core/dane/rollover.ts';

/** `{name}` is replaced by the value of that name. */
export const fill = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);

export const rolloverWords = {
  publishNext: 'publish {count} new, all old ones stay',
  publishCleanup: 'take away {count} old, the live certificate was seen on every address',
  publishRemoval: 'take away all {count}: DANE ends here; TLS and keys stay as they are until the wait is over',
  publishCompromised: 'take away the record of a key that others know, at once',
  installSameKey: 'install the new certificate: it has the same key, no record changes',
  installWaited: 'install the new certificate: its records have been everywhere for long enough',
  installCompromised: 'install the replacement at once',
  installNoRecords: 'install the new certificate: there is no record that it could contradict',
  reload: 'reload the services: they do not show the live file',
  waitTime: 'wait until {until}: caches may still hold the old records before that',
  waitSpreading: 'wait for the name servers: {where}',
  rest: 'nothing to do',
  request: 'ask for a new certificate',
  notEverywhere: 'REFUSED: not every server has the new records: {where}',
  keyDiffers: 'REFUSED: the key does not belong to the new certificate',
  nameMissing: 'REFUSED: the new certificate lacks {where}',
  notValid: 'REFUSED: the new certificate is not valid now',
  noAnchorInChain:
    'REFUSED: the chain has nothing for one of the combinations {where}; take it out of the records first',
  noReplacement: 'REFUSED: the key is known to others and there is no certificate with another one; ask for one now',
  unclearServers: 'could not tell, nothing is done: {where}',
  unclearServices: 'could not look at every address, nothing is done: {where}',
  renewalDue: 'the live certificate ends on {until}; its renewal is due',
  lifeTooShort:
    'the live certificate ends on {until}, and a new key no longer fits into the wait before that; keep the key, or begin earlier',
  cachesUntil:
    'until {until} caches may hold what was taken away: senders that know only that record defer their mail. As long as its signature lasts (RRSIG), whoever has the key can still show the old record to others',
  planned: 'would {act}',
  byHand: 'by hand: {act}; there is no hook for it in the plan',
  hookFailed: 'the {hook} hook failed: {says}',
  noEffect: 'the hook ended well, and nothing changed: {act}',
  next: 'next: run again at {until}, or at any time before that; nothing happens too early',
  phase: 'state {phase}',
  known: 'the key of {record} counts as known to others',
  compromised: 'the key of {record} counts as known to others; run the plan now',
} as const;

type Word = keyof typeof rolloverWords;

const refusals: Readonly<Record<Extract<Act, { kind: 'refuse' }>['because'], Word>> = {
  'not-everywhere': 'notEverywhere',
  'key-differs': 'keyDiffers',
  'name-missing': 'nameMissing',
  'not-valid': 'notValid',
  'no-anchor-in-chain': 'noAnchorInChain',
  'no-replacement': 'noReplacement',
};

const installs = {
  'same-key': 'installSameKey',
  waited: 'installWaited',
  compromised: 'installCompromised',
  'no-records': 'installNoRecords',
} as const;

const publishes = {
  next: 'publishNext',
  cleanup: 'publishCleanup',
  removal: 'publishRemoval',
  compromised: 'publishCompromised',
} as const;

const notes = { 'renewal-due': 'renewalDue', 'life-too-short': 'lifeTooShort', 'caches-until': 'cachesUntil' } as const;

export const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

export function sayAct(act: Act): string {
  const where = 'where' in act ? act.where.join(', ') : '';
  switch (act.kind) {
    case 'publish': {
      const count = String(act.because === 'next' ? act.add.length : act.remove.length);
      return fill(rolloverWords[publishes[act.because]], { count });
    }
    case 'install':
      return rolloverWords[installs[act.because]];
    case 'wait':
      return act.until === null
        ? fill(rolloverWords.waitSpreading, { where })
        : fill(rolloverWords.waitTime, { until: timeText(act.until) });
    case 'refuse':
      return fill(rolloverWords[refusals[act.because]], { where });
    case 'unclear':
      return fill(rolloverWords[act.because === 'servers' ? 'unclearServers' : 'unclearServices'], { where });
    default:
      return rolloverWords[act.kind];
  }
}

export function sayEvent({ act, outcome }: Pick<RolloverEvent, 'act' | 'outcome'>): string {
  const said = sayAct(act);
  const quiet = act.kind === 'wait' || act.kind === 'rest' || act.kind === 'refuse' || act.kind === 'unclear';
  switch (outcome.kind) {
    case 'planned':
      return quiet ? said : fill(rolloverWords.planned, { act: said });
    case 'done':
      return said;
    case 'by-hand':
      return fill(rolloverWords.byHand, { act: said });
    case 'no-effect':
      return fill(rolloverWords.noEffect, { act: said });
    case 'failed':
      return fill(rolloverWords.hookFailed, { hook: outcome.hook, says: outcome.says });
  }
}

export const sayNote = (note: Note): string => fill(rolloverWords[notes[note.kind]], { until: timeText(note.until) });

export const sayPhase = (phase: Phase): string => fill(rolloverWords.phase, { phase });

/** Signs stand for added and taken away; the records themselves are never translated. */
export function recordLines(act: Act): readonly string[] {
  if (act.kind !== 'publish') return [];
  return [...act.add.map((record) => `+ ${bareForm(record)}`), ...act.remove.map((record) => `- ${bareForm(record)}`)];
}
