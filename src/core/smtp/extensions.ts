// EHLO lines to offered extensions: the first word of each line, compared whole and without case (RFC 5321 §4.1.1.1).
// A keyword inside another word or inside a parameter is none: REQUIRETLS found in `X-REQUIRETLS` would be a lie (RTLS-30).

import type { Reply } from './reply.ts';

/** Keyword in upper case to its parameters as sent. Empty after HELO. */
export type Extensions = ReadonlyMap<string, string>;

export const noExtensions: Extensions = new Map();

/** The keywords of a 250 reply to EHLO; its first line is the server's name. A doubled keyword keeps its first line. */
export function parseExtensions(reply: Reply): Extensions {
  const offered = new Map<string, string>();
  for (const line of reply.lines.slice(1)) {
    const [, keyword, parameters] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?: +(.*))?$/.exec(line.trimEnd()) ?? [];
    if (keyword === undefined || offered.has(keyword.toUpperCase())) continue;
    offered.set(keyword.toUpperCase(), parameters ?? '');
  }
  return offered;
}

/** RFC 1870 §4: the largest message in octets, undefined when none is named or it is 0. */
export function sizeLimit(extensions: Extensions): number | undefined {
  const parameter = extensions.get('SIZE');
  return parameter !== undefined && /^\d{1,20}$/.test(parameter) && Number(parameter) > 0
    ? Number(parameter)
    : undefined;
}

/** RFC 4954 §3: SASL mechanism names in upper case. */
export const authMechanisms = (extensions: Extensions): readonly string[] =>
  (extensions.get('AUTH') ?? '')
    .toUpperCase()
    .split(/ +/)
    .filter((name) => name !== '');
