// Memory of large octets is given back at once. Left to the collector, a megabyte of messages that passed costs it a look at
// everything that lives.

/** Below this the collector is the cheaper one. */
const worthIt = 4096;

/**
 * Nobody may refer to the octets any more: every view of their memory is empty from now on. What shares its memory with
 * others, as small Buffers do, is left alone.
 */
export function freeMemory({ buffer, length }: Uint8Array): void {
  if (length >= worthIt && length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
