// Bytes as lines of 7-bit text: as they are where they fit, else quoted-printable (RFC 2045 §6.7). CRLF stays a line end.

export type MimePart = { readonly type: string; readonly content: Uint8Array };

const maxLine = 76;
const longestPlainLine = 998;

/** A MIME part with its header fields, its encoding chosen by its content, ending with CRLF. */
export function encodePart({ type, content }: MimePart): string {
  const encoded = isPlain(content)
    ? { name: '7bit', text: new TextDecoder().decode(content) }
    : { name: 'quoted-printable', text: quotedPrintable(content) };
  const end = encoded.text.endsWith('\r\n') ? '' : '\r\n';
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: ${encoded.name}\r\n\r\n${encoded.text}${end}`;
}

function isPlain(content: Uint8Array): boolean {
  let length = 0;
  for (const [at, octet] of content.entries()) {
    if (octet === 0 || octet > 0x7e) return false;
    const next = content[at + 1];
    if (octet === 0x0d && next === 0x0a) length = -1;
    else if (octet === 0x0d || (octet === 0x0a && content[at - 1] !== 0x0d)) return false;
    else if (++length > longestPlainLine) return false;
  }
  return true;
}

/** @param content text lines that end with CRLF. */
export function quotedPrintable(content: Uint8Array): string {
  const lines: string[] = [];
  let line = '';
  const put = (token: string): void => {
    // One place is kept for the `=` of a soft break.
    if (line.length + token.length >= maxLine) {
      lines.push(`${line}=`);
      line = '';
    }
    line += token;
  };
  for (let at = 0; at < content.length; at += 1) {
    const octet = content[at] as number;
    if (octet === 0x0d && content[at + 1] === 0x0a) {
      lines.push(line);
      line = '';
      at += 1;
      continue;
    }
    const blankAtEnd = (octet === 0x20 || octet === 0x09) && (at + 1 === content.length || content[at + 1] === 0x0d);
    const literal = (octet >= 0x20 && octet <= 0x7e && octet !== 0x3d) || octet === 0x09;
    put(literal && !blankAtEnd ? String.fromCharCode(octet) : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`);
  }
  lines.push(line);
  return lines.join('\r\n');
}
