// Writing messages: octets in network order, names compressed (RFC 1035 §4.1.4).

import { type Name, octetsOf, parentName, rootName } from './name.ts';

export type Writer = {
  readonly u16: (value: number) => void;
  readonly octets: (value: Uint8Array) => void;
  readonly name: (name: Name) => void;
  readonly finish: () => Uint8Array;
};

/** Octets that grow as they are written, with the names seen so far. */
export function startWriter(): Writer {
  let buffer = new Uint8Array(1_024);
  let length = 0;
  const known = new Map<Name, number>();
  const reserve = (count: number): void => {
    if (length + count <= buffer.length) return;
    const grown = new Uint8Array(Math.max(buffer.length * 2, length + count));
    grown.set(buffer);
    buffer = grown;
  };
  const u16 = (value: number): void => {
    reserve(2);
    buffer[length++] = (value >> 8) & 0xff;
    buffer[length++] = value & 0xff;
  };
  const octets = (value: Uint8Array): void => {
    reserve(value.length);
    buffer.set(value, length);
    length += value.length;
  };
  // RFC 1035 §4.1.4: a pointer to the longest tail that was written already.
  const name = (whole: Name): void => {
    for (let rest: Name | undefined = whole; rest !== undefined && rest !== rootName; rest = parentName(rest)) {
      const before = known.get(rest);
      if (before !== undefined) {
        u16(0xc000 | before);
        return;
      }
      if (length < 0x4000) known.set(rest, length);
      octets(octetsOf(rest.slice(0, 1 + rest.charCodeAt(0))));
    }
    octets(Uint8Array.of(0));
  };
  return { u16, octets, name, finish: () => buffer.slice(0, length) };
}
