import type { Money } from '@ghasi/desktop-bridge-types';

import { Badge, type Tone } from '../../elements/badge';
import { wordsFrom } from '../../formatting/identifiers';
import { formatMoney, isPositiveAmount } from '../../formatting/money';
import { useSpeaker } from '../../language/language_context';

const ROOM_TONES: Readonly<Record<string, Tone>> = {
  ready: 'positive',
  inspected: 'informative',
  clean: 'informative',
  cleaning: 'caution',
  dirty: 'caution',
  out_of_order: 'danger',
  out_of_service: 'danger',
};

const STATE_TONES: Readonly<Record<string, Tone>> = {
  confirmed: 'informative',
  checked_in: 'positive',
  in_house: 'positive',
  cancelled: 'danger',
  no_show: 'danger',
};

export function isRoomReady(status: string): boolean {
  return status === 'ready';
}

export function RoomStatusBadge({ status }: { status: string | undefined }) {
  const speaker = useSpeaker();
  if (status === undefined) return null;
  return (
    <Badge tone={ROOM_TONES[status] ?? 'neutral'}>
      {speaker.sayIfKnown(`room_status.${status}`) ?? wordsFrom(status)}
    </Badge>
  );
}

export function ReservationState({ state }: { state: string }) {
  const speaker = useSpeaker();
  return (
    <Badge tone={STATE_TONES[state] ?? 'neutral'}>
      {speaker.sayIfKnown(`reservation.${state}`) ?? wordsFrom(state)}
    </Badge>
  );
}

export function BalanceText({ balance }: { balance: Money | undefined }) {
  const speaker = useSpeaker();
  const words = balance === undefined ? null : formatMoney(balance, speaker.tag);
  if (balance === undefined || words === null)
    return <span className="soft">{speaker.say('common.not_known')}</span>;
  return <span className={isPositiveAmount(balance) ? 'money owed' : 'money'}>{words}</span>;
}

/** What the balance column says already is not said twice. */
const FLAGS_SHOWN_ELSEWHERE: readonly string[] = ['balance_due'];

export function notableFlags(flags: readonly string[]): readonly string[] {
  return flags.filter((flag) => !FLAGS_SHOWN_ELSEWHERE.includes(flag));
}

export function FlagBadges({ flags }: { flags: readonly string[] }) {
  const speaker = useSpeaker();
  return notableFlags(flags).map((flag) => (
    <Badge key={flag} tone="neutral">
      {speaker.sayIfKnown(`flag.${flag}`) ?? wordsFrom(flag)}
    </Badge>
  ));
}
