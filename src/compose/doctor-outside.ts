// What can only be told by asking others: outbound port 25, reverse name, SPF, names of known state, and whether a domain of
// ours is ready for DANE (OPS-60 to OPS-62). What was not concluded is `unknown`, never right and never wrong.

import { networkInterfaces } from 'node:os';
import { mxNamesOf, presentedBy } from '../agent/presented.ts';
import { spfAllows } from '../agent/spf.ts';
import { checkTlsa, type TlsaCheck } from '../agent/tlsa-check.ts';
import type { DoctorFinding, DoctorRequest } from '../cli/program.ts';
import type { Config } from '../config/config.ts';
import type { DomainName } from '../core/base/brand.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import type { IpAddress } from '../core/base/lookup.ts';
import { nameFromText } from '../core/dns/name.ts';
import { rdataToText, typeFromText } from '../core/dns/presentation.ts';
import type { Proof } from '../core/dnssec/proof.ts';
import { refusalOf } from '../core/routing/addresses.ts';
import { octetsOf } from '../core/routing/ip-address.ts';
import type { Bench } from './bench.ts';

const remedies = {
  resolver: 'mend the resolver first: use one that passes DNSSEC on, such as a local unbound',
  name: 'a name such as example.org is wanted',
  connect: 'leave --no-connect away',
  address: 'behind NAT set delivery.source_addresses, or look at the address that others see by hand',
  sign: 'sign the zone first: senders ignore TLSA records in one that is not',
  lookUp: (name: string, type: string): string => `see sekisho dns ${name} ${type}, or ask again later`,
  reach: (host: string): string => `see sekisho trace --host ${host}; port 25 may be closed on the way, or there`,
  tlsa: (host: string): string => `see sekisho tlsa check ${host}`,
};

export async function examineOutside(
  config: Config,
  bench: Bench,
  request: DoctorRequest,
): Promise<readonly DoctorFinding[]> {
  const exam = await bench.outlook.resolver.examined();
  if (exam.state !== 'passed')
    return [
      {
        subject: 'port 25',
        outcome: 'unknown',
        says: 'not tested: no resolver is fit to find a mail host',
        remedy: remedies.resolver,
      },
    ];
  const own = ownAddresses(config);
  const parts = await Promise.all([
    knownNames(bench, request),
    reach(config, bench, request),
    reverseNames(config, bench, own),
    senderPolicy(bench, own),
    ...request.domains.map((domain) => readiness(bench, domain, own)),
  ]);
  return parts.flat();
}

/** What is configured, else what the interfaces have that the internet can reach. */
function ownAddresses({ delivery }: Config): readonly IpAddress[] {
  if (delivery.sourceAddresses.length > 0) return delivery.sourceAddresses as readonly IpAddress[];
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address as IpAddress)
    .filter((address) => refusalOf(address, []) === undefined);
}

// ---- the resolver, on names of the operator's choice

async function knownNames(bench: Bench, { good, bad }: DoctorRequest): Promise<readonly DoctorFinding[]> {
  const judge = async (name: string, wanted: 'secure' | 'bogus'): Promise<DoctorFinding> => {
    const subject = wanted === 'secure' ? 'good name' : 'broken name';
    const proof = await lookUp(bench, name, 'A');
    if (proof === undefined) return { subject, outcome: 'unknown', says: `${name} is no name`, remedy: remedies.name };
    const says = `${name} is ${proof.state}${proof.because === null ? '' : ` (${proof.because})`}`;
    if (proof.state === wanted) return { subject, outcome: 'pass', says };
    if (proof.state === 'indeterminate')
      return { subject, outcome: 'unknown', says, remedy: remedies.lookUp(name, 'A') };
    return {
      subject,
      outcome: 'fail',
      says: `${says}, and should be ${wanted}`,
      remedy: 'another name server may answer differently; see sekisho dns',
    };
  };
  return Promise.all([...good.map((name) => judge(name, 'secure')), ...bad.map((name) => judge(name, 'bogus'))]);
}

async function lookUp({ outlook }: Bench, text: string, type: string): Promise<Proof | undefined> {
  const name = nameFromText(text);
  const number = typeFromText(type);
  return name.kind === 'ok' && number !== undefined ? outlook.resolver.lookup(name.value, number) : undefined;
}

// ---- port 25

/** Two large receivers whose hosts stand in many places: if neither answers, it is the way there. */
const wellKnown = ['gmail.com', 'outlook.com'];

