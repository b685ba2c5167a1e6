// By hand: node --test test/long/memory.ts. The whole measure of what memory.test.ts shows in small.

import { test } from 'node:test';
import { holdMany, passLarge } from '../relay/memory.ts';

test('20,000 waiting messages of 5 KB', (t) => holdMany(t, 20_000, 60e6));
test('a message of 49 MB in and out', (t) => passLarge(t, 49e6, 60e6));
