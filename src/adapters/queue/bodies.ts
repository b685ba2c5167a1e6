// Message bodies on their way to the disk: small ones are collected for the row, larger ones go to a file that is synced
// before its row exists (QUE-1, SRV-12). Also the free-space floor (QUE-10).

import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type BodyWriter, type QueuedMessage, QueueFull } from '../../agent/ports.ts';
import type { QueueId } from '../../core/base/brand.ts';
import { freeMemory } from '../../core/base/free-memory.ts';
import { type NewMessage, rowLimit } from './protocol.ts';

export const bodySuffix = '.body';

/** Free space is asked for again after this many octets or milliseconds. */
const recheckOctets = 16_777_216;
const recheckMs = 1000;

/** Octets of one body that are held: it goes into the row whole, or to its file in one write. */
const heldLimit = rowLimit;

/** Octets that all bodies hold together. Beyond it those that grow go to files, in smaller writes. */
const heldByAll = 16_777_216;
const heldInCrowd = 65_536;

/** What the bodies of one store hold together. */
export type Holding = { add(octets: number): void; limit(): number };

export function createHolding(): Holding {
  let octets = 0;
  return {
    add(more) {
      octets += more;
    },
    limit: () => (octets < heldByAll ? heldLimit : heldInCrowd),
  };
}

const done = Promise.resolve();

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The disk's own word for "no more" in the port's terms; every other error as it is. */
export const asQueueFull = (error: unknown): unknown =>
  fullCodes.has((error as NodeJS.ErrnoException).code ?? '') ? new QueueFull((error as Error).message) : error;

export type DiskFloor = {
  /** @throws QueueFull when writing this much would leave less than the floor. */
  admit(octets: number, where: 'row' | 'file'): Promise<void>;
  /** Octets inside the database file that can be used again: a drained queue is writable on a full disk. */
  setSpare(octets: number): void;
};

export function createDiskFloor(folder: string, floor: number): DiskFloor {
  let free = 0;
  let spare = 0;
  let written = Number.POSITIVE_INFINITY;
  let askedAt = 0;
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    try {
      const found = await statfs(folder);
      free = found.bavail * found.bsize;
      written = 0;
      askedAt = performance.now();
    } finally {
      asking = undefined;
    }
  };
  return {
    setSpare(octets) {
      spare = octets;
    },
    async admit(octets, where) {
      if (written >= recheckOctets || performance.now() - askedAt > recheckMs) {
        asking ??= ask();
        await asking;
      }
      written += octets;
      const left = free - written + (where === 'row' ? spare : 0);
      // QUE-10
      if (left < floor) throw new QueueFull(`${folder} has ${Math.max(0, left)} octets left, the floor is ${floor}`);
    },
  };
}

/** A file that holds one body: written, synced, then given its name, then the name synced. */
export async function createBodyFile(spool: string, id: QueueId): Promise<BodyFile> {
  const name = join(spool, id + bodySuffix);
  const draft = `${name}.part`;
  const file: FileHandle = await open(draft, 'wx', 0o600);
  return {
    async write(chunk) {
      const { bytesWritten } = await file.write(chunk);
      // What the first call did not take; the disk says why, or takes it now.
      if (bytesWritten < chunk.length) await file.writeFile(chunk.subarray(bytesWritten));
    },
    async finish() {
      await file.datasync();
      await file.close();
      await rename(draft, name);
      await syncFolder(spool);
    },
    async remove() {
      await file.close().catch(() => undefined);
      await rm(draft, { force: true });
      await rm(name, { force: true });
    },
  };
}

