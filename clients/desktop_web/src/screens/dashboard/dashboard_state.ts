import type { BridgeProblem, DashboardLine, DashboardWidget } from '@ghasi/desktop-bridge-types';

export type DashboardSummary = Extract<DashboardLine, { type: 'summary' }>;

export interface DashboardState {
  /** `interrupted`: the stream broke; `unavailable`: it never began. */
  readonly phase: 'opening' | 'streaming' | 'complete' | 'interrupted' | 'unavailable';
  readonly businessDate: string | null;
  readonly widgets: readonly DashboardWidget[];
  readonly summary: DashboardSummary | null;
  readonly problem: BridgeProblem | null;
}

export const OPENING: DashboardState = {
  phase: 'opening',
  businessDate: null,
  widgets: [],
  summary: null,
  problem: null,
};

/** What the screen shows after one more line of the stream. */
export function afterLine(state: DashboardState, line: DashboardLine): DashboardState {
  switch (line.type) {
    case 'layout':
      return {
        phase: 'streaming',
        businessDate: line.businessDate ?? state.businessDate,
        widgets: line.widgets.map((widget) => withEarlierData(widget, state.widgets)),
        summary: null,
        problem: null,
      };
    case 'widget':
      return {
        ...state,
        businessDate: businessDateOf(line) ?? state.businessDate,
        widgets: withWidget(state.widgets, line),
      };
    case 'summary':
      return { ...state, phase: 'complete', summary: line };
  }
}

/** A stream that ends early keeps what it brought; what never came is missing, not loading for ever. */
export function afterInterruption(state: DashboardState, problem: BridgeProblem): DashboardState {
  const widgets = state.widgets.map(
    (widget): DashboardWidget =>
      widget.state === 'pending' ? { ...widget, state: 'missing', reason: 'unavailable' } : widget,
  );
  const phase = state.phase === 'streaming' ? 'interrupted' : 'unavailable';
  return { ...state, phase, widgets, problem };
}

/** While a widget is asked for again, its last value stays on the screen instead of a blank. */
function withEarlierData(
  widget: DashboardWidget,
  earlier: readonly DashboardWidget[],
): DashboardWidget {
  if (widget.state !== 'pending' || widget.data !== undefined) return widget;
  const before = earlier.find(({ id }) => id === widget.id);
  return before?.data === undefined ? widget : { ...widget, data: before.data };
}

/** `property_day` knows the property's own open day, where the layout may only have the calendar's. */
function businessDateOf({ kind, data }: DashboardWidget): string | null {
  if (
    kind !== 'property_day' ||
    typeof data !== 'object' ||
    data === null ||
    !('businessDate' in data)
  )
    return null;
  return typeof data.businessDate === 'string' ? data.businessDate : null;
}

function withWidget(
  widgets: readonly DashboardWidget[],
  arrived: DashboardWidget,
): readonly DashboardWidget[] {
  const known = widgets.some(({ id }) => id === arrived.id);
  if (!known) return [...widgets, arrived];
  // The layout says whom a widget is for; the later line need not repeat it.
  return widgets.map((widget) =>
    widget.id === arrived.id ? { ...dataFree(widget), ...arrived } : widget,
  );
}

/** The earlier data goes when a widget turns out missing: an old number must not pass for a new one. */
function dataFree({ id, kind, audience, state }: DashboardWidget): DashboardWidget {
  return { id, kind, state, ...(audience === undefined ? {} : { audience }) };
}
