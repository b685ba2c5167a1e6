// Runs of octets in which nothing can happen to a line, passed over sixteen octets at a time: a call for each line or a string
// for each block costs more. Knows no lines.

const CR = 0x0d;
const LF = 0x0a;

/** In a word in which an octet is below 0x0e this sets the top bit of that octet, and in no other word any of them. */
const low = (word: number): number => (word - 0x0e0e0e0e) & ~word;
const tops = 0x80808080;

export const wordsOf = (octets: Uint8Array): DataView => new DataView(octets.buffer, octets.byteOffset, octets.length);

/** @returns the index of the first octet at or behind `at` that may be CR, LF or NUL; the length when there is none. */
export function pastText(words: DataView, at: number): number {
  const end = words.byteLength;
  let from = at;
  for (; from + 16 <= end; from += 16) {
    const first = low(words.getInt32(from, true)) | low(words.getInt32(from + 4, true));
    const second = low(words.getInt32(from + 8, true)) | low(words.getInt32(from + 12, true));
    if (((first | second) & tops) !== 0) break;
  }
  while (from + 4 <= end && (low(words.getInt32(from, true)) & tops) === 0) from += 4;
  while (from < end && words.getUint8(from) > CR) from++;
  return from;
}

/** @returns the index of the first CR or LF at or behind `at` that is not part of a CR LF; -1 when there is none. */
export function bareNewlineAt(octets: Uint8Array, words: DataView, at: number): number {
  for (let from = pastText(words, at); from < octets.length; from = pastText(words, from)) {
    const octet = octets[from];
    if (octet === CR && octets[from + 1] === LF) from += 2;
    else if (octet === CR || octet === LF) return from;
    else from += 1;
  }
  return -1;
}
