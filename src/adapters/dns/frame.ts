// What must agree before a datagram or a frame counts as the answer to a query (RFC 5452 §9.1), read from the octets
// before any parser touches them. The question is compared as sent, octet by octet, so case counts too.

/** `stranger`: not our answer. `headless`: our id and an error code, but no question to check. */
export type ReplyMatch = 'answer' | 'truncated' | 'headless' | 'stranger';

const headerOctets = 12;

/** @param query as sent: a header and exactly one question first. */
export function matchReply(query: Uint8Array, reply: Uint8Array): ReplyMatch {
  if (reply.length < headerOctets) return 'stranger';
  const [id0, id1, flags0 = 0, flags1 = 0, count0, count1 = 0] = reply;
  // DNS-4: id, direction and operation.
  if (id0 !== query[0] || id1 !== query[1] || (flags0 & 0xf8) !== 0x80) return 'stranger';
  if (count0 === 0 && count1 === 0 && reply.length === headerOctets && (flags1 & 0x0f) !== 0) return 'headless';
  if (count0 !== 0 || count1 !== 1) return 'stranger';
  // DNS-4: name, type and class. The first name of a message has nothing to point back to, so it is never compressed.
  const end = questionEnd(query);
  if (reply.length < end) return 'stranger';
  for (let at = headerOctets; at < end; at += 1) if (reply[at] !== query[at]) return 'stranger';
  return (flags0 & 0x02) !== 0 ? 'truncated' : 'answer';
}

/** A copy of the query under another id. */
export function withId(query: Uint8Array, id: number): Uint8Array {
  const copy = Uint8Array.from(query);
  copy[0] = id >> 8;
  copy[1] = id & 0xff;
  return copy;
}

function questionEnd(query: Uint8Array): number {
  let at = headerOctets;
  while (at < query.length && query[at] !== 0) at += (query[at] ?? 0) + 1;
  return at + 5;
}
