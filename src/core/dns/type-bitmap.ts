// The type bitmaps of NSEC and NSEC3 (RFC 4034 §4.1.2).

/** Reads to the end of the octets; undefined if the windows are out of order or of wrong length. */
export function readTypeBitmap(octets: Uint8Array): ReadonlySet<number> | undefined {
  const types = new Set<number>();
  let last = -1;
  for (let at = 0; at < octets.length; ) {
    const window = octets[at]!;
    const length = octets[at + 1];
    if (length === undefined || length < 1 || length > 32 || window <= last || at + 2 + length > octets.length) {
      return undefined;
    }
    for (let octet = 0; octet < length; octet++) {
      for (let bit = 0; bit < 8; bit++) {
        if ((octets[at + 2 + octet]! & (0x80 >> bit)) !== 0) types.add(window * 256 + octet * 8 + bit);
      }
    }
    last = window;
    at += 2 + length;
  }
  return types;
}

export function writeTypeBitmap(types: Iterable<number>): Uint8Array {
  const windows = new Map<number, Uint8Array>();
  for (const type of [...types].sort((a, b) => a - b)) {
    const low = type & 0xff;
    const window = windows.get(type >> 8) ?? new Uint8Array(0);
    const grown = new Uint8Array(Math.max(window.length, (low >> 3) + 1));
    grown.set(window);
    grown[low >> 3] = grown[low >> 3]! | (0x80 >> (low & 7));
    windows.set(type >> 8, grown);
  }
  return Uint8Array.from([...windows].flatMap(([window, map]) => [window, map.length, ...map]));
}
