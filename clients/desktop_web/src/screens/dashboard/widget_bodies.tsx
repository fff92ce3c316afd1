import type { ReactNode } from 'react';

import { Badge } from '../../elements/badge';
import { formatCalendarDate, formatMoment } from '../../formatting/dates';
import { wordsFrom } from '../../formatting/identifiers';
import type { Speaker } from '../../language/language_context';
import { Figure, Meter, Rows, Stack } from './figures';
import type { WidgetData } from './widget_data';
import {
  LISTED_IN_A_BOARD_MAX,
  LISTED_IN_A_WIDE_CARD_MAX,
  confidence,
  count,
  countsBy,
  entries,
  minutes,
  money,
  percent,
  provenance,
  reservationState,
  severity,
  signedPercent,
} from './widget_words';

/** Draws one kind's data. Throws UnfamiliarDataError where the data is not that kind's. */
export type WidgetBody = (data: WidgetData, speaker: Speaker) => ReactNode;

export const WIDGET_BODIES: Readonly<Record<string, WidgetBody>> = {
  property_day: (data, speaker) => (
    <Stack>
      <p className="lead" dir="auto">
        {data.text('name')}
      </p>
      <p className="soft">{formatCalendarDate(data.text('businessDate'), speaker.tag, 'long')}</p>
      <p className="soft">
        {speaker.say('figure.rooms', { count: data.number('roomCount') })} · {data.text('timezone')}
      </p>
    </Stack>
  ),
  arrivals_board: (data, speaker) => board(data, speaker, ARRIVALS),
  departures_board: (data, speaker) => board(data, speaker, DEPARTURES),
  arrivals: progressOfDay,
  departures: progressOfDay,
  in_house: (data, speaker) => {
    const guests = data.optionalNumber('guests');
    return (
      <Stack>
        <Figure
          value={count(data.number('reservations'), speaker)}
          caption={speaker.say('figure.reservations')}
        />
        {guests === null ? null : (
          <p className="soft">{speaker.say('figure.guests', { count: guests })}</p>
        )}
      </Stack>
    );
  },
  room_readiness: (data, speaker) => {
    const total = data.number('total');
    return (
      <Stack>
        <Figure
          value={count(data.number('ready'), speaker)}
          caption={speaker.say('figure.ready_of', { total })}
        />
        {countsBy(data.counts('byStatus'), 'room_status', speaker)}
      </Stack>
    );
  },
  housekeeping_kpis: (data, speaker) => (
    <Rows
      rows={[
        {
          key: 'ready',
          label: speaker.say('figure.time_to_ready'),
          value: minutes(data.optionalNumber('timeToReadyMinutes'), speaker),
        },
        {
          key: 'pending',
          label: speaker.say('figure.pending_in_window', {
            minutes: data.number('arrivalWindowMinutes'),
          }),
          value: count(data.number('pendingTasksInArrivalWindow'), speaker),
        },
        {
          key: 'linen',
          label: speaker.say('figure.linen_runway'),
          value: minutes(data.optionalNumber('linenRunwayMinutes'), speaker),
        },
      ]}
    />
  ),
  housekeeping_tasks: (data, speaker) => (
    <Stack>
      <Figure
        value={count(data.number('open'), speaker)}
        caption={speaker.say('figure.open_tasks')}
      />
      {data.number('urgent') === 0 ? null : (
        <p>
          <Badge tone="caution">
            {speaker.say('figure.urgent', { count: data.number('urgent') })}
          </Badge>
        </p>
      )}
      {countsBy(data.counts('byStatus'), 'room_status', speaker)}
    </Stack>
  ),
  occupancy: (data, speaker) => (
    <Stack>
      <Figure
        value={percent(data.number('percent'), speaker)}
        caption={speaker.say('figure.available', { count: data.number('available') })}
      />
      <Meter
        share={data.number('percent') / 100}
        words={speaker.say('figure.sold', {
          sold: data.number('sold'),
          total: data.number('total'),
        })}
      />
    </Stack>
  ),
  rate_snapshot: (data, speaker) => (
    <Rows
      rows={data.list('rates').map((rate) => ({
        key: rate.text('roomTypeId'),
        label: rate.optionalText('name') ?? speaker.say('figure.room_type_unnamed'),
        value: money(rate.money('rate'), speaker),
      }))}
    />
  ),
  revpar: headlineAmount,
  adr: headlineAmount,
  folio_exceptions: (data, speaker) => (
    <Stack>
      {countAndTotal(data, speaker, 'figure.folios')}
      {entries(data, speaker, {
        empty: 'widget.empty.folio_exceptions',
        total: data.number('count'),
        rowOf: (item) => ({
          key: item.text('folioId'),
          label: wordsFrom(item.text('reason')),
          value: money(item.money('balance'), speaker),
        }),
      })}
    </Stack>
  ),
  end_of_day_variance: (data, speaker) => (
    <Stack>
      <Figure value={money(data.money('variance'), speaker)} />
      <Rows
        rows={[
          {
            key: 'expected',
            label: speaker.say('figure.expected'),
            value: money(data.money('expected'), speaker),
          },
          {
            key: 'counted',
            label: speaker.say('figure.counted'),
            value: money(data.money('counted'), speaker),
          },
        ]}
      />
    </Stack>
  ),
  cash_drawer: (data, speaker) => {
    const balance = data.optionalMoney('balance');
    const openedAt = data.optionalText('openedAt');
    const state =
      speaker.sayIfKnown(`drawer.${data.text('state')}`) ?? wordsFrom(data.text('state'));
    return (
      <Stack>
        <Figure
          value={balance === null ? state : money(balance, speaker)}
          {...(balance === null ? {} : { caption: state })}
        />
        {openedAt === null ? null : (
          <p className="soft">
            {speaker.say('figure.since', { time: formatMoment(openedAt, speaker.tag) })}
          </p>
        )}
      </Stack>
    );
  },
  payments_pending: (data, speaker) => countAndTotal(data, speaker, 'figure.payments'),
  maintenance_open: (data, speaker) => (
    <Stack>
      <Figure
        value={count(data.number('total'), speaker)}
        caption={speaker.say('figure.work_orders')}
      />
      {countsBy(data.counts('bySeverity'), 'severity', speaker)}
    </Stack>
  ),
  maintenance_overlap: (data, speaker) =>
    entries(data, speaker, {
      empty: 'widget.empty.maintenance_overlap',
      total: data.number('count'),
      rowOf: (item) => ({
        key: item.text('workOrderId'),
        label: item.text('title'),
        value: severity(item.text('severity'), speaker),
      }),
    }),
  lock_health: (data, speaker) => (
    <Stack>
      <Figure
        value={count(data.number('attention'), speaker)}
        caption={`${speaker.say('figure.of_total', { total: data.number('total') })} ${speaker.say('figure.locks')}`}
      />
      {entries(data, speaker, {
        empty: 'widget.empty.lock_health',
        total: data.number('attention'),
        rowOf: (item) => {
          const battery = item.optionalNumber('batteryPercent');
          return {
            key: item.text('lockId'),
            label: [item.optionalText('name'), wordsFrom(item.text('issue'))]
              .filter((words) => words !== null)
              .join(' · '),
            value: battery === null ? wordsFrom(item.text('vendor')) : percent(battery, speaker),
          };
        },
      })}
    </Stack>
  ),
  staffing: (data, speaker) => (
    <Stack>
      <Figure
        value={count(data.number('onDuty'), speaker)}
        caption={speaker.say('figure.on_duty')}
      />
      <Rows
        rows={data.list('byDepartment').map((department) => {
          const scheduled = department.optionalNumber('scheduled');
          const onDuty = count(department.number('onDuty'), speaker);
          return {
            key: department.text('department'),
            label: wordsFrom(department.text('department')),
            value: scheduled === null ? onDuty : `${onDuty} / ${count(scheduled, speaker)}`,
          };
        })}
      />
    </Stack>
  ),
  alerts: (data, speaker) => (
    <Stack>
      {data.number('unread') === 0 ? null : (
        <p className="soft">{speaker.say('figure.unread', { count: data.number('unread') })}</p>
      )}
      {entries(data, speaker, {
        empty: 'widget.empty.alerts',
        listedMax: LISTED_IN_A_WIDE_CARD_MAX,
        rowOf: (item) => ({
          key: item.text('alertId'),
          label: (
            <>
              {severity(item.text('severity'), speaker)} {item.text('title')}
            </>
          ),
          value: <span className="soft">{formatMoment(item.text('raisedAt'), speaker.tag)}</span>,
        }),
      })}
    </Stack>
  ),
  ai_insight: (data, speaker) => (
    <Stack>
      {entries(data, speaker, {
        empty: 'widget.empty.ai_insight',
        listedMax: LISTED_IN_A_WIDE_CARD_MAX,
        rowOf: (item) => ({
          key: item.text('suggestionId'),
          label: (
            <>
              {item.text('title')}
              <span className="soft provenance">{provenance(item, speaker)}</span>
            </>
          ),
          value: confidence(item.optionalNumber('confidence'), speaker),
        }),
      })}
      {data.number('withheld') === 0 ? null : (
        <p className="soft">{speaker.say('figure.withheld', { count: data.number('withheld') })}</p>
      )}
    </Stack>
  ),
};

