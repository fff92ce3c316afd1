import { settledFrom, type Settled } from './check_in_flow';

const FIRST_LOOK_MILLISECONDS = 1_000;
const LOOK_MILLISECONDS_MAX = 8_000;
const LOOKS_MAX = 25;

/** Asks, ever less often, until the outcome is known or a few minutes have passed; null when abandoned. */
export async function followActivity(
  activityId: string,
  signal: AbortSignal,
): Promise<Settled | null> {
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
