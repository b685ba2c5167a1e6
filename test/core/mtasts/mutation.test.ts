// No octet of a policy or of its TXT record can change, no line be dropped or doubled, so that a host which the policy does
// not name is taken or a policy that is known is forgotten (RFC 8461 §3.2, §4.1, §5.1).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Instant, instant, type Seconds, seconds } from '../../../src/core/base/brand.ts';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { applyFetch, judgeFreshness } from '../../../src/core/mtasts/freshness.ts';
import { matchMx } from '../../../src/core/mtasts/mx-pattern.ts';
import { type MxPattern, parsePolicy, type StsFinding, type StsPolicy } from '../../../src/core/mtasts/policy.ts';
import { findStsRecord } from '../../../src/core/mtasts/record.ts';

const body = 'version: STSv1\r\nmode: enforce\r\nmx: mx.example.org\r\nmx: *.example.net\r\nmax_age: 604800\r\n';
/** None is one flipped bit away from a name that the policy has. */
const strangers = ['mx.attacker.example', 'a.b.example.net', 'example.net', 'mx.example.org.attacker.example'].map(
  domainName,
);

function* flips(octets: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < octets.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const changed = Uint8Array.from(octets);
      changed[at] = changed[at]! ^ (1 << bit);
      yield changed;
    }
}

/** True while no stranger is taken and the mode is what it was. */
function holds(text: string): void {
  const parsed = parsePolicy(text);
  if (parsed.kind === 'invalid') return;
  assert.equal(parsed.mode, 'enforce', JSON.stringify(text));
  for (const stranger of strangers) assert.equal(matchMx(stranger, parsed.mx), 'mismatch', JSON.stringify(text));
}

test('STS-31 STS-33 STS-60 no bit of a policy can change so that strangers are taken or the mode falls', () => {
  holds(body);
  for (const octets of flips(Buffer.from(body))) holds(new TextDecoder().decode(octets));
});

test('STS-31 STS-32 no line of a policy can be dropped, doubled or moved so that the mode falls', () => {
  const lines = body.split(/(?<=\n)/);
  for (const [index, line] of lines.entries()) {
    const rest = lines.filter((_, other) => other !== index);
    holds(rest.join(''));
    if (!line.startsWith('mx')) assert.equal(parsePolicy(rest.join('')).kind, 'invalid', line);
    for (let at = 0; at <= rest.length; at++) {
      holds([...rest.slice(0, at), line, ...rest.slice(at)].join(''));
      holds([...lines.slice(0, at), line, ...lines.slice(at)].join(''));
    }
    // STS-32: of two the first counts.
    holds(`${body}mode: none\r\n`);
  }
});

const fetchedAt: Instant = instant(1_795_000_000_000);
const week = 604_800_000;
const cached: StsPolicy = {
  mode: 'enforce',
  mx: ['mx.example.org' as MxPattern],
  maxAge: seconds(604_800) as Seconds,
  id: 'abc1',
  fetchedAt,
  body,
};

test('STS-6 STS-7 STS-41 STS-46 nothing said in the TXT record and no failed fetch takes a policy away before its time', () => {
  const record = Buffer.from('v=STSv1; id=abc1;');
  const outcomes = [
    ...[...flips(record)].map((octets) => findStsRecord([[octets]])),
    findStsRecord([]),
    findStsRecord([[record], [record]]),
    { kind: 'bogus' } as const,
    { kind: 'failed', says: 'timeout' } as const,
  ];
  const outcomeAt = (txt: (typeof outcomes)[number], now: Instant): StsFinding => {
    const judged = judgeFreshness(cached, txt, now);
    if (judged.kind === 'use') return judged.finding;
    return applyFetch(judged, { kind: 'failed', fault: 'sts-policy-fetch-error', says: '' }, now).finding;
  };
  for (const txt of outcomes) {
    const before = outcomeAt(txt, instant(fetchedAt + week - 1));
    assert.ok(before.kind === 'policy' && before.policy.mode === 'enforce', JSON.stringify(txt));
    assert.notEqual(outcomeAt(txt, instant(fetchedAt + week)).kind, 'policy', JSON.stringify(txt));
  }
});