interface BoardWords {
  readonly doneMember: 'checkedIn' | 'checkedOut';
  readonly doneStates: readonly string[];
  readonly doneKey: 'figure.checked_in_of' | 'figure.checked_out_of';
  readonly emptyKey: 'widget.empty.arrivals_board' | 'widget.empty.departures_board';
}

const ARRIVALS: BoardWords = {
  doneMember: 'checkedIn',
  doneStates: ['checked_in', 'in_house', 'checked_out'],
  doneKey: 'figure.checked_in_of',
  emptyKey: 'widget.empty.arrivals_board',
};

const DEPARTURES: BoardWords = {
  doneMember: 'checkedOut',
  doneStates: ['checked_out'],
  doneKey: 'figure.checked_out_of',
  emptyKey: 'widget.empty.departures_board',
};

function board(data: WidgetData, speaker: Speaker, kind: BoardWords): ReactNode {
  const total = data.number('total');
  const done = data.number(kind.doneMember);
  return (
    <Stack>
      <Meter
        share={total === 0 ? 0 : done / total}
        words={speaker.say(kind.doneKey, { done, total })}
      />
      {entries(data, speaker, {
        empty: kind.emptyKey,
        listedMax: LISTED_IN_A_BOARD_MAX,
        total,
        rowOf: (item) => ({
          key: item.text('reservationId'),
          label: (
            <>
              <bdi>{item.text('guestName')}</bdi>{' '}
              <span className="soft code">{item.text('code')}</span>
            </>
          ),
          value: reservationState(item.text('state'), kind.doneStates, speaker),
        }),
      })}
    </Stack>
  );
}

function progressOfDay(data: WidgetData, speaker: Speaker): ReactNode {
  const total = data.number('total');
  const done = data.number('done');
  return (
    <Stack>
      <Figure
        value={count(data.number('remaining'), speaker)}
        caption={speaker.say('figure.remaining')}
      />
      <Meter
        share={total === 0 ? 0 : done / total}
        words={speaker.say('figure.done_of', { done, total })}
      />
    </Stack>
  );
}

function headlineAmount(data: WidgetData, speaker: Speaker): ReactNode {
  const change = data.optionalNumber('changePercent');
  return (
    <Stack>
      <Figure value={money(data.money('value'), speaker)} />
      {change === null ? null : (
        <p className="soft">
          {speaker.say('figure.change', { percent: signedPercent(change, speaker) })}
        </p>
      )}
    </Stack>
  );
}

function countAndTotal(
  data: WidgetData,
  speaker: Speaker,
  key: 'figure.folios' | 'figure.payments',
): ReactNode {
  const total = data.optionalMoney('total');
  return (
    <>
      <Figure value={count(data.number('count'), speaker)} caption={speaker.say(key)} />
      {total === null ? null : <p className="soft">{money(total, speaker)}</p>}
    </>
  );
}
