// A Dockerfile's steps without Docker: each stage is a root of its own laid over the machine's tree with Node 24 in it, the
// result runs in a network of its own, as the image's user, without privileges, on a read-only tree. Needs root.

import { mkdirSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Instruction, Stage } from './dockerfile.ts';
import { type Environment, type Launched, launch, must, type Ran, runProgram } from './machine.ts';
import { until } from './peers.ts';

export type Image = {
  readonly root: string;
  readonly workdir: string;
  readonly env: Environment;
  readonly user: string;
  readonly volume: string;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
};

export type Workshop = {
  /** Runs every stage. @throws Error with the output of the step that failed. */
  build(stages: readonly Stage[], context: string): Promise<Image>;
  /** Starts what ENTRYPOINT and CMD say. */
  run(image: Image, env: Environment): Launched;
  /** Runs a command as the running image would. */
  execute(image: Image, env: Environment, command: readonly string[]): Promise<Ran>;
  /** Arguments of `nsenter` for a program of the machine in the image's network. */
  readonly inNetwork: readonly string[];
  close(): Promise<void>;
};

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** @param folder for the roots. @param hidden a folder of the machine that the roots must not see. */
export async function openWorkshop(folder: string, hidden: string, env: Environment): Promise<Workshop> {
  // Mounts end with the process that holds their namespace.
  const holding = 'ip link set lo up && echo ready && exec sleep infinity';
  const holder = launch('unshare', ['--mount', '--net', '--propagation', 'private', 'sh', '-c', holding]);
  await until('the namespaces stand', () => holder.log().includes('ready'));
  const target = ['--target', String(holder.pid)];
  const inMounts = (...command: readonly string[]): Promise<string> =>
    must('nsenter', [...target, '--mount', ...command]);

  const openRoot = async (name: string): Promise<string> => {
    const [root, upper, work] = ['root', 'upper', 'work'].map((part) => join(folder, name, part)) as [
      string,
      string,
      string,
    ];
    for (const part of [root, upper, work]) mkdirSync(part, { recursive: true });
    await inMounts('mount', '-t', 'overlay', 'overlay', '-o', `lowerdir=/,upperdir=${upper},workdir=${work}`, root);
    await inMounts('mount', '-t', 'tmpfs', 'tmpfs', join(root, hidden));
    await inMounts('mount', '-t', 'tmpfs', 'tmpfs', join(root, 'tmp'));
    await inMounts('mount', '-t', 'proc', 'proc', join(root, 'proc'));
    await inMounts('mount', '--bind', '/dev', join(root, 'dev'));
    await inMounts('touch', join(root, 'usr/local/bin/node'));
    await inMounts('mount', '--bind', process.execPath, join(root, 'usr/local/bin/node'));
    return root;
  };

  const copy = async (from: string, root: string, workdir: string, { sources, to }: Copy): Promise<void> => {
    const place = join(root, posix.resolve(workdir, to));
    for (const source of sources) {
      const origin = join(from, source);
      const isFolder = await runProgram('nsenter', [...target, '--mount', 'test', '-d', origin]).then(
        ({ code }) => code === 0,
      );
      const into = isFolder || to.endsWith('/') ? place : posix.dirname(place);
      await inMounts('mkdir', '-p', into);
      await inMounts('cp', '-R', isFolder ? `${origin}/.` : origin, isFolder || to.endsWith('/') ? into : place);
    }
  };

  const build: Workshop['build'] = async (stages, context) => {
    const images = new Map<string, Image>();
    let image: Image | undefined;
    for (const [index, stage] of stages.entries()) {
      if (!/^node:24\b/.test(stage.base)) throw new Error(`no such base here: ${stage.base}`);
      const name = stage.name ?? String(index);
      image = {
        root: await openRoot(name),
        workdir: '/',
        env: {},
        user: '0:0',
        volume: '',
        command: [],
        healthcheck: [],
      };
      for (const step of stage.instructions) {
        if (step.verb === 'RUN') {
          const within = ['env', '-i', ...assignments({ ...buildEnv(env), ...image.env })];
          const line = `cd ${image.workdir} && ${step.command}`;
          await inMounts('chroot', `--userspec=${image.user}`, image.root, ...within, 'sh', '-c', line);
        } else if (step.verb === 'COPY') {
          const from = step.from === undefined ? context : images.get(step.from)?.root;
          if (from === undefined) throw new Error(`no such stage: ${step.from}`);
          const inside = step.from === undefined ? step : { ...step, sources: step.sources.map((one) => `.${one}`) };
          await copy(from, image.root, image.workdir, inside);
        } else image = told(image, step);
        if (step.verb === 'WORKDIR') await inMounts('mkdir', '-p', join(image.root, image.workdir));
      }
      images.set(name, image);
    }
    if (image === undefined) throw new Error('no stage at all');
    await seal(image);
    return image;
  };

  /** The volume is what the image has there, on a file system of its own; the rest can no longer be written. */
  const seal = async ({ root, volume }: Image): Promise<void> => {
    const inside = join(root, volume);
    const [uid, gid, mode] = (await inMounts('stat', '--format=%u %g %a', inside)).trim().split(' ');
    await inMounts('mount', '-t', 'tmpfs', '-o', `uid=${uid},gid=${gid},mode=${mode}`, 'tmpfs', inside);
    await inMounts('mount', '-o', 'remount,ro', root);
  };

  const confined = (image: Image, given: Environment, command: readonly string[]): readonly string[] => {
    const [uid = '', gid = ''] = image.user.split(':');
    const drop = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
    const within = ['env', '-i', ...assignments({ PATH: path, HOME: '/', ...image.env, ...given })];
    const line = ['sh', '-c', `cd ${image.workdir} && exec "$@"`, 'sh', ...command];
    const as = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...drop];
    return [...target, '--mount', '--net', 'chroot', image.root, ...as, ...within, ...line];
  };

  return {
    build,
    run: (image, given) => launch('nsenter', confined(image, given, image.command)),
    execute: (image, given, command) => runProgram('nsenter', confined(image, given, command)),
    inNetwork: [...target, '--net'],
    close: async () => void (await holder.stop()),
  };
}

type Copy = Extract<Instruction, { verb: 'COPY' }>;

function told(image: Image, step: Exclude<Instruction, { verb: 'RUN' | 'COPY' }>): Image {
  switch (step.verb) {
    case 'WORKDIR':
      return { ...image, workdir: posix.resolve(image.workdir, step.value) };
    case 'USER':
      return { ...image, user: step.value };
    case 'VOLUME':
      return { ...image, volume: step.value };
    case 'EXPOSE':
      return image;
    case 'ENV':
      return { ...image, env: { ...image.env, [step.name]: step.value } };
    case 'ENTRYPOINT':
    case 'CMD':
      return { ...image, command: [...image.command, ...step.command] };
    case 'HEALTHCHECK':
      return { ...image, healthcheck: step.command };
  }
}

const assignments = (env: Environment): readonly string[] =>
  Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));

/** What the machine's own npm needs to find its registry. */
const buildEnv = (env: Environment): Environment => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('npm_config_'))),
  PATH: path,
  HOME: '/root',
});
