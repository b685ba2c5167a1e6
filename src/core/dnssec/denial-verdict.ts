// What denial records can come to.

export type Unproven = {
  readonly kind: 'unproven';
  readonly because: 'denial-incomplete' | 'nsec3-parameters-differ' | 'budget';
};

/** SEC-18, SEC-23: what was to be proven is neither proven nor false. */
export type InsecureDenial = { readonly kind: 'insecure'; readonly because: 'opt-out' | 'nsec3-iterations' };

export type Absence = { readonly kind: 'absent'; readonly denial: 'nxdomain' | 'nodata' } | InsecureDenial | Unproven;

export type NoCloser = { readonly kind: 'no-closer' } | InsecureDenial | Unproven;

/** SEC-3: whether there is a delegation at the name, seen from above it. */
export type Cut =
  | { readonly kind: 'unsigned-delegation' }
  /** SEC-31: the name belongs to the zone that signed the denial, or does not exist in it. */
  | { readonly kind: 'no-cut' }
  | InsecureDenial
  | Unproven;

export const incomplete: Unproven = { kind: 'unproven', because: 'denial-incomplete' };
