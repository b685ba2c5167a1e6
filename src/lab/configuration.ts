// The configuration with which the other verbs look into the laboratory: its resolver, anchor, CA bundle and ports
// (config.md). Written as text, so that this part knows the contract but not the loader.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lab } from './world.ts';

export type LabRelay = {
  /** `address:port` where the relay takes mail. */
  readonly listen: string;
  /** `address:port` of the status page. */
  readonly admin: string;
};

/** The relay that `sekisho lab` starts. */
export const defaultLabRelay: LabRelay = { listen: '127.0.0.1:2525', admin: '127.0.0.1:9025' };

const configName = 'sekisho.toml';
const bundleName = 'ca.pem';

/**
 * Writes the configuration and the CA bundle into the directory, which will also hold the queue.
 * @returns the path for `-c`.
 */
export async function writeLabConfiguration(
  lab: Lab,
  directory: string,
  relay: LabRelay = defaultLabRelay,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, configName);
  await writeFile(join(directory, bundleName), lab.caBundle);
  await writeFile(path, labConfiguration(lab, directory, relay));
  return path;
}

/** The text of `sekisho.toml`. */
export function labConfiguration(lab: Lab, directory: string, relay: LabRelay): string {
  const text = (value: string): string => JSON.stringify(value);
  return `# The laboratory's world: made anew by each "sekisho lab", valid while it runs.
profile = "lab"

[identity]
hostname = "relay.lab.test"

[[listen]]
name = "lab"
kind = "relay"
address = ${text(relay.listen)}
clients = ["127.0.0.0/8", "::1/128"]
certificate = "self-signed"

[resolver]
mode = "validate"
servers = [${text(lab.resolver)}]
trust_anchors = ${text(lab.anchors)}

[tls]
trust_store = ${text(join(directory, bundleName))}

[mta_sts]
port = ${lab.ports.https}

[delivery]
port = ${lab.ports.smtp}
allow_addresses = ["127.0.0.0/8", "::1/128"]

[queue]
url = ${text(`sqlite:${join(directory, 'queue.db')}`)}
# Days pass quickly here.
keep_history = "365d"

[admin]
address = ${text(relay.admin)}
`;
}

/** What the person at the terminal needs to go on. */
export function labHints(lab: Lab, configPath: string, relay: LabRelay = defaultLabRelay): readonly string[] {
  return [
    `look:   sekisho check -c ${configPath} dane-ee.test`,
    `send:   printf 'Subject: hello\\r\\n\\r\\nhello\\r\\n' | curl -sS -T - smtp://${relay.listen} --mail-from you@relay.lab.test --mail-rcpt anyone@sts-enforce.example`,
    `page:   http://${relay.admin}/`,
    `domains of the laboratory: ${lab.destinations.map(({ domain }) => domain).join(' ')}`,
    ...lab.leftOut.map(({ name, because }) => `left out: ${name}, ${because}`),
  ];
}
