// What one question may cost at most (SEC-40; CVE-2023-50387, CVE-2023-50868), and the default rules of validation.

import { seconds } from '../base/brand.ts';
import type { ProofRules, WorkKind } from './proof.ts';

/** For `makeBudget`. `nsec3Hashes` holds for one denial, the others for one question with all zones proven for it. */
export const proofLimits: Readonly<Record<WorkKind, number>> = {
  queries: 64,
  verifications: 100,
  failedVerifications: 16,
  nsec3Hashes: 32,
  zoneCuts: 16,
};

/** DNSKEYs and RRSIGs looked at in one set; the rest is as good as not there. */
export const maxKeysInSet = 64;
export const maxSignaturesOnSet = 16;

/** Keys tried that share one tag and algorithm. */
export const maxKeysPerTag = 2;

/** Key and signature pairs tried on one RRset. */
export const maxPairsPerSet = 8;

/** DS records, denial records and signers of one answer that are looked at. */
export const maxDsInSet = 16;
export const maxDenialSets = 16;
export const maxSigners = 3;

/** Owners of one type looked at in a section; an alias chain at its limit needs far fewer. */
export const maxOwnersInSection = 64;

/** SEC-41: after this many verifications the event loop gets a turn. */
export const verificationsPerTurn = 4;

/** DNS-8: negative answers are kept no longer than three hours. */
export const maxNegativeTtl = 10_800;

export const defaultRules: ProofRules = {
  sha1: 'unsupported',
  nsec3Limit: 50,
  inceptionTolerance: seconds(0),
  aliasLimit: 8,
};
