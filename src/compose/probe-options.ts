// Flags of `check` to options of the probe: what delivery would use, but for what the flags say.

import type { ProbeOptions, Subject } from '../agent/probe.ts';
import type { CheckOptions } from '../cli/program.ts';
import type { Loaded } from '../config/load.ts';
import { parseDomainName } from '../core/base/domain-name.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import type { OperatorFloor } from '../core/policy/model.ts';
import type { Sight } from './materials.ts';

export function probeOptionsOf(
  loaded: Loaded,
  materials: Sight,
  asked: CheckOptions,
): Result<Omit<ProbeOptions, 'discover' | 'signal'>, string> {
  const mx = asked.mx === undefined ? undefined : parseDomainName(asked.mx);
  if (mx?.kind === 'fault') return fault(`--mx ${JSON.stringify(asked.mx)} is no host name`);
  return ok({
    routes: materials.routes,
    operator: materials.policy,
    ehloName: materials.identity.hostname,
    resolverMode: loaded.config.resolver.mode,
    connect: asked.connect,
    requiretls: asked.requiretls,
    all: asked.all,
    ...(asked.floor === undefined ? {} : { floor: asked.floor as OperatorFloor }),
    ...(mx === undefined ? {} : { mx: mx.value }),
    ...(asked.sender === undefined ? {} : { sender: asked.sender }),
  });
}

/** `--host` takes the place of a domain (OPS-11). */
export const subjectOf = (subject: string, { host }: CheckOptions): Subject =>
  host === undefined ? subject : { host: host.name, port: host.port, starttls: host.starttls };
