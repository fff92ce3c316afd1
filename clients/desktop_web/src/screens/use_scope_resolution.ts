import { useEffect } from 'react';

const ASK_AGAIN_MILLISECONDS = 3_000;

/** The service resolves permissions in the background; asks until it has. */
export function useScopeResolution(isResolved: boolean): void {
  useEffect(() => {
    if (isResolved) return undefined;
    const timer = setInterval(
      () => void window.melmastoon.session.current(),
      ASK_AGAIN_MILLISECONDS,
    );
    return () => {
      clearInterval(timer);
    };
  }, [isResolved]);
}
