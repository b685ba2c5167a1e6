// The siege of our own relay: attacks on MTA-STS, REQUIRETLS, routing, SMTP itself and the tools.
// proves: ATK-60 ATK-62 ATK-63 ATK-64 ATK-65 ATK-66 ATK-70 ATK-71 ATK-73 ATK-74 ATK-75 ATK-80 ATK-81 ATK-83 ATK-84
// proves: ATK-85 ATK-86 ATK-87 ATK-88 ATK-89 ATK-90 ATK-91 ATK-92 ATK-93 ATK-94 ATK-95 ATK-96 ATK-97 ATK-98 ATK-100
// proves: ATK-112 ATK-114 ATK-115 ATK-116 ATK-117

import { besiegeInTests, numberOf } from './siege.ts';

besiegeInTests((attack) => numberOf(attack) >= 60);
