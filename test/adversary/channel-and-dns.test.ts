// The siege of our own relay: attacks on the channel and on DNS, judged by what the sinks saw; beside that the reason on
// record.
// proves: ATK-1 ATK-2 ATK-3 ATK-4 ATK-5 ATK-6 ATK-7 ATK-8 ATK-9 ATK-10 ATK-11 ATK-12 ATK-13 ATK-14 ATK-16 ATK-17
// proves: ATK-18 ATK-19 ATK-20 ATK-21 ATK-23 ATK-30 ATK-31 ATK-32 ATK-33 ATK-34 ATK-35 ATK-36 ATK-37 ATK-38 ATK-39
// proves: ATK-40 ATK-41 ATK-42 ATK-43 ATK-44 ATK-45 ATK-46 ATK-47 ATK-48 ATK-49 ATK-50 ATK-51 ATK-52 ATK-53 ATK-55
// proves: ATK-56 ATK-57 ATK-58 ATK-59

import { besiegeInTests, numberOf } from './siege.ts';

besiegeInTests((attack) => numberOf(attack) < 60);
