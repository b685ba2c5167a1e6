// The configuration as the rest of the program sees it: checked, in base units, nothing left to interpret.

import type { OperatorFloor } from '../core/policy/model.ts';
import type { HostPort, SecretRef } from './values.ts';

export type Listener = {
  readonly name: string;
  readonly kind: 'relay' | 'submission';
  readonly address: HostPort;
  readonly clients: readonly string[];
  readonly tls: 'off' | 'optional' | 'required' | 'implicit';
  readonly clientSpki: readonly string[];
  readonly clientCa: string | undefined;
  readonly certificate: string | undefined;
  readonly key: SecretRef | undefined;
  readonly auth: 'none' | 'password' | 'client-certificate';
  readonly users: SecretRef | undefined;
  readonly requiretls: 'offer' | 'off';
  readonly bareNewline: 'normalize' | 'refuse';
  /** Octets. */
  readonly maxMessageSize: number;
  readonly maxRecipients: number;
};

export type ConfiguredRule = {
  readonly to: readonly string[];
  readonly floor: OperatorFloor | undefined;
  readonly names: readonly string[];
  readonly requiretls: 'as-asked' | 'always';
  readonly source: string;
};

export type ConfiguredException = {
  readonly to: readonly string[];
  readonly ignore: readonly ('floor' | 'dane' | 'mta-sts' | 'dnssec')[];
  /** Last day in UTC, "2026-12-31". */
  readonly until: string;
  readonly reason: string;
  readonly source: string;
};

export type ConfiguredRoute = {
  readonly to: readonly string[];
  readonly via: string;
  readonly tls: 'starttls' | 'implicit';
  readonly credentials: SecretRef | undefined;
  readonly source: string;
};

/** Durations in seconds, sizes in octets. */
export type Config = {
  readonly profile: string;
  /** Threads in all; 0: as many as the machine suggests. */
  readonly workers: number;
  readonly stateDirectory: string;
  readonly identity: {
    readonly hostname: string;
    readonly hostnameSource: 'configured' | 'machine';
    readonly origin: string;
    readonly ownNames: readonly string[];
    readonly postmaster: string;
  };
  readonly listen: readonly Listener[];
  readonly resolver: {
    readonly mode: 'validate' | 'trust-ad';
    /** Empty: /etc/resolv.conf. */
    readonly servers: readonly string[];
    readonly trustAnchors: string;
    readonly allowSha1: boolean;
    readonly localZones: readonly string[];
  };
  readonly tls: {
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    readonly trustStore: string;
    readonly certificate: string | undefined;
    readonly key: SecretRef | undefined;
  };
  readonly mtaSts: { readonly enabled: boolean; readonly port: number; readonly maxAgeCap: number };
  readonly policy: {
    readonly floor: OperatorFloor;
    readonly enforce: boolean;
    readonly rules: readonly ConfiguredRule[];
    readonly exceptions: readonly ConfiguredException[];
  };
  readonly routes: readonly ConfiguredRoute[];
  readonly delivery: {
    readonly port: number;
    readonly allowAddresses: readonly string[];
    readonly families: 'auto' | 'ipv4' | 'ipv6';
    readonly sourceAddresses: readonly string[];
    readonly warnAfter: number;
    readonly expireAfter: number;
    readonly perDestination: number;
    readonly perHost: number;
    readonly parallel: number;
    readonly retry: readonly number[];
  };
  readonly queue: { readonly url: string; readonly minFree: number; readonly keepHistory: number };
  readonly aliases: Readonly<Record<string, string>>;
  readonly admin: { readonly address: HostPort; readonly token: SecretRef | undefined; readonly actions: boolean };
  readonly log: {
    readonly format: 'json' | 'pretty';
    readonly level: 'debug' | 'info' | 'warn' | 'error';
    readonly redact: 'none' | 'local-parts' | 'addresses';
  };
};
