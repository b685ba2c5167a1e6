// What the verbs look at beyond this machine, with the outlook of the configuration: loaded when a verb wants it.

import type { ValidatingResolver } from '../adapters/dns/resolver.ts';
import { systemClock } from '../adapters/system/clock.ts';
import { findContacts } from '../agent/find-contact.ts';
import { draftFor } from '../agent/policy-draft.ts';
import { mxNamesOf, presentedBy } from '../agent/presented.ts';
import { dnsReport } from '../cli/dns-report.ts';
import type { Flags } from '../cli/flags.ts';
import type { DnsReport, Program } from '../cli/program.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { Loaded } from '../config/load.ts';
import { fault, ok, type Result } from '../core/base/result.ts';
import { nameFromText } from '../core/dns/name.ts';
import { rdataToText, typeFromText } from '../core/dns/presentation.ts';
import { sightOf, surroundings, withBench } from './bench.ts';
import { examineMachine } from './doctor.ts';
import { examineDkim } from './doctor-dkim.ts';
import { examineOutside } from './doctor-outside.ts';
import { examineRenewal } from './doctor-renewal.ts';
import { gatherSight } from './materials.ts';
import { openResolver } from './outlook.ts';
import type { Environment } from './settings.ts';

type LookUps = Pick<Program, 'dns' | 'policyDraft' | 'mxNames' | 'contacts' | 'presented' | 'doctor'>;

export function makeLookUps(terminal: Terminal, env: Environment): LookUps {
  return {
    dns: (loaded, flags, name, type) => lookUp(loaded, flags, { name, type }, env, terminal),
    policyDraft: (loaded, flags, request) =>
      withBench(loaded, flags, env, terminal, (bench) =>
        draftFor(bench.outlook.probePorts, request, bench.probeOptions),
      ),
    mxNames: (loaded, flags, domain) =>
      withBench(loaded, flags, env, terminal, ({ outlook, probeOptions }) =>
        mxNamesOf(outlook.probePorts, domain, probeOptions),
      ),
    contacts: async (loaded, flags, domains) => {
      const found = await withBench(loaded, flags, env, terminal, async ({ outlook: { resolver } }) =>
        ok(await Promise.all(domains.map((domain) => findContacts(resolver, soaOver(resolver), domain)))),
      );
      return found.kind === 'ok' ? found.value : [];
    },
    presented: (loaded, flags, service) =>
      withBench(loaded, flags, env, terminal, ({ outlook, probeOptions }) =>
        presentedBy(outlook.probePorts, service, probeOptions),
      ),
    doctor: async (loaded, flags, request) => {
      const { materials } = gatherSight(loaded.config, env, systemClock.now());
      // At once, so that `--timeout` bounds both.
      const [here, outside] = await Promise.all([
        examineMachine(loaded.config, materials, surroundings(flags, terminal)),
        withBench(loaded, flags, env, terminal, async (bench) =>
          ok([
            ...(await examineOutside(loaded.config, bench, request)),
            ...(await examineDkim(loaded, bench, env)),
            ...(await examineRenewal({
              root: '/',
              config: loaded.config,
              lineages: request.lineages,
              resolver: bench.outlook.resolver,
            })),
          ]),
        ),
      ]);
      // What is wrong with the settings was told by `inspect`.
      return [...here, ...(outside.kind === 'ok' ? outside.value : [])];
    },
  };
}

/** RNAME of the zone whose apex has that name. */
const soaOver =
  (resolver: ValidatingResolver) =>
  async (text: string): Promise<string | undefined> => {
    const [name, type] = [nameFromText(text), typeFromText('SOA')];
    if (name.kind === 'fault' || type === undefined) return undefined;
    const { records } = await resolver.lookup(name.value, type);
    const soa = records.find((record) => record.type === type);
    return soa && rdataToText(soa.type, soa.rdata).split(' ')[1];
  };

async function lookUp(
  loaded: Loaded,
  flags: Flags,
  asked: { name: string; type: string },
  env: Environment,
  terminal: Terminal,
): Promise<Result<DnsReport, string>> {
  const name = nameFromText(asked.name);
  const type = typeFromText(asked.type);
  if (name.kind === 'fault') return fault(`${JSON.stringify(asked.name)} is no domain name (${name.fault})`);
  if (type === undefined)
    return fault(`${JSON.stringify(asked.type)} is no record type; A, AAAA, MX, TLSA, TXT, DS, … or TYPE65`);
  const materials = sightOf(loaded, env);
  if (materials.kind === 'fault') return materials;
  const resolver = openResolver(loaded.config, materials.value, surroundings(flags, terminal));
  try {
    const found = await resolver.lookup(name.value, type);
    return ok(dnsReport(found, found));
  } finally {
    resolver.close();
  }
}
