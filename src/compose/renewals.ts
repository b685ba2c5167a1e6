// What the files of certbot and dehydrated say of the next renewal: which files it replaces, whether the key stays, which
// hooks run, and what starts it by itself (OPS-46). Read, never run; other programs are not known.

import { readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

export type Renewal = {
  readonly program: 'certbot' | 'dehydrated';
  readonly name: string;
  /** Whatever lies in them is replaced; links followed too. */
  readonly folders: readonly string[];
  readonly key: 'kept' | 'new';
  /** Where that can be changed. */
  readonly config: string;
  readonly hooks: readonly { readonly at: string; readonly text: string }[];
};

export type Starter = { readonly program: Renewal['program']; readonly at: string };

const usualBases = {
  certbot: ['etc/letsencrypt', 'usr/local/etc/letsencrypt'],
  dehydrated: ['etc/dehydrated', 'usr/local/etc/dehydrated', 'var/lib/dehydrated'],
} as const;

/** Nobody has more; what is larger is no such file. */
const maxEntries = 500;
const maxOctets = 256 * 1024;

/** @param paths certificates or keys: their programs' folders are looked at too, wherever those are. */
export async function findRenewals(root: string, paths: readonly string[]): Promise<readonly Renewal[]> {
  const near = [...new Set(paths.map((path) => dirname(dirname(dirname(resolve(path))))))];
  const bases = (usual: readonly string[]): readonly string[] => [
    ...new Set([...usual.map((one) => join(root, one)), ...near]),
  ];
  const found = await Promise.all([
    ...bases(usualBases.certbot).map(certbotAt),
    ...bases(usualBases.dehydrated).map((base) => dehydratedAt(base, root)),
  ]);
  return found.flat();
}

async function certbotAt(base: string): Promise<readonly Renewal[]> {
  const confs = (await entries(join(base, 'renewal'))).filter((file) => file.endsWith('.conf'));
  const shared = (
    await Promise.all(['deploy', 'post'].map((kind) => hooksIn(join(base, 'renewal-hooks', kind))))
  ).flat();
  return Promise.all(
    confs.map(async (file): Promise<Renewal> => {
      const text = await textOf(file);
      const value = (key: string): string | undefined =>
        new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(.*?)[ \\t]*$`, 'm').exec(text)?.[1];
      const name = basename(file, '.conf');
      const live = dirname(value('fullchain') ?? join(base, 'live', name, 'fullchain.pem'));
      const commands = ['renew_hook', 'deploy_hook', 'post_hook'].flatMap((key) => value(key) ?? []);
      return {
        program: 'certbot',
        name,
        folders: [live, value('archive_dir') ?? join(base, 'archive', name)].map((folder) => resolve(folder)),
        key: /^true$/i.test(value('reuse_key') ?? '') ? 'kept' : 'new',
        config: file,
        hooks: [...(await Promise.all(commands.map((command) => hooksOf(file, command)))).flat(), ...shared],
      };
    }),
  );
}

/** A command, and the text of the program that it names. */
async function hooksOf(config: string, command: string): Promise<Renewal['hooks']> {
  const program = command.split(/\s+/).find(isAbsolute);
  return [
    { at: config, text: command },
    ...(program === undefined ? [] : [{ at: program, text: await textOf(program) }]),
  ];
}

const hooksIn = async (folder: string): Promise<Renewal['hooks']> =>
  Promise.all((await entries(folder)).map(async (at) => ({ at, text: await textOf(at) })));

async function dehydratedAt(base: string, root: string): Promise<readonly Renewal[]> {
  const folders = await entries(join(base, 'certs'));
  if (folders.length === 0) return [];
  const places = [base, join(root, 'etc/dehydrated'), join(root, 'usr/local/etc/dehydrated')];
  const configs = [...new Set(places)].map((place) => join(place, 'config'));
  const all = await Promise.all(configs.map(async (at) => ({ at, text: await textOf(at) })));
  const common = all.find(({ text }) => text !== '') ?? { at: configs[0] as string, text: '' };
  const found = await Promise.all(
    folders.map(async (folder): Promise<Renewal | undefined> => {
      if (!(await isFile(join(folder, 'fullchain.pem')))) return undefined;
      const own = join(folder, 'config');
      const text = `${common.text}\n${await textOf(own)}`;
      const hook = setting(text, 'HOOK')?.replace(/\$\{?BASEDIR\}?/g, base);
      return {
        program: 'dehydrated',
        name: basename(folder),
        folders: [folder],
        // Its own default is a new key each time.
        key: setting(text, 'PRIVATE_KEY_RENEW') === 'no' ? 'kept' : 'new',
        config: common.at,
        hooks: hook === undefined || hook === '' ? [] : await hooksOf(common.at, hook),
      };
    }),
  );
  return found.filter((one) => one !== undefined);
}

/** Shell assignments; the last one counts. */
const setting = (text: string, name: string): string | undefined =>
  [...text.matchAll(new RegExp(`^[ \\t]*${name}=["']?([^"'\\n#]*?)["']?[ \\t]*(?:#.*)?$`, 'gm'))].at(-1)?.[1];

/** The renewal that replaces the file itself. */
export async function replacedBy(renewals: readonly Renewal[], path: string): Promise<Renewal | undefined> {
  const real = await realpath(path).catch(() => path);
  const folders = [dirname(resolve(path)), dirname(real)];
  for (const renewal of renewals) {
    const own = [
      ...renewal.folders,
      ...(await Promise.all(renewal.folders.map((one) => realpath(one).catch(() => one)))),
    ];
    if (folders.some((folder) => own.includes(folder))) return renewal;
  }
  return undefined;
}

/** A hook that names the file, or its folder as a place to write to. */
export function writtenBy(
  renewals: readonly Renewal[],
  path: string,
): { readonly renewal: Renewal; readonly at: string } | undefined {
  const folder = dirname(resolve(path));
  for (const renewal of renewals)
    for (const { at, text } of renewal.hooks) {
      const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
      const names = (wanted: string): boolean =>
        lines.some((line) => line.split(/[\s"'=;]+/).some((word) => word.replace(/\/$/, '') === wanted));
      if (names(resolve(path)) || (folder !== '/' && names(folder))) return { renewal, at };
    }
  return undefined;
}

// ---- what starts it

const namesOne = /\b(certbot|dehydrated)\b/;

/** Timers of systemd, tables of cron, periodic of FreeBSD. */
export async function findStarters(root: string): Promise<readonly Starter[]> {
  const tables = await Promise.all([
    ...['etc/cron.d', 'var/spool/cron/crontabs', 'var/spool/cron', 'var/cron/tabs'].map((folder) =>
      entries(join(root, folder)),
    ),
    ...['hourly', 'daily', 'weekly', 'monthly'].map((pace) => entries(join(root, `etc/cron.${pace}`))),
  ]);
  const files = [
    ...tables.flat(),
    ...['etc/crontab', 'etc/periodic.conf', 'etc/periodic.conf.local'].map((one) => join(root, one)),
  ];
  const found = await Promise.all([
    timers(root),
    ...files.map(async (at) => starterIn(at, await textOf(at), await isFolder(join(root, 'run/systemd/system')))),
  ]);
  return found.flat();
}

function starterIn(at: string, text: string, systemd: boolean): readonly Starter[] {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line) && !/_enable="?no/i.test(line));
  // What Debian ships leaves it to the timer where there is systemd.
  const acting = lines.filter((line) => !(systemd && /-d \/run\/systemd\/system/.test(line)));
  const program = acting.map((line) => namesOne.exec(line)?.[1]).find((one) => one !== undefined);
  return program === undefined ? [] : [{ program: program as Starter['program'], at }];
}

async function timers(root: string): Promise<readonly Starter[]> {
  const units = [
    'etc/systemd/system',
    'usr/local/lib/systemd/system',
    'usr/lib/systemd/system',
    'lib/systemd/system',
  ].map((folder) => join(root, folder));
  const wanted = await entries(join(root, 'etc/systemd/system/timers.target.wants'));
  const found = await Promise.all(
    wanted.map(async (at): Promise<readonly Starter[]> => {
      const unit = basename(at);
      // Masked.
      if ((await readlink(join(units[0] as string, unit)).catch(() => '')) === '/dev/null') return [];
      const services = await Promise.all(
        units.map((folder) => textOf(join(folder, unit.replace(/\.timer$/, '.service')))),
      );
      const program = namesOne.exec(`${unit}\n${services.find((text) => text !== '') ?? ''}`)?.[1];
      return program === undefined ? [] : [{ program: program as Starter['program'], at }];
    }),
  );
  return found.flat();
}

// ---- files that may be missing, or not be ours to read

async function entries(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .sort()
    .slice(0, maxEntries)
    .map((name) => join(folder, name));
}

async function textOf(path: string): Promise<string> {
  const about = await stat(path).catch(() => undefined);
  if (about === undefined || !about.isFile() || about.size > maxOctets) return '';
  const text = await readFile(path, 'utf8').catch(() => '');
  // A program that is no script.
  return text.includes('\0') ? '' : text;
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() === true;
const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;
