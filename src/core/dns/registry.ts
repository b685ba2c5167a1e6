// Numbers from the IANA DNS registry that the program names (RFC 6895).

/** Types that some part of the program names; any other number passes as it is (RFC 3597). */
export const RrType = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  CAA: 257,
  ANY: 255,
} as const;

/** RFC 9824 §3.1: the pseudo-type in an NSEC bitmap that says the name does not exist. */
export const nxnameType = 128;

export const classIn = 1;

export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
