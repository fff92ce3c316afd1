import type { Arrival } from '@ghasi/desktop-bridge-types';
import { useEffect, useMemo, useRef, useState } from 'react';

import { Icon } from '../../elements/icon';
import { Notice, ProblemNotice } from '../../elements/notice';
import { useSpeaker } from '../../language/language_context';
import { CheckInPanel } from '../check_in/check_in_panel';
import type { CheckIns } from '../check_in/use_check_ins';
import { filterArrivals, FILTERS, passes, type Filter } from './arrivals_filter';
import { ArrivalsTable, rowButtons } from './arrivals_table';
import { useArrivals, type ArrivalsState } from './use_arrivals';
import { withCheckIn } from './with_check_in';

export interface ArrivalsScreenProps {
  readonly propertyId: string;
  readonly isOffline: boolean;
  readonly checkIns: CheckIns;
  readonly onBusinessDate: (date: string) => void;
}

export function ArrivalsScreen({
  propertyId,
  isOffline,
  checkIns,
  onBusinessDate,
}: ArrivalsScreenProps) {
  const speaker = useSpeaker();
  const state = useArrivals(propertyId, checkIns.answers);
  const [filter, setFilter] = useState<Filter>('due');
  const [search, setSearch] = useState('');
  const [openId, setOpenId] = useState<string | null>(null);
  const { arrivals, businessDate, reload } = state;
  useEffect(() => {
    if (businessDate !== null) onBusinessDate(businessDate);
  }, [businessDate, onBusinessDate]);
  const current = useMemo(
    () => (state.arrivals ?? []).map((listed) => withCheckIn(listed, checkIns.flowOf(listed.id))),
    [state.arrivals, checkIns],
  );
  const shown = useMemo(() => filterArrivals(current, filter, search), [current, filter, search]);
  const open = current.find(({ id }) => id === openId) ?? null;
  const close = () => {
    setOpenId(null);
    focusRow(openId);
  };
  return (
    <div className="split" data-open={open !== null}>
      <section className="board" aria-labelledby="arrivals-title">
        <div className="toolbar">
          <h1 id="arrivals-title">{speaker.say('arrivals.title')}</h1>
          <SearchField value={search} onChange={setSearch} />
          <FilterChoice
            value={filter}
            onChange={setFilter}
            arrivals={arrivals === null ? null : current}
          />
          <button type="button" className="button" onClick={reload} aria-busy={state.isLoading}>
            <Icon name="refresh" /> {speaker.say('common.refresh')}
          </button>
        </div>
        <ArrivalsNotices state={state} onRetry={reload} />
        {arrivals === null ? null : shown.length === 0 ? (
          <p className="empty">
            {speaker.say(arrivals.length === 0 ? 'arrivals.empty' : 'arrivals.no_match')}
          </p>
        ) : (
          <div className="table-scroll">
            <ArrivalsTable arrivals={shown} openId={openId} onOpen={setOpenId} />
          </div>
        )}
        {arrivals === null && state.problem === null ? <TableSkeleton /> : null}
        <p className="footline" aria-live="polite">
          {arrivals === null ? '' : speaker.sayCount('arrivals.count', shown.length)}
          <span className="hint">{speaker.say('arrivals.search_hint')}</span>
        </p>
      </section>
      {open === null ? null : (
        <CheckInPanel
          key={open.id}
          arrival={open}
          propertyId={propertyId}
          isOffline={isOffline}
          checkIns={checkIns}
          onClose={close}
        />
      )}
    </div>
  );
}

/** Back to the row the person came from, or to the first one where the filter has taken that away. */
function focusRow(reservationId: string | null): void {
  const buttons = rowButtons();
  const origin = buttons.find(
    (button) => button.closest('tr')?.dataset['reservation'] === reservationId,
  );
  (origin ?? buttons[0])?.focus();
}

function SearchField({ value, onChange }: { value: string; onChange: (search: string) => void }) {
  const speaker = useSpeaker();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent) => {
      const isTyping =
        event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', focusOnSlash);
    return () => {
      document.removeEventListener('keydown', focusOnSlash);
    };
  }, []);
  return (
    <label className="search">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        value={value}
        placeholder={speaker.say('arrivals.search')}
        aria-label={speaker.say('arrivals.search')}
        onChange={(event) => {
          onChange(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          rowButtons()[0]?.focus();
        }}
      />
    </label>
  );
}

function FilterChoice({
  value,
  onChange,
  arrivals,
}: {
  value: Filter;
  onChange: (filter: Filter) => void;
  arrivals: readonly Arrival[] | null;
}) {
  const speaker = useSpeaker();
  return (
    <div className="segments" role="group" aria-label={speaker.say('arrivals.filter')}>
      {FILTERS.map((filter) => (
        <button
          key={filter}
          type="button"
          aria-pressed={filter === value}
          onClick={() => {
            onChange(filter);
          }}
        >
          {speaker.say(`arrivals.filter.${filter}`)}
          <span className="count">
            {arrivals?.filter((arrival) => passes(arrival, filter)).length ?? ''}
          </span>
        </button>
      ))}
    </div>
  );
}

function ArrivalsNotices({ state, onRetry }: { state: ArrivalsState; onRetry: () => void }) {
  const speaker = useSpeaker();
  const retry = (
    <button type="button" className="button" onClick={onRetry}>
      {speaker.say('common.retry')}
    </button>
  );
  return (
    <>
      {state.problem === null ? null : <ProblemNotice problem={state.problem} actions={retry} />}
      {state.partial.length === 0 ? null : (
        <Notice tone="caution">
          <p>
            {speaker.say('arrivals.partial', {
              parts: state.partial.join(', ').replaceAll('_', ' '),
            })}
          </p>
        </Notice>
      )}
      {state.isTruncated ? (
        <Notice tone="caution">
          <p>{speaker.say('arrivals.truncated', { count: state.arrivals?.length ?? 0 })}</p>
        </Notice>
      ) : null}
    </>
  );
}

function TableSkeleton() {
  const speaker = useSpeaker();
  return (
    <div className="table-skeleton" role="status" aria-label={speaker.say('common.loading')}>
      {Array.from({ length: 8 }, (_, row) => (
        <div key={row} className="skeleton-line" />
      ))}
    </div>
  );
}