async function reach(config: Config, bench: Bench, { reach: named }: DoctorRequest): Promise<readonly DoctorFinding[]> {
  const subject = 'port 25';
  if (named === 'none')
    return [{ subject, outcome: 'unknown', says: 'not tested: --no-connect', remedy: remedies.connect }];
  const { outlook, probeOptions } = bench;
  const missed: string[] = [];
  for (const text of named.length > 0 ? named : wellKnown) {
    const domain = parseDomainName(text);
    const hosts = domain.kind === 'ok' ? await mxNamesOf(outlook.probePorts, domain.value, probeOptions) : undefined;
    const host = hosts?.kind === 'ok' ? hosts.value.hosts[0] : undefined;
    if (host === undefined) {
      missed.push(`${text} has no mail host here`);
      continue;
    }
    const seen = await presentedBy(
      outlook.probePorts,
      { host, port: config.delivery.port, tls: 'starttls' },
      probeOptions,
    );
    // Whatever it said, it was reached; only a connection that did not come about says nothing.
    if (seen.kind === 'ok' || !/: connect: /.test(seen.fault))
      return [{ subject, outcome: 'pass', says: `${host} answers (${text})` }];
    missed.push(seen.fault);
  }
  return [
    {
      subject,
      outcome: 'unknown',
      says: `not tested: ${missed.join('; ')}`,
      remedy:
        'many networks block it: ask the provider, or route everything through a host that may (config route.via)',
    },
  ];
}

// ---- names and SPF

async function reverseNames(
  config: Config,
  bench: Bench,
  own: readonly IpAddress[],
): Promise<readonly DoctorFinding[]> {
  const subject = 'reverse name';
  if (own.length === 0)
    return [
      {
        subject,
        outcome: 'unknown',
        says: 'this machine has no public address of its own',
        remedy: remedies.address,
      },
    ];
  return Promise.all(own.map((address) => reverseName(config.identity.hostname, bench, address)));
}

async function reverseName(hostname: string, bench: Bench, address: IpAddress): Promise<DoctorFinding> {
  const subject = 'reverse name';
  const remedy = `whoever gave out ${address} can set its reverse name to ${hostname}; identity.hostname must be that name`;
  const proof = await lookUp(bench, reverseOf(address), 'PTR');
  if (proof === undefined || proof.state === 'bogus' || proof.state === 'indeterminate')
    return {
      subject,
      outcome: 'unknown',
      says: `no answer for the reverse name of ${address}`,
      remedy: remedies.lookUp(reverseOf(address), 'PTR'),
    };
  const names = proof.records.map(({ type, rdata }) => rdataToText(type, rdata).replace(/\.$/, '').toLowerCase());
  if (names.length === 0) return { subject, outcome: 'fail', says: `${address} has no reverse name`, remedy };
  if (!names.includes(hostname.toLowerCase()))
    return { subject, outcome: 'fail', says: `${address} is ${names.join(', ')}, and EHLO says ${hostname}`, remedy };
  const host = parseDomainName(hostname);
  const forward =
    host.kind === 'ok'
      ? (await bench.outlook.resolver.resolve(host.value, address.includes(':') ? 'AAAA' : 'A')).answer
      : undefined;
  if (forward === undefined || forward.kind === 'failed')
    return {
      subject,
      outcome: 'unknown',
      says: `no answer for the addresses of ${hostname}`,
      remedy: remedies.lookUp(hostname, 'A'),
    };
  const agrees = forward.kind === 'found' && forward.value.includes(address);
  return agrees
    ? { subject, outcome: 'pass', says: `${address} and ${hostname} name each other` }
    : {
        subject,
        outcome: 'fail',
        says: `${address} is ${hostname}, but ${hostname} is not ${address}`,
        remedy: `give ${hostname} an address record of ${address}`,
      };
}

function reverseOf(address: IpAddress): string {
  const octets = octetsOf(address) ?? new Uint8Array();
  if (octets.length === 4) return `${[...octets].reverse().join('.')}.in-addr.arpa`;
  const digits = [...octets].flatMap((octet) => [octet >> 4, octet & 15].map((digit) => digit.toString(16)));
  return `${digits.reverse().join('.')}.ip6.arpa`;
}

async function senderPolicy({ outlook, sight }: Bench, own: readonly IpAddress[]): Promise<readonly DoctorFinding[]> {
  const { origin } = sight.identity;
  const subject = 'SPF';
  return Promise.all(
    own.map(async (address): Promise<DoctorFinding> => {
      const { kind, says } = await spfAllows(outlook.resolver, origin, address);
      if (kind === 'pass') return { subject, outcome: 'pass', says: `${address} may send for ${origin} (${says})` };
      if (kind === 'unknown') return { subject, outcome: 'unknown', says, remedy: remedies.lookUp(origin, 'TXT') };
      if (kind === 'none') return { subject, outcome: 'not-applicable', says };
      return {
        subject,
        outcome: 'fail',
        says: `${address} is not allowed to send for ${origin} (${says})`,
        remedy: `add ${address.includes(':') ? 'ip6' : 'ip4'}:${address} to the SPF record of ${origin}`,
      };
    }),
  );
}

