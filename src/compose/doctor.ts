// What can be told of this machine without leaving it, and the resolver's own exam (OPS-60). The rest: doctor-outside.ts.

import type { DoctorFinding } from '../cli/program.ts';
import type { Config } from '../config/config.ts';
import { diskOf } from './disk.ts';
import type { Sight } from './materials.ts';
import { openResolver, type Surroundings } from './outlook.ts';
import { buildDate } from './package.ts';

export async function examineMachine(
  config: Config,
  materials: Sight | undefined,
  around: Surroundings,
): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [hostName(config), clock(around), disk(config)];
  if (materials !== undefined) {
    findings.push(
      trustStore(materials, config.tls.trustStore, process.platform),
      anchors(config),
      ...(await resolver(config, materials, around)),
    );
  }
  return [...findings, ...exceptions(config, around)];
}

function hostName({ identity }: Config): DoctorFinding {
  const subject = 'host name';
  if (identity.hostname.includes('.'))
    return { subject, outcome: 'pass', says: `${identity.hostname} (${identity.hostnameSource})` };
  return {
    subject,
    outcome: 'fail',
    says: `${identity.hostname} is no full name, and many receivers refuse it`,
    remedy: 'set identity.hostname to the name that the reverse DNS of this machine says',
  };
}

function clock({ clock: { now } }: Surroundings): DoctorFinding {
  const subject = 'clock';
  const text = new Date(now()).toISOString();
  return text < buildDate
    ? {
        subject,
        outcome: 'fail',
        says: `${text} is before this version was made; signatures cannot be judged`,
        remedy: 'set the clock, best by NTP',
      }
    : { subject, outcome: 'pass', says: text };
}

function disk(config: Config): DoctorFinding {
  const { enough, says } = diskOf(config);
  return enough
    ? { subject: 'disk', outcome: 'pass', says }
    : { subject: 'disk', outcome: 'fail', says, remedy: 'make room, or lower queue.min_free' };
}

/** Where each system has its bundle from (OPS-4). */
export function bundleRemedy(platform: NodeJS.Platform): string {
  if (platform === 'freebsd') return 'pkg install ca_root_nss, or certctl rehash; or set tls.trust_store';
  if (platform === 'openbsd') return 'it belongs to the base system: /etc/ssl/cert.pem; or set tls.trust_store';
  return 'install the package ca-certificates; or set tls.trust_store';
}

/** @param setting `tls.trust_store`. */
export function trustStore(
  { trustStore: { certificates, source } }: Pick<Sight, 'trustStore'>,
  setting: string,
  platform: NodeJS.Platform,
): DoctorFinding {
  const subject = 'trust store';
  const remedy = bundleRemedy(platform);
  if (certificates.length === 0)
    return { subject, outcome: 'fail', says: `${source} holds no certificate: WebPKI never succeeds`, remedy };
  const says = `${certificates.length} authorities from ${source}`;
  // PKIX-6: they work, and grow old with the program instead of with the system.
  if (setting === 'system' && source === 'builtin')
    return { subject, outcome: 'pass', says: `${says}: this system has no bundle`, remedy };
  return { subject, outcome: 'pass', says };
}

const anchors = ({ resolver: { trustAnchors } }: Config): DoctorFinding => ({
  subject: 'trust anchors',
  outcome: 'pass',
  says: trustAnchors === 'builtin' ? 'built in: root keys 20326 and 38696' : 'configured',
});

async function resolver(config: Config, materials: Sight, around: Surroundings): Promise<readonly DoctorFinding[]> {
  const opened = openResolver(config, materials, around);
  try {
    const exam = await opened.examined();
    const from = config.resolver.servers.length === 0 ? ' (/etc/resolv.conf)' : '';
    const remedy =
      'use a resolver that passes DNSSEC on, such as a local unbound; nothing is delivered through this one';
    return exam.servers.map((server): DoctorFinding => {
      const says = `${server.server}${from}: ${server.says}`;
      return server.passed
        ? { subject: 'resolver', outcome: 'pass', says }
        : { subject: 'resolver', outcome: 'fail', says, remedy };
    });
  } finally {
    opened.close();
  }
}

/** OPS-67: what is switched off is shown. */
export function exceptions(config: Config, { clock: { now } }: Surroundings): readonly DoctorFinding[] {
  const today = new Date(now()).toISOString().slice(0, 10);
  const off: readonly DoctorFinding[] = [
    ...(config.mtaSts.enabled
      ? []
      : [{ subject: 'MTA-STS', outcome: 'not-applicable' as const, says: 'switched off by mta_sts.enabled' }]),
    ...(config.policy.enforce
      ? []
      : [{ subject: 'floor', outcome: 'not-applicable' as const, says: 'not enforced: policy.enforce is off' }]),
  ];
  return [
    ...off,
    ...config.policy.exceptions.map(
      (exception): DoctorFinding => ({
        subject: 'exception',
        outcome: exception.until < today ? 'not-applicable' : 'pass',
        says: `${exception.to.join(' ')}: ${exception.ignore.join(' ')} ignored until ${exception.until} (${exception.reason})`,
      }),
    ),
  ];
}
