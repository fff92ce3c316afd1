/** One example of each kind's data, to the letter of docs/dashboard_widgets.md, and words it must show. */

const USD = (amountMicro: string) => ({ amountMicro, currency: 'USD' });

export interface WidgetExample {
  readonly data: unknown;
  readonly shows: readonly string[];
}

export const WIDGET_EXAMPLES: Readonly<Record<string, WidgetExample>> = {
  property_day: {
    data: {
      propertyId: 'prop_1',
      name: 'Serena Kabul',
      businessDate: '2026-11-24',
      timezone: 'Asia/Kabul',
      currency: 'USD',
      roomCount: 400,
    },
    shows: ['Serena Kabul', 'November 24, 2026', '400 rooms'],
  },
  arrivals_board: {
    data: {
      businessDate: '2026-11-24',
      total: 3,
      checkedIn: 1,
      items: [
        {
          reservationId: 'rsv_1',
          code: 'K7Q2',
          guestName: 'Anna Berg',
          roomTypeId: 'rty_1',
          state: 'confirmed',
          flags: [],
        },
      ],
    },
    shows: ['1 of 3 checked in', 'Anna Berg', 'K7Q2', 'Due'],
  },
  departures_board: {
    data: { businessDate: '2026-11-24', total: 0, checkedOut: 0, items: [] },
    shows: ['0 of 0 checked out', 'Nobody leaves today.'],
  },
  arrivals: {
    data: { businessDate: '2026-11-24', total: 38, done: 12, remaining: 26 },
    shows: ['26', '12 of 38 done'],
  },
  departures: {
    data: { businessDate: '2026-11-24', total: 5, done: 5, remaining: 0 },
    shows: ['5 of 5 done'],
  },
  in_house: { data: { reservations: 210, guests: 377 }, shows: ['210', '377 guests'] },
  room_readiness: {
    data: {
      total: 400,
      ready: 180,
      byStatus: {
        clean: 20,
        dirty: 12,
        cleaning: 3,
        inspected: 5,
        ready: 180,
        out_of_order: 1,
        out_of_service: 0,
      },
    },
    shows: ['180', 'of 400 ready', 'Out of order'],
  },
  housekeeping_kpis: {
    data: { timeToReadyMinutes: 42, pendingTasksInArrivalWindow: 7, arrivalWindowMinutes: 90 },
    shows: ['42 min', 'Due within 90 min', '7', 'Not known'],
  },
  housekeeping_tasks: {
    data: { open: 30, byStatus: { assigned: 25, started: 5 }, urgent: 2 },
    shows: ['30', '2 urgent', 'Assigned'],
  },
  occupancy: {
    data: {
      businessDate: '2026-11-24',
      percent: 81.5,
      sold: 326,
      available: 70,
      outOfOrder: 4,
      total: 400,
    },
    shows: ['81.5%', '326 of 400 sold', '70 free'],
  },
  rate_snapshot: {
    data: {
      businessDate: '2026-11-24',
      ratePlanCode: 'BAR',
      rates: [{ roomTypeId: 'rty_1', name: 'Deluxe', rate: USD('129000000') }],
    },
    shows: ['Deluxe', '$129.00'],
  },
  revpar: {
    data: { businessDate: '2026-11-24', value: USD('91500000'), changePercent: 3.2 },
    shows: ['$91.50', '+3.2%'],
  },
  adr: { data: { businessDate: '2026-11-24', value: USD('112250000') }, shows: ['$112.25'] },
  folio_exceptions: {
    data: {
      count: 1,
      total: USD('40000000'),
      items: [
        {
          folioId: 'fol_1',
          reservationId: 'rsv_1',
          reason: 'over_limit',
          balance: USD('40000000'),
        },
      ],
    },
    shows: ['Over limit', '$40.00'],
  },
  end_of_day_variance: {
    data: {
      businessDate: '2026-11-24',
      variance: USD('-1500000'),
      expected: USD('200000000'),
      counted: USD('198500000'),
    },
    shows: ['-$1.50', 'Expected', '$200.00', 'Counted', '$198.50'],
  },
  cash_drawer: {
    data: { drawerId: 'drw_1', state: 'open', balance: USD('150000000') },
    shows: ['$150.00', 'Open'],
  },
  payments_pending: { data: { count: 4, total: USD('320000000') }, shows: ['4', '$320.00'] },
  maintenance_open: {
    data: { total: 6, bySeverity: { low: 1, normal: 3, high: 1, critical: 1 } },
    shows: ['6', 'Critical'],
  },
  maintenance_overlap: {
    data: {
      count: 1,
      items: [
        {
          workOrderId: 'mnt_1',
          title: 'Leaking tap',
          severity: 'high',
          roomId: 'rmu_1',
          reservationId: 'rsv_1',
        },
      ],
    },
    shows: ['Leaking tap', 'High'],
  },
  lock_health: {
    data: {
      total: 400,
      attention: 1,
      items: [{ lockId: 'lck_1', vendor: 'ttlock', issue: 'low_battery', batteryPercent: 9 }],
    },
    shows: ['of 400', 'Low battery', '9%'],
  },
  staffing: {
    data: { onDuty: 14, byDepartment: [{ department: 'housekeeping', onDuty: 9, scheduled: 10 }] },
    shows: ['14', 'Housekeeping', '9 / 10'],
  },
  alerts: {
    data: {
      unread: 1,
      items: [
        {
          alertId: 'alt_1',
          severity: 'critical',
          title: 'Fire panel fault',
          raisedAt: '2026-11-24T12:00:00Z',
        },
      ],
    },
    shows: ['1 unread', 'Fire panel fault', 'Critical'],
  },
  ai_insight: {
    data: {
      items: [
        {
          suggestionId: 'sug_1',
          capability: 'rate_change',
          title: 'Raise Deluxe by 5',
          confidence: 0.8,
          provenance: { modelId: 'edge-1', modelVersion: '3', local: true },
        },
      ],
      withheld: 2,
    },
    shows: ['Raise Deluxe by 5', 'edge-1 · 3 · computed on site', '80% sure', '2 kept back'],
  },
};
