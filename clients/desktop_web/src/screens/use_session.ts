import type { SessionSnapshot } from '@ghasi/desktop-bridge-types';
import { useSyncExternalStore } from 'react';

const { session } = window.melmastoon;

export function useSession(): SessionSnapshot {
  return useSyncExternalStore(session.subscribe, session.snapshot);
}
