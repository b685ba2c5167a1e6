// What must not compile: `tsc` fails where one of these lines stops being an error.

import { judgeOffer, judgePeer } from '../../../src/core/policy/judge.ts';
import type { Accepted, Cleared, SecurityState } from '../../../src/core/policy/model.ts';
import { dialled, now } from './given.ts';

type Session = { readonly security: SecurityState };
const session: Session = { security: { kind: 'injected' } };

// @ts-expect-error a session is not accepted by itself
export const selfAccepted: Accepted<Session> = session;
// @ts-expect-error nor cleared
export const selfCleared: Cleared<Session> = session;

export function acceptedIsNotCleared(accepted: Accepted<Session>): Cleared<Session> {
  // @ts-expect-error an accepted session is not yet cleared
  return accepted;
}

export function offerNeedsAcceptance(): unknown {
  // @ts-expect-error the offer of a peer that was not judged is not looked at
  return judgeOffer(dialled({}), session, new Map());
}

export function verdictFirst(): unknown {
  const judged = judgePeer(dialled({}), session, now);
  // @ts-expect-error only an accepted verdict carries a session
  return judged.session;
}
