// What an attacker on the resolver's path, or a careless zone owner, makes of an answer. Faults have names, stand at an
// owner and perhaps a type, and are laid over the finished answer; the zones themselves stay right.

import { createHash } from 'node:crypto';
import { classIn, type Message, Rcode, type ResourceRecord, RrType } from '../../core/dns/message.ts';
import { isAtOrBelow, type Name, parentName } from '../../core/dns/name.ts';
import { type Authority, recordsOf, signed } from './authority.ts';
import { closestEncloser, denialProof, denialSets } from './denial.ts';
import { recordData } from './rdata.ts';
import { makeSignature, signatureLife } from './signer.ts';
import type { RrSet } from './zone.ts';

export type DnsError = 'servfail' | 'refused' | 'notimp' | 'formerr' | 'timeout' | 'malformed' | 'truncated';

export type DnsLie =
  | 'strip-rrsig'
  | 'corrupt-signature'
  | 'unknown-algorithm'
  | 'wrong-signer'
  | 'many-bad-signatures'
  | 'nsec3-iterations'
  | 'nsec3-opt-out'
  | 'signature-expired'
  | 'signature-from-the-future'
  | 'strip-proof'
  | 'nodata-without-proof'
  | 'nxdomain-without-proof'
  | 'nodata-foreign-proof'
  | 'nodata-ancestor-proof'
  | 'nodata-matching-proof'
  | 'nxdomain-foreign-proof'
  | 'nxdomain-without-wildcard-proof'
  | 'nodata-forged-iterations'
  | 'nodata-forged-opt-out'
  | 'nodata-endless-proofs'
  | 'signature-until'
  | 'forged-ad'
  | 'rewrite'
  | 'altered-cname'
  | 'wildcard-replay';

export type DnsDecoy = 'forged-additional' | 'forged-address' | 'wrong-question' | 'wrong-id';

export type DnsFault = DnsError | DnsLie | DnsDecoy;

export type FaultContext = {
  readonly authority: Authority;
  readonly name: Name;
  readonly type: number;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly transport: 'udp' | 'tcp';
  /** Data that the fault was set with: record data for `rewrite` and `forged-additional`. */
  readonly data: readonly string[];
};

/** `no-reply`: the question is dropped. `octets`: sent as they are, behind the right id. */
export type Faulted =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'no-reply' }
  | { readonly kind: 'octets'; readonly octets: Uint8Array };

type Apply = (message: Message, context: FaultContext) => Faulted;

const reply = (message: Message): Faulted => ({ kind: 'message', message });
const rcode =
  (code: number): Apply =>
  (message) =>
    reply({ ...message, rcode: code, answer: [], authority: [], authenticData: false });

const all = (message: Message, change: (records: readonly ResourceRecord[]) => readonly ResourceRecord[]): Faulted =>
  reply({ ...message, answer: change(message.answer), authority: change(message.authority) });

const covers = (record: ResourceRecord): number => (record.rdata[0]! << 8) | record.rdata[1]!;
const isDenial = (type: number): boolean => type === RrType.NSEC || type === RrType.NSEC3;
const isProof = (record: ResourceRecord): boolean =>
  isDenial(record.type) || (record.type === RrType.RRSIG && isDenial(covers(record)));

const withoutSignatures = (records: readonly ResourceRecord[]): readonly ResourceRecord[] =>
  records.filter((record) => record.type !== RrType.RRSIG);

/** Changes every RRSIG in the message. */
const resigned =
  (change: (rdata: Uint8Array, record: ResourceRecord, context: FaultContext) => Uint8Array): Apply =>
  (message, context) =>
    all(message, (records) =>
      records.map((record) =>
        record.type === RrType.RRSIG
          ? { ...record, rdata: change(Uint8Array.from(record.rdata), record, context) }
          : record,
      ),
    );

const bad = 200;
const alteredCopies = (record: ResourceRecord): readonly ResourceRecord[] =>
  Array.from({ length: bad }, (_, i) => {
    const rdata = Uint8Array.from(record.rdata);
    rdata[rdata.length - 1]! ^= 1 + (i % 255);
    return { ...record, rdata };
  });

