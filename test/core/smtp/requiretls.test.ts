// TLS-Required in the header section, and what becomes of it together with the parameter.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { finishHeader, type HeaderScan, scanHeader, startHeaderScan } from '../../../src/core/smtp/header-scan.ts';
import { settleTlsTag } from '../../../src/core/smtp/requiretls.ts';

function scan(text: string): HeaderScan {
  const found = startHeaderScan();
  if (scanHeader(found, Buffer.from(text, 'utf8')) === undefined) finishHeader(found);
  return found;
}
const finding = (header: string): string => scan(`${header}\r\n\r\nbody\r\n`).tlsRequired;

test('RTLS-7 the name in any case, the value No in any case, blanks and folding around it', () => {
  for (const header of [
    'TLS-Required: No',
    'tls-required:NO',
    'TLS-REQUIRED:\t no \t',
    'TLS-Required:\r\n No',
    'TLS-Required:\r\n \r\n\tnO',
  ])
    assert.equal(finding(header), 'no', header);
});

test('RTLS-7 any other value is none that we follow', () => {
  for (const value of [
    'Yes',
    '',
    'No, please',
    'No (really)',
    'N o',
    'No\r\n way',
    `No${' '.repeat(300)}x`,
    `No${'\r\n '.repeat(300)}x`,
  ])
    assert.equal(finding(`TLS-Required: ${value}`), 'unknown-value', value);
  assert.equal(finding('TLS-Required : No'), 'unknown-value');
});

test('RTLS-8 twice is malformed, whatever the values', () => {
  for (const header of [
    'TLS-Required: No\r\nTLS-Required: No',
    'TLS-Required: No\r\nSubject: x\r\ntls-required: Yes',
    'TLS-Required: x\r\nTLS-Required: No\r\nTLS-Required: No',
  ])
    assert.equal(finding(header), 'repeated');
});

test('SMUG-12 only field names at line starts, only in the header section', () => {
  for (const header of [
    'X: y',
    'X: y\r\n TLS-Required: No',
    'X: y\r\n\tTLS-Required: No',
    'X-TLS-Required: No',
    'X: TLS-Required: No',
    'TLS-Required2: No',
    'X: y\r\n\r\nTLS-Required: No',
    'no field line\r\nTLS-Required: No',
  ])
    assert.equal(finding(header), 'absent', header);
});

test('SMUG-12 TRC-7 Received is counted in the header section only, SRV-27 Date and Message-ID are seen', () => {
  const found = scan(
    'received: a\r\nRECEIVED : b\r\nX: y\r\n Received: c\r\nDate: x\r\nMessage-Id: <a@b>\r\n\r\nReceived: d\r\n',
  );
  assert.deepEqual([found.received, found.hasDate, found.hasMessageId, found.hasUtf8], [2, true, true, false]);
  assert.equal(scan('Subject: grün\r\n\r\n').hasUtf8, true);
  assert.equal(scan('Subject: x\r\n\r\ngrün\r\n').hasUtf8, false);
});

test('SRV-28 the end of the section is where the empty line starts', () => {
  const end = (text: string): unknown => scanHeader(startHeaderScan(), Buffer.from(text));
  assert.deepEqual(end('A: b\r\n\r\nx\r\n'), { at: 6, because: 'empty-line' });
  assert.deepEqual(end('\r\nx\r\n'), { at: 0, because: 'empty-line' });
  assert.deepEqual(end('hello\r\n'), { at: 0, because: 'no-field' });
  assert.deepEqual(end('A: b\r\n: c\r\n'), { at: 6, because: 'no-field' });
  assert.equal(end('A: b\r\n c\r\n'), undefined);
});

test('RTLS-4 RTLS-5 RTLS-6 the parameter wins over the field', () => {
  assert.equal(settleTlsTag('asked', 'no'), 'requiretls');
  assert.equal(settleTlsTag('asked', 'absent'), 'requiretls');
  assert.equal(settleTlsTag('not-asked', 'no'), 'tls-required-no');
  for (const other of ['absent', 'unknown-value', 'repeated'] as const)
    assert.equal(settleTlsTag('not-asked', other), 'none');
});

test('SMUG-12 the findings do not depend on how the lines come', () => {
  const line = fc.constantFrom(
    'A: b\r\n',
    'TLS-Required: No\r\n',
    'TLS-Required:\r\n',
    ' No\r\n',
    'Received: x\r\n',
    '\r\n',
    'junk\r\n',
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const piecewise = startHeaderScan();
      const ended = lines.some((each) => scanHeader(piecewise, Buffer.from(each)) !== undefined);
      if (!ended) finishHeader(piecewise);
      assert.deepEqual(piecewise, scan(lines.join('')));
    }),
  );
});
