// Hexadecimal, base64 and base32hex (RFC 4648) for record text, keys and anchors.

const base64Alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const base32HexAlphabet = '0123456789abcdefghijklmnopqrstuv';

const hexPairs = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

export function toHex(octets: Uint8Array): string {
  let text = '';
  for (let at = 0; at < octets.length; at++) text += hexPairs[octets[at]!]!;
  return text;
}

/** @returns undefined unless the text is pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, pair) =>
    Number.parseInt(text.slice(pair * 2, pair * 2 + 2), 16),
  );
}

/** With padding. */
export function toBase64(octets: Uint8Array): string {
  const digits = toDigits(octets, 6, base64Alphabet);
  return digits + '='.repeat((4 - (digits.length % 4)) % 4);
}

/** RFC 4648 §5, without padding. */
export const toBase64Url = (octets: Uint8Array): string =>
  toDigits(octets, 6, base64Alphabet).replaceAll('+', '-').replaceAll('/', '_');

/** RFC 5155 §3.3: lower case, without padding. */
export const toBase32Hex = (octets: Uint8Array): string => toDigits(octets, 5, base32HexAlphabet);

function toDigits(octets: Uint8Array, width: number, alphabet: string): string {
  let text = '';
  let bits = 0;
  let count = 0;
  for (const octet of octets) {
    bits = ((bits << 8) | octet) & 0xffff;
    count += 8;
    for (; count >= width; count -= width) text += alphabet[(bits >> (count - width)) & ((1 << width) - 1)];
  }
  return count === 0 ? text : text + alphabet[(bits << (width - count)) & ((1 << width) - 1)];
}

/** @returns undefined unless the text is padded or unpadded base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bare = /^([A-Za-z0-9+/]*)={0,2}$/.exec(text)?.[1];
  if (bare === undefined || bare.length % 4 === 1) return undefined;
  const octets: number[] = [];
  let bits = 0;
  let count = 0;
  for (const digit of bare) {
    bits = ((bits << 6) | base64Alphabet.indexOf(digit)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    octets.push((bits >> count) & 0xff);
  }
  return Uint8Array.from(octets);
}
