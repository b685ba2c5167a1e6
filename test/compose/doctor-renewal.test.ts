// What doctor says of certbot and dehydrated beside a plan or beside this relay, from the files that they have on a machine.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { examineRenewal } from '../../src/compose/doctor-renewal.ts';
import { type LineagePlan, readRolloverPlan } from '../../src/config/rollover.ts';
import { type Certified, issueLeaf, pemOf, tlsaData } from '../../src/lab/certificates.ts';

const host = 'mx.example.org';
const all = mkdtempSync(join(tmpdir(), 'sekisho-renewal-'));
after(() => rmSync(all, { recursive: true, force: true }));
let root: string;
let leaf: Certified;
before(async () => {
  leaf = await issueLeaf({ names: [host, '*.example.org'] });
});
beforeEach(() => {
  root = mkdtempSync(join(all, 'root-'));
});

const at = (path: string): string => join(root, path);
function put(path: string, text: string): string {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
  return at(path);
}
function link(path: string, target: string): string {
  mkdirSync(dirname(at(path)), { recursive: true });
  symlinkSync(target, at(path));
  return at(path);
}

/** @returns the chain in `live`. */
function certbot(more = '', base = 'etc/letsencrypt'): string {
  for (const file of ['fullchain', 'privkey']) {
    put(`${base}/archive/${host}/${file}1.pem`, file === 'fullchain' ? pemOf([leaf]) : leaf.keyPem);
    link(`${base}/live/${host}/${file}.pem`, `../../archive/${host}/${file}1.pem`);
  }
  const live = at(`${base}/live/${host}`);
  put(
    `${base}/renewal/${host}.conf`,
    `version = 4.0.0\narchive_dir = ${at(`${base}/archive/${host}`)}\nfullchain = ${live}/fullchain.pem\n\n[renewalparams]\nauthenticator = standalone\n${more}\n`,
  );
  return join(live, 'fullchain.pem');
}

/** @returns the chain in `certs`. */
function dehydrated(config: string): string {
  put('etc/dehydrated/config', config);
  put(`var/lib/dehydrated/certs/${host}/fullchain-1.pem`, pemOf([leaf]));
  return link(`var/lib/dehydrated/certs/${host}/fullchain.pem`, 'fullchain-1.pem');
}

function planOf(source: string, live: string): readonly LineagePlan[] {
  const read = readRolloverPlan(
    `[[lineage]]\nname = "mx"\nsource = "${dirname(source)}"\nlive = "${live}"\nservices = ["${host}:25"]\n`,
  );
  if (read.kind === 'fault') throw new Error(read.fault);
  return read.value.lineages;
}

type Answer = 'bogus' | readonly (readonly [number, number, number])[];
async function examine(
  lineages: readonly LineagePlan[],
  certificates: readonly string[] = [],
  published: Answer = [],
): Promise<readonly string[]> {
  const records =
    published === 'bogus'
      ? []
      : published.map(([usage, selector, matching]) => ({
          rdata: Uint8Array.of(usage, selector, matching, ...tlsaData(leaf, selector as 0 | 1, matching as 1)),
        }));
  const findings = await examineRenewal({
    root,
    config: { listen: certificates.map((certificate) => ({ certificate })) } as never,
    lineages,
    resolver: { lookup: async () => ({ state: published === 'bogus' ? 'bogus' : 'secure', records }) as never },
  });
  for (const { outcome, remedy } of findings) assert.equal(remedy === undefined, outcome === 'pass');
  return findings.map(({ outcome, says, remedy }) => `${outcome} ${says} / ${remedy ?? ''}`.replaceAll(root, ''));
}

test('OPS-46 two timers, and only the plan writes the live files: well', async () => {
  const source = certbot();
  put('lib/systemd/system/certbot.timer', '[Timer]\n');
  link('etc/systemd/system/timers.target.wants/certbot.timer', '/lib/systemd/system/certbot.timer');
  link('etc/systemd/system/timers.target.wants/sekisho-rollover.timer', '/etc/systemd/system/sekisho-rollover.timer');
  put('etc/systemd/system/sekisho-rollover.service', '[Service]\nExecStart=sekisho tlsa rollover run plan.toml\n');
  assert.deepEqual(await examine(planOf(source, at('etc/sekisho/tls/fullchain.pem'))), [
    'pass mx: certbot (/etc/systemd/system/timers.target.wants/certbot.timer) renews, and only the plan writes /etc/sekisho/tls/fullchain.pem / ',
  ]);
});

test('OPS-46 the live file is the certificate program’s own, also by a link or in another folder of configuration', async () => {
  const source = certbot('', 'srv/le');
  put('etc/cron.d/renew', '# certbot is below\n0 3 * * * root certbot -q renew\n');
  for (const live of [source, at(`srv/le/archive/${host}/fullchain1.pem`), link('etc/tls/live.pem', source)]) {
    const [said = ''] = await examine(planOf(source, live));
    assert.match(
      said,
      /^fail mx: certbot \(\/etc\/cron\.d\/renew\) itself replaces \/.*, past the plan \/ let the services/,
    );
  }
});

