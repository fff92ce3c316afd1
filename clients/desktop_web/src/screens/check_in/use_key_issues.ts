import type { IssueKeyRequest } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useMemo, useReducer, useRef } from 'react';

import { followActivity } from './follow_activity';
import { CHOOSING, nextKeyStage, type KeyEvent, type KeyFlow } from './key_flow';

export interface KeyIssues {
  readonly flowOf: (reservationId: string) => KeyFlow;
  readonly submit: (command: IssueKeyRequest) => void;
  readonly chooseAgain: (reservationId: string) => void;
}

type Flows = Readonly<Record<string, KeyFlow>>;

interface AddressedEvent {
  readonly reservationId: string;
  readonly event: KeyEvent;
}

/** All keys under way, kept above the screens: closing a panel forgets none of them. */
export function useKeyIssues(): KeyIssues {
  const [flows, dispatch] = useReducer(afterEvent, {});
  const sending = useRef(new Set<string>());
  const leaving = useRef<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => {
      controller.abort();
    };
  }, []);
  const submit = useCallback((command: IssueKeyRequest) => {
    const { reservationId } = command;
    // The reducer refuses a second press too, but only once this one has been rendered.
    if (sending.current.has(reservationId)) return;
    sending.current.add(reservationId);
    const tell = (event: KeyEvent) => {
      dispatch({ reservationId, event });
    };
    tell({ event: 'submitted', command });
    void carryOut(command, tell, leaving.current?.signal).finally(() =>
      sending.current.delete(reservationId),
    );
  }, []);
  const chooseAgain = useCallback((reservationId: string) => {
    dispatch({ reservationId, event: { event: 'chosen_again' } });
  }, []);
  const flowOf = useCallback((reservationId: string) => flows[reservationId] ?? CHOOSING, [flows]);
  return useMemo(() => ({ flowOf, submit, chooseAgain }), [flowOf, submit, chooseAgain]);
}

function afterEvent(flows: Flows, { reservationId, event }: AddressedEvent): Flows {
  return { ...flows, [reservationId]: nextKeyStage(flows[reservationId] ?? CHOOSING, event) };
}

async function carryOut(
  command: IssueKeyRequest,
  tell: (event: KeyEvent) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcome = await window.melmastoon.locks.issueKey(command);
  tell({ event: 'answered', outcome });
  if (!outcome.ok || outcome.value.status !== 'outcome_pending') return;
  const settled = await followActivity(
    outcome.value.activityId,
    signal ?? new AbortController().signal,
  );
  if (settled !== null) tell({ event: 'settled', settled });
}
