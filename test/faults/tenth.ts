// Loaded before the relay: the two deadlines that a lost peer runs into are a tenth of what they are, so that CI need not
// wait three minutes for each. The long job waits.

import { defaultTimeouts } from '../../src/adapters/smtp/dialer-timeouts.ts';
import { defaultLimits } from '../../src/adapters/smtp/server-options.ts';

Object.assign(defaultTimeouts, { block: defaultTimeouts.block / 10 });
Object.assign(defaultLimits, { dataWindow: defaultLimits.dataWindow / 10 });
