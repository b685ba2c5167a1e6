import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  formatServerAddress,
  isLoopback,
  parseServerAddress,
  readResolvConf,
} from '../../../src/adapters/dns/server-address.ts';

const good = (text: string, host: string, port: number): void =>
  assert.deepEqual(parseServerAddress(text), { kind: 'ok', value: { host, port } }, text);
const bad = (text: string): void => assert.equal(parseServerAddress(text).kind, 'fault', text);

test('a server is an address with or without a port', () => {
  good('192.0.2.1', '192.0.2.1', 53);
  good('192.0.2.1:5353', '192.0.2.1', 5353);
  good('::1', '::1', 53);
  good('2001:DB8:0::1', '2001:db8::1', 53);
  good('[::1]:53', '::1', 53);
  good('[::1]', '::1', 53);
  good('[2001:db8::1]:5353', '2001:db8::1', 5353);
  good('fe80::1%eth0', 'fe80::1%eth0', 53);
  good('[fe80::1%eth0]:5353', 'fe80::1%eth0', 5353);
  bad('');
  bad('dns.example'); // a name would have to be looked up
  bad('[192.0.2.1]:53'); // brackets are for IPv6
  bad('192.0.2.1:');
  bad('192.0.2.1:0');
  bad('192.0.2.1:65536');
  bad('192.0.2.1:53:53');
  bad('[::1');
  bad('[::1]53');
});

test('what is written is read back as the same server, and nothing makes the reader throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
      const server = parseServerAddress(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
      assert.ok(server.kind === 'ok');
      assert.deepEqual(parseServerAddress(formatServerAddress(server.value)), server);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => void parseServerAddress(text)));
  fc.assert(fc.property(fc.string(), (text) => readResolvConf(text).length > 0));
});

test('DNS-6 loopback is 127.0.0.0/8 and ::1, in every spelling', () => {
  const loopback = (text: string): boolean => {
    const server = parseServerAddress(text);
    return server.kind === 'ok' && isLoopback(server.value);
  };
  for (const text of ['127.0.0.1', '127.0.0.53:53', '::1', '[0:0:0:0:0:0:0:1]:53', '::ffff:127.0.0.1'])
    assert.ok(loopback(text), text);
  for (const text of [
    '192.0.2.1',
    '128.0.0.1',
    '12.7.0.1',
    '::',
    '::2',
    'fe80::1%lo',
    '::ffff:192.0.2.1',
    '::127.0.0.1',
  ]) {
    assert.ok(!loopback(text), text);
  }
});

test('resolv.conf: servers in order, comments, zones, rubbish and repetition', () => {
  const text = [
    '# generated',
    '; old style',
    'search corp.example lan',
    'options edns0 trust-ad ndots:2',
    '  nameserver   192.0.2.1   # main',
    'nameserver 2001:db8::53',
    'nameserver\tfe80::1%eth0',
    'nameserver 192.0.2.1',
    'nameserver dns.example',
    '#nameserver 192.0.2.9',
    'nameserver 192.0.2.2\r',
  ].join('\n');
  assert.deepEqual(readResolvConf(text).map(formatServerAddress), [
    '192.0.2.1:53',
    '[2001:db8::53]:53',
    '[fe80::1%eth0]:53',
    '192.0.2.2:53',
  ]);
});

test('resolv.conf without a server means this machine, and a long list is cut', () => {
  assert.deepEqual(readResolvConf('search example\n'), [{ host: '127.0.0.1', port: 53 }]);
  const many = Array.from({ length: 20 }, (_, at) => `nameserver 192.0.2.${at}`).join('\n');
  assert.equal(readResolvConf(many).length, 8);
});

test('a server over TLS is an address with the name that it must prove, port 853 unless told', () => {
  const tls = { name: 'dns.example' };
  const read = (text: string): unknown => parseServerAddress(text);
  assert.deepEqual(read('tls://192.0.2.1#dns.example'), { kind: 'ok', value: { host: '192.0.2.1', port: 853, tls } });
  assert.deepEqual(read('tls://[2001:db8::1]:8853#DNS.example'), {
    kind: 'ok',
    value: { host: '2001:db8::1', port: 8853, tls },
  });
  assert.deepEqual(read('tls://192.0.2.1'), { kind: 'fault', fault: 'tls-name-missing' });
  assert.deepEqual(read('tls://192.0.2.1#'), { kind: 'fault', fault: 'tls-name-missing' });
  bad('tls://192.0.2.1#-bad-.example!');
  bad('tls://dns.example#dns.example');
  const server = parseServerAddress('tls://192.0.2.1#dns.example');
  assert.ok(server.kind === 'ok' && formatServerAddress(server.value) === 'tls://192.0.2.1:853#dns.example');
});
