// SEC-40: work that an attacker can cause is counted against a limit.

export type Budget<Kind extends string> = {
  readonly limits: Readonly<Record<Kind, number>>;
  readonly spent: Record<Kind, number>;
};

export function makeBudget<Kind extends string>(limits: Readonly<Record<Kind, number>>): Budget<Kind> {
  const spent = Object.fromEntries(Object.keys(limits).map((kind) => [kind, 0])) as Record<Kind, number>;
  return { limits, spent };
}

/** Counts `amount` of work; false once the limit is passed. */
export function spend<Kind extends string>(budget: Budget<Kind>, kind: Kind, amount = 1): boolean {
  budget.spent[kind] += amount;
  return budget.spent[kind] <= budget.limits[kind];
}
