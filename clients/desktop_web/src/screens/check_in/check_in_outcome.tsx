import type { Arrival, CheckInRequest } from '@ghasi/desktop-bridge-types';

import type { Tone } from '../../elements/badge';
import { Notice, ProblemNotice } from '../../elements/notice';
import type { MessageKey } from '../../language/english';
import { useSpeaker } from '../../language/language_context';
import { codeWords } from '../../language/problem_words';
import { mayEditAgain, type CheckInFlow, type Settled, type Settlement } from './check_in_flow';

export interface CheckInOutcomeProps {
  readonly flow: CheckInFlow;
  readonly arrival: Arrival;
  readonly onEditAgain: () => void;
  readonly onRetry: (command: CheckInRequest) => void;
  readonly onClose: () => void;
}

export function CheckInOutcome({
  flow,
  arrival,
  onEditAgain,
  onRetry,
  onClose,
}: CheckInOutcomeProps) {
  const speaker = useSpeaker();
  const editAgain = mayEditAgain(flow) ? (
    <button type="button" className="button" onClick={onEditAgain}>
      {speaker.say('check_in.edit')}
    </button>
  ) : null;
  switch (flow.stage) {
    case 'editing':
    case 'sending':
      return null;
    case 'unsure':
      return <UnsureNotice flow={flow} onRetry={onRetry} />;
    case 'refused':
      return (
        <ProblemNotice
          problem={flow.problem}
          title={speaker.say('check_in.refused')}
          actions={editAgain}
        />
      );
    case 'pending':
      return (
        <Notice tone="caution" title={speaker.say('check_in.pending')}>
          <p>{speaker.say('check_in.pending_lead')}</p>
          <ActivityId activityId={flow.activityId} />
        </Notice>
      );
    case 'settled':
      return <SettledNotice activityId={flow.activityId} settled={flow} actions={editAgain} />;
    case 'succeeded':
      return <DoneNotice flow={flow} arrival={arrival} onClose={onClose} />;
  }
}

function DoneNotice({
  flow,
  arrival,
  onClose,
}: {
  flow: Extract<CheckInFlow, { stage: 'succeeded' }>;
  arrival: Arrival;
  onClose: () => void;
}) {
  const speaker = useSpeaker();
  const close = (
    <button type="button" className="button-primary" onClick={onClose} autoFocus>
      {speaker.say('common.close')}
    </button>
  );
  return (
    <Notice tone="positive" title={speaker.say('check_in.done')} actions={close}>
      <p>{doneWords(arrival, speaker)}</p>
      <ActivityId activityId={flow.activityId} />
    </Notice>
  );
}

function UnsureNotice({
  flow,
  onRetry,
}: {
  flow: Extract<CheckInFlow, { stage: 'unsure' }>;
  onRetry: (command: CheckInRequest) => void;
}) {
  const speaker = useSpeaker();
  const { problem, command } = flow;
  const again = (
    <button
      type="button"
      className="button-primary"
      onClick={() => {
        onRetry(command);
      }}
    >
      {speaker.say('check_in.again')}
    </button>
  );
  if (problem.kind === 'refused')
    return (
      <ProblemNotice problem={problem} title={speaker.say('check_in.unsure')} actions={again} />
    );
  return (
    <Notice tone="caution" title={speaker.say('check_in.unsure')} actions={again}>
      <p>{speaker.say('check_in.unsure_lead')}</p>
      <p className="request-id">{speaker.say('common.request_id', { id: problem.requestId })}</p>
    </Notice>
  );
}

const SETTLED: Readonly<Record<Settlement, { tone: Tone; title: MessageKey; lead: MessageKey }>> = {
  succeeded: { tone: 'positive', title: 'check_in.done', lead: 'check_in.done' },
  refused: {
    tone: 'danger',
    title: 'check_in.settled_refused',
    lead: 'check_in.settled_refused_lead',
  },
  not_performed: {
    tone: 'caution',
    title: 'check_in.not_performed',
    lead: 'check_in.not_performed_lead',
  },
  parked: { tone: 'caution', title: 'check_in.parked', lead: 'check_in.parked_lead' },
  still_unknown: { tone: 'caution', title: 'check_in.pending', lead: 'check_in.still_unknown' },
};

function SettledNotice({
  activityId,
  settled,
  actions,
}: {
  activityId: string;
  settled: Settled;
  actions: React.ReactNode;
}) {
  const speaker = useSpeaker();
  const { tone, title, lead } = SETTLED[settled.settlement];
  const reason = settled.refusalCode === null ? null : codeWords(settled.refusalCode, speaker);
  return (
    <Notice tone={tone} title={speaker.say(title)} actions={actions}>
      {reason === null ? null : <p>{reason}</p>}
      <p>{speaker.say(lead)}</p>
      <ActivityId activityId={activityId} />
    </Notice>
  );
}

function ActivityId({ activityId }: { activityId: string }) {
  const speaker = useSpeaker();
  return <p className="request-id">{speaker.say('check_in.activity', { id: activityId })}</p>;
}

function doneWords(
  { guest: { displayName: guest }, roomNumber: room }: Arrival,
  speaker: ReturnType<typeof useSpeaker>,
): string {
  return room === undefined
    ? speaker.say('check_in.done_lead_roomless', { guest })
    : speaker.say('check_in.done_lead', { guest, room });
}
