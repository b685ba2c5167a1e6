// What attacks on MTA-STS begin with: a policy in the relay's cache, and an MX host in the attacker's hand (RFC 8461 §10.2).

import type { LabDestination, PolicyPlan } from '../lab/destination-plan.ts';
import type { Arena, Finding } from './attack.ts';
import { attempt, letterTo, nothingArrives, says } from './judging.ts';
import { dropSessions } from './staging.ts';

/** A fresh domain to which a message has just arrived under its enforced policy. @throws Error when it did not. */
export async function cachedPolicy(
  arena: Arena,
  destination: string | LabDestination = 'sts-enforce',
): Promise<string> {
  const domain = await arena.fresh(destination);
  const seen = await attempt(arena, letterTo(domain));
  if (seen.messageAt.length === 0) throw new Error(`the first message should have arrived: ${says(seen)}`);
  return domain;
}

/** Who sits on the way to the MX host strips STARTTLS, and breaks the connections that are open. */
export async function takeOver(arena: Arena, host: string): Promise<void> {
  arena.lab.setFault('mx:starttls-stripped', host);
  await dropSessions(arena.lab, host);
}

/**
 * The form of most rows: a policy is cached, its renewal is tampered with, and STARTTLS is stripped. Nothing may leave.
 *
 * @param tamper with TXT record or policy host of the domain.
 */
export async function cachedPolicyHolds(arena: Arena, tamper: (domain: string) => void): Promise<Finding> {
  const domain = await cachedPolicy(arena);
  tamper(domain);
  await takeOver(arena, `mx.${domain}`);
  return nothingArrives(arena, domain);
}

/** What an attacker would like the policy to be. */
export const nothingDemanded: PolicyPlan = { mode: 'none', mx: [] };
