// DNSKEY, DS, RRSIG, NSEC and NSEC3 from bytes (RFC 4034, RFC 5155).

export type Dnskey = {
  readonly flags: number;
  readonly protocol: number;
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly keyTag: number;
  readonly rdata: Uint8Array;
};
