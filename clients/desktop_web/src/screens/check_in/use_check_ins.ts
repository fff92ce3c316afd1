import type { CheckInRequest } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';

import { EDITING, nextStage, type CheckInEvent, type CheckInFlow } from './check_in_flow';
import { followActivity } from './follow_activity';
import { useKeyIssues, type KeyIssues } from './use_key_issues';

export interface CheckIns {
  readonly flowOf: (reservationId: string) => CheckInFlow;
  readonly submit: (command: CheckInRequest) => void;
  readonly editAgain: (reservationId: string) => void;
  /** Grows with every answer: what lists show may have changed. */
  readonly answers: number;
  /** The keys of those who are checked in here. */
  readonly keys: KeyIssues;
}

interface CheckInsState {
  readonly flows: Readonly<Record<string, CheckInFlow>>;
  readonly answers: number;
}

interface AddressedEvent {
  readonly reservationId: string;
  readonly event: CheckInEvent;
}

/**
 * All check-ins under way, kept above the screens: closing a panel or changing the screen forgets
 * none of them, so that coming back cannot start a second one under another id.
 */
export function useCheckIns(): CheckIns {
  const [state, dispatch] = useReducer(afterEvent, { flows: {}, answers: 0 });
  const sending = useRef(new Set<string>());
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => {
      controller.abort();
    };
  }, []);

  const submit = useCallback((command: CheckInRequest) => {
    const { reservationId } = command;
    // The reducer refuses a second press too, but only once this one has been rendered.
    if (sending.current.has(reservationId)) return;
    sending.current.add(reservationId);
    const tell = (event: CheckInEvent) => {
      dispatch({ reservationId, event });
    };
    tell({ event: 'submitted', command });
    void carryOut(command, tell, leaving.current?.signal).finally(() =>
      sending.current.delete(reservationId),
    );
  }, []);

  const editAgain = useCallback((reservationId: string) => {
    dispatch({ reservationId, event: { event: 'edited_again' } });
  }, []);
  const flowOf = useCallback(
    (reservationId: string) => state.flows[reservationId] ?? EDITING,
    [state.flows],
  );
  const keys = useKeyIssues();
  return useMemo(
    () => ({ flowOf, submit, editAgain, answers: state.answers, keys }),
    [flowOf, submit, editAgain, state.answers, keys],
  );
}

function afterEvent(
  { flows, answers }: CheckInsState,
  { reservationId, event }: AddressedEvent,
): CheckInsState {
  const flow = nextStage(flows[reservationId] ?? EDITING, event);
  const isAnswer = event.event === 'answered' || event.event === 'settled';
  return { flows: { ...flows, [reservationId]: flow }, answers: answers + (isAnswer ? 1 : 0) };
}

async function carryOut(
  command: CheckInRequest,
  tell: (event: CheckInEvent) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome = await window.melmastoon.reservations.checkIn(command);
  tell({ event: 'answered', outcome });
  if (!outcome.ok || outcome.value.status !== 'outcome_pending') return;
  const settled = await followActivity(
    outcome.value.activityId,
    signal ?? new AbortController().signal,
  );
  if (settled !== null) tell({ event: 'settled', ...settled });
}
