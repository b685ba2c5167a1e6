// What a listener is told: config.md `[[listen]]` with files read and ranges made, and the bounds on what a client may cost.

import type { Acceptor, Log, Metrics } from '../../agent/ports.ts';
import type { DomainName, Seconds } from '../../core/base/brand.ts';
import { seconds } from '../../core/base/brand.ts';
import type { Identity } from '../../core/smtp/admission.ts';
import type { Mailbox } from '../../core/smtp/envelope.ts';

/** `net.BlockList` fits. */
export type ClientRanges = { check(address: string, family: 'ipv4' | 'ipv6'): boolean };

/** PEM, the leaf first. */
export type CertificatePair = { readonly certificate: string; readonly key: string };

export type ListenerOptions = {
  readonly name: string;
  readonly kind: 'relay' | 'submission';
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** SO_REUSEPORT: `first` finds the address free and lets further threads open it as well, `further` is one of those. */
  readonly sharing?: 'first' | 'further' | 'none';
  readonly clients: ClientRanges;
  readonly tls: 'off' | 'optional' | 'required' | 'implicit';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** The first is the default, the others are chosen by SNI; none: no STARTTLS and no REQUIRETLS (TLS-28). */
  readonly certificates: readonly CertificatePair[];
  readonly auth: 'none' | 'password' | 'client-certificate';
  /** SHA-256 of the client's public key, in hex. */
  readonly clientSpki: readonly string[];
  /** PEM of the authorities whose clients may relay; left out: none. */
  readonly clientAuthorities?: readonly string[];
  readonly requiretls: 'offer' | 'off';
  readonly bareNewline: 'normalize' | 'refuse';
  /** Octets. */
  readonly maxMessageSize: number;
  readonly maxRecipients: number;
  readonly identity: Identity;
  /** Local part in lower case to mailbox; used on submission listeners. */
  readonly aliases: ReadonlyMap<string, Mailbox>;
  readonly limits: Limits;
};

// SRV-26, ATK-93.
export type Limits = {
  readonly connections: number;
  /** Not for clients inside the ranges. */
  readonly connectionsPerClient: number;
  /** Commands since the last accepted message, accepted RCPT not counted. */
  readonly commands: number;
  /** Permanent refusals since the last accepted message. */
  readonly errors: number;
  /** SRV-11: until a whole command line is there, however many octets of it came. */
  readonly command: Seconds;
  readonly handshake: Seconds;
  /** Whole session of a client outside the ranges; never cuts a message in transfer. */
  readonly session: Seconds;
  /** How long our own part of a command may take before it is answered 4yz. */
  readonly handler: Seconds;
  /** Least octets per second of DATA, on average over `dataWindow`. */
  readonly dataRate: number;
  readonly dataWindow: Seconds;
  /** How long a client outside the ranges waits for the greeting; whoever talks before it is turned away. */
  readonly greetingDelay: Seconds;
  /** Octets of one text line with its CRLF; profile strict: 1000 (SMUG-10). */
  readonly line: number;
};

export const defaultLimits: Limits = {
  connections: 1000,
  connectionsPerClient: 50,
  commands: 200,
  errors: 50,
  command: seconds(300),
  handshake: seconds(60),
  session: seconds(3600),
  handler: seconds(120),
  dataRate: 100,
  dataWindow: seconds(180),
  greetingDelay: seconds(0.1),
  line: 65_536,
};

export type ServerPorts = {
  readonly acceptor: Acceptor;
  readonly log: Log;
  readonly metrics: Metrics;
  /** @param listener its name: each has its own users. */
  authenticate(user: string, password: string, listener: string): Promise<'accepted' | 'refused' | 'unavailable'>;
  /** Answers from what is known already; never asks (SRV-14, SRV-19). */
  knownNullMx(domain: DomainName): boolean;
};
