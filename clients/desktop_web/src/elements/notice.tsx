import type { BridgeProblem } from '@ghasi/desktop-bridge-types';
import type { ReactNode } from 'react';

import { useSpeaker } from '../language/language_context';
import { problemWords } from '../language/problem_words';
import type { Tone } from './badge';

export interface NoticeProps {
  readonly tone: Tone;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** A message in the flow of the page; read out at once when it is about a failure. */
export function Notice({ tone, title, children, actions }: NoticeProps) {
  return (
    <div className="notice" data-tone={tone} role={tone === 'danger' ? 'alert' : 'status'}>
      {title === undefined ? null : <p className="notice-title">{title}</p>}
      {children}
      {actions === undefined ? null : <div className="notice-actions">{actions}</div>}
    </div>
  );
}

export function ProblemNotice({
  problem,
  title,
  actions,
}: {
  problem: BridgeProblem;
  title?: string;
  actions?: ReactNode;
}) {
  const speaker = useSpeaker();
  return (
    <Notice tone="danger" actions={actions} {...(title === undefined ? {} : { title })}>
      <p>{problemWords(problem, speaker)}</p>
      {problem.retryAfterSeconds === null ? null : (
        <p>{speaker.say('problem.retry_after', { seconds: problem.retryAfterSeconds })}</p>
      )}
      <RequestId problem={problem} />
    </Notice>
  );
}

export function RequestId({ problem }: { problem: BridgeProblem }) {
  const speaker = useSpeaker();
  return (
    <p className="request-id">{speaker.say('common.request_id', { id: problem.requestId })}</p>
  );
}
