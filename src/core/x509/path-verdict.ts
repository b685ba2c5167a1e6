// What OpenSSL said of the path from the leaf to a store, as a closed union (A5). Names are not part of it.

/** `webpki` is the configured bundle; `anchor` a single certificate that a TLSA record named. */
export type TrustStoreRef = { readonly kind: 'webpki' } | { readonly kind: 'anchor'; readonly certificate: Uint8Array };

export type PathFault = 'expired' | 'not-yet-valid' | 'untrusted' | 'constraint' | 'weak' | 'other';

export type PathVerdict =
  | { readonly kind: 'trusted'; readonly store: TrustStoreRef }
  | { readonly kind: 'untrusted'; readonly store: TrustStoreRef; readonly fault: PathFault; readonly says: string };
