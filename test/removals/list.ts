// What is taken away from the relay, one thing at a time, to see that the siege notices. Each text stands exactly once in
// its file (list.test.ts), so that a removal cannot silently miss.

export type Edit = { readonly file: string; readonly find: string; readonly replace: string };

export type Removal = {
  readonly area: Area;
  /** What the relay does without. */
  readonly takesAway: string;
  /** Usually one; several where one defence stands behind another. */
  readonly edits: readonly Edit[];
  /** Siege rows that are run; at least one of them must fall. */
  readonly rows: readonly `ATK-${number}`[];
};

export const areas = [
  'judge',
  'denial proof',
  'signatures',
  'STARTTLS gate',
  'TLSA match',
  'name check',
  'STS cache',
  'policy fetch',
  'pool key',
  'REQUIRETLS keyword',
  'queue tag',
  'notices',
  'smuggling filter',
  'replies',
  'loops',
  'TLSA tools',
] as const;
export type Area = (typeof areas)[number];

export const removals: readonly Removal[] = [
  {
    area: 'judge',
    takesAway: 'a certificate that fails its demand blocks the session',
    edits: [
      {
        file: 'src/core/policy/judge.ts',
        find: '  if (failed !== undefined)\n    return blockedByCertificate',
        replace: '  if (failed === null)\n    return blockedByCertificate',
      },
    ],
    rows: ['ATK-13', 'ATK-14'],
  },
  {
    area: 'judge',
    takesAway: 'a path that OpenSSL refused is untrusted',
    edits: [
      {
        file: 'src/adapters/smtp/tls.ts',
        find: "if (socket.authorized) return { kind: 'trusted', store };",
        replace: "return { kind: 'trusted', store };",
      },
    ],
    rows: ['ATK-83', 'ATK-20'],
  },
  {
    area: 'judge',
    takesAway: 'a host that the enforced policy does not name is skipped',
    edits: [
      {
        file: 'src/core/policy/plan-rules.ts',
        find: "return sts === 'enforce-mismatch' && draft.recipient === 'binding'",
        replace: "return sts === ('never' as string)",
      },
    ],
    rows: ['ATK-41', 'ATK-71', 'ATK-73'],
  },
  {
    area: 'STARTTLS gate',
    takesAway: 'a demand for TLS forbids cleartext',
    edits: [
      {
        file: 'src/core/policy/judge.ts',
        find: '  if (isOpportunistic(plan)) return acceptCleartext(plan, security);',
        replace: '  if (plan !== undefined) return acceptCleartext(plan, security);',
      },
    ],
    rows: ['ATK-1', 'ATK-2', 'ATK-3', 'ATK-5', 'ATK-6'],
  },
  {
    area: 'STARTTLS gate',
    takesAway: 'a failed handshake leads to no second try in cleartext where TLS is demanded',
    edits: [
      {
        file: 'src/core/policy/judge.ts',
        find: "  if (!isOpportunistic(plan)) return blocked(definitive(plan, 'requiretls-no-tls', 'tls-handshake'), evidence);\n",
        replace: '',
      },
      {
        file: 'src/core/policy/judge.ts',
        find: '  if (isOpportunistic(plan)) return acceptCleartext(plan, security);',
        replace:
          "  if (isOpportunistic(plan) || security.because === 'starttls-skipped') return acceptCleartext(plan, security);",
      },
    ],
    rows: ['ATK-10', 'ATK-11', 'ATK-12'],
  },
  {
    area: 'STARTTLS gate',
    takesAway: 'what was listed in cleartext is forgotten when TLS begins',
    edits: [
      {
        file: 'src/adapters/smtp/dialer-connection.ts',
        find: '    this.extensions = noExtensions;\n    const lose =',
        replace: '    const lose =',
      },
      {
        file: 'src/adapters/smtp/dialer-connection.ts',
        find: 'if (reply.code < 300) this.extensions = helo ? noExtensions : parseExtensions(reply);',
        replace:
          'if (reply.code < 300) this.extensions = helo ? noExtensions : new Map([...parseExtensions(reply), ...this.extensions]);',
      },
    ],
    rows: ['ATK-9', 'ATK-80'],
  },
  {
    area: 'STARTTLS gate',
    takesAway:
      'octets behind the 220 end the connection; so does a reply that nobody asked for, and it is not kept for later',
    edits: [
      {
        file: 'src/adapters/smtp/dialer-connection.ts',
        find: "else if (behind === 'some' || this.#line.unread > 0) {",
        replace: "else if (behind === 'some' && this.#line.unread < 0) {",
      },
      {
        file: 'src/adapters/smtp/dialer-line.ts',
        find: 'if (left === 0 && !endsSession(reply)) {',
        replace:
          "if (left === 0 && !endsSession(reply)) {\n        const kept = setInterval(() => {\n          if (this.#asked.length === 0) return;\n          clearInterval(kept);\n          this.#hear(reply, 'none');\n        }, 1);\n        continue;\n      }\n      if (left < 0) {",
      },
    ],
    rows: ['ATK-7'],
  },
  {
    area: 'denial proof',
    takesAway: 'a denial without proof is bogus',
    edits: [
      {
        file: 'src/core/dnssec/prove.ts',
        find: "  return judged ?? below ?? bogusAnswer('missing-signature');",
        replace:
          "  return insecureAbsence(message, name, { kind: 'insecure', because: 'unsigned-delegation', ttl: seconds(0) });",
      },
    ],
    rows: ['ATK-31', 'ATK-32'],
  },
  {
    area: 'denial proof',
    takesAway: 'the NSEC must match or cover the name that it denies',
    edits: [
      {
        file: 'src/core/dnssec/denial-nsec.ts',
        find: '  if (cover === undefined) return incomplete;\n  // SEC-15',
        replace: '  if (cover === undefined) return nodata;\n  // SEC-15',
      },
    ],
    rows: ['ATK-32'],
  },
  {
    area: 'denial proof',
    takesAway: 'a CNAME bit forbids to conclude that there is no data',
    edits: [
      {
        file: 'src/core/dnssec/denial-nsec.ts',
        find: 'if (types.has(type) || types.has(RrType.CNAME)) return false;',
        replace: 'if (types.has(type)) return false;',
      },
    ],
    rows: ['ATK-33'],
  },
  {
    area: 'denial proof',
    takesAway: 'only an NSEC with NS and without DS and SOA shows an unsigned delegation',
    edits: [
      {
        file: 'src/core/dnssec/denial-nsec.ts',
        find: "  return types.has(RrType.NS) ? { kind: 'unsigned-delegation' } : { kind: 'no-cut' };",
        replace: "  return { kind: 'unsigned-delegation' };",
      },
    ],
    rows: ['ATK-35'],
  },
  {
    area: 'denial proof',
    takesAway: 'a wildcard answer needs the proof that nothing closer exists',
    edits: [
      {
        file: 'src/core/dnssec/positive.ts',
        find: '  if (verdict.expandedAt === undefined) return secured;',
        replace: "  if (secured.kind === 'secure') return secured;",
      },
    ],
    rows: ['ATK-49'],
  },
  {
    area: 'signatures',
    takesAway: 'data of a signed zone without a signature is bogus, not insecure',
    edits: [
      {
        file: 'src/core/dnssec/positive.ts',
        find: "    return (yield* walkDown(run, owner, type, anchor)) ?? bogusAnswer('missing-signature');",
        replace: "    return { kind: 'insecure', because: 'unsigned-delegation', ttl: seconds(0) };",
      },
    ],
    rows: ['ATK-30', 'ATK-39', 'ATK-52'],
  },
  {
    area: 'signatures',
    takesAway: 'a signature counts only while it is valid',
    edits: [
      {
        file: 'src/core/dnssec/rrset.ts',
        find: '  return timeFault(rrsig, now, rules.inceptionTolerance);',
        replace: '  return void timeFault(rrsig, now, rules.inceptionTolerance);',
      },
    ],
    rows: ['ATK-19'],
  },
  {
    area: 'TLSA match',
    takesAway: 'a TLSA question that failed is no absence',
    edits: [
      {
        file: 'src/agent/find-tlsa.ts',
        find: "    if (answer.kind === 'failed') return { finding: answer, ...(because === undefined ? {} : { because }) };",
        replace: "    if (answer.kind === 'failed') continue;",
      },
    ],
    rows: ['ATK-30', 'ATK-34'],
  },
  {
    area: 'TLSA match',
    takesAway: 'the digest of the record must be that of the certificate',
    edits: [
      {
        file: 'src/core/dane/match.ts',
        find: '    return sameOctets(digest, data);',
        replace: '    return sameOctets(digest, digest);',
      },
    ],
    rows: ['ATK-13', 'ATK-14'],
  },
  {
    area: 'name check',
    takesAway: 'the certificate must be for the name',
    edits: [
      {
        file: 'src/core/x509/identity.ts',
        find: "  kind === 'exact' ? reference === name : isOneLabelBelow(reference, name);",
        replace: "  kind === 'exact' ? reference.length > 0 : isOneLabelBelow(reference, name);",
      },
    ],
    rows: ['ATK-16'],
  },
  {
    area: 'name check',
    takesAway: 'a wildcard of the policy covers one label and no more',
    edits: [
      {
        file: 'src/core/mtasts/mx-pattern.ts',
        find: "pattern.startsWith('*.') ? isOneLabelBelow(host, pattern.slice(2) as DomainName)",
        replace: "pattern.startsWith('*.') ? host.endsWith(pattern.slice(1))",
      },
    ],
    rows: ['ATK-73'],
  },
  {
    area: 'STS cache',
    takesAway: 'a cached policy outlives its TXT record',
    edits: [
      {
        file: 'src/core/mtasts/freshness.ts',
        find: "  if (cached !== undefined) return { kind: 'use', finding: standIn(cached, ...faultOf(txt)) };\n",
        replace: '',
      },
    ],
    rows: ['ATK-60'],
  },
  {
    area: 'STS cache',
    takesAway: 'a cached policy stands in when the fetch fails',
    edits: [
      {
        file: 'src/core/mtasts/freshness.ts',
        find: "finding: request.cached === undefined ? { kind: 'unavailable', fault, says } : standIn(request.cached, fault, says),",
        replace: "finding: { kind: 'unavailable', fault, says },",
      },
    ],
    rows: ['ATK-62', 'ATK-63', 'ATK-65'],
  },
  {
    area: 'STS cache',
    takesAway: 'policies are refreshed without being asked for',
    edits: [
      {
        file: 'src/agent/refresh-policies.ts',
        find: '    else if (dueAt(ports, plan, domain, policy) <= now) due.push([domain, policy]);\n',
        replace: '',
      },
    ],
    rows: ['ATK-70'],
  },
  {
    area: 'policy fetch',
    takesAway: 'the certificate of the policy host must name it',
    edits: [
      {
        file: 'src/adapters/https/policy-host.ts',
        find: 'checkServerIdentity: (_name: string, peer: PeerCertificate) => nameFault(host, peer),',
        replace: 'checkServerIdentity: () => undefined,',
      },
    ],
    rows: ['ATK-64'],
  },
  {
    area: 'policy fetch',
    takesAway: 'a policy is text/plain',
    edits: [
      {
        file: 'src/adapters/https/policy-host.ts',
        find: "  if (type !== 'text/plain') return failed('sts-policy-invalid', 'the media type of the policy is not text/plain');\n",
        replace: '',
      },
    ],
    rows: ['ATK-65'],
  },
  {
    area: 'policy fetch',
    takesAway: 'public DNS does not lead into the own network',
    edits: [
      {
        file: 'src/adapters/https/policy-host.ts',
        find: 'found.filter((address) => refusalOf(address, options.allowed) === undefined)',
        replace: 'found.filter((address) => address.length > 0)',
      },
    ],
    rows: ['ATK-75'],
  },
  {
    area: 'pool key',
    takesAway: 'an open session is kept apart by what it had to prove, and judged again',
    edits: [
      {
        file: 'src/core/policy/pool-key.ts',
        find: '    tls,\n    requiretls,\n    sni ?? null,\n    credentials,\n    nexthopAuthenticated,\n    all,\n',
        replace: '    sni ?? null,\n',
      },
      {
        file: 'src/agent/attempt.ts',
        find: 'const judged = judgePeer(plan, entry.session as Session, startedAt);',
        replace: 'const judged = judgePeer(entry.attempt.plan as DialPlan, entry.session as Session, startedAt);',
      },
    ],
    rows: ['ATK-98'],
  },
  {
    area: 'pool key',
    takesAway: 'an open session is kept apart by the TLSA records that it matched, and judged again',
    edits: [
      {
        file: 'src/core/policy/pool-key.ts',
        find: '    nexthopAuthenticated,\n    all,\n',
        replace: '    nexthopAuthenticated,\n',
      },
      {
        file: 'src/agent/attempt.ts',
        find: 'const judged = judgePeer(plan, entry.session as Session, startedAt);',
        replace: 'const judged = judgePeer(entry.attempt.plan as DialPlan, entry.session as Session, startedAt);',
      },
    ],
    rows: ['ATK-21'],
  },
  {
    area: 'REQUIRETLS keyword',
    takesAway: 'a message with REQUIRETLS goes only to a host that offers it',
    edits: [
      {
        file: 'src/core/policy/judge.ts',
        find: "  if (requiretls === 'no') return cleared('omit', []);",
        replace: "  if (requiretls === 'no' || !extensions.has('REQUIRETLS')) return cleared('omit', []);",
      },
    ],
    rows: ['ATK-80', 'ATK-81'],
  },
  {
    area: 'REQUIRETLS keyword',
    takesAway: 'REQUIRETLS needs an MX name that somebody vouches for',
    edits: [
      {
        file: 'src/core/policy/plan-rules.ts',
        find: "  if (facts.hostName === 'unvalidated') {\n    const says = 'REQUIRETLS was asked for",
        replace: "  if (facts.hostName === ('never' as string)) {\n    const says = 'REQUIRETLS was asked for",
      },
    ],
    rows: ['ATK-42'],
  },
  {
    area: 'queue tag',
    takesAway: 'the wish for REQUIRETLS is kept with the message',
    edits: [
      {
        file: 'src/agent/accept.ts',
        find: 'tlsTag: settleTlsTag(requiretls, scan.tlsRequired)',
        replace: "tlsTag: settleTlsTag('not-asked', scan.tlsRequired)",
      },
    ],
    rows: ['ATK-42', 'ATK-80', 'ATK-81', 'ATK-84'],
  },
  {
    area: 'queue tag',
    takesAway: 'the REQUIRETLS parameter wins over the header field',
    edits: [
      {
        file: 'src/core/smtp/requiretls.ts',
        find: "  if (requiretls === 'asked') return 'requiretls';",
        replace: "  if (requiretls === 'asked' && finding !== 'no') return 'requiretls';",
      },
    ],
    rows: ['ATK-84'],
  },
  {
    area: 'queue tag',
    takesAway: 'TLS-Required twice says nothing',
    edits: [
      {
        file: 'src/core/smtp/requiretls.ts',
        find: "  finding === 'absent' ? judgeTlsRequired(value) : 'repeated';",
        replace: '  judgeTlsRequired(value);',
      },
    ],
    rows: ['ATK-85'],
  },
  {
    area: 'notices',
    takesAway: 'the notice about a REQUIRETLS message is redacted',
    edits: [
      {
        file: 'src/core/smtp/dsn.ts',
        find: "  const redacted = envelope.tlsTag === 'requiretls';",
        replace: "  const redacted = envelope.tlsTag === ('never' as string);",
      },
    ],
    rows: ['ATK-86'],
  },
  {
    area: 'smuggling filter',
    takesAway: 'a line that began behind a bare LF cannot end the data',
    edits: [
      {
        file: 'src/adapters/smtp/server-data.ts',
        find: '        lineFrom = at + 1;\n      } else if (octet === 0)',
        replace: "        lineFrom = at + 1;\n        place = 'line-start';\n      } else if (octet === 0)",
      },
    ],
    rows: ['ATK-88'],
  },
  {
    area: 'smuggling filter',
    takesAway: 'CR LF "." LF does not end the data',
    edits: [
      {
        file: 'src/adapters/smtp/server-data.ts',
        find: "        if (octet === CR) {\n          place = 'dot-cr';",
        replace:
          "        if (octet === LF) {\n          rest = chunk.subarray(at + 1);\n          break;\n        }\n        if (octet === CR) {\n          place = 'dot-cr';",
      },
    ],
    rows: ['ATK-88'],
  },
  {
    area: 'replies',
    takesAway: 'one reply has one code',
    edits: [
      {
        file: 'src/core/smtp/reply.ts',
        find: "  if (lines.length > 0 && own !== code) return 'mixed-codes';\n",
        replace: '',
      },
    ],
    rows: ['ATK-94'],
  },
  {
    area: 'replies',
    takesAway: 'content is sent only after a 354',
    edits: [
      {
        file: 'src/adapters/smtp/dialer-transfer.ts',
        find: '    if (reply.code < 300) {\n      this.#fail(',
        replace: '    if (reply.code < 200) {\n      this.#fail(',
      },
    ],
    rows: ['ATK-94'],
  },
  {
    area: 'loops',
    takesAway: 'Received fields are counted',
    edits: [
      {
        file: 'src/agent/accept.ts',
        find: 'if (scan.received > maxReceived)',
        replace: 'if (scan.received > 100 * maxReceived)',
      },
    ],
    rows: ['ATK-97'],
  },
  {
    area: 'TLSA tools',
    takesAway: 'a record counts as published when resolver and every server have it',
    edits: [
      {
        file: 'src/core/dane/rollover.ts',
        find: 'anywhere.filter((record) => sets.every(',
        replace: 'anywhere.filter((record) => sets.some(',
      },
    ],
    rows: ['ATK-116'],
  },
  {
    area: 'TLSA tools',
    takesAway: 'the watcher compares what the servers say',
    edits: [{ file: 'src/agent/tlsa-findings.ts', find: '  if (sets.size > 1)\n', replace: '  if (sets.size > 9)\n' }],
    rows: ['ATK-116'],
  },
  {
    area: 'judge',
    takesAway: 'a certificate counts only between its dates',
    edits: [
      {
        file: 'src/core/policy/authenticate.ts',
        find: '  if (!inUse.every((certificate) => isValidAt(certificate, at)))\n',
        replace: '  if (inUse.length === 0)\n',
      },
      {
        file: 'src/adapters/smtp/tls.ts',
        find: "if (socket.authorized) return { kind: 'trusted', store };",
        replace:
          "if (socket.authorized || String(socket.authorizationError) === 'CERT_HAS_EXPIRED')\n    return { kind: 'trusted', store };",
      },
    ],
    rows: ['ATK-18'],
  },
  {
    area: 'TLSA match',
    takesAway: 'records that nobody can use still demand TLS',
    edits: [
      {
        file: 'src/core/policy/plan-rules.ts',
        find: "  return facts.tlsa === 'unusable' && draft.recipient === 'binding'\n",
        replace: "  return facts.tlsa === 'unusable' && draft.recipient === 'observed'\n",
      },
    ],
    rows: ['ATK-59'],
  },
  {
    area: 'TLSA match',
    takesAway: 'an alias into unsigned land is held to the records at its own name',
    edits: [
      {
        file: 'src/core/dane/base-domain.ts',
        find: "addresses === 'secure' ? [expanded, host] : [host];",
        replace: "addresses === 'secure' ? [expanded, host] : [];",
      },
    ],
    rows: ['ATK-46'],
  },
  {
    area: 'TLSA match',
    takesAway: 'records behind an alias that nobody signed are not asked for',
    edits: [
      {
        file: 'src/core/dane/base-domain.ts',
        find: "if (firstAlias === 'insecure') return [];",
        replace: "if (firstAlias === 'insecure') return [expanded];",
      },
    ],
    rows: ['ATK-45'],
  },
  {
    area: 'signatures',
    takesAway: 'the CNAME made from a DNAME is what the DNAME makes of the name',
    edits: [
      {
        file: 'src/core/dnssec/alias.ts',
        find: "    return { kind: 'fault', because: 'dname-synthesis' };",
        replace: "    return { kind: 'to', to: singleName(synthesized) ?? target.value };",
      },
    ],
    rows: ['ATK-48'],
  },
  {
    area: 'signatures',
    takesAway: 'only a key that DS or anchor names vouches for a set of keys',
    edits: [
      {
        file: 'src/core/dnssec/keys.ts',
        find: '  const vouching = [...new Set(fit.map(({ key }) => key))];\n',
        replace: '  const vouching = keys;\n',
      },
    ],
    rows: ['ATK-57'],
  },
  {
    area: 'smuggling filter',
    takesAway: 'a dot that begins a line is doubled',
    edits: [
      {
        file: 'src/adapters/smtp/dialer-body.ts',
        find: "next >= 0; next = block.indexOf('\\n.', from)",
        replace: "next > block.length; next = block.indexOf('\\n.', from)",
      },
    ],
    rows: ['ATK-90'],
  },
  {
    area: 'TLSA tools',
    takesAway: 'a host that presents what no record names is an alarm',
    edits: [
      {
        file: 'src/agent/tlsa-findings.ts',
        find: "if (outcome === 'mismatch' && check.verdict === 'mismatch')",
        replace: "if (outcome === 'mismatch' && check.verdict === 'match')",
      },
    ],
    rows: ['ATK-117'],
  },
];
