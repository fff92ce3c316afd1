import { describe, expect, it } from 'vitest';

import { CorrectedClock } from '../../src/device/corrected_clock';

describe('the corrected clock', () => {
  it('runs on from the time the service told', () => {
    let local = Date.parse('2026-11-24T09:00:00Z');
    const clock = new CorrectedClock(() => local);

    expect(clock.correct('2026-11-24T12:00:00.000Z')).toBe(true);
    local += 5_000;

    expect(clock.now()).toBe(Date.parse('2026-11-24T12:00:05Z'));
  });

  it('keeps its time when told nonsense', () => {
    const clock = new CorrectedClock(() => 1000);

    expect(clock.correct('yesterday-ish')).toBe(false);
    expect(clock.now()).toBe(1000);
  });
});