// ---- a domain of ours, before it publishes TLSA records

/** OPS-61. */
async function readiness(
  bench: Bench,
  domain: DomainName,
  own: readonly IpAddress[],
): Promise<readonly DoctorFinding[]> {
  const zone = await signedZone(bench, domain);
  const { outlook, probeOptions } = bench;
  const findings: DoctorFinding[] = [zone];
  const found = checkTlsa(
    outlook.probePorts,
    { kind: 'domain', domain },
    { ...probeOptions, supposed: [], looks: 'every-address' },
  );
  for await (const host of found) {
    if ('kind' in host)
      findings.push({
        subject: 'MX',
        outcome: 'unknown',
        says: `${domain} has no MX host to look at (${host.state})`,
        remedy: remedies.lookUp(domain, 'MX'),
      });
    else findings.push(await hostZone(bench, host.host), ...hostFindings(host, own));
  }
  return findings;
}

async function signedZone(bench: Bench, domain: string): Promise<DoctorFinding> {
  return zoneFinding('zone', domain, await lookUp(bench, domain, 'MX'));
}

/** RFC 7672 §2.2.2: the host's own zone is what carries the records. */
async function hostZone(bench: Bench, host: string): Promise<DoctorFinding> {
  return zoneFinding('MX zone', host, await lookUp(bench, host, 'A'));
}

function zoneFinding(subject: string, name: string, proof: Proof | undefined): DoctorFinding {
  const state = proof?.state ?? 'indeterminate';
  const because = proof?.because ?? null;
  if (state === 'secure') return { subject, outcome: 'pass', says: `${name} is signed, and its parent vouches for it` };
  if (state === 'indeterminate')
    return { subject, outcome: 'unknown', says: `no answer for ${name}`, remedy: remedies.lookUp(name, 'DS') };
  return state === 'insecure'
    ? {
        subject,
        outcome: 'fail',
        says: `${name} is not secure (${because ?? 'insecure'}): senders ignore TLSA records there`,
        remedy: 'sign the zone and hand its DS record to the registrar; see sekisho dns for the step that is missing',
      }
    : { subject, outcome: 'fail', says: `${name} is bogus (${because ?? ''}): mail waits`, remedy: 'see sekisho dns' };
}

function hostFindings(check: TlsaCheck, own: readonly IpAddress[]): readonly DoctorFinding[] {
  const { host, presented } = check;
  const here = presented.map(({ address }) => address).some((address) => own.includes(address as IpAddress));
  const offered = presented.filter(({ outcome }) => outcome !== 'unreached');
  const mute = offered.filter(({ chain }) => chain.length === 0);
  return [
    here
      ? { subject: 'MX', outcome: 'pass', says: `${host} is this machine` }
      : { subject: 'MX', outcome: 'not-applicable', says: `${host} is not known to be this machine` },
    offered.length === 0
      ? { subject: 'STARTTLS', outcome: 'unknown', says: `${host} was not reached`, remedy: remedies.reach(host) }
      : mute.length === 0
        ? { subject: 'STARTTLS', outcome: 'pass', says: `${host} offers it at every address, with and without SNI` }
        : {
            subject: 'STARTTLS',
            outcome: 'fail',
            says: `${host}: ${mute[0]?.address} ${mute[0]?.says}`,
            remedy: 'offer STARTTLS to everybody and always before any TLSA record is published (RFC 7672 §2.2)',
          },
    tlsaFinding(check),
  ];
}

/** OPS-62: what is insecure is never called published. */
function tlsaFinding({ host, published, verdict, says, wouldMatch, owner }: TlsaCheck): DoctorFinding {
  const subject = 'TLSA';
  const remedy = wouldMatch === null ? undefined : `${owner} IN TLSA ${wouldMatch}`;
  const withRemedy = remedy === undefined ? {} : { remedy };
  if (verdict === 'match')
    return { subject, outcome: 'pass', says: `${host}: published, and every combination matches` };
  if (verdict === 'undetermined')
    return { subject, outcome: 'unknown', says: `${host}: ${says}`, remedy: remedies.tlsa(host) };
  if (published === 'none') return { subject, outcome: 'not-applicable', says: `${host}: none yet`, ...withRemedy };
  const fix = published === 'insecure' ? remedies.sign : (remedy ?? remedies.tlsa(host));
  return { subject, outcome: 'fail', says: `${host}: ${says}`, remedy: fix };
}
