// What fuzzing, properties and the search for slow inputs share: one reader, octets that make it work, and what must hold.

import assert from 'node:assert/strict';

export type Target = {
  readonly name: string;
  /** Reads the octets. Throws when the reader does, or when what must hold does not. */
  readonly read: (octets: Uint8Array) => void | Promise<void>;
  /** Octets that reach far into the reader. */
  readonly seeds: readonly Uint8Array[];
  /** Pieces that a blind change would hardly find. */
  readonly words?: readonly string[];
};

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (octets: Uint8Array): string => new TextDecoder().decode(octets);
/** One character per octet. */
export const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString('latin1');

/** A reader of text. */
export const ofText = (
  name: string,
  seeds: readonly string[],
  read: (text: string) => void,
  words: readonly string[] = [],
): Target => ({ name, seeds: seeds.map(utf8), words, read: (octets) => read(textOf(octets)) });

/** No text of ours may hold what ends a line or moves a cursor. */
export const assertPrintable = (text: string): void => assert.match(text, /^[^\x00-\x1f\x7f]*$/);
