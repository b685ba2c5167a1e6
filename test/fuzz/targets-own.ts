// Readers of what we wrote ourselves or were told before and may find changed: state on disk, answers of the running relay,
// the envelope on its way from one command line to the next; and writers of lines that hold strangers' words.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeTransaction } from '../../src/adapters/smtp/dialer-message.ts';
import { openOverrideStore } from '../../src/adapters/store/overrides.ts';
import { openPolicyStore } from '../../src/adapters/store/policies.ts';
import { memoryFile, readMemory, writeMemory } from '../../src/adapters/store/rollover.ts';
import { findReporting } from '../../src/agent/find-reporting.ts';
import type { Log, Resolver } from '../../src/agent/ports.ts';
import { spfAllows } from '../../src/agent/spf.ts';
import { createRelayClient } from '../../src/cli/client.ts';
import { RelayUnreachable } from '../../src/cli/program.ts';
import { instant, type QueueId } from '../../src/core/base/brand.ts';
import { domainName } from '../../src/core/base/domain-name.ts';
import type { IpAddress } from '../../src/core/base/lookup.ts';
import { firstMemory } from '../../src/core/dane/rollover.ts';
import { isOverride } from '../../src/core/policy/operator.ts';
import { parseMailbox } from '../../src/core/smtp/address.ts';
import { headerSection, renderNotice } from '../../src/core/smtp/dsn.ts';
import { type MailCommand, type Offer, parseMail, parseRcpt, type RcptCommand } from '../../src/core/smtp/envelope.ts';
import { traceHeader } from '../../src/core/smtp/trace-header.ts';
import { assertPrintable, latin1, ofText, type Target, textOf, utf8 } from './target.ts';

const at = instant(1_795_000_000_000);
const domain = domainName('example.org');

// ---- envelopes

