// Questions by chance about planned zones: what is there, what is nearly there, what is below, beside and above it.

import type { Random } from '../fuzz/random.ts';
import type { PlannedZone, WorldPlan } from './random-zones.ts';

export type Question = readonly [name: string, type: string];

// NSEC is not asked for: it stands on both sides of a cut, and who caches one by name gives out either.
const types: readonly (readonly [number, string])[] = [
  [5, 'A'],
  [2, 'AAAA'],
  [3, 'MX'],
  [4, 'TLSA'],
  [3, 'TXT'],
  [3, 'DS'],
  [1, 'NS'],
  [1, 'SOA'],
  [1, 'DNSKEY'],
  [1, 'CNAME'],
  [1, 'DNAME'],
  [1, 'SRV'],
  [1, 'NSEC3PARAM'],
  [1, 'TYPE65280'],
];

/** So many different questions, as far as there are. */
export function planQuestions(random: Random, plan: WorldPlan, count: number): readonly Question[] {
  const found = new Map<string, Question>();
  for (let tries = 0; found.size < count && tries < count * 20; tries++) {
    const zone = random.pick(plan.zones);
    const question = [nameIn(random, zone, plan), random.weighted(types)] as const;
    const text = wireLength(question[0]) > 250 ? '' : question.join(' ').toLowerCase();
    if (text !== '' && !found.has(text)) found.set(text, question);
  }
  return [...found.values()];
}

const wireLength = (name: string): number => name.length + 1;

function nameIn(random: Random, zone: PlannedZone, plan: WorldPlan): string {
  const owners = zone.records.map(([owner]) => owner);
  const owner = owners.length > 0 ? random.pick(owners) : '@';
  const relative = random.weighted<() => string>([
    [3, () => '@'],
    [6, () => (owner === '@' ? '@' : expanded(random, owner))],
    [2, () => owner],
    [2, () => random.pick(absent)],
    [2, () => `${random.pick(absent)}.${expanded(random, owner)}`],
    [1, () => `${random.pick(absent)}.${random.pick(absent)}.${expanded(random, owner)}`],
    [2, () => above(random, owner)],
    [2, () => `_25._tcp.${expanded(random, owner)}`],
    [1, () => neighbour(random, owner)],
    [1, () => 'mx.tree'],
    [1, () => `alias${random.below(6)}`],
  ])();
  if (random.oneIn(12)) return join(relative, random.pick(plan.zones).name);
  return join(relative, zone.name);
}

const absent = ['nothere', '*', 'a', 'zzz', '_25', '_tcp', '\\000', '\\255', 'ent3', 'mx', 'w'] as const;

function join(relative: string, zone: string): string {
  if (relative === '@') return zone;
  return zone === '.' ? `${relative}.` : `${relative}.${zone}`;
}

/** A name that the wildcard could stand for. */
const expanded = (random: Random, owner: string): string =>
  owner === '@'
    ? 'ns'
    : owner.startsWith('*')
      ? owner.replace('*', random.pick(['any', 'a.b', '*', 'x', '_25._tcp.any', 'blocked']))
      : owner;

/** An ancestor inside the zone: often an empty non-terminal. */
function above(random: Random, owner: string): string {
  const labels = owner.split('.');
  return labels.slice(1 + random.below(labels.length)).join('.') || '@';
}

/** Just before or after the owner in canonical order. */
function neighbour(random: Random, owner: string): string {
  if (owner === '@') return '\\000';
  return random.pick([`\\000.${owner}`, owner.replace(/^([^.]+)/, '$1\\000'), owner.replace(/^([^.]+)/, '$1a')]);
}
