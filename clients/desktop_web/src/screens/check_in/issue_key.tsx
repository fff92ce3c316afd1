import type { Arrival, BridgeProblem, Lock } from '@ghasi/desktop-bridge-types';
import { useEffect, useState } from 'react';

import { Notice, ProblemNotice } from '../../elements/notice';
import { wordsFrom } from '../../formatting/identifiers';
import { useSpeaker } from '../../language/language_context';
import { codeWords } from '../../language/problem_words';
import type { Settled } from './check_in_flow';
import { mayChooseAgain, type KeyFlow } from './key_flow';
import type { KeyIssues } from './use_key_issues';

const CHECK_OUT_HOUR = '12:00:00';

export interface IssueKeyProps {
  readonly arrival: Arrival;
  readonly roomId: string;
  readonly propertyId: string;
  readonly keys: KeyIssues;
}

/** Offers a key for the room's own lock, valid from now to the end of the stay. */
export function IssueKey({ arrival, roomId, propertyId, keys }: IssueKeyProps) {
  const speaker = useSpeaker();
  const flow = keys.flowOf(arrival.id);
  const submit = (lock: Lock, kind: string) => {
    keys.submit({
      commandId: window.melmastoon.locks.newCommandId(),
      propertyId,
      lockId: lock.id,
      reservationId: arrival.id,
      kind,
      validFrom: new Date().toISOString(),
      // The desk stands in the hotel: its local noon is the hotel's.
      validUntil: new Date(`${arrival.departureDate}T${CHECK_OUT_HOUR}`).toISOString(),
    });
  };
  return (
    <section className="issue-key" aria-label={speaker.say('key.title')}>
      {flow.stage === 'choosing' || flow.stage === 'sending' ? (
        <KeyChoice
          propertyId={propertyId}
          roomId={roomId}
          isSending={flow.stage === 'sending'}
          onSubmit={submit}
        />
      ) : (
        <KeyOutcome flow={flow} reservationId={arrival.id} keys={keys} />
      )}
    </section>
  );
}

type Found =
  | { readonly state: 'looking' }
  | { readonly state: 'problem'; readonly problem: BridgeProblem }
  | { readonly state: 'found'; readonly lock: Lock | null };

function useLock(propertyId: string, roomId: string): Found {
  const [found, setFound] = useState<Found>({ state: 'looking' });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    void window.melmastoon.locks.ofRoom({ propertyId, roomId, signal }).then((outcome) => {
      if (signal.aborted) return;
      setFound(
        outcome.ok
          ? { state: 'found', lock: outcome.value[0] ?? null }
          : { state: 'problem', problem: outcome.problem },
      );
    });
    return () => {
      controller.abort();
    };
  }, [propertyId, roomId]);
  return found;
}

function KeyChoice({
  propertyId,
  roomId,
  isSending,
  onSubmit,
}: {
  propertyId: string;
  roomId: string;
  isSending: boolean;
  onSubmit: (lock: Lock, kind: string) => void;
}) {
  const speaker = useSpeaker();
  const found = useLock(propertyId, roomId);
  const [chosen, setChosen] = useState<string | null>(null);
  if (found.state === 'looking') return <p className="hint">{speaker.say('key.looking')}</p>;
  if (found.state === 'problem')
    return <ProblemNotice problem={found.problem} title={speaker.say('key.lock_unknown')} />;
  const { lock } = found;
  const kind = chosen ?? lock?.supportedKinds[0];
  if (lock === null || kind === undefined)
    return <p className="hint">{speaker.say('key.no_lock')}</p>;
  return (
    <form
      className="check-in-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(lock, kind);
      }}
    >
      <label className="field">
        <span>{speaker.say('key.kind')}</span>
        <select
          value={kind}
          disabled={isSending}
          onChange={(event) => {
            setChosen(event.target.value);
          }}
        >
          {lock.supportedKinds.map((offered) => (
            <option key={offered} value={offered}>
              {speaker.sayIfKnown(`key.kind.${offered}`) ?? wordsFrom(offered)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="button" disabled={isSending}>
        {speaker.say(isSending ? 'key.sending' : 'key.submit')}
      </button>
    </form>
  );
}

function KeyOutcome({
  flow,
  reservationId,
  keys,
}: {
  flow: Exclude<KeyFlow, { stage: 'choosing' | 'sending' }>;
  reservationId: string;
  keys: KeyIssues;
}) {
  const speaker = useSpeaker();
  const again = mayChooseAgain(flow) ? (
    <button
      type="button"
      className="button"
      onClick={() => {
        keys.chooseAgain(reservationId);
      }}
    >
      {speaker.say(flow.stage === 'issued' ? 'key.another' : 'key.choose_again')}
    </button>
  ) : null;
  switch (flow.stage) {
    case 'unsure': {
      const retry = (
        <button
          type="button"
          className="button"
          onClick={() => {
            keys.submit(flow.command);
          }}
        >
          {speaker.say('common.retry')}
        </button>
      );
      return (
        <ProblemNotice problem={flow.problem} title={speaker.say('key.unsure')} actions={retry} />
      );
    }
    case 'refused':
      return (
        <ProblemNotice problem={flow.problem} title={speaker.say('key.refused')} actions={again} />
      );
    case 'pending':
      return <Notice tone="caution" title={speaker.say('key.pending')} />;
    case 'settled':
      return <SettledKey settled={flow.settled} again={again} />;
    case 'issued':
      return <Notice tone="positive" title={speaker.say('key.issued')} actions={again} />;
  }
}

function SettledKey({ settled, again }: { settled: Settled; again: React.ReactNode }) {
  const speaker = useSpeaker();
  const { settlement, refusalCode } = settled;
  const reason = refusalCode === null ? null : codeWords(refusalCode, speaker);
  return (
    <Notice
      tone="caution"
      title={speaker.say(again === null ? 'key.not_known' : 'key.refused')}
      actions={again}
    >
      {reason === null ? null : <p>{reason}</p>}
      <p>{speaker.sayIfKnown(`key.settled.${settlement}`)}</p>
    </Notice>
  );
}
