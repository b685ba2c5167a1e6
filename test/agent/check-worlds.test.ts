import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviationsOf, worldsOf } from '../../src/agent/check-worlds.ts';
import { instant } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import type { Attempt, Candidate, Destination, SecurityState } from '../../src/core/policy/model.ts';
import { issueLeaf } from '../../src/lab/certificates.ts';

const host = domainName('mx.example.org');
const candidate: Candidate = {
  host,
  port: 25,
  preference: 10,
  addresses: { kind: 'addresses', status: 'insecure', expanded: host, addresses: ['192.0.2.1' as IpAddress] },
  dane: { kind: 'insecure' },
  notes: [],
};
const destination: Destination = {
  nextHop: { kind: 'domain', domain: domainName('example.org') },
  expandedNextHop: domainName('example.org'),
  mx: { kind: 'mx', status: 'insecure', hosts: [{ host, preference: 10 }] },
  sts: { kind: 'none' },
  observedAt: instant(0),
};

const seen = (security: SecurityState, greeting?: string): Parameters<typeof worldsOf>[0] => ({
  destination,
  candidate,
  attempt: {
    plan: undefined as never,
    address: '192.0.2.1' as IpAddress,
    startedAt: instant(Date.now()),
    endedAt: instant(Date.now()),
    security,
    ...(greeting === undefined ? {} : { greeting }),
  } as Attempt,
});

test('OPS-2 the name in the greeting, the MX record and the certificate', async () => {
  const leaf = await issueLeaf({ names: ['mx.example.org'] });
  const encrypted: SecurityState = {
    kind: 'encrypted',
    protocol: 'TLSv1.3',
    cipher: 'x',
    chain: [leaf.der],
    paths: [],
  };
  const codes = (greeting: string | undefined): readonly string[] =>
    deviationsOf(seen(encrypted, greeting)).map(({ code }) => code);
  assert.deepEqual(codes('mx.example.org ESMTP Postfix'), []);
  assert.deepEqual(codes('MX.Example.ORG ESMTP'), []);
  assert.deepEqual(codes('box7.hosting.example ESMTP'), ['greeting-name']);
  // What is no name is not compared with one.
  assert.deepEqual(codes('ESMTP ready'), []);
  assert.deepEqual(codes('\u001b[2J welcome'), []);
  assert.deepEqual(codes(undefined), []);
  const other = await issueLeaf({ names: ['other.example'] });
  assert.deepEqual(
    deviationsOf(seen({ ...encrypted, chain: [other.der] }, 'mx.example.org')).map(({ code }) => code),
    ['certificate-name'],
  );
});

test('OPS-1 what is not known is not called broken', () => {
  assert.equal(worldsOf(seen({ kind: 'lost', during: 'connect', says: 'time-out' })), undefined);
  const lost = worldsOf(seen({ kind: 'lost', during: 'greeting', says: 'time-out' }));
  assert.deepEqual([lost?.dane.outcome, lost?.opportunistic.outcome], ['unknown', 'unknown']);
  const cleartext = worldsOf(seen({ kind: 'cleartext', because: 'starttls-missing' }));
  assert.deepEqual(
    [cleartext?.dane.outcome, cleartext?.webpki.outcome, cleartext?.opportunistic.outcome],
    ['not-applicable', 'fail', 'pass'],
  );
  // DT-7.8
  assert.equal(worldsOf(seen({ kind: 'injected' }))?.opportunistic.outcome, 'fail');
});