/** Changes every NSEC3 and leaves its signature as it was. */
const withNsec3 =
  (change: (rdata: Uint8Array) => void): Apply =>
  (message) =>
    all(message, (records) =>
      records.map((record) => {
        if (record.type !== RrType.NSEC3) return record;
        const rdata = Uint8Array.from(record.rdata);
        change(rdata);
        return { ...record, rdata };
      }),
    );

/** True signatures of another life, as a zone owner makes them who forgot to sign or whose clock is wrong. */
const lived = (from: number): Apply =>
  resigned((rdata, record, context) => {
    const zone = context.authority.zoneOf(record.owner, covers(record));
    const set =
      zone?.sets.get(record.owner)?.get(covers(record)) ??
      (zone && denialSets(zone).find((one) => one.owner === record.owner));
    if (!zone?.keys || !set) return rdata;
    return makeSignature(zone, set, { inception: context.now + from, expiration: context.now + from + signatureLife });
  });

function denied(code: number, prove: (context: FaultContext) => readonly ResourceRecord[]): Apply {
  return (message, context) => {
    const zone = context.authority.zoneOf(context.name, context.type);
    const soa = zone?.sets.get(zone.apex)?.get(RrType.SOA);
    const authority = zone && soa ? [...signed(zone, soa, context.now), ...prove(context)] : [];
    return reply({ ...message, rcode: code, answer: [], authority, authenticData: false });
  };
}

/** True and signed records of the chain that say nothing about the name asked for. */
function apexDenial({ authority, name, type, now }: FaultContext): readonly ResourceRecord[] {
  const zone = authority.zoneOf(name, type);
  return zone ? denialProof(zone, { kind: 'nodata', name: zone.apex }).flatMap((set) => signed(zone, set, now)) : [];
}

/** The parent's own record at the delegation, shown to deny what the child holds (RFC 6840 §4.1). */
function ancestorDenial({ authority, name, type, now }: FaultContext): readonly ResourceRecord[] {
  const child = authority.zoneOf(name, type);
  const parent = child && authority.zoneOf(child.apex, RrType.DS);
  if (!child || !parent) return [];
  return denialProof(parent, { kind: 'nodata', name: child.apex }).flatMap((set) => signed(parent, set, now));
}

/** The true record at the name itself, whatever types it lists (RFC 6840 §4.3). */
function matchingDenial({ authority, name, type, now }: FaultContext): readonly ResourceRecord[] {
  const zone = authority.zoneOf(name, type);
  return zone ? denialProof(zone, { kind: 'nodata', name }).flatMap((set) => signed(zone, set, now)) : [];
}

/** A wildcard stands above the name: that the name itself does not exist is proven, that no wildcard does is left out. */
function nameDenialOnly({ authority, name, type, now }: FaultContext): readonly ResourceRecord[] {
  const zone = authority.zoneOf(name, type);
  if (!zone) return [];
  const encloser = closestEncloser(zone, name);
  return denialProof(zone, { kind: 'expanded', name, encloser }).flatMap((set) => signed(zone, set, now));
}

/** Truly signed NSEC3 records, each with parameters of its own, so that every one asks for hashes of its own. */
function endlessDenial({ authority, name, type, now }: FaultContext): readonly ResourceRecord[] {
  const zone = authority.zoneOf(name, type);
  const template = zone && denialSets(zone).find((set) => set.type === RrType.NSEC3);
  if (!zone?.keys || !template) return [];
  const life = { inception: now - 3600, expiration: now + signatureLife };
  return Array.from({ length: manyProofs }, (_, i) => {
    const salt = createHash('sha512').update(`${i}`).digest();
    const next = Buffer.alloc(20, i + 1);
    const rdata = Buffer.concat([Buffer.from([1, 0, 0, 50, salt.length]), salt, Buffer.from([20]), next]);
    const owner = `${template.owner.slice(0, 30)}${String(i).padStart(3, '0')}${template.owner.slice(33)}` as Name;
    const set: RrSet = { owner, type: RrType.NSEC3, ttl: 300, records: [{ rdata, canonical: rdata }] };
    const signature = makeSignature(zone, set, life);
    return [...recordsOf(set, owner), { owner, type: RrType.RRSIG, class: classIn, ttl: 300, rdata: signature }];
  }).flat();
}

