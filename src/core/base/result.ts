// The few shapes that every module needs: a value or a fault, a list that is not empty, a switch that is complete.

export type Result<T, Fault> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'fault'; readonly fault: Fault };

export const ok = <T>(value: T): { readonly kind: 'ok'; readonly value: T } => ({ kind: 'ok', value });
export const fault = <F>(found: F): { readonly kind: 'fault'; readonly fault: F } => ({ kind: 'fault', fault: found });

export type NonEmpty<T> = readonly [T, ...T[]];

export const isNonEmpty = <T>(list: readonly T[]): list is NonEmpty<T> => list.length > 0;

/** Fails to compile where a union member was forgotten. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