const offer: Offer = {
  extensions: new Set(['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'AUTH']),
  requiretls: 'offered',
  maxSize: 1_000_000,
};
const extensions = new Map(
  ['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'REQUIRETLS'].map((keyword) => [keyword, ''] as const),
);

const read = (text: string): { readonly mail: MailCommand; readonly rcpt: RcptCommand } | undefined => {
  const [first = '', second = ''] = text.split('\n');
  const mail = parseMail(first, offer);
  const rcpt = parseRcpt(second, offer, 'utf8');
  return mail.kind === 'ok' && rcpt.kind === 'ok' ? { mail: mail.value, rcpt: rcpt.value } : undefined;
};

/** Both paths as mailboxes, or undefined: `<>` and `<postmaster>` are settled elsewhere. */
function outgoingOf(text: string): Parameters<typeof composeTransaction>[0] | undefined {
  const taken = read(text);
  if (taken === undefined || taken.rcpt.path.kind !== 'mailbox') return undefined;
  const { path: from, envid, ret, body } = taken.mail;
  const { path, orcpt, notify } = taken.rcpt;
  return {
    envelope: {
      reversePath: from.kind === 'mailbox' ? from.mailbox : 'null',
      recipients: [],
      smtputf8: taken.mail.smtputf8,
      tlsTag: 'none',
      ...(envid === undefined ? {} : { envid }),
      ...(ret === undefined ? {} : { ret }),
      ...(body === undefined ? {} : { body }),
    },
    recipients: [
      {
        mailbox: path.mailbox,
        ...(orcpt === undefined ? {} : { orcpt }),
        ...(notify === undefined ? {} : { notify }),
      },
    ],
    size: 100,
    content: { has8bit: false, hasUtf8Header: false, longestLine: 70 },
    requiretls: 'omit',
  } as unknown as Parameters<typeof composeTransaction>[0];
}

/** What is accepted survives the queue's JSON, goes out in one line each, and says to the next host what it said to us. */
const onward = ofText(
  'envelopes',
  [
    'MAIL FROM:<a@example.org> RET=HDRS ENVID=QQ+2B314\nRCPT TO:<b@example.org> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@x.example',
    'MAIL FROM:<> BODY=8BITMIME\nRCPT TO:<"a b"@[IPv6:2001:db8::1]>',
    'MAIL FROM:<ü@bücher.example> SMTPUTF8\nRCPT TO:<ü@bücher.example> ORCPT=utf-8;\\x{FC}@x NOTIFY=NEVER',
  ],
  (text) => {
    const taken = read(text);
    if (taken !== undefined) assert.deepEqual(JSON.parse(JSON.stringify(taken)), taken);
    const message = outgoingOf(text);
    if (message === undefined) return;
    const sent = composeTransaction(message, extensions, 'send-as-it-is');
    assert.ok('mail' in sent);
    for (const line of [sent.mail, ...sent.recipients]) assert.match(line, /^[^\x00-\x1f\x7f]*$/);
    const again = outgoingOf(`${sent.mail.replace(/ SIZE=\d+/, '')}\n${sent.recipients[0]}`);
    assert.deepEqual(again?.recipients, message.recipients);
    assert.deepEqual(again?.envelope.reversePath, message.envelope.reversePath);
    assert.equal(again?.envelope.envid, message.envelope.envid);
  },
  ['ORCPT=rfc822;', 'ENVID=', '+2B', '+3D', 'NOTIFY=NEVER', 'RET=FULL', '\nRCPT TO:<'],
);

// ---- lines with strangers' words

/** First line: the EHLO name; second: what a host replied; third: xtext; the rest: the header of the message. */
const notices: Target = {
  name: 'notices',
  seeds: [
    utf8('client.example\nno such user\nQQ+0D+0ATo:+20x\nSubject: x\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n'),
    utf8('[192.0.2.1]\n\u0001ü\n\n--notice-N1\r\nTo: y\r\n folded\r\n'),
  ],
  words: ['\r\n', '--notice-N1', '--', '+0A', 'Content-Type: text/html\r\n', 'ü'],
  read: (octets) => {
    const [ehlo = '', said = '', envid = ''] = textOf(octets).split('\n');
    const mailbox = { text: 'a@example.org', domain: { kind: 'name', name: domain } } as const;
    const xtext = /^[\x21-\x7e]+$/.test(envid) ? { envid } : {};
    for (const tlsTag of ['none', 'requiretls'] as const) {
      const text = latin1(
        renderNotice({
          id: 'N1',
          at,
          reportingMta: 'relay.example',
          postmaster: 'postmaster@relay.example',
          to: mailbox,
          original: {
            envelope: { reversePath: mailbox, recipients: [{ mailbox }], smtputf8: false, tlsTag, ...xtext },
            receivedAt: at,
            ehlo,
            address: '192.0.2.1',
            headers: headerSection(octets),
          },
          recipients: [
            {
              recipient: { mailbox },
              action: 'failed',
              status: '5.1.1',
              because: 'remote-5yz',
              sentence: 'The receiving host refused the message',
              remedy: 'none',
              says: said,
              host: 'mx.example.org',
              reply: { code: 550, lines: [said] },
              lastAttemptAt: at,
            },
          ],
        }),
      );
      const [head = '', ...body] = text.split('\r\n\r\n');
      const boundary = /boundary="([^"]+)"/.exec(head)?.[1] ?? '';
      // DSN-4: three parts, whatever their words are; ten fields above them.
      assert.equal(body.join('\r\n\r\n').split(`--${boundary}\r\n`).length, 4);
      assert.equal(head.split(/\r\n(?![ \t])/).length, 8);
      assert.doesNotMatch(text, /[^\r]\n|\r[^\n]/);
    }
  },
};

const received = ofText('received-field', ['client.example', 'a\r\nX: y', '(c)', '"a)"@[192.0.2.1]'], (ehlo) => {
  const mailbox = parseMailbox(ehlo);
  const field = traceHeader({
    hello: 'EHLO',
    ehlo,
    address: '192.0.2.1' as IpAddress,
    by: 'relay.example',
    id: 'N1' as QueueId,
    at,
    smtputf8: false,
    authenticated: false,
    ...(mailbox.kind === 'ok' ? { onlyRecipient: mailbox.value.text } : {}),
  });
  // ATK-91: one field, folded, of printable ASCII.
  assert.match(field, /^Received: [\x20-\x7e]+(\r\n\t[\x20-\x7e]+)*\r\n$/);
  assert.match(field, /^Received: from [^()\s]+ \(\[192\.0\.2\.1\]\)\r\n/);
});

// ---- TXT records of tools

/** Every name has these TXT records, one host and one address. */
const resolverOf = (records: readonly (readonly Uint8Array[])[]): Resolver => {
  const values: Readonly<Record<string, unknown>> = {
    TXT: records,
    MX: [{ preference: 10, exchange: 'mx.example.org' }],
    A: ['192.0.2.7'],
  };
  return {
    resolve: async (_name: unknown, type: string) => ({
      answer: { kind: 'found', status: 'secure', value: values[type] ?? [] },
      aliases: [],
    }),
  } as unknown as Resolver;
};

/** Strings end with a line, records with an empty one. */
const txtOf = (octets: Uint8Array): readonly (readonly Uint8Array[])[] =>
  latin1(octets)
    .split('\n\n')
    .map((record) => record.split('\n').map((string) => Buffer.from(string, 'latin1')));

const reporting: Target = {
  name: 'tlsrpt-record',
  seeds: [utf8('v=TLSRPTv1; rua=mailto:a@example.org,https://x.example/y'), utf8('v=TLSRPTv1;\n\nv=TLSRPTv1;')],
  words: ['v=TLSRPTv1;', 'rua=', 'mailto:', 'https://'],
  read: async (octets) => {
    const found = await findReporting(resolverOf(txtOf(octets)), domain, 'validated');
    assert.ok(found.rua.length <= 10);
    for (const uri of found.rua) assert.match(uri, /^[\x21-\x7e]+$/);
  },
};

const spf: Target = {
  name: 'spf',
  seeds: [utf8('v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 include:x.example -all'), utf8('v=spf1 redirect=x.example')],
  words: ['v=spf1 ', 'include:', 'redirect=', 'ip4:', 'ip6:', ' a/24', ' mx//64', '~all', 'exists:%{i}.x'],
  read: async (octets) => {
    const resolver = resolverOf(txtOf(octets));
    let asked = 0;
    const counting = {
      ...resolver,
      resolve: (async (...question: Parameters<Resolver['resolve']>) => {
        asked += 1;
        return resolver.resolve(...question);
      }) as Resolver['resolve'],
    };
    await spfAllows(counting, domain, '192.0.2.1' as IpAddress);
    // RFC 7208 §4.6.4; each `mx` asks for its hosts besides.
    assert.ok(asked <= 121, `${asked} questions`);
  },
};

// ---- JSON

let folder: string | undefined;
/** Removed at the end of the process. */
function scratch(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'sekisho-targets-'));
    process.on('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

const policyCache: Target = {
  name: 'policy-cache',
  seeds: [
    utf8(
      JSON.stringify({
        version: 1,
        policies: [
          ['example.org', { mode: 'enforce', mx: ['mx'], maxAge: 1, id: 'a', fetchedAt: 1, body: 'version: STSv1' }],
        ],
      }),
    ),
    utf8('{"version":1,"policies":[]}'),
    utf8('{"version":1,"policies":[["x",{"mode":"none","mx":[],"maxAge":1e99,"id":"","fetchedAt":-1,"body":""}]]}'),
  ],
  words: ['"version":1', '"policies":[[', '"mx":[', 'null', '"__proto__":', '"maxAge":', '1e999', '-1'],
  read: async (octets) => {
    const path = join(scratch(), 'policies.json');
    writeFileSync(path, octets);
    const said: string[] = [];
    const log = { event: (_level: string, event: string) => void said.push(event) } as unknown as Log;
    const store = await openPolicyStore(path, log);
    const entries = [...store.entries()];
    // What is not understood is set aside whole, and said.
    if (said.length > 0) assert.deepEqual(entries, []);
    for (const [, { mode, mx, maxAge, fetchedAt }] of entries) {
      assert.ok(mode === 'none' || mx.length > 0);
      assert.ok(Number.isSafeInteger(maxAge) && maxAge >= 0 && Number.isSafeInteger(fetchedAt));
    }
  },
};

const overrides: Target = {
  name: 'overrides',
  seeds: [
    utf8(
      '{"version":1,"overrides":[["id1",{"ignore":["dane"],"reason":"x","until":1795000000000,"at":1795000000000}]]}',
    ),
    utf8('{"version":1,"overrides":[]}'),
    utf8('{"version":1,"overrides":null}'),
  ],
  words: ['"version":1', '"overrides":[[', '"ignore":["dane"]', 'null', '"__proto__":', '[]'],
  read: async (octets) => {
    const path = join(scratch(), 'overrides.json');
    writeFileSync(path, octets);
    try {
      for (const [id, override] of (await openOverrideStore(path)).entries())
        assert.ok(typeof id === 'string' && isOverride(override));
    } catch (error) {
      // A file that is not ours is named; nothing else is thrown.
      assert.match((error as Error).message, /is no file of overrides/);
    }
  },
};

const rollover: Target = {
  name: 'rollover-state',
  seeds: [
    utf8(JSON.stringify({ version: 1, ...firstMemory })),
    utf8(
      '{"version":1,"phase":"waiting","seen":{"3 1 1 ab":1},"ttl":3600,"handed":{"records":["x"],"at":1},"goneSince":1,"compromised":["y"]}',
    ),
    utf8('{"version":1,"phase":"stable","seen":null}'),
  ],
  words: ['"version":1', '"phase":"', '"seen":{', '"handed":', 'null', '1e999', '-1', '"__proto__":'],
  read: async (octets) => {
    writeFileSync(memoryFile(scratch(), 'mx'), octets);
    const read = await readMemory(scratch(), 'mx');
    if (read.kind === 'fault') return assertPrintable(read.fault);
    // What is understood is written and read again the same.
    await writeMemory(scratch(), 'mx', read.value);
    assert.deepEqual(await readMemory(scratch(), 'mx'), read);
  },
};

/** What the relay at the socket answers, whatever it is. */
const answers: Target = {
  name: 'admin-answers',
  seeds: [
    utf8('{"messages":[]}'),
    utf8('[]'),
    utf8('null'),
    utf8('{"says":"no such message"}'),
    utf8('{"state":"ready"}'),
  ],
  words: ['{"', '":', '[]', 'null', '"__proto__"', '\\ud800'],
  read: async (octets) => {
    const path = join(scratch(), 'admin.sock');
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
      response.end(octets);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      await createRelayClient({ kind: 'socket', path }, 5_000).list({});
    } catch (error) {
      if (!(error instanceof RelayUnreachable)) throw error;
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  },
};

/** These go through files and sockets, so they are slower than the others. */
export const slowTargets: readonly Target[] = [policyCache, overrides, rollover, answers];
export const ownTargets: readonly Target[] = [onward, notices, received, reporting, spf];
