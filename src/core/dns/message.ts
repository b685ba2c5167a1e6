// DNS messages (RFC 1035 §4, EDNS RFC 6891, EDE RFC 8914). RDATA is kept raw but uncompressed, in the case it came in;
// canonical form is the validator's business. Only class IN is understood by callers.

import type { Name } from './name.ts';

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

export type MessageQuestion = { readonly name: Name; readonly type: number; readonly class: number };

export type ResourceRecord = {
  readonly owner: Name;
  readonly type: number;
  readonly class: number;
  /** Seconds; a value with the top bit set was read as 0 (RFC 2181 §8). */
  readonly ttl: number;
  /** Names inside are uncompressed and keep their case. */
  readonly rdata: Uint8Array;
};

export type EdnsOption = { readonly code: number; readonly data: Uint8Array };

export type Edns = {
  readonly version: number;
  readonly udpSize: number;
  readonly dnssecOk: boolean;
  readonly options: readonly EdnsOption[];
};

/** RFC 8914: for logs only, never for a decision (DNS-14). */
export type ExtendedError = { readonly code: number; readonly text: string };

export type Message = {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** Twelve bits: the upper eight come from the OPT record. */
  readonly rcode: number;
  readonly questions: readonly MessageQuestion[];
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly ResourceRecord[];
  readonly edns: Edns | undefined;
};

export type MessageFault = 'too-short' | 'too-many-records' | 'bad-name' | 'bad-record' | 'bad-opt' | 'trailing-octets';

export type QueryOptions = {
  readonly id: number;
  readonly name: Name;
  readonly type: number;
  readonly recursionDesired: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  readonly dnssecOk: boolean;
  /** Octets; DNS-1 sends 1232. */
  readonly udpSize: number;
};
