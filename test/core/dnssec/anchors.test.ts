import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { instant } from '../../../src/core/base/brand.ts';
import { toBase64, toHex } from '../../../src/core/dns/encodings.ts';
import { name } from '../../../src/core/dns/name.ts';
import {
  type Anchors,
  anchorsAt,
  anchorZone,
  builtinAnchors,
  describeAnchor,
  parseAnchors,
} from '../../../src/core/dnssec/anchors.ts';
import { now, rdata, testKey } from './zone-builder.ts';

const ksk2017 = 'E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D';
const ksk2024 = '683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16';

const read = (text: string): Anchors => {
  const result = parseAnchors(text, now);
  return result.kind === 'ok' ? result.value : assert.fail(JSON.stringify(result.fault));
};
const faultOf = (text: string, at = now): string => {
  const result = parseAnchors(text, at);
  return result.kind === 'fault' ? result.fault.because : assert.fail(`read ${result.value.length}`);
};

test('TA-1 both root keys are shipped', () => {
  assert.deepEqual(builtinAnchors.map(describeAnchor), ['. DS 20326 8 2', '. DS 38696 8 2']);
  assert.deepEqual(
    builtinAnchors.map(({ ds }) => toHex(ds.digest).toUpperCase()),
    [ksk2017, ksk2024],
  );
  assert.deepEqual(read(`. IN DS 20326 8 2 ${ksk2017}\n. IN DS 38696 8 2 ${ksk2024}\n`), builtinAnchors);
});

test('TA-1 DS lines are read in the forms that tools write', () => {
  const expected = [builtinAnchors[0]];
  for (const line of [
    `. 172800 IN DS 20326 8 2 ${ksk2017}`,
    `. IN 172800 DS 20326 8 2 ${ksk2017.toLowerCase()} ; KSK-2017`,
    `.\tDS\t20326 8 2 ${ksk2017.slice(0, 32)} ${ksk2017.slice(32)}\r`,
    `DS 20326 8 2 ${ksk2017}`,
    `; root\n\n. ds 20326 8 2 (\n  ${ksk2017.slice(0, 32)}\n  ${ksk2017.slice(32)} )\n`,
  ]) {
    assert.deepEqual(read(line), expected, line);
  }
});

test('TA-1 DNSKEY lines become the digest of the key', () => {
  const key = testKey(13, 'anchor');
  const line = `partner.example. 3600 IN DNSKEY 257 3 13 ${toBase64(key.rdata.subarray(4))} ; comment`;
  const [anchor] = read(line);
  assert.equal(anchor?.zone, name('partner.example'));
  const ds = rdata.ds(name('partner.example'), key);
  assert.equal(toHex(anchor!.ds.digest), toHex(ds.subarray(4)));
  assert.equal(anchor!.ds.keyTag, ds[0]! * 256 + ds[1]!);
});

test('TA-4 TA-5 a revoked key alone is no anchor', () => {
  const key = toBase64(testKey(13, 'anchor').rdata.subarray(4));
  assert.equal(faultOf(`. IN DNSKEY 385 3 13 ${key}`), 'empty');
  assert.equal(faultOf(`. IN DNSKEY 1 3 13 ${key}`), 'empty');
});

const xml = (first: string, second = ''): string => `<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="E9724F53-1851-4F86-85E5-F1392102940B" source="http://data.iana.org/root-anchors/root-anchors.xml">
<Zone>.</Zone>
<KeyDigest id="Kjqmt7v" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00">
<KeyTag>19036</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>
<Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Digest>
</KeyDigest>
<!-- <KeyDigest id="x"><KeyTag>1</KeyTag></KeyDigest> -->
<KeyDigest id="Klajeyz" ${first}>
<KeyTag>20326</KeyTag>
<Algorithm>8</Algorithm>
<DigestType>2</DigestType>
<Digest>
 ${ksk2017}
</Digest>
<PublicKey>AwEAAaz</PublicKey><Flags>257</Flags>
</KeyDigest>${second}
</TrustAnchor>
`;

test('TA-2 root-anchors.xml is read and expired digests are not used', () => {
  const anchors = read(xml('validFrom="2017-02-02T00:00:00+00:00"'));
  assert.equal(anchors.length, 2);
  assert.deepEqual(
    anchorsAt(anchors, name('.'), now).map((ds) => ds.keyTag),
    [20_326],
  );
  assert.deepEqual(
    anchorsAt(anchors, name('.'), instant(Date.UTC(2018, 0))).map((ds) => ds.keyTag),
    [19_036, 20_326],
  );
});

test('TA-2 TA-5 a file without a digest for now is a fault', () => {
  assert.equal(faultOf(xml('validFrom="2027-02-02T00:00:00+00:00"')), 'none-valid-now');
  assert.equal(faultOf(xml('validFrom="soon"')), 'bad-xml');
  assert.equal(faultOf(xml('').replace('<Algorithm>8', '<Algorithm>eight')), 'bad-xml');
  assert.equal(faultOf(xml('').replace('<Zone>.</Zone>', '')), 'bad-xml');
  assert.equal(faultOf('<TrustAnchor><Zone>.</Zone></TrustAnchor>'), 'bad-xml');
});

test('TA-5 what cannot be read is a fault, never an empty list', () => {
  for (const [text, because] of [
    ['', 'empty'],
    ['; nothing\n', 'empty'],
    ['. IN DS 20326 8 2 E06D', 'bad-line'], // a digest of wrong length
    ['. IN DS 20326 8 2', 'bad-line'],
    ['. IN DS 99999 8 2 aa', 'bad-line'],
    ['. IN A 192.0.2.1', 'bad-line'],
    ['. CH DS 20326 8 2 aa', 'bad-line'],
    [`.. IN DS 20326 8 2 ${ksk2017}`, 'bad-line'],
    ['. IN DNSKEY 257 3 13 ***', 'bad-line'],
  ] as const) {
    assert.equal(faultOf(text), because, text);
  }
});

test('SEC-31 TA-6 the longest anchor at or above a name counts', () => {
  const anchors = read(`. DS 20326 8 2 ${ksk2017}\npartner.example. DS 1 13 2 ${ksk2024}`);
  assert.equal(anchorZone(anchors, name('mx.partner.example'), now), name('partner.example'));
  assert.equal(anchorZone(anchors, name('partner.example'), now), name('partner.example'));
  assert.equal(anchorZone(anchors, name('otherpartner.example'), now), name('.'));
  assert.equal(anchorZone([anchors[1]!], name('example'), now), undefined);
});

test('TA-5 no text makes the reader throw', () => {
  const pieces = fc.constantFrom(
    '.',
    ' ',
    '\n',
    'DS',
    'DNSKEY',
    'IN',
    '257',
    '3',
    '8',
    ksk2017,
    '(',
    ')',
    ';',
    '<',
    '<Zone>',
    '</Zone>',
    '<KeyDigest>',
    '</KeyDigest>',
    '"',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 20 }),
      (parts) => void parseAnchors(parts.join(''), now),
    ),
  );
});
