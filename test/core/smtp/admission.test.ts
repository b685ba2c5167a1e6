// Who may write to whom, and under which address it is queued.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainName } from '../../../src/core/base/domain-name.ts';
import { mailboxAt, parsePath } from '../../../src/core/smtp/address.ts';
import { admitRecipient, admitSender, type Desk } from '../../../src/core/smtp/admission.ts';

const org = domainName('example.org');
const relay: Desk = {
  kind: 'relay',
  identity: {
    hostname: 'relay.example.org',
    origin: org,
    ownNames: [domainName('mx.example.org')],
    postmaster: mailboxAt('admin', org),
  },
  aliases: new Map([['root', mailboxAt('ops', org)]]),
};
const submission: Desk = { ...relay, kind: 'submission' };

const recipient = (text: string, desk: Desk, client: 'may-relay' | 'stranger' = 'may-relay'): string => {
  const path = parsePath(`<${text}>`);
  assert.ok(path.kind === 'ok' && path.value.path.kind !== 'null');
  const admitted = admitRecipient(path.value.path, desk, client, (domain) => domain === 'nomail.example');
  return admitted.kind === 'ok' ? admitted.value.text : `${admitted.fault.code} ${admitted.fault.enhanced}`;
};
const sender = (text: string, desk: Desk): string => {
  const path = parsePath(`<${text}>`);
  assert.ok(path.kind === 'ok');
  const admitted = admitSender(path.value.path, desk);
  if (admitted.kind === 'fault') return `${admitted.fault.code} ${admitted.fault.enhanced}`;
  return admitted.value === 'null' ? '<>' : admitted.value.text;
};

test('SRV-15 a stranger may write to nobody but the postmaster', () => {
  assert.equal(recipient('u@far.example', relay, 'stranger'), '550 5.7.1');
  assert.equal(recipient('u@relay.example.org', relay, 'stranger'), '550 5.7.1');
  assert.equal(recipient('u@[192.0.2.1]', relay, 'stranger'), '550 5.7.1');
  assert.equal(recipient('root', submission, 'stranger'), '550 5.7.1');
  assert.equal(recipient('postmaster@far.example', relay, 'stranger'), '550 5.7.1');
  assert.equal(recipient('u@far.example', relay), 'u@far.example');
});

test('SRV-2 postmaster in any case, bare and at our own names, for strangers too', () => {
  for (const text of ['Postmaster', 'pOsTmAsTeR@relay.example.org', 'POSTMASTER@mx.example.org'])
    assert.equal(recipient(text, relay, 'stranger'), 'admin@example.org', text);
  assert.equal(recipient('PostMaster@example.org', relay, 'stranger'), 'PostMaster@example.org');
});

test('SRV-17 a relay listener completes nothing', () => {
  assert.equal(recipient('root', relay), '550 5.1.2');
  assert.equal(recipient('u@host', relay), '550 5.1.2');
  assert.equal(sender('root', relay), '501 5.1.7');
  assert.equal(sender('u@host', relay), '550 5.1.8');
  assert.equal(sender('', relay), '<>');
});

test('SRV-17 a submission listener completes addresses and applies aliases', () => {
  assert.equal(recipient('bob', submission), 'bob@example.org');
  assert.equal(recipient('Root', submission), 'ops@example.org');
  assert.equal(recipient('root@relay.example.org', submission), 'ops@example.org');
  assert.equal(recipient('root@example.org', submission), 'root@example.org');
  assert.equal(recipient('root@far.example', submission), 'root@far.example');
  assert.equal(recipient('u@host', submission), 'u@host');
  assert.equal(sender('cron', submission), 'cron@example.org');
});

test('SRV-19 a domain known to take no mail is refused with 556', () => {
  assert.equal(recipient('u@nomail.example', relay), '556 5.1.10');
});
