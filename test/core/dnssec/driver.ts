// Answers what a proof asks for from a built world, with zones memoised, and with a place for an attacker.

import type { Instant } from '../../../src/core/base/brand.ts';
import { makeBudget } from '../../../src/core/base/budget.ts';
import { type Message, RrType } from '../../../src/core/dns/message.ts';
import { type Name, name } from '../../../src/core/dns/name.ts';
import type { Anchors } from '../../../src/core/dnssec/anchors.ts';
import { defaultRules, proofLimits } from '../../../src/core/dnssec/limits.ts';
import type {
  Fact,
  Need,
  Proof,
  ProofBudget,
  ProofRules,
  Unanswered,
  ZoneProof,
} from '../../../src/core/dnssec/proof.ts';
import { prove, proveZone } from '../../../src/core/dnssec/prove.ts';
import { readDs } from '../../../src/core/dnssec/rdata.ts';
import { now, rdata, respond, type World } from './zone-builder.ts';

export type Asked = Extract<Need, { kind: 'ask' }>;
/** Changes what the server said; a word stands for no answer. */
export type Meddle = (asked: Asked, message: Message) => Message | Unanswered;

export type Lookup = {
  readonly meddle?: Meddle;
  readonly rules?: Partial<ProofRules>;
  readonly anchors?: Anchors;
  readonly at?: Instant;
  readonly budget?: ProofBudget;
};

export type Outcome = Proof & { readonly asked: readonly string[]; readonly turns: number };

export const anchorsOf = (world: World, ...apexes: readonly string[]): Anchors =>
  apexes.flatMap((apex) => {
    const zone = world.zones.get(name(apex))!;
    return (zone.keys ?? []).map((key) => ({ zone: zone.apex, ds: readDs(rdata.ds(zone.apex, key))! }));
  });

export function lookUp(world: World, nameText: string, type: keyof typeof RrType, options: Lookup = {}): Outcome {
  const rules = { ...defaultRules, ...options.rules };
  const anchors = options.anchors ?? anchorsOf(world, '.');
  const at = options.at ?? now;
  const budget = options.budget ?? makeBudget(proofLimits);
  const asked: string[] = [];
  const zones = new Map<Name, ZoneProof>();
  let turns = 0;

  const factOf = (need: Need): Fact => {
    if (need.kind === 'zone') {
      const proof = zones.get(need.apex) ?? drive(proveZone(need.apex, anchors, at, budget, rules));
      zones.set(need.apex, proof);
      return { kind: 'zone', proof };
    }
    asked.push(`${need.name} ${need.type}${need.again ? ' again' : ''}`);
    const answer = respond(world, need.name, need.type);
    const changed = options.meddle?.(need, answer) ?? answer;
    return typeof changed === 'string'
      ? { kind: 'unanswered', because: changed }
      : { kind: 'message', message: changed };
  };
  function drive<T>(proof: Generator<readonly Need[], T, readonly Fact[]>): T {
    let facts: readonly Fact[] = [];
    for (;;) {
      const step = proof.next(facts);
      if (step.done) return step.value;
      if (step.value.length === 0) turns += 1;
      facts = step.value.map(factOf);
    }
  }
  const proof = drive(prove({ name: name(nameText), type: RrType[type] }, anchors, at, budget, rules));
  return { ...proof, asked, turns };
}

/** `secure`, `insecure opt-out`, `bogus no-ds-proof`: the verdict in a line. */
export const verdictOf = ({ state, because, denial }: Proof): string =>
  [state, because, denial].filter((word) => word !== null).join(' ');
