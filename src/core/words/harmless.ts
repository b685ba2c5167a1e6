// Text of strangers where people see it (ATK-112, ATK-115): without what moves a cursor, reorders, or hides. Leaves out mark-up.

/** Longer text of a peer is cut: no screen is the better for it. */
const longest = 4096;

/** C0, DEL, C1, separators of lines, and what has no shape of its own: bidirectional controls, zero width, tags. */
const formless = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line, of bounded length. */
export const harmless = (text: string): string => {
  const shown = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return shown.replace(formless, '�');
};

/** Inside JSON: it means the same and does nothing. */
export const jsonEscaped = (sign: string): string =>
  [...Array(sign.length).keys()].map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** The same JSON with each such sign escaped. */
export const inertJson = (text: string): string => text.replace(formless, jsonEscaped);

/** Lines of a program's own: line feeds and tabs stay, and so do its colours when it uses some. */
export const harmlessLines = (text: string, color: 'color' | 'plain'): string =>
  text.replace(/\u001b\[(?:0|1|31|32|33|90)m|[\p{Cc}\p{Cf}\u2028\u2029]/gu, (sign) => {
    if (sign === '\n' || sign === '\t') return sign;
    return sign.length > 2 && color === 'color' ? sign : `�${sign.startsWith('\u001b[') ? sign.slice(1) : ''}`;
  });
