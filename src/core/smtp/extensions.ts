// EHLO lines to offered extensions: the first word of each line, compared whole and without case (RFC 5321 §4.1.1.1).

/** Keyword in upper case to its parameters as sent. Empty after HELO. */
export type Extensions = ReadonlyMap<string, string>;
