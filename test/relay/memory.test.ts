import { test } from 'node:test';
import { holdMany, passLarge } from './memory.ts';

// The whole measure, 20,000 messages, is test/long/memory.ts.
test('OPS-66 waiting messages lie on the disk and not in memory', (t) => holdMany(t, 4000, 40e6));

test('OPS-66 a large message passes as a stream, in and out', (t) => passLarge(t, 49e6, 60e6));