export type BodyFile = {
  write(chunk: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  remove(): Promise<void>;
};

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const readBodyFile = (spool: string, id: QueueId): AsyncIterable<Uint8Array> =>
  createReadStream(join(spool, id + bodySuffix));

/** For a whole body at hand. @returns what the row will say. */
export async function storeBody(spool: string, id: QueueId, body: Uint8Array): Promise<NewMessage['body']> {
  // A copy of its own, for it is handed over to the thread; `slice` of a Buffer would be a view into a shared pool.
  if (body.length <= rowLimit) return new Uint8Array(body);
  const file = await createBodyFile(spool, id);
  try {
    await file.write(body);
    await file.finish();
  } catch (error) {
    // The settlement that it belongs to is repeated, and begins the file anew.
    await file.remove().catch(() => undefined);
    throw asQueueFull(error);
  }
  return 'file';
}

type WriterPorts = {
  readonly spool: string;
  readonly floor: DiskFloor;
  readonly holding: Holding;
  /** Resolves when another acceptance may be begun: the back-pressure. */
  readonly admitted: () => Promise<void>;
  readonly enqueue: (
    message: QueuedMessage,
    recipients: Parameters<BodyWriter['commit']>[1],
    body: NewMessage['body'],
  ) => Promise<void>;
  /** Called once: nothing more comes of this body. */
  readonly ended: () => void;
};

/** The BodyWriter of the port. */
export function createBodyWriter(id: QueueId, ports: WriterPorts): BodyWriter {
  const { spool, floor, holding, admitted, enqueue } = ports;
  let held = new Uint8Array(0);
  let length = 0;
  let counted = 0;
  let file: BodyFile | undefined;
  let state: 'open' | 'handed-over' | 'closed' = 'open';

  const count = (octets: number): void => {
    holding.add(octets - counted);
    counted = octets;
  };
  const ended = (): void => {
    count(0);
    ports.ended();
  };
  const hold = (chunk: Uint8Array): void => {
    if (length + chunk.length > held.length) {
      held = grown(held, length, length + chunk.length);
      count(held.length);
    }
    held.set(chunk, length);
    length += chunk.length;
  };
  const spill = async (chunk: Uint8Array): Promise<void> => {
    await floor.admit(chunk.length, 'file');
    file ??= await createBodyFile(spool, id);
    await file.write(chunk);
  };
  const collect = async (chunk: Uint8Array): Promise<void> => {
    const limit = holding.limit();
    if (length + chunk.length > limit) {
      if (length > 0) await spill(held.subarray(0, length));
      length = 0;
    }
    if (chunk.length > limit) await spill(chunk);
    else hold(chunk);
  };
  /** Whatever goes wrong leaves no file behind, except where its row may exist: then the next start knows. */
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    if (state !== 'open') throw new Error(`the body of ${id} is closed`);
    try {
      await work();
    } catch (error) {
      const told = asQueueFull(error);
      if (state === 'open' || told instanceof QueueFull) await file?.remove();
      state = 'closed';
      ended();
      throw told;
    }
  };

  return {
    write(chunk) {
      // What needs neither admission nor the disk waits for nothing.
      if (length > 0 && length + chunk.length <= holding.limit() && state === 'open') {
        hold(chunk);
        return done;
      }
      return guarded(async () => {
        await admitted();
        await collect(chunk);
      });
    },
    commit: (message: QueuedMessage, recipients) =>
      guarded(async () => {
        if (file === undefined) await floor.admit(length, 'row');
        else {
          if (length > 0) await spill(held.subarray(0, length));
          await file?.finish();
        }
        state = 'handed-over';
        ended();
        await enqueue(message, recipients, file === undefined ? held.subarray(0, length) : 'file');
      }),
    async abort() {
      if (state !== 'open') return;
      state = 'closed';
      ended();
      await file?.remove();
    },
  };
}

/** Octets that are set apart for what is held; most messages fit the first. Few steps: each copies what is there. */
const sizes = [8192, 32_768, 139_264];

/** What was held before is free at once, and nobody may refer to it any more. */
function grown(held: Uint8Array<ArrayBuffer>, length: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(sizes.find((size) => needed <= size) ?? heldLimit);
  larger.set(held.subarray(0, length));
  freeMemory(held);
  return larger;
}
