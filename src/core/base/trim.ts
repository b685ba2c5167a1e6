// Blanks cut off in one pass. A pattern such as /[ \t]+$/ looks at a long row of blanks once from each of them, so that
// 64 KiB from a stranger hold the event loop for half a minute (ATK-66).

export function trimEndOf(text: string, blanks: string): string {
  let end = text.length;
  while (end > 0 && blanks.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

export function trimOf(text: string, blanks: string): string {
  let start = 0;
  while (start < text.length && blanks.includes(text.charAt(start))) start++;
  return trimEndOf(text.slice(start), blanks);
}
