// Sender, recipients and what was asked for them, as it stands in the queue (QUE-1).

import type { DomainName } from '../base/brand.ts';
import type { IpAddress } from '../base/lookup.ts';
import type { NonEmpty } from '../base/result.ts';

/** A mailbox as the client wrote it, with its domain folded to A-labels. */
export type Mailbox = {
  /** As it goes onto the wire between `<` and `>`; never holds CR, LF, NUL, space outside quotes, or angle brackets. */
  readonly text: string;
  readonly domain:
    | { readonly kind: 'name'; readonly name: DomainName }
    | { readonly kind: 'literal'; readonly address: IpAddress };
};

export type NotifyCondition = 'success' | 'failure' | 'delay';

export type EnvelopeRecipient = {
  readonly mailbox: Mailbox;
  /** RFC 3461 §4.1: undefined when not given; `never` or at least one condition. */
  readonly notify?: 'never' | NonEmpty<NotifyCondition>;
  /** As received, xtext still encoded: "rfc822;user@example" (DSN-10). */
  readonly orcpt?: string;
};

export type Envelope = {
  /** Empty text is the null reverse-path. */
  readonly reversePath: Mailbox | 'null';
  readonly recipients: NonEmpty<EnvelopeRecipient>;
  /** What the client declared; undefined when nothing (EXT-4). */
  readonly body?: '7bit' | '8bitmime';
  readonly smtputf8: boolean;
  /** RTLS-4, RTLS-5: settled once at acceptance. */
  readonly tlsTag: 'none' | 'requiretls' | 'tls-required-no';
  readonly ret?: 'full' | 'hdrs';
  /** xtext still encoded. */
  readonly envid?: string;
};
