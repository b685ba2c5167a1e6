// Faults that a validator or a sender of mail could have, each as one replacement in one file, with who must notice it.

/** What looks for the fault: a group of runs, see run.ts. */
export type Watcher = 'named tests' | 'mutation' | 'differential' | 'decision vectors';

export type Fault = {
  /** With the rule it breaks. */
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Besides the named tests, which must notice every one. */
  readonly mustSee: readonly Watcher[];
};

const everybody = ['mutation', 'differential'] as const;
const denialNsec = 'src/core/dnssec/denial-nsec.ts';
const denialNsec3 = 'src/core/dnssec/denial-nsec3.ts';

/** Of the validator. Where a second rule stands behind the first, or chance seldom makes the case, fewer must see it. */
export const validatorFaults: readonly Fault[] = [
  // ---- denial
  {
    name: 'ancestor-delegation NSEC accepted (SEC-11)',
    file: denialNsec,
    from: 'types.has(RrType.NS) && !types.has(RrType.SOA);',
    to: 'types.has(RrType.NS) && types.size === 0;',
    mustSee: everybody,
  },
  {
    name: 'CNAME bit skipped (SEC-13)',
    file: denialNsec,
    from: 'if (types.has(type) || types.has(RrType.CNAME)) return false;',
    to: 'if (types.has(type)) return false;',
    mustSee: everybody,
  },
  {
    name: 'opt-out span as secure denial (SEC-18)',
    file: denialNsec3,
    from: "  if (gap.span.optOut) return { kind: 'insecure', because: 'opt-out' };\n  return { kind: 'absent'",
    to: "  return { kind: 'absent'",
    mustSee: everybody,
  },
  {
    name: 'type bit skipped (SEC-13)',
    file: denialNsec,
    from: 'if (types.has(type) || types.has(RrType.CNAME)) return false;',
    to: 'if (types.has(RrType.CNAME)) return false;',
    mustSee: everybody,
  },
  {
    name: 'names below a DNAME denied (SEC-12)',
    file: denialNsec,
    from: '(types.has(RrType.DNAME) || isDelegation(types))) return false;',
    to: 'isDelegation(types)) return false;',
    mustSee: ['mutation'],
  },
  {
    name: 'empty non-terminal taken for NXDOMAIN (SEC-15)',
    file: denialNsec,
    from: 'if (isBelow(cover.next, name)) return nodata;',
    to: '',
    mustSee: ['differential'],
  },
  {
    name: 'NSEC span without its end (SEC-14)',
    file: denialNsec,
    from: 'compareCanonical(owner, next) < 0 && compareCanonical(name, next) < 0;',
    to: 'compareCanonical(owner, next) < 0;',
    mustSee: ['mutation'],
  },
  {
    name: 'wildcard at the closest encloser not denied, NSEC (SEC-14)',
    file: denialNsec,
    from: 'if (coverOfWildcard === undefined) return incomplete;',
    to: 'if (coverOfWildcard === undefined) return nxdomain;',
    mustSee: [],
  },
  {
    name: 'wildcard at the closest encloser not denied, NSEC3 (SEC-16)',
    file: denialNsec3,
    from: 'source === undefined && covering(set, wildcard) === undefined) return incomplete;',
    to: "source === undefined && covering(set, wildcard) === undefined) return { kind: 'absent', denial: 'nxdomain' };",
    mustSee: [],
  },
  {
    name: 'NSEC3 span without its end (SEC-16)',
    file: denialNsec3,
    from: 'from < to ? from < hash && hash < to',
    to: 'from < to ? from < hash',
    mustSee: ['mutation'],
  },
  {
    name: 'types of the wildcard not looked at, NSEC3 (SEC-20)',
    file: denialNsec3,
    from: '!deniesType(source.types, wildcard, type)) return incomplete;',
    to: 'source.types.size < 0) return incomplete;',
    mustSee: ['mutation'],
  },
  {
    name: "child's apex record denies its DS (SEC-10)",
    file: denialNsec,
    from: 'if (types.has(RrType.DS) || types.has(RrType.SOA)) return incomplete;',
    to: 'if (types.has(RrType.DS)) return incomplete;',
    mustSee: [],
  },
  {
    name: 'NSEC3 iterations without limit (SEC-23)',
    file: denialNsec3,
    from: 'if (first.iterations > iterationLimit)',
    to: 'if (first.iterations < 0)',
    mustSee: ['differential'],
  },
  {
    name: 'expanded NSEC accepted as denial (SEC-21)',
    file: 'src/core/dnssec/negative.ts',
    from: 'if (verdict.expandedAt !== undefined || set.rrset.records.length !== 1) continue;',
    to: 'if (set.rrset.records.length !== 1) continue;',
    mustSee: [],
  },
  {
    name: 'wildcard expansion without proof (SEC-19)',
    file: 'src/core/dnssec/positive.ts',
    from: 'if (verdict.expandedAt === undefined) return secured;',
    to: 'if (verdict.expandedAt !== null) return secured;',
    mustSee: ['differential'],
  },
  // ---- signature
  {
    name: 'every signature is good (SEC-6)',
    file: 'src/core/dnssec/signature.ts',
    from: "if (!library(scheme.hash, octets, loaded, signature)) return 'invalid';",
    to: "if (!library(scheme.hash, octets, loaded, signature)) return 'valid';",
    mustSee: everybody,
  },
  {
    name: 'expired signatures accepted (SEC-5)',
    file: 'src/core/dnssec/signature.ts',
    from: "if (secondsLeft(rrsig, now) < 0) return 'signature-expired';",
    to: '',
    mustSee: [],
  },
  {
    name: 'signatures of tomorrow accepted (SEC-5)',
    file: 'src/core/dnssec/signature.ts',
    from: "return age + inceptionTolerance < 0 ? 'signature-not-yet-valid' : undefined;",
    to: 'return age === undefined ? undefined : undefined;',
    mustSee: [],
  },
  {
    name: 'keys of a zone speak for names outside of it (SEC-5)',
    file: 'src/core/dnssec/rrset.ts',
    from: 'isAtOrBelow(rrset.owner, zone) ? signatures.filter(({ rrsig }) => rrsig.signer === zone) : [];',
    to: 'signatures.filter(({ rrsig }) => rrsig.signer === zone);',
    mustSee: [],
  },
  // ---- chain
  {
    name: 'missing signature is insecure (SEC-4)',
    file: 'src/core/dnssec/positive.ts',
    from: "?? bogusAnswer('missing-signature');\n  }",
    to: "?? ({ kind: 'insecure', because: 'no-anchor', ttl: seconds(0) } as const);\n  }",
    mustSee: everybody,
  },
  {
    name: 'DS digest not compared (SEC-8)',
    file: 'src/core/dnssec/keys.ts',
    from: 'return digest !== undefined && compareOctets(digest, ds.digest) === 0;',
    to: 'return digest !== undefined;',
    mustSee: [],
  },
  {
    name: 'SHA-1 DS beside a stronger one (SEC-9)',
    file: 'src/core/dnssec/keys.ts',
    from: 'const strong = usable.filter((ds) => ds.digestType !== 1);',
    to: 'const strong = usable;',
    mustSee: [],
  },
  {
    name: 'one unknown DS makes the zone insecure (SEC-27)',
    file: 'src/core/dnssec/keys.ts',
    from: 'if (known.length === 0) return',
    to: 'if (known.length < all.length) return',
    mustSee: [],
  },
  {
    name: 'no DS and no proof is insecure (SEC-4)',
    file: 'src/core/dnssec/delegation.ts',
    from: 'noteCut(run, apex, because);\n  return bogusAnswer(because);',
    to: "return { kind: 'insecure', because: 'unsigned-delegation', ttl: 0 as Seconds };",
    mustSee: everybody,
  },
  {
    name: 'insecure alias forgotten at its secure end (DNS-11)',
    file: 'src/core/dnssec/follow.ts',
    from: "return before.state === 'insecure' ? { ...before, ttl } :",
    to: "return before.state === 'bogus' ? { ...before, ttl } :",
    mustSee: ['differential'],
  },
  {
    name: 'synthesized CNAME not compared with its DNAME (SEC-24)',
    file: 'src/core/dnssec/alias.ts',
    from: 'if (synthesized !== undefined && singleName(synthesized) !== target.value) {',
    to: 'if (synthesized !== undefined && singleName(synthesized) === undefined) {',
    mustSee: [],
  },
];

