import type { BridgeProblem, DashboardLine } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useReducer, useRef } from 'react';

import { useRepeating } from '../use_repeating';
import { afterInterruption, afterLine, OPENING, type DashboardState } from './dashboard_state';

const REFRESH_MILLISECONDS = 60_000;

type DashboardEvent = { readonly line: DashboardLine } | { readonly problem: BridgeProblem };

function afterEvent(state: DashboardState, event: DashboardEvent): DashboardState {
  return 'line' in event ? afterLine(state, event.line) : afterInterruption(state, event.problem);
}

/** Mount with the property's id as key. Each line shows as soon as it is there. */
export function useDashboard(propertyId: string): DashboardState & { readonly reload: () => void } {
  const [state, dispatch] = useReducer(afterEvent, OPENING);
  const underway = useRef<AbortController | null>(null);
  const reload = useCallback(() => {
    underway.current?.abort();
    const controller = new AbortController();
    underway.current = controller;
    void paint(propertyId, controller.signal, dispatch);
  }, [propertyId]);
  useEffect(() => {
    reload();
    return () => underway.current?.abort();
  }, [reload]);
  useRepeating(reload, REFRESH_MILLISECONDS);
  return { ...state, reload };
}

async function paint(
  propertyId: string,
  signal: AbortSignal,
  tell: (event: DashboardEvent) => void,
): Promise<void> {
  for await (const outcome of window.melmastoon.dashboard.open({ propertyId, signal })) {
    if (signal.aborted) return;
    tell(outcome.ok ? { line: outcome.value } : { problem: outcome.problem });
  }
}
