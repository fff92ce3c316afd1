import { useEffect } from 'react';

/** Runs `work` again and again while somebody can see the page, and once when it comes back into view. */
export function useRepeating(work: () => void, everyMilliseconds: number): void {
  useEffect(() => {
    const whenVisible = () => {
      if (document.visibilityState === 'visible') work();
    };
    const timer = setInterval(whenVisible, everyMilliseconds);
    document.addEventListener('visibilitychange', whenVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', whenVisible);
    };
  }, [work, everyMilliseconds]);
}
