import type {
  BridgeProblem,
  IssueKeyRequest,
  IssueKeyResult,
  Outcome,
} from '@ghasi/desktop-bridge-types';

import { isDefinite, type Settled } from './check_in_flow';

/**
 * One key from the press to its outcome. What was sent is frozen: a retry is the same request
 * with the same id, so that a broken line cannot make two keys.
 */
export type KeyFlow =
  | { readonly stage: 'choosing' }
  | { readonly stage: 'sending'; readonly command: IssueKeyRequest }
  | { readonly stage: 'unsure'; readonly command: IssueKeyRequest; readonly problem: BridgeProblem }
  | { readonly stage: 'refused'; readonly problem: BridgeProblem }
  | { readonly stage: 'pending'; readonly activityId: string }
  | { readonly stage: 'settled'; readonly activityId: string; readonly settled: Settled }
  | { readonly stage: 'issued'; readonly activityId: string };

export type KeyEvent =
  | { readonly event: 'submitted'; readonly command: IssueKeyRequest }
  | { readonly event: 'answered'; readonly outcome: Outcome<IssueKeyResult> }
  | { readonly event: 'settled'; readonly settled: Settled }
  | { readonly event: 'chosen_again' };

export const CHOOSING: KeyFlow = { stage: 'choosing' };

/** An event that does not fit the stage changes nothing. */
export function nextKeyStage(flow: KeyFlow, event: KeyEvent): KeyFlow {
  switch (event.event) {
    case 'submitted':
      return maySend(flow, event.command) ? { stage: 'sending', command: event.command } : flow;
    case 'answered':
      return flow.stage === 'sending' ? afterAnswer(flow.command, event.outcome) : flow;
    case 'settled':
      return flow.stage === 'pending' ? afterSettling(flow.activityId, event.settled) : flow;
    case 'chosen_again':
      return mayChooseAgain(flow) ? CHOOSING : flow;
  }
}

/** Only where it is certain that there is no key yet, or where there is one already. */
export function mayChooseAgain(flow: KeyFlow): boolean {
  if (flow.stage === 'settled')
    return flow.settled.settlement === 'refused' || flow.settled.settlement === 'not_performed';
  return flow.stage === 'refused' || flow.stage === 'issued';
}

function maySend(flow: KeyFlow, command: IssueKeyRequest): boolean {
  return flow.stage === 'choosing' || (flow.stage === 'unsure' && flow.command === command);
}

function afterSettling(activityId: string, settled: Settled): KeyFlow {
  return settled.settlement === 'succeeded'
    ? { stage: 'issued', activityId }
    : { stage: 'settled', activityId, settled };
}

function afterAnswer(command: IssueKeyRequest, outcome: Outcome<IssueKeyResult>): KeyFlow {
  if (!outcome.ok) {
    return isDefinite(outcome.problem)
      ? { stage: 'refused', problem: outcome.problem }
      : { stage: 'unsure', command, problem: outcome.problem };
  }
  const { status, activityId } = outcome.value;
  return { stage: status === 'outcome_pending' ? 'pending' : 'issued', activityId };
}
