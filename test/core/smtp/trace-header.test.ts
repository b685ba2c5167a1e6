// The Received field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import type { IpAddress } from '../../../src/core/base/lookup.ts';
import { makeQueueId } from '../../../src/core/smtp/queue-id.ts';
import { mailDate, protocolWord, type Trace, traceHeader } from '../../../src/core/smtp/trace-header.ts';

const at = instant(Date.UTC(2026, 10, 21, 9, 8, 7));
const trace: Trace = {
  hello: 'EHLO',
  ehlo: 'client.example',
  address: '192.0.2.1' as IpAddress,
  by: 'relay.example.org',
  id: makeQueueId(at, () => 0.5),
  at,
  smtputf8: false,
  authenticated: false,
};
const tls = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  bits: 256,
  group: 'x25519',
  clientCertificate: 'none',
};

test('TRC-1 TRC-2 from, by, with, id, for, date with a numeric offset', () => {
  assert.equal(
    traceHeader({ ...trace, onlyRecipient: 'u@far.example' }),
    `Received: from client.example ([192.0.2.1])\r\n\tby relay.example.org with ESMTP id ${trace.id}\r\n\tfor <u@far.example>;\r\n\tSat, 21 Nov 2026 09:08:07 +0000\r\n`,
  );
  assert.doesNotMatch(traceHeader(trace), /\bfor\b/);
  assert.match(traceHeader({ ...trace, address: '2001:db8::1' as IpAddress }), /\(\[IPv6:2001:db8::1\]\)/);
});

test('TRC-4 TRC-5 over TLS: a comment for people and the registered clause', () => {
  const text = traceHeader({ ...trace, tls });
  assert.match(text, /\(using TLSv1\.3 with cipher TLS_AES_256_GCM_SHA384 \(256 bits\), client certificate none\)/);
  assert.match(text, /\r\n\ttls TLS_AES_256_GCM_SHA384 group x25519;/);
});

test('TRC-3 the word behind with', () => {
  const word = (hello: 'HELO' | 'EHLO', secure: boolean, authenticated: boolean, smtputf8: boolean): string =>
    protocolWord({ hello, authenticated, smtputf8, ...(secure && { tls }) });
  assert.equal(word('HELO', false, false, false), 'SMTP');
  assert.equal(word('EHLO', false, false, false), 'ESMTP');
  assert.equal(word('EHLO', true, false, false), 'ESMTPS');
  assert.equal(word('EHLO', false, true, false), 'ESMTPA');
  assert.equal(word('EHLO', true, true, false), 'ESMTPSA');
  assert.equal(word('EHLO', false, false, true), 'UTF8SMTP');
  assert.equal(word('EHLO', true, false, true), 'UTF8SMTPS');
  assert.equal(word('EHLO', false, true, true), 'UTF8SMTPA');
  assert.equal(word('EHLO', true, true, true), 'UTF8SMTPSA');
});

test('ATK-91 nothing that the client says can leave its place', () => {
  const text = traceHeader({ ...trace, ehlo: 'a\r\nX: y(z) ;\u00e9', onlyRecipient: 'grün@x.example' });
  assert.match(text, /^Received: from a\?\?X:\?y\?z\?\?\?\? \(\[192\.0\.2\.1\]\)\r\n\tby /);
  assert.match(text, /^[\x20-\x7e\t\r\n]*$/);
  assert.doesNotMatch(text, /\bfor\b/);
  assert.match(traceHeader({ ...trace, ehlo: '' }), /from unknown \(/);
  assert.ok(
    traceHeader({ ...trace, ehlo: 'x'.repeat(5000) })
      .split('\r\n')
      .every((line) => line.length <= 998),
  );
});

test('SRV-18 queue ids sort by time and differ by chance', () => {
  const early = makeQueueId(instant(1), () => 0.999999);
  const late = makeQueueId(instant(2), () => 0);
  assert.ok(early < late);
  assert.match(trace.id, /^[0-9A-Z]{17}$/);
  assert.notEqual(
    makeQueueId(at, () => 0.1),
    makeQueueId(at, () => 0.2),
  );
});

test('TRC-1 the date is what Date itself would write, in another zone notation', () => {
  for (let at = 951_782_399_000; at < 4_102_444_800_000; at += 86_400_000 * 37 + 3_723_000)
    assert.equal(mailDate(instant(at)), new Date(at).toUTCString().replace(/GMT$/, '+0000'));
});
