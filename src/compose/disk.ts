// Is there room for mail: the question of QUE-10 as doctor and /readyz put it.

import { statfsSync } from 'node:fs';
import type { Config } from '../config/config.ts';

export type Room = { readonly enough: boolean; readonly says: string };

export function diskOf({ queue }: Config): Room {
  const folder = queue.url.replace(/^sqlite:/, '').replace(/\/[^/]*$/, '') || '/';
  try {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const says = `${Math.round(free / 1e6)} MB free in ${folder}`;
    return free < queue.minFree
      ? { enough: false, says: `${says}, below queue.min_free: mail is refused with 452` }
      : { enough: true, says };
  } catch (error) {
    return { enough: false, says: `${folder}: ${(error as Error).message}` };
  }
}