const manyProofs = 120;

/** A loose record with the data the fault was set with. */
function given({ name, type, data }: FaultContext, as: number = type): readonly ResourceRecord[] {
  return data.map((line) => {
    const { rdata } = recordData(as, line.split(' '), '\0' as Name);
    return { owner: name, type: as, class: classIn, ttl: 300, rdata };
  });
}

const truncated: Apply = (message, { transport }) =>
  transport === 'tcp'
    ? { kind: 'no-reply' }
    : reply({ ...message, truncated: true, answer: [], authority: [], additional: [] });

/** SERVFAIL and its like are the resolver's word; the others are seen as bogus by whoever validates. */
const errors: Readonly<Record<DnsError, Apply>> = {
  servfail: rcode(Rcode.SERVFAIL),
  refused: rcode(Rcode.REFUSED),
  notimp: rcode(Rcode.NOTIMP),
  formerr: rcode(Rcode.FORMERR),
  timeout: (): Faulted => ({ kind: 'no-reply' }),
  malformed: (): Faulted => ({ kind: 'octets', octets: Buffer.from('81800001ffff0000', 'hex') }),
  /** TC over UDP, and no answer over TCP. */
  truncated,
};

const lies: Readonly<Record<DnsLie, Apply>> = {
  'strip-rrsig': (message) => all(message, withoutSignatures),
  'corrupt-signature': resigned((rdata) => {
    rdata[rdata.length - 1]! ^= 1;
    return rdata;
  }),
  'unknown-algorithm': resigned((rdata) => {
    rdata[2] = 253;
    return rdata;
  }),
  'wrong-signer': resigned((rdata, record) => {
    const signer = parentName(record.owner) ?? record.owner;
    return Buffer.concat([rdata.subarray(0, 18), Buffer.from(signer, 'latin1'), rdata.subarray(-64)]);
  }),
  /** Each signature is hidden among altered ones of the same key. */
  'many-bad-signatures': (message) =>
    all(message, (records) =>
      records.flatMap((record) => (record.type === RrType.RRSIG ? [...alteredCopies(record), record] : [record])),
    ),
  /** More iterations than anybody counts, written into signed records. */
  'nsec3-iterations': withNsec3((rdata) => {
    rdata.set([9, 196], 2);
  }),
  'nsec3-opt-out': withNsec3((rdata) => {
    rdata[1] = 1;
  }),
  'signature-expired': lived(-2 * signatureLife),
  'signature-from-the-future': lived(signatureLife / 2),
  'strip-proof': (message) => all(message, (records) => records.filter((record) => !isProof(record))),
  'nodata-without-proof': denied(Rcode.NOERROR, () => []),
  'nxdomain-without-proof': denied(Rcode.NXDOMAIN, () => []),
  'nodata-foreign-proof': denied(Rcode.NOERROR, apexDenial),
  'nodata-ancestor-proof': denied(Rcode.NOERROR, ancestorDenial),
  'nodata-matching-proof': denied(Rcode.NOERROR, matchingDenial),
  'nxdomain-foreign-proof': denied(Rcode.NXDOMAIN, apexDenial),
  'nxdomain-without-wildcard-proof': denied(Rcode.NXDOMAIN, nameDenialOnly),
  'nodata-forged-iterations': (message, context) =>
    asForged(denied(Rcode.NOERROR, matchingDenial)(message, context), 'nsec3-iterations', context),
  'nodata-forged-opt-out': (message, context) =>
    asForged(denied(Rcode.NOERROR, apexDenial)(message, context), 'nsec3-opt-out', context),
  'nodata-endless-proofs': denied(Rcode.NOERROR, endlessDenial),
  /** Replayed signatures that end at an instant: needs seconds since the epoch as data. */
  'signature-until': (message, context) => {
    const expiration = Number(context.data[0]);
    return resigned((rdata, record) => {
      const zone = context.authority.zoneOf(record.owner, covers(record));
      const set = zone?.sets.get(record.owner)?.get(covers(record));
      return zone && set ? makeSignature(zone, set, { inception: expiration - signatureLife, expiration }) : rdata;
    })(message, context);
  },
  /** The answer is unsigned and says it is authentic. */
  'forged-ad': (message) => {
    const { answer, authority } = message;
    return reply({
      ...message,
      answer: withoutSignatures(answer),
      authority: withoutSignatures(authority),
      authenticData: true,
    });
  },
  /** Other data under the name, unsigned: needs data. */
  rewrite: (message, context) =>
    reply({ ...message, rcode: Rcode.NOERROR, answer: given(context), authority: [], authenticData: false }),
  /** The alias is altered, its signatures are left as they were: needs a name as data. */
  'altered-cname': (message, context) => {
    const [forged] = given(context, RrType.CNAME);
    const answer = message.answer.map((record) =>
      record.type === RrType.CNAME && forged ? { ...record, rdata: forged.rdata } : record,
    );
    return reply({ ...message, answer, authenticData: false });
  },
  /** A wildcard's records shown for the name, without the proof that the name does not exist. */
  'wildcard-replay': (message, { authority, name, type, now }) => {
    const zone = authority.zoneOf(name, type);
    const wildcard = zone && [...zone.sets].find(([owner, node]) => owner.startsWith('\x01*') && node.has(type));
    if (!zone || !wildcard) return reply(message);
    const answer = signed(zone, wildcard[1].get(type)!, now).map((record) => ({ ...record, owner: name }));
    return reply({ ...message, rcode: Rcode.NOERROR, answer, authority: [] });
  },
};

