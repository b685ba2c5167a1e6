// Reply lines to code, enhanced code and text (RFC 5321 §4.2, SMTP-6).

import type { NonEmpty } from '../base/result.ts';

export type Reply = {
  /** 200 to 599. */
  readonly code: number;
  /** "5.7.1" if the reply carried a well-formed one of the same class (RFC 3463). */
  readonly enhanced?: string;
  /** One entry per line, code and enhanced code kept out of it, control characters replaced. */
  readonly lines: NonEmpty<string>;
};
