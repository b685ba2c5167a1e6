// OPS-46: only one program may put certificates before the services. Files that a plan or this relay loads, against the
// certificate programs of this machine and what is published for the key in them.

import type { DoctorFinding } from '../cli/program.ts';
import type { Config } from '../config/config.ts';
import type { LineagePlan } from '../config/rollover.ts';
import { names as isNamedBy } from '../core/dane/make.ts';
import { nameFromText } from '../core/dns/name.ts';
import { RrType } from '../core/dns/registry.ts';
import type { Certificate } from '../core/x509/certificate.ts';
import { readMaterial } from '../core/x509/material.ts';
import { readInput } from './input.ts';
import type { Outlook } from './outlook.ts';
import { findRenewals, findStarters, type Renewal, replacedBy, type Starter, writtenBy } from './renewals.ts';
import { dataFrom } from './rollover.ts';

const subject = 'renewal';

export type RenewalSight = {
  /** Where the file system begins. */
  readonly root: string;
  readonly config: Pick<Config, 'listen'>;
  readonly lineages: readonly LineagePlan[];
  readonly resolver: Pick<Outlook['resolver'], 'lookup'>;
};

/** @returns nothing when no certificate program has anything to do with the files. */
export async function examineRenewal(sight: RenewalSight): Promise<readonly DoctorFinding[]> {
  const { root, config, lineages, resolver } = sight;
  const planned = new Set(lineages.flatMap(({ live }) => [live.chain, live.key ?? live.chain]));
  const own = new Set(
    config.listen.flatMap(({ certificate }) => certificate ?? []).filter((path) => path !== 'self-signed'),
  );
  const renewals = await findRenewals(root, [...planned, ...own, ...lineages.map(({ offered }) => offered.chain)]);
  if (renewals.length === 0) return [];
  const starters = await findStarters(root);
  const findings = lineages.map((lineage) => ofPlan(lineage, renewals, starters));
  for (const path of own) if (!planned.has(path)) findings.push(ofRelay(path, renewals, starters, resolver));
  return (await Promise.all(findings)).filter((finding) => finding !== undefined);
}

const startedBy = ({ program }: Renewal, starters: readonly Starter[]): string => {
  const own = starters.filter((starter) => starter.program === program);
  return own.length === 0 ? program : `${program} (${own.map(({ at }) => at).join(', ')})`;
};

/** What a plan installs nobody else may write: whether a new key comes or not. */
async function ofPlan(
  { name, live, offered }: LineagePlan,
  renewals: readonly Renewal[],
  starters: readonly Starter[],
): Promise<DoctorFinding | undefined> {
  for (const path of [live.chain, ...(live.key === undefined ? [] : [live.key])]) {
    const replacing = await replacedBy(renewals, path);
    if (replacing !== undefined)
      return {
        subject,
        outcome: 'fail',
        says: `${name}: ${startedBy(replacing, starters)} itself replaces ${path}, past the plan`,
        remedy: 'let the services load a copy that only the install hook writes, and name that as live',
      };
    const writing = writtenBy(renewals, path);
    if (writing !== undefined)
      return {
        subject,
        outcome: 'fail',
        says: `${name}: ${writing.at} writes ${path} when ${startedBy(writing.renewal, starters)} renews, past the plan`,
        remedy: 'take that hook away: the plan installs and reloads when the records are everywhere',
      };
  }
  const source = await replacedBy(renewals, offered.chain);
  return source === undefined
    ? undefined
    : {
        subject,
        outcome: 'pass',
        says: `${name}: ${startedBy(source, starters)} renews, and only the plan writes ${live.chain}`,
      };
}

/** A certificate that goes live by itself may go on being named by the records that stand. */
async function ofRelay(
  path: string,
  renewals: readonly Renewal[],
  starters: readonly Starter[],
  resolver: RenewalSight['resolver'],
): Promise<DoctorFinding | undefined> {
  const writing = writtenBy(renewals, path);
  const renewal = (await replacedBy(renewals, path)) ?? writing?.renewal;
  if (renewal === undefined) return undefined;
  const leaf = await leafOf(path);
  if (leaf === undefined) return undefined;
  const pinned = await pinsOf(leaf, resolver);
  const by = startedBy(renewal, starters);
  if (pinned.kind === 'unknown')
    return {
      subject,
      outcome: 'unknown',
      says: `${path}: ${by} replaces it; no answer for ${pinned.owner}`,
      remedy: 'ask again later',
    };
  if (pinned.whole !== undefined)
    return {
      subject,
      outcome: 'fail',
      says: `${path}: ${by} replaces it, and ${pinned.whole} names this very certificate`,
      remedy: 'publish 3 1 1 beside it, wait, and take it away; or change both with sekisho tlsa rollover',
    };
  if (pinned.key === undefined) return undefined;
  const remedy =
    renewal.program === 'certbot'
      ? `set reuse_key = True in ${renewal.config}, or change both with sekisho tlsa rollover`
      : `set PRIVATE_KEY_RENEW="no" in ${renewal.config}, or change both with sekisho tlsa rollover`;
  return renewal.key === 'kept'
    ? { subject, outcome: 'pass', says: `${path}: ${by} renews it and keeps the key that ${pinned.key} names` }
    : {
        subject,
        outcome: 'fail',
        says: `${path}: ${by} makes a new key at each renewal, and ${pinned.key} names the old one`,
        remedy,
      };
}

async function leafOf(path: string): Promise<Certificate | undefined> {
  const read = await readInput(path);
  const material = read.kind === 'ok' ? readMaterial(read.value) : undefined;
  return material?.kind === 'ok' ? material.value.certificates[0] : undefined;
}

type Pins =
  | { readonly kind: 'known'; readonly key: string | undefined; readonly whole: string | undefined }
  | { readonly kind: 'unknown'; readonly owner: string };

const maxNames = 10;
const latin1 = new TextDecoder('latin1');

/** Owners of secure records that name the key, or the certificate as a whole, of one of its names at port 25. */
async function pinsOf(leaf: Certificate, resolver: RenewalSight['resolver']): Promise<Pins> {
  const hosts = (leaf.names.kind === 'read' ? leaf.names.dns : [])
    .map((octets) => latin1.decode(octets))
    .filter((host) => !host.startsWith('*'));
  let key: string | undefined;
  let whole: string | undefined;
  for (const host of hosts.slice(0, maxNames)) {
    const owner = `_25._tcp.${host}`;
    const name = nameFromText(owner);
    if (name.kind === 'fault') continue;
    const { state, records } = await resolver.lookup(name.value, RrType.TLSA);
    if (state === 'bogus' || state === 'indeterminate') return { kind: 'unknown', owner };
    if (state === 'insecure') continue;
    for (const record of records.map(({ rdata }) => dataFrom(rdata))) {
      const ofLeaf = record.usage === 1 || record.usage === 3;
      if (!ofLeaf || !isNamedBy(record, { kind: 'chain', certificates: [leaf] })) continue;
      if (record.selector === 1) key ??= owner;
      else whole ??= owner;
    }
  }
  return { kind: 'known', key, whole };
}