/** Nothing that matters is changed; whoever lets these decide is wrong. */
const decoys: Readonly<Record<DnsDecoy, Apply>> = {
  /** An address in the additional section: needs an address as data. */
  'forged-additional': (message, context) => reply({ ...message, additional: given(context, RrType.A) }),
  /** Addresses of other hosts in the additional section: needs `host address` as data. */
  'forged-address': (message, { data }) => {
    const additional = data.map((line) => {
      const [host = '', address = ''] = line.split(' ');
      const owner = recordData(RrType.CNAME, [host], '\0' as Name).rdata;
      const { rdata } = recordData(RrType.A, [address], '\0' as Name);
      return { owner: Buffer.from(owner).toString('latin1') as Name, type: RrType.A, class: classIn, ttl: 300, rdata };
    });
    return reply({ ...message, additional });
  },
  /** The answer belongs to another question. */
  'wrong-question': (message) =>
    reply({
      ...message,
      questions: message.questions.map((one) => ({ ...one, name: `\x05other${one.name}` as Name })),
    }),
  'wrong-id': (message) => reply({ ...message, id: message.id ^ 0x5a5a }),
};

function asForged(told: Faulted, how: 'nsec3-iterations' | 'nsec3-opt-out', context: FaultContext): Faulted {
  return told.kind === 'message' ? lies[how](told.message, context) : told;
}

const faults: Readonly<Record<DnsFault, Apply>> = { ...errors, ...lies, ...decoys };
export const dnsFaults: readonly DnsFault[] = Object.keys(faults) as DnsFault[];

/** True for faults that a validating resolver answers with SERVFAIL while CD is clear. */
export const isLie = (fault: DnsFault): boolean => fault in lies;

export const applyFault = (fault: DnsFault, message: Message, context: FaultContext): Faulted =>
  faults[fault](message, context);

/** One fault in force. Without a type it holds for every type. */
export type SetFault = {
  readonly fault: DnsFault;
  readonly owner: Name;
  readonly scope: 'exact' | 'below';
  readonly type: number | undefined;
  readonly data: readonly string[];
};

/** The last fault that was set for this question. */
export const faultFor = (set: readonly SetFault[], name: Name, type: number): SetFault | undefined =>
  set.findLast((one) => reaches(one, name) && (one.type === undefined || one.type === type));

export const reaches = ({ owner, scope }: Pick<SetFault, 'owner' | 'scope'>, name: Name): boolean =>
  scope === 'exact' ? owner === name : isAtOrBelow(name, owner);
