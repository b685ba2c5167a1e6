// Mailboxes and paths: good and bad ones, each bad one with its reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { localPartOf, mailboxAt, parseMailbox, parsePath } from '../../../src/core/smtp/address.ts';

const good = (text: string, wire = text): void => {
  const parsed = parseMailbox(text);
  assert.equal(parsed.kind === 'ok' ? parsed.value.text : parsed.fault, wire);
};
const bad = (text: string, why: string): void => {
  const parsed = parseMailbox(text);
  assert.equal(parsed.kind === 'fault' ? parsed.fault : parsed.value.text, why, JSON.stringify(text));
};

test('SRV-8 legal mailboxes are taken as they are written', () => {
  good('a@example.org');
  good('User.Name+tag@Example.ORG', 'User.Name+tag@example.org');
  good("!#$%&'*+-/=?^_`{|}~@example.org");
  good('"a b"@example.org');
  good('"a@b"@example.org');
  good('"a\\"b\\\\"@example.org');
  good('""@example.org');
  good(`${'x'.repeat(64)}@${'y'.repeat(63)}.example.org`);
  good(`a@${`${'d'.repeat(49)}.`.repeat(5)}org`);
  good('a@[192.0.2.1]');
  good('a@[IPv6:2001:DB8::1]', 'a@[IPv6:2001:db8::1]');
  good('a@[ipv6:::ffff:192.0.2.1]', 'a@[IPv6:::ffff:192.0.2.1]');
  good('a@host');
});

test('EXT-11 UTF-8 local parts stay, U-labels become A-labels, A-labels stay A-labels', () => {
  good('grün@bücher.example', 'grün@xn--bcher-kva.example');
  good('a@xn--nxasmq6b.test');
  good('δοκιμή@example.org');
  bad(`${'é'.repeat(33)}@example.org`, 'local-part-too-long');
});

test('ATK-91 what is no mailbox is refused', () => {
  bad('', 'syntax');
  bad('a', 'syntax');
  bad('@example.org', 'syntax');
  bad('a@', 'bad-domain');
  bad('.a@example.org', 'syntax');
  bad('a..b@example.org', 'syntax');
  bad('a.@example.org', 'syntax');
  bad('a b@example.org', 'syntax');
  bad('a@b@example.org', 'syntax');
  bad('"a"b@example.org', 'syntax');
  bad('"a>b"@example.org', 'syntax');
  bad('"a\\>b"@example.org', 'syntax');
  bad('a<b@example.org', 'syntax');
  bad('a\r\nb@example.org', 'bad-character');
  bad('a\0@example.org', 'bad-character');
  bad('"a\tb"@example.org', 'bad-character');
  bad('a\u0085b@example.org', 'bad-character');
  bad('a\u202eb@example.org', 'bad-character');
  bad('a\u200bb@example.org', 'bad-character');
  bad('a\ufffdb@example.org', 'bad-character');
  bad(`${'x'.repeat(65)}@example.org`, 'local-part-too-long');
  bad('a@example..org', 'bad-domain');
  bad('a@-example.org', 'bad-domain');
  bad('a@example.org.', 'bad-domain');
  bad('a@exa mple.org', 'bad-domain');
  bad('a@192.0.2.1', 'bad-domain');
  bad('a@[192.0.2.256]', 'bad-domain');
  bad('a@[192.0.2]', 'bad-domain');
  bad('a@[2001:db8::1]', 'bad-domain');
  bad('a@[IPv6:2001:db8::1::2]', 'bad-domain');
  bad('a@[IPv6:1:2:3:4:5:6:7]', 'bad-domain');
  bad('a@[x]', 'bad-domain');
  bad(`a@${'d'.repeat(64)}.org`, 'bad-domain');
  bad(`a@${'d.'.repeat(130)}org`, 'bad-domain');
});

test('SRV-16 of a source route only the last element counts', () => {
  const parsed = parsePath('<@a.example,@b.example:u@d.example> SIZE=1');
  assert.ok(parsed.kind === 'ok' && parsed.value.path.kind === 'mailbox');
  assert.deepEqual([parsed.value.path.mailbox.text, parsed.value.rest], ['u@d.example', ' SIZE=1']);
  assert.equal(parsePath('<@a.example:>').kind, 'fault');
  assert.equal(parsePath('<@a.example@u@d.example>').kind, 'fault');
});

test('SRV-2 SRV-17 paths without a domain, and the null path', () => {
  const kinds = ['<>', '<Postmaster>', '<"a b">', '<"a@b">', '<a@b.example>'].map((text) => {
    const parsed = parsePath(text);
    return parsed.kind === 'ok' ? parsed.value.path.kind : parsed.fault;
  });
  assert.deepEqual(kinds, ['null', 'local', 'local', 'local', 'mailbox']);
  for (const text of ['', 'a@b.example', '<a@b.example', '<a b>', '<"a>', '<a@b.example">', '<a@b.example\\>'])
    assert.equal(parsePath(text).kind, 'fault', text);
});

test('a closing bracket inside quotes does not end the path', () => {
  assert.equal(parsePath('<"a> b"@c.example>').kind, 'fault');
  assert.equal(parsePath('<"a\\" b"@c.example> X').kind, 'ok');
});

test('mailboxAt and localPartOf are inverse', () => {
  const made = mailboxAt('"a@b"', domainName('example.org'));
  assert.deepEqual([made.text, localPartOf(made)], ['"a@b"@example.org', '"a@b"']);
});

test('ATK-91 no text makes a mailbox that could leave its brackets, and what was read is read again the same', () => {
  const text = fc.string({ unit: 'binary' });
  const spiced = fc.tuple(text, fc.constantFrom('@', '"@', '@[', ' '), text).map(([a, b, c]) => a + b + c);
  fc.assert(
    fc.property(fc.oneof(text, spiced, fc.emailAddress()), (input) => {
      const parsed = parseMailbox(input);
      if (parsed.kind === 'fault') return;
      assert.doesNotMatch(parsed.value.text, /[\r\n\0<>]/);
      const again = parseMailbox(parsed.value.text);
      assert.deepEqual(again, parsed);
      const path = parsePath(`<${parsed.value.text}> X`);
      assert.ok(path.kind === 'ok' && path.value.rest === ' X');
    }),
    { numRuns: 2000 },
  );
});
