import type {
  Activity,
  BridgeProblem,
  CheckInRequest,
  CheckInResult,
  Outcome,
} from '@ghasi/desktop-bridge-types';

/** What became of an activity whose outcome was not known at first. */
export type Settlement = 'succeeded' | 'refused' | 'not_performed' | 'parked' | 'still_unknown';

/** What a check-in left behind. */
export interface AfterCheckIn {
  readonly state: string;
  readonly roomId: string;
  readonly roomNumber?: string;
  readonly version: number;
}

export interface Settled {
  readonly settlement: Settlement;
  /** The wire code of a refusal, where the service told one. */
  readonly refusalCode: string | null;
  /** The reservation as it is now, where the service told it. */
  readonly after: AfterCheckIn | null;
}

/**
 * One check-in from the form to its outcome.
 *
 * `command` is what was sent, frozen at the first press: every retry of it goes out with the same
 * id and the same details. Only a definite refusal lets the person change something, under a new id.
 */
export type CheckInFlow =
  | { readonly stage: 'editing' }
  | { readonly stage: 'sending'; readonly command: CheckInRequest }
  | { readonly stage: 'unsure'; readonly command: CheckInRequest; readonly problem: BridgeProblem }
  | { readonly stage: 'refused'; readonly problem: BridgeProblem }
  | { readonly stage: 'pending'; readonly activityId: string }
  | ({ readonly stage: 'settled'; readonly activityId: string } & Settled)
  | {
      readonly stage: 'succeeded';
      readonly activityId: string;
      readonly after: AfterCheckIn | null;
    };

export type CheckInEvent =
  | { readonly event: 'submitted'; readonly command: CheckInRequest }
  | { readonly event: 'answered'; readonly outcome: Outcome<CheckInResult> }
  | ({ readonly event: 'settled' } & Settled)
  | { readonly event: 'edited_again' };

export const EDITING: CheckInFlow = { stage: 'editing' };

/** An event that does not fit the stage changes nothing: a second press cannot send twice. */
export function nextStage(flow: CheckInFlow, event: CheckInEvent): CheckInFlow {
  switch (event.event) {
    case 'submitted':
      return flow.stage === 'editing' || isRetryOf(flow, event.command)
        ? { stage: 'sending', command: event.command }
        : flow;
    case 'answered':
      return flow.stage === 'sending' ? afterAnswer(flow.command, event.outcome) : flow;
    case 'settled':
      return flow.stage === 'pending' ? afterSettling(flow.activityId, event) : flow;
    case 'edited_again':
      return mayEditAgain(flow) ? EDITING : flow;
  }
}

export function mayEditAgain(flow: CheckInFlow): boolean {
  if (flow.stage === 'settled')
    return flow.settlement === 'refused' || flow.settlement === 'not_performed';
  return flow.stage === 'refused';
}

/** Null while there is nothing to tell yet. */
export function settledFrom({ state, result }: Activity): Settled | null {
  if (state === 'in_flight' || state === 'outcome_pending') return null;
  return { settlement: state, refusalCode: codeIn(result), after: reservationIn(result) };
}

function isRetryOf(flow: CheckInFlow, command: CheckInRequest): boolean {
  return flow.stage === 'unsure' && flow.command === command;
}

function afterAnswer(command: CheckInRequest, outcome: Outcome<CheckInResult>): CheckInFlow {
  if (!outcome.ok) {
    return isDefinite(outcome.problem)
      ? { stage: 'refused', problem: outcome.problem }
      : { stage: 'unsure', command, problem: outcome.problem };
  }
  const { value } = outcome;
  if (value.status === 'outcome_pending') return { stage: 'pending', activityId: value.activityId };
  return { stage: 'succeeded', activityId: value.activityId, after: value.reservation };
}

function afterSettling(activityId: string, settled: Settled): CheckInFlow {
  const { settlement, refusalCode, after } = settled;
  return settlement === 'succeeded'
    ? { stage: 'succeeded', activityId, after }
    : { stage: 'settled', activityId, settlement, refusalCode, after };
}

function codeIn(result: unknown): string | null {
  if (typeof result !== 'object' || result === null || !('code' in result)) return null;
  return typeof result.code === 'string' ? result.code : null;
}

function reservationIn(result: unknown): AfterCheckIn | null {
  if (typeof result !== 'object' || result === null || !('reservation' in result)) return null;
  const { state, roomId, roomNumber, version } = result.reservation as Partial<
    Record<string, unknown>
  >;
  const isWhole =
    typeof state === 'string' && typeof roomId === 'string' && typeof version === 'number';
  if (!isWhole) return null;
  return { state, roomId, ...(typeof roomNumber === 'string' ? { roomNumber } : {}), version };
}

/** Only a refusal that will be the same next time is definite; all else keeps its command for a retry. */
export function isDefinite({ kind, status, retriable }: BridgeProblem): boolean {
  return kind === 'refused' && !retriable && status !== null && status < 500;
}
