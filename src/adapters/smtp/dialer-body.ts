// The octets of a message as they go behind 354 (RFC 5321 §4.5.2): dots are stuffed, a missing last CRLF is added, nothing
// else is changed, and no bare CR or LF leaves (SMUG-6). Works on blocks: no octet is looked at by itself.

import { bareNewlineAt, wordsOf } from './text-scan.ts';

/** SMUG-6: ends the transfer before the octet that would have been sent. */
export class BareNewline extends Error {
  override readonly name = 'BareNewline';
}

export type Stuffing = {
  /** @returns the block as it is sent, in pieces. @throws BareNewline for a block that holds a CR or LF by itself. */
  add(block: Uint8Array): readonly Uint8Array[];
  /** @returns what ends the message, the final dot included. @throws BareNewline behind a bare CR. */
  finish(): Uint8Array;
};

const dot = Buffer.from('.');
const ending = Buffer.from('.\r\n');
const newlineAndEnding = Buffer.from('\r\n.\r\n');
const nothing: Buffer = Buffer.alloc(0);

export function createStuffing(): Stuffing {
  /** A CR at the end of a block waits for the next one. */
  let held = nothing;
  let at: 'start-of-line' | 'inside' = 'start-of-line';
  return {
    add(block) {
      const given = Buffer.from(block.buffer, block.byteOffset, block.length);
      const joined = held.length > 0 ? Buffer.concat([held, given]) : given;
      const cut = joined.at(-1) === 0x0d ? joined.length - 1 : joined.length;
      held = joined.subarray(cut);
      const whole = joined.subarray(0, cut);
      if (whole.length === 0) return [];
      if (bareNewlineAt(whole, wordsOf(whole), 0) >= 0) throw new BareNewline('the stored message has a bare CR or LF');
      const pieces = stuff(whole, at);
      at = whole.at(-1) === 0x0a ? 'start-of-line' : 'inside';
      return pieces;
    },
    finish() {
      if (held.length > 0) throw new BareNewline('the stored message ends in a bare CR');
      return at === 'start-of-line' ? ending : newlineAndEnding;
    },
  };
}

/** Cut before each dot that starts a line, with another dot between. */
function stuff(block: Buffer, start: 'start-of-line' | 'inside'): readonly Uint8Array[] {
  const pieces: Uint8Array[] = start === 'start-of-line' && block[0] === 0x2e ? [dot] : [];
  let from = 0;
  for (let next = block.indexOf('\n.'); next >= 0; next = block.indexOf('\n.', from)) {
    pieces.push(block.subarray(from, next + 1), dot);
    from = next + 1;
  }
  pieces.push(from === 0 ? block : block.subarray(from));
  return joinMany(pieces);
}

/** A body of dots alone must not become a write for each. */
const joinMany = (pieces: readonly Uint8Array[]): readonly Uint8Array[] =>
  pieces.length > 16 ? [Buffer.concat(pieces)] : pieces;
