import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { isIpAddress, octetsOf, parseIpAddress, textOf } from '../../../src/core/routing/ip-address.ts';

const good = (text: string, canonical = text): void =>
  assert.equal(parseIpAddress(text), canonical, `${text} should read as ${canonical}`);
const bad = (text: string): void => assert.equal(parseIpAddress(text), undefined, `${text} should be refused`);

test('RTE-13 addresses are read strictly and written in one way', () => {
  good('192.0.2.1');
  good('0.0.0.0');
  good('255.255.255.255');
  good('::');
  good('::1');
  good('2001:DB8:0:0:0:0:0:1', '2001:db8::1');
  good('2001:db8:0:1:1:1:1:1'); // one zero group is not shortened
  good('2001:db8::1:0:0:1'); // the first of two equal runs
  good('::ffff:c000:201', '::ffff:192.0.2.1');
  good('64:ff9b::192.0.2.1', '64:ff9b::c000:201');
  good('1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0');
});

test('RTE-13 what two parsers could read differently is no address', () => {
  bad('');
  bad('192.0.2'); // short form
  bad('192.0.2.01'); // octal?
  bad('0x7f.1');
  bad('256.0.0.1');
  bad('192.0.2.1.');
  bad(':::');
  bad('1::2::3');
  bad('1:2:3:4:5:6:7:8:9');
  bad('1:2:3:4:5:6:7:8::'); // nothing left for the zeros
  bad('fe80::1%eth0');
  bad('::192.0.2.1:1'); // dots only at the end
  bad('192.0.2.1::');
  bad('12345::');
  bad('mx.example.org');
});

test('RTE-13 reading agrees with node:net, and text round-trips', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{0,20}$/)), (text) => {
      assert.equal(isIpAddress(text), isIP(text) !== 0);
      const octets = octetsOf(text);
      if (octets) assert.deepEqual(octetsOf(textOf(octets)), octets);
    }),
  );
});
