// MAIL and RCPT with their parameters.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Offer, parseMail, parseRcpt } from '../../../src/core/smtp/envelope.ts';

const offer: Offer = {
  extensions: new Set(['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'AUTH']),
  requiretls: 'offered',
  maxSize: 1000,
};

const mail = (rest: string, changed: Partial<Offer> = {}): unknown => {
  const parsed = parseMail(`MAIL FROM:${rest}`, { ...offer, ...changed });
  if (parsed.kind === 'fault') return `${parsed.fault.code} ${parsed.fault.enhanced}`;
  const { path, ...others } = parsed.value;
  return { path: path.kind === 'mailbox' ? path.mailbox.text : path.kind, ...others };
};
const rcpt = (rest: string, transaction: 'ascii' | 'utf8' = 'ascii', changed: Partial<Offer> = {}): unknown => {
  const parsed = parseRcpt(`RCPT TO:${rest}`, { ...offer, ...changed }, transaction);
  if (parsed.kind === 'fault') return `${parsed.fault.code} ${parsed.fault.enhanced}`;
  const { path, ...others } = parsed.value;
  return { path: path.kind === 'mailbox' ? path.mailbox.text : path.localPart, ...others };
};
const plain = { smtputf8: false, requiretls: 'not-asked' };

test('MAIL with all parameters', () => {
  assert.deepEqual(mail('<a@b.example> SIZE=1000 body=8BITMIME SMTPUTF8 REQUIRETLS RET=Hdrs ENVID=QQ+2B1 AUTH=<>'), {
    path: 'a@b.example',
    body: '8bitmime',
    smtputf8: true,
    requiretls: 'asked',
    ret: 'hdrs',
    envid: 'QQ+2B1',
  });
  assert.deepEqual(mail('<>'), { path: 'null', ...plain });
  assert.deepEqual(mail(' <a@b.example>  BODY=7bit '), { path: 'a@b.example', body: '7bit', ...plain });
});

test('a parameter that no extension of this session explains is refused, here and at RCPT', () => {
  for (const word of ['FOO', 'FOO=bar', 'BY=1', 'MT-PRIORITY=3', 'HOLDFOR=9', 'NOTIFY=NEVER'])
    assert.equal(mail(`<a@b.example> ${word}`), '555 5.5.4', word);
  for (const word of ['FOO', 'SIZE=1', 'RET=FULL']) assert.equal(rcpt(`<a@b.example> ${word}`), '555 5.5.4', word);
  const bare = { extensions: new Set<never>() };
  for (const word of ['SIZE=1', 'BODY=7BIT', 'SMTPUTF8', 'RET=FULL', 'ENVID=x', 'AUTH=<>'])
    assert.equal(mail(`<a@b.example> ${word}`, bare), '555 5.5.4', word);
  assert.equal(rcpt('<a@b.example> NOTIFY=NEVER', 'ascii', bare), '555 5.5.4');
});

test('RTLS-2 REQUIRETLS takes no value and stands once', () => {
  for (const words of ['REQUIRETLS=x', 'REQUIRETLS=', 'REQUIRETLS REQUIRETLS', 'REQUIRETLS requiretls'])
    assert.equal(mail(`<a@b.example> ${words}`), '501 5.5.4', words);
  assert.equal(mail('<a@b.example> REQUIRETLS', { requiretls: 'off' }), '555 5.5.4');
});

test('RTLS-3 REQUIRETLS without TLS is refused with 530', () => {
  assert.equal(mail('<a@b.example> REQUIRETLS', { requiretls: 'needs-tls' }), '530 5.7.0');
});

test('EXT-1 SIZE above the limit is 552, and no number is 501', () => {
  assert.equal(mail('<a@b.example> SIZE=1001'), '552 5.3.4');
  assert.equal(mail('<a@b.example> SIZE=99999999999999999999'), '552 5.3.4');
  for (const word of ['SIZE', 'SIZE=', 'SIZE=x', 'SIZE=-1', 'SIZE=999999999999999999999'])
    assert.equal(mail(`<a@b.example> ${word}`), '501 5.5.4', word);
});

test('EXT-10 content that calls itself binary is refused at MAIL, so none is ever sent on', () => {
  assert.equal(mail('<a@b.example> BODY=BINARYMIME'), '501 5.5.4');
  assert.equal(mail('<a@b.example> BODY=binarymime'), '501 5.5.4');
});

test('bad values and bad syntax are 501', () => {
  for (const word of ['BODY', 'SMTPUTF8=1', 'RET', 'RET=SOME', 'ENVID', 'AUTH', '=x', 'A=b=c', '-A', 'ENVID=a+0'])
    assert.equal(mail(`<a@b.example> ${word}`), '501 5.5.4', word);
  for (const rest of ['a@b.example', '<a@b.example', '<a b@c.example>', '<a@b_.example->'])
    assert.equal(mail(rest), '501 5.1.7', rest);
  assert.equal(mail('<a@b.example>SIZE=1'), '501 5.5.4');
  assert.equal(rcpt('<>'), '501 5.1.3');
  assert.equal(rcpt('<a b@c.example>'), '501 5.1.3');
  for (const line of ['MAIL', 'MAIL TO:<a@b.example>', 'MAIL FROM <a@b.example>', 'MAILFROM:<a@b.example>'])
    assert.equal(parseMail(line, offer).kind, 'fault', line);
});

test('DSN-12 NOTIFY: NEVER alone, the others in any mix and case, no parameter twice', () => {
  assert.deepEqual(rcpt('<a@b.example> NOTIFY=never'), { path: 'a@b.example', notify: 'never' });
  assert.deepEqual(rcpt('<a@b.example> notify=Success,FAILURE,delay'), {
    path: 'a@b.example',
    notify: ['success', 'failure', 'delay'],
  });
  for (const word of [
    'NOTIFY',
    'NOTIFY=',
    'NOTIFY=NEVER,DELAY',
    'NOTIFY=ALWAYS',
    'NOTIFY=SUCCESS,',
    'NOTIFY=DELAY NOTIFY=DELAY',
  ])
    assert.equal(rcpt(`<a@b.example> ${word}`), '501 5.5.4', word);
});

test('DSN-13 DSN-10 valid DSN parameters are taken and kept as they were written', () => {
  assert.deepEqual(rcpt('<a@b.example> ORCPT=rfc822;Bob+2Bx@Far.Example'), {
    path: 'a@b.example',
    orcpt: 'rfc822;Bob+2Bx@Far.Example',
  });
  assert.deepEqual(rcpt('<a@b.example> ORCPT=utf-8;gr\\x{FC}n@x.example'), {
    path: 'a@b.example',
    orcpt: 'utf-8;gr\\x{FC}n@x.example',
  });
  assert.deepEqual(mail(`<a@b.example> ENVID=${'e'.repeat(100)}`), {
    path: 'a@b.example',
    envid: 'e'.repeat(100),
    ...plain,
  });
  assert.equal(mail(`<a@b.example> ENVID=${'e'.repeat(101)}`), '501 5.5.4');
  for (const word of [
    'ORCPT',
    'ORCPT=',
    'ORCPT=rfc822',
    'ORCPT=rfc822;',
    'ORCPT=;x',
    'ORCPT=rfc822;a+2',
    'ORCPT=rfc822;a+2b',
    `ORCPT=rfc822;${'a'.repeat(500)}`,
  ])
    assert.equal(rcpt(`<a@b.example> ${word}`), '501 5.5.4', word);
});

test('ATK-91 encoded controls are refused', () => {
  for (const word of ['ENVID=ab+0D+0Acd', 'ENVID=a+00', 'ENVID=a+7F', 'ENVID=a+85'])
    assert.equal(mail(`<a@b.example> ${word}`), '501 5.5.4', word);
  for (const word of [
    'ORCPT=rfc822;a+0D+0Ab',
    'ORCPT=utf-8;a\\x{0D}b',
    'ORCPT=utf-8;a\\x{85}',
    'ORCPT=utf-8;a\\x{D800}',
  ])
    assert.equal(rcpt(`<a@b.example> ${word}`), '501 5.5.4', word);
});

test('EXT-11 a mailbox beyond ASCII needs SMTPUTF8', () => {
  assert.equal(mail('<grün@b.example>'), '553 5.6.7');
  assert.equal(mail('<a@bücher.example>'), '553 5.6.7');
  assert.deepEqual(mail('<grün@bücher.example> SMTPUTF8'), {
    path: 'grün@xn--bcher-kva.example',
    smtputf8: true,
    requiretls: 'not-asked',
  });
  assert.equal(rcpt('<grün@b.example>'), '553 5.6.7');
  assert.deepEqual(rcpt('<grün@b.example>', 'utf8'), { path: 'grün@b.example' });
});

test('EXT-15 AUTH= is read for its syntax and leaves no trace', () => {
  assert.deepEqual(mail('<a@b.example> AUTH=e+3Dmc2@example.com'), { path: 'a@b.example', ...plain });
  assert.equal(mail('<a@b.example> AUTH=a+0Ab'), '501 5.5.4');
});

test('ATK-91 no line makes the parsers throw or keep a control', () => {
  const line = fc
    .tuple(fc.constantFrom('<', '<a@b.example>', ''), fc.string({ unit: 'binary' }))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (rest) => {
      for (const parsed of [parseMail(`MAIL FROM:${rest}`, offer), parseRcpt(`RCPT TO:${rest}`, offer, 'utf8')])
        if (parsed.kind === 'ok') assert.doesNotMatch(JSON.stringify(parsed.value), /\\u00[01]|\\[rnt]/);
    }),
    { numRuns: 2000 },
  );
});
