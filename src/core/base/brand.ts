// Nominal types. A branded value can only come from the parser that checked it.

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A-labels, lower case, no final dot; never empty. Made by `parseDomainName`. */
export type DomainName = Brand<string, 'DomainName'>;

/** Stands in the 250 reply and in every later record (SRV-18). */
export type QueueId = Brand<string, 'QueueId'>;

/** Milliseconds since the Unix epoch. Handed in, never read by `core` or `agent`. */
export type Instant = Brand<number, 'Instant'>;

/** A duration in seconds. */
export type Seconds = Brand<number, 'Seconds'>;

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
export const seconds = (count: number): Seconds => count as Seconds;
