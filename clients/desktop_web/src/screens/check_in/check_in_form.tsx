import type { Arrival, CheckInRequest } from '@ghasi/desktop-bridge-types';
import { useState } from 'react';

import { wordsFrom } from '../../formatting/identifiers';
import { useSpeaker } from '../../language/language_context';
import { isRoomReady, RoomStatusBadge } from '../arrivals/arrival_words';
import type { CheckInFlow } from './check_in_flow';

const NOTE_CHARACTERS_MAX = 500;
const STATES_TO_CHECK_IN: readonly string[] = ['confirmed', 'check_in_started'];

export interface CheckInFormProps {
  readonly arrival: Arrival;
  readonly propertyId: string;
  readonly flow: CheckInFlow;
  readonly isOffline: boolean;
  readonly onSubmit: (command: CheckInRequest) => void;
}

export function CheckInForm({ arrival, propertyId, flow, isOffline, onSubmit }: CheckInFormProps) {
  const speaker = useSpeaker();
  const [documentVerified, setDocumentVerified] = useState(false);
  const [note, setNote] = useState('');
  if (flow.stage === 'editing' && !STATES_TO_CHECK_IN.includes(arrival.state))
    return <NotPossible state={arrival.state} />;
  // What was sent must stay as it was sent, so that a retry is the same request.
  const isLocked = flow.stage !== 'editing';
  const submit = () => {
    const commandId = window.melmastoon.reservations.newCommandId();
    onSubmit({
      commandId,
      propertyId,
      reservationId: arrival.id,
      ...roomOf(arrival),
      documentVerified,
      note: note.trim(),
    });
  };
  return (
    <form
      className="check-in-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <RoomChoice arrival={arrival} />
      <label className="tick">
        <input
          type="checkbox"
          checked={documentVerified}
          disabled={isLocked}
          onChange={(event) => {
            setDocumentVerified(event.target.checked);
          }}
        />
        <span>{speaker.say('check_in.document')}</span>
      </label>
      <label className="field">
        <span>{speaker.say('check_in.note')}</span>
        <textarea
          rows={2}
          maxLength={NOTE_CHARACTERS_MAX}
          value={note}
          disabled={isLocked}
          onChange={(event) => {
            setNote(event.target.value);
          }}
        />
      </label>
      {flow.stage === 'unsure' ? null : (
        <button type="submit" className="button-primary" disabled={isLocked || isOffline}>
          {speaker.say(flow.stage === 'sending' ? 'check_in.sending' : 'check_in.submit')}
        </button>
      )}
    </form>
  );
}

function roomOf(arrival: Arrival): { roomId?: string } {
  return arrival.roomId === undefined ? {} : { roomId: arrival.roomId };
}

function RoomChoice({ arrival }: { arrival: Arrival }) {
  const speaker = useSpeaker();
  if (arrival.roomId === undefined) {
    return (
      <div className="room-choice">
        <p className="room-name">{speaker.say('check_in.room_first_ready')}</p>
        <p className="hint">{speaker.say('check_in.room_first_ready_hint')}</p>
      </div>
    );
  }
  return (
    <div className="room-choice">
      <p className="room-name">
        {arrival.roomNumber === undefined
          ? speaker.say('check_in.room_assigned_unnumbered')
          : speaker.say('check_in.room_assigned', { room: arrival.roomNumber })}{' '}
        <RoomStatusBadge status={arrival.roomStatus} />
      </p>
      {arrival.roomStatus === undefined || isRoomReady(arrival.roomStatus) ? null : (
        <p className="hint">{speaker.say('check_in.room_not_ready')}</p>
      )}
    </div>
  );
}

function NotPossible({ state }: { state: string }) {
  const speaker = useSpeaker();
  if (state === 'checked_in' || state === 'in_house')
    return <p className="hint">{speaker.say('check_in.already')}</p>;
  const words = speaker.sayIfKnown(`reservation.${state}`) ?? wordsFrom(state);
  return <p className="hint">{speaker.say('check_in.not_possible', { state: words })}</p>;
}
