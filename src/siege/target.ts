// A relay that the siege did not start itself: what the laboratory offers it, and whether it lives in the laboratory's
// world at all. Until a control message has arrived nothing that it does is a result.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from '../lab/world.ts';
import { makeArena, type Target } from './arena.ts';
import type { Claim } from './attack.ts';
import { TargetUnreachable } from './talk.ts';

/** Writes anchors and CA bundle into the folder. @returns what the relay must be set to, for people. */
export async function offer(lab: Lab, folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const anchors = join(folder, 'root.key');
  const bundle = join(folder, 'ca.pem');
  await writeFile(anchors, `${lab.anchors}\n`);
  await writeFile(bundle, lab.caBundle);
  return [
    `resolver       ${lab.resolver} (answers with AD to who asks without CD, with raw data to who validates)`,
    `trust anchor   ${anchors}  ${lab.anchors}`,
    `CA bundle      ${bundle}`,
    `MX port        ${lab.ports.smtp} at addresses in 127.25.0.0/16`,
    `policy port    ${lab.ports.https} at ${lab.policyHosts.address}`,
  ];
}

export type Readiness = { readonly kind: 'ready' } | { readonly kind: 'not-ready'; readonly because: string };

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Sends control messages until one arrives.
 *
 * @param within milliseconds.
 */
export async function awaitReady(
  lab: Lab,
  target: Target,
  claims: readonly Claim[],
  within: number,
): Promise<Readiness> {
  const until = Date.now() + within;
  for (;;) {
    const left = until - Date.now();
    const because = await tryOnce(lab, target, claims, Math.max(1, Math.min(10_000, left)));
    if (because === undefined) return { kind: 'ready' };
    if (Date.now() + 1000 > until) return { kind: 'not-ready', because };
    await pause(1000);
  }
}

async function tryOnce(
  lab: Lab,
  target: Target,
  claims: readonly Claim[],
  arrival: number,
): Promise<string | undefined> {
  const questions = lab.dns.seen.length;
  const arena = makeArena({ lab, target, claims, patience: { first: arrival, quiet: 1000, arrival } });
  try {
    if ((await arena.control()) === 'arrived') return undefined;
  } catch (error) {
    if (!(error instanceof TargetUnreachable)) throw error;
    return `${target.host}:${target.port} cannot be spoken to: ${error.message}`;
  }
  if (arena.replies.length === 0)
    return `it refuses the control message (${arena.refusals.at(-1)}); let this machine send through it`;
  if (lab.dns.seen.length === questions)
    return `it took the control message and asked nothing of the laboratory's resolver ${lab.resolver}: it uses another one, or keeps or discards what it takes`;
  const dialled = [...lab.hosts.values()].some(({ sessions }) => sessions.length > 0);
  if (!dialled) return `it asks the laboratory's resolver but dials no MX host at port ${lab.ports.smtp}`;
  return 'it dials the MX host, but the control message does not arrive';
}
