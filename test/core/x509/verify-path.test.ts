import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { instant } from '../../../src/core/base/brand.ts';
import { verifyPath } from '../../../src/core/x509/verify-path.ts';
import { issueLeaf, type LabAuthorities, makeAuthorities, makeAuthority } from '../../../src/lab/certificates.ts';

const ref = { kind: 'webpki' } as const;
let world: LabAuthorities;
before(async () => {
  world = await makeAuthorities();
});
const now = (): ReturnType<typeof instant> => instant(Date.now());

test('OPS-13 a chain from a file leads to the store, or it is said why not', async () => {
  const { publicRoot: root, publicIntermediate: middle, privateRoot } = world;
  const leaf = await issueLeaf({ names: ['mx.example.org'], issuer: middle });
  assert.equal(verifyPath([leaf.der, middle.der], [root.der], ref, now()).kind, 'trusted');
  assert.equal(verifyPath([leaf.der, middle.der, root.der], [root.der], ref, now()).kind, 'trusted');
  // In any order, and partial: the anchor need not be self-signed.
  assert.equal(verifyPath([leaf.der, root.der, middle.der], [root.der], ref, now()).kind, 'trusted');
  assert.equal(verifyPath([leaf.der], [middle.der], ref, now()).kind, 'trusted');
  const faultOf = (...[chain, anchors, at = now()]: [Uint8Array[], Uint8Array[], ReturnType<typeof instant>?]) => {
    const verdict = verifyPath(chain as [Uint8Array], anchors, ref, at);
    return verdict.kind === 'untrusted' ? verdict.fault : 'trusted';
  };
  assert.equal(faultOf([leaf.der], [root.der]), 'untrusted');
  assert.equal(faultOf([leaf.der, middle.der], [privateRoot.der]), 'untrusted');
  assert.equal(faultOf([leaf.der, middle.der], []), 'untrusted');
  assert.equal(faultOf([leaf.der, middle.der], [root.der], instant(Date.now() + 400 * 86_400_000)), 'expired');
  assert.equal(faultOf([leaf.der, middle.der], [root.der], instant(Date.now() - 400 * 86_400_000)), 'not-yet-valid');
  assert.equal(faultOf([Uint8Array.of(1, 2, 3)], [root.der]), 'other');
});

test('an issuer that is no authority issues nothing, and a name alone is no signature', async () => {
  const { publicRoot: root } = world;
  const noCa = await makeAuthority({ subject: 'CN=No CA', issuer: root, flaw: 'without-ca-flag' });
  const leaf = await issueLeaf({ names: ['mx.example.org'], issuer: noCa });
  const verdict = verifyPath([leaf.der, noCa.der], [root.der], ref, now());
  assert.ok(verdict.kind === 'untrusted' && verdict.fault === 'constraint');
  const impostor = await makeAuthority({ subject: root.subject });
  const forged = await issueLeaf({ names: ['mx.example.org'], issuer: impostor });
  assert.equal(verifyPath([forged.der], [root.der], ref, now()).kind, 'untrusted');
});