const plan = 'src/core/policy/plan-rules.ts';

/** Of DANE, TLSA and MTA-STS. No peer speaks about these question by question; the decision vectors stand in its place. */
export const senderFaults: readonly Fault[] = [
  {
    name: 'half a digest suffices (DANE-42)',
    file: 'src/core/dane/match.ts',
    from: 'return sameOctets(digest, data);',
    to: 'return sameOctets(digest.subarray(0, 16), data.subarray(0, 16));',
    mustSee: ['mutation'],
  },
  {
    name: 'DANE-EE by any certificate of the chain (DANE-43)',
    file: 'src/core/dane/match.ts',
    from: 'associations[0]?.(record)',
    to: 'associations.some((matches) => matches(record))',
    mustSee: ['mutation'],
  },
  {
    name: 'the leaf as its own DANE-TA anchor (DANE-50)',
    file: 'src/core/dane/match.ts',
    from: 'if (certificate === undefined || (depth === 0 && !isSelfIssued(certificate))) return [];',
    to: 'if (certificate === undefined) return [];',
    mustSee: ['mutation'],
  },
  {
    name: 'weaker digests stay in play (DANE-35)',
    file: 'src/core/dane/match.ts',
    from: 'return matching === digests.find((digest) => alike.some((other) => other.matching === digest));',
    to: 'return alike.length > 0 && digests.includes(matching);',
    mustSee: ['mutation'],
  },
  {
    name: 'usage 1 taken for DANE-EE (DANE-31)',
    file: 'src/core/dane/tlsa.ts',
    from: "{ 2: 'dane-ta', 3: 'dane-ee' }",
    to: "{ 1: 'dane-ee', 2: 'dane-ta', 3: 'dane-ee' }",
    mustSee: ['mutation'],
  },
  {
    name: 'length of the digest not looked at (DANE-30)',
    file: 'src/core/dane/tlsa.ts',
    from: "if (data.length !== (matching === 'sha2-256' ? 32 : 64)) return unusable('length');",
    to: '',
    mustSee: ['mutation'],
  },
  {
    name: 'failed TLSA look-up taken for absence (DANE-6)',
    file: 'src/agent/find-tlsa.ts',
    from: "if (answer.kind === 'failed') return { finding: answer, ...(because === undefined ? {} : { because }) };",
    to: "if (answer.kind === 'failed') continue;",
    mustSee: [],
  },
  {
    name: 'bogus TLSA does not stop the host (DANE-6)',
    file: plan,
    from: "return draft.recipient === 'binding' ? skipForTlsa(facts.dane.reason, draft) : draft;\n  const",
    to: 'return draft;\n  const',
    mustSee: ['decision vectors'],
  },
  {
    name: 'unusable TLSA leaves cleartext open (DANE-33)',
    file: plan,
    from: "return facts.tlsa === 'unusable' && draft.recipient === 'binding'",
    to: "return facts.tlsa === 'unusable' && draft.recipient === undefined",
    mustSee: ['decision vectors'],
  },
  {
    name: 'TLSA of an insecure answer used (DANE-15)',
    file: 'src/agent/find-tlsa.ts',
    from: "=== 'insecure')\n",
    to: "=== 'never')\n",
    mustSee: [],
  },
  {
    name: 'policy wildcard over two labels (STS-60)',
    file: 'src/core/mtasts/mx-pattern.ts',
    from: 'isOneLabelBelow(host, pattern.slice(2) as DomainName)',
    to: 'host.endsWith(pattern.slice(1))',
    mustSee: ['mutation'],
  },
  {
    name: 'unknown mode taken for none (STS-31)',
    file: 'src/core/mtasts/policy.ts',
    from: "errors.push({ line: mode.line, code: 'mode', says: 'the mode is none of enforce, testing, none' });\n  return undefined;",
    to: "return 'none';",
    mustSee: ['mutation'],
  },
  {
    name: 'policy forgotten with its TXT record (STS-6)',
    file: 'src/core/mtasts/freshness.ts',
    from: "if (cached !== undefined) return { kind: 'use', finding: standIn(cached, ...faultOf(txt)) };",
    to: '',
    mustSee: ['mutation'],
  },
  {
    name: 'policy forgotten when the fetch fails (STS-41)',
    file: 'src/core/mtasts/freshness.ts',
    from: "request.cached === undefined ? { kind: 'unavailable', fault, says } : standIn(request.cached, fault, says)",
    to: "{ kind: 'unavailable', fault, says }",
    mustSee: ['mutation'],
  },
  {
    name: 'expired policy still counts (STS-46)',
    file: 'src/core/mtasts/freshness.ts',
    from: 'cached !== undefined && now < expiryOf(cached) ? cached : undefined;',
    to: 'cached !== undefined && now > 0 ? cached : undefined;',
    mustSee: ['mutation'],
  },
  {
    name: 'host outside of the enforced policy used (STS-62)',
    file: plan,
    from: "return sts === 'enforce-mismatch' && draft.recipient === 'binding'",
    to: "return sts === 'enforce-mismatch' && draft.recipient === undefined",
    mustSee: ['decision vectors'],
  },
  {
    name: 'REQUIRETLS to a host nobody vouched for (RTLS-21)',
    file: plan,
    from: "if (facts.hostName === 'unvalidated') {\n    const says = 'REQUIRETLS",
    to: "if (facts.host === undefined) {\n    const says = 'REQUIRETLS",
    mustSee: ['decision vectors'],
  },
  {
    name: 'common name beside MTA-STS (NAME-4)',
    file: 'src/core/x509/identity.ts',
    from: "return commonName === 'without-dns-id' && names.commonName !== undefined ?",
    to: 'return names.commonName !== undefined ?',
    mustSee: [],
  },
];
