import type { DashboardLine, DashboardWidget } from '@ghasi/desktop-bridge-types';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { afterInterruption, afterLine, OPENING } from '../../src/screens/dashboard/dashboard_state';
import { WIDGET_BODIES } from '../../src/screens/dashboard/widget_bodies';
import { WidgetCard } from '../../src/screens/dashboard/widget_card';
import { WIDGET_EXAMPLES } from './widget_examples';

function layout(...widgets: DashboardWidget[]): DashboardLine {
  return { type: 'layout', dashboardId: 'dsh_1', businessDate: '2026-11-24', widgets };
}

function drawn(widget: Partial<DashboardWidget>): string {
  return renderToStaticMarkup(
    <WidgetCard widget={{ id: 'w', kind: 'in_house', state: 'fresh', ...widget }} />,
  );
}

const PENDING: DashboardWidget = { id: 'in_house', kind: 'in_house', state: 'pending' };
const FRESH: DashboardLine = {
  type: 'widget',
  id: 'in_house',
  kind: 'in_house',
  state: 'fresh',
  data: { reservations: 3 },
};
const PROBLEM = {
  kind: 'unreachable',
  code: null,
  status: null,
  userMessageKey: null,
  detail: null,
  requestId: 'r',
  retriable: true,
  retryAfterSeconds: null,
  fields: [],
} as const;

describe('the dashboard', () => {
  it('shows the layout at once and each widget as it comes', () => {
    const first = afterLine(OPENING, layout(PENDING, { ...PENDING, id: 'adr', kind: 'adr' }));
    const second = afterLine(first, FRESH);

    expect(first.widgets.map(({ state }) => state)).toEqual(['pending', 'pending']);
    expect(second.widgets.map(({ state }) => state)).toEqual(['fresh', 'pending']);
  });

  it('keeps the last value on the screen while asking again, and drops it when nothing comes', () => {
    const shown = afterLine(afterLine(OPENING, layout(PENDING)), FRESH);
    const asking = afterLine(shown, layout(PENDING));
    const missing = afterLine(asking, {
      type: 'widget',
      id: 'in_house',
      kind: 'in_house',
      state: 'missing',
      reason: 'timeout',
    });

    expect(asking.widgets[0]).toMatchObject({ state: 'pending', data: { reservations: 3 } });
    expect(missing.widgets[0]).not.toHaveProperty('data');
  });

  it('believes the property’s own business date more than the layout’s', () => {
    const day: DashboardLine = {
      type: 'widget',
      id: 'property_day',
      kind: 'property_day',
      state: 'fresh',
      data: { businessDate: '2026-11-23' },
    };

    expect(afterLine(afterLine(OPENING, layout(PENDING)), day).businessDate).toBe('2026-11-23');
  });

  it('keeps the last picture when a refresh cannot begin', () => {
    const shown = afterLine(afterLine(OPENING, layout(PENDING)), FRESH);
    const summary: DashboardLine = {
      type: 'summary',
      fresh: 1,
      stale: 0,
      missing: 0,
      durationMs: 1,
      upstreams: {},
    };

    const unavailable = afterInterruption(afterLine(shown, summary), PROBLEM);

    expect(unavailable).toMatchObject({ phase: 'unavailable', widgets: [{ state: 'fresh' }] });
  });

  it('calls missing what had not come when the stream broke', () => {
    const broken = afterInterruption(afterLine(OPENING, layout(PENDING)), PROBLEM);

    expect(broken).toMatchObject({ phase: 'interrupted', widgets: [{ state: 'missing' }] });
  });
});

describe('a widget', () => {
  it.each(Object.keys(WIDGET_BODIES))(
    '%s draws the data that docs/dashboard_widgets.md describes',
    (kind) => {
      const example = WIDGET_EXAMPLES[kind];
      expect(example).toBeDefined();

      const words = drawn({ kind, data: example?.data }).replaceAll(/<[^>]*>/g, ' ');

      for (const expected of example?.shows ?? []) expect(words).toContain(expected);
    },
  );

  it.each(Object.keys(WIDGET_BODIES))(
    '%s with data it does not know shows labels and values instead',
    (kind) => {
      expect(drawn({ kind, data: { somethingNew: 42 } })).toContain('Something new');
    },
  );

  it('of an unknown kind shows labels and values', () => {
    const markup = drawn({
      kind: 'pool_temperature',
      data: { waterCelsius: 27.5, fee: { amountMicro: '5000000', currency: 'USD' }, open: true },
    });

    expect(markup).toContain('Pool temperature');
    expect(markup).toContain('Water celsius');
    expect(markup).toContain('27.5');
    expect(markup).toContain('$5.00');
  });

  it.each([null, 7, 'text', [], [1, 2], { deep: { deeper: { deepest: 1 } } }])(
    'survives data that is %j',
    (data) => {
      expect(drawn({ kind: 'arrivals_board', data })).toContain('card');
    },
  );

  it('says how old a stale value is and why a missing one is missing', () => {
    expect(drawn({ state: 'stale', ageMs: 180_000, data: { reservations: 3 } })).toContain(
      '3 min old',
    );
    expect(drawn({ state: 'missing', reason: 'timeout' })).toContain('No answer in time');
    expect(drawn({ state: 'missing', reason: 'brand_new_reason' })).toContain(
      'Not available just now',
    );
  });

  it('shows a skeleton while nothing is known', () => {
    expect(drawn({ state: 'pending' })).toContain('skeleton');
  });
});
