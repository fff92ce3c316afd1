import type { Arrival, BridgeProblem } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useReducer, useRef } from 'react';

import { useRepeating } from '../use_repeating';

const REFRESH_MILLISECONDS = 30_000;
/** 10 pages of 100: more than any house takes in on one day. */
export const PAGES_MAX = 10;

export interface ArrivalsState {
  readonly arrivals: readonly Arrival[] | null;
  readonly businessDate: string | null;
  readonly partial: readonly string[];
  readonly isTruncated: boolean;
  readonly problem: BridgeProblem | null;
  readonly isLoading: boolean;
}

type Loaded = Omit<ArrivalsState, 'isLoading' | 'problem'>;
type ArrivalsEvent =
  | { readonly event: 'asked' }
  | { readonly event: 'loaded'; readonly loaded: Loaded }
  | { readonly event: 'failed'; readonly problem: BridgeProblem };

const NOTHING_YET: ArrivalsState = {
  arrivals: null,
  businessDate: null,
  partial: [],
  isTruncated: false,
  problem: null,
  isLoading: true,
};

/** A failure keeps what is on the screen: an older list helps more than none. */
function afterEvent(state: ArrivalsState, event: ArrivalsEvent): ArrivalsState {
  switch (event.event) {
    case 'asked':
      return { ...state, isLoading: true };
    case 'loaded':
      return { ...event.loaded, problem: null, isLoading: false };
    case 'failed':
      return { ...state, problem: event.problem, isLoading: false };
  }
}

/**
 * Mount with the property's id as key: one property's list never shows under another's name.
 * A new `revision` says that the list may have changed.
 */
export function useArrivals(
  propertyId: string,
  revision: number,
): ArrivalsState & { readonly reload: () => void } {
  const [state, dispatch] = useReducer(afterEvent, NOTHING_YET);
  const underway = useRef<AbortController | null>(null);
  const reload = useCallback(() => {
    underway.current?.abort();
    const controller = new AbortController();
    underway.current = controller;
    dispatch({ event: 'asked' });
    void loadAllPages(propertyId, controller.signal).then((event) => {
      if (!controller.signal.aborted) dispatch(event);
    });
  }, [propertyId]);
  useEffect(() => {
    reload();
    return () => underway.current?.abort();
  }, [reload, revision]);
  useRepeating(reload, REFRESH_MILLISECONDS);
  return { ...state, reload };
}

async function loadAllPages(propertyId: string, signal: AbortSignal): Promise<ArrivalsEvent> {
  const arrivals: Arrival[] = [];
  let cursor: string | null = null;
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const outcome = await window.melmastoon.workbench.arrivals({
      propertyId,
      signal,
      ...(cursor === null ? {} : { cursor }),
    });
    if (!outcome.ok) return { event: 'failed', problem: outcome.problem };
    const { items, nextCursor, businessDate, partial } = outcome.value;
    arrivals.push(...items);
    cursor = nextCursor;
    if (cursor === null || page === PAGES_MAX) {
      return {
        event: 'loaded',
        loaded: { arrivals, businessDate, partial, isTruncated: cursor !== null },
      };
    }
  }
  throw new TypeError('Unreachable: the last page always answers');
}
