import type { CheckInRequest } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';

import {
  EDITING,
  nextStage,
  settledFrom,
  type CheckInEvent,
  type CheckInFlow,
  type Settled,
} from './check_in_flow';

const FIRST_LOOK_MILLISECONDS = 1_000;
const LOOK_MILLISECONDS_MAX = 8_000;
const LOOKS_MAX = 25;

export interface CheckIns {
  readonly flowOf: (reservationId: string) => CheckInFlow;
  readonly submit: (command: CheckInRequest) => void;
  readonly editAgain: (reservationId: string) => void;
  /** Grows with every answer: what lists show may have changed. */
  readonly answers: number;
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
  return useMemo(
    () => ({ flowOf, submit, editAgain, answers: state.answers }),
    [flowOf, submit, editAgain, state.answers],
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

/** Asks, ever less often, until the outcome is known or a few minutes have passed; null when abandoned. */
async function followActivity(activityId: string, signal: AbortSignal): Promise<Settled | null> {
  let wait = FIRST_LOOK_MILLISECONDS;
  for (let look = 1; look <= LOOKS_MAX; look += 1) {
    await pause(wait, signal);
    if (signal.aborted) return null;
    wait = Math.min(wait * 2, LOOK_MILLISECONDS_MAX);
    const outcome = await window.melmastoon.activities.get(activityId, { signal });
    const settled = outcome.ok ? settledFrom(outcome.value) : null;
    if (settled !== null) return settled;
  }
  return { settlement: 'still_unknown', refusalCode: null, after: null };
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