test('OPS-46 a hook of the certificate program that writes the live file', async () => {
  const live = at('etc/sekisho/tls/fullchain.pem');
  const source = certbot(`renew_hook = /bin/cp /x/fullchain.pem ${live}`);
  const [said = ''] = await examine(planOf(source, live));
  assert.match(
    said,
    /^fail mx: \/etc\/letsencrypt\/renewal\/mx\.example\.org\.conf writes \/etc\/sekisho\/tls\/fullchain\.pem when certbot renews/,
  );
  rmSync(at('etc/letsencrypt/renewal'), { recursive: true });
  rmSync(at('etc/letsencrypt/live'), { recursive: true });
  certbot();
  put(
    'etc/letsencrypt/renewal-hooks/deploy/copy',
    `#!/bin/sh\ncp "$RENEWED_LINEAGE"/*.pem '${at('etc/sekisho/tls')}/'\n`,
  );
  assert.match(
    (await examine(planOf(source, live)))[0] ?? '',
    /^fail mx: \/etc\/letsencrypt\/renewal-hooks\/deploy\/copy writes/,
  );
  put('etc/letsencrypt/renewal-hooks/deploy/copy', `#!/bin/sh\n# cp x ${live}\nsystemctl reload nginx\n`);
  assert.match((await examine(planOf(source, live)))[0] ?? '', /^pass /);
});

test('OPS-46 dehydrated: its hook script, its cron, its folder', async () => {
  const live = at('etc/sekisho/tls/fullchain.pem');
  const source = dehydrated(`HOOK="${'$'}{BASEDIR}/hook.sh" # own\n`);
  put('etc/cron.weekly/dehydrated', '#!/bin/sh\nexec dehydrated --cron\n');
  const by = String.raw`dehydrated \(\/etc\/cron\.weekly\/dehydrated\)`;
  assert.match((await examine(planOf(source, live)))[0] ?? '', new RegExp(`^pass mx: ${by} renews`));
  put('var/lib/dehydrated/hook.sh', `#!/bin/sh\ncase $1 in deploy_cert) cat "$5" > ${live} ;; esac\n`);
  assert.match(
    (await examine(planOf(source, live)))[0] ?? '',
    new RegExp(`^fail mx: /var/lib/dehydrated/hook\\.sh writes .* when ${by} renews`),
  );
  assert.match((await examine(planOf(source, source)))[0] ?? '', new RegExp(`^fail mx: ${by} itself replaces`));
});

test('OPS-46 without a plan: a renewal with another key, while records name the key of this one', async () => {
  const own = certbot();
  const [fresh = ''] = await examine([], [own], [[3, 1, 1]]);
  assert.match(
    fresh,
    /^fail .*: certbot makes a new key at each renewal, and _25\._tcp\.mx\.example\.org names the old one \/ set reuse_key = True in \/etc\/letsencrypt\/renewal\/mx\.example\.org\.conf, or/,
  );
  assert.deepEqual(await examine([], [own], []), []);
  assert.deepEqual(await examine([], [own], [[2, 0, 1]]), []);
  assert.match((await examine([], [own], 'bogus'))[0] ?? '', /^unknown .* no answer for _25\._tcp\.mx\.example\.org/);
  rmSync(at('etc/letsencrypt'), { recursive: true });
  certbot('reuse_key = True');
  assert.match(
    (await examine([], [own], [[3, 1, 1]]))[0] ?? '',
    /^pass .*certbot renews it and keeps the key that _25/,
  );
  // A record of the whole certificate does not survive even that.
  assert.match(
    (
      await examine(
        [],
        [own],
        [
          [3, 1, 1],
          [3, 0, 1],
        ],
      )
    )[0] ?? '',
    /^fail .*names this very certificate/,
  );
  const other = dehydrated('# as it comes\n');
  assert.match(
    (await examine([], [other], [[3, 1, 1]]))[0] ?? '',
    /^fail .*dehydrated makes a new key.*set PRIVATE_KEY_RENEW="no" in \/etc\/dehydrated\/config/,
  );
  put(`var/lib/dehydrated/certs/${host}/config`, 'PRIVATE_KEY_RENEW=no\n');
  assert.match((await examine([], [other], [[3, 1, 1]]))[0] ?? '', /^pass /);
});

test('OPS-46 what starts nothing is not named: masked timers, comments, and cron that leaves it to systemd', async () => {
  const source = certbot();
  const live = at('etc/sekisho/tls/fullchain.pem');
  link('etc/systemd/system/timers.target.wants/certbot.timer', '/lib/systemd/system/certbot.timer');
  link('etc/systemd/system/certbot.timer', '/dev/null');
  put(
    'etc/cron.d/certbot',
    '0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && certbot -q renew\n',
  );
  mkdirSync(at('run/systemd/system'), { recursive: true });
  put('etc/crontab', '# 0 1 * * * root dehydrated -c\n');
  put('etc/periodic.conf', 'weekly_dehydrated_enable="NO"\n');
  assert.match((await examine(planOf(source, live)))[0] ?? '', /^pass mx: certbot renews/);
  rmSync(at('run/systemd/system'), { recursive: true });
  assert.match((await examine(planOf(source, live)))[0] ?? '', /^pass mx: certbot \(\/etc\/cron\.d\/certbot\) renews/);
  rmSync(at('etc/letsencrypt'), { recursive: true });
  assert.deepEqual(await examine(planOf(source, live), [live, 'self-signed']), []);
});
