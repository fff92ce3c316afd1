import type { BridgeProblem } from '@ghasi/desktop-bridge-types';
import { useState, type SyntheticEvent } from 'react';

import { Notice, ProblemNotice, RequestId } from '../elements/notice';
import type { MessageKey } from '../language/english';
import { useSpeaker } from '../language/language_context';
import { FrontPage } from './front_page';

export function SignInScreen() {
  const speaker = useSpeaker();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isShown, setIsShown] = useState(false);
  const [isSubmitting, setIsSubmitting] = useState(false);
  const [problem, setProblem] = useState<BridgeProblem | null>(null);
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (isSubmitting) return;
    setIsSubmitting(true);
    setProblem(null);
    const outcome = await window.melmastoon.session.signIn({ username: username.trim(), password });
    setIsSubmitting(false);
    if (!outcome.ok) setProblem(outcome.problem);
  };
  return (
    <FrontPage title={speaker.say('sign_in.title')} lead={speaker.say('sign_in.lead')}>
      {problem === null ? null : <SignInProblem problem={problem} />}
      <form className="sign-in" onSubmit={(event) => void submit(event)}>
        <label className="field">
          <span>{speaker.say('sign_in.username')}</span>
          <input
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            value={username}
            onChange={(event) => {
              setUsername(event.target.value);
            }}
          />
        </label>
        <label className="field">
          <span>{speaker.say('sign_in.password')}</span>
          <input
            name="password"
            type={isShown ? 'text' : 'password'}
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => {
              setPassword(event.target.value);
            }}
          />
        </label>
        <button
          type="button"
          className="button-quiet"
          aria-pressed={isShown}
          onClick={() => {
            setIsShown(!isShown);
          }}
        >
          {speaker.say(isShown ? 'sign_in.hide_password' : 'sign_in.show_password')}
        </button>
        <button type="submit" className="button-primary" aria-busy={isSubmitting}>
          {speaker.say(isSubmitting ? 'sign_in.submitting' : 'sign_in.submit')}
        </button>
      </form>
      <p className="hint">{speaker.say('sign_in.device_note')}</p>
    </FrontPage>
  );
}

function SignInProblem({ problem }: { problem: BridgeProblem }) {
  const speaker = useSpeaker();
  const key = credentialsKey(problem);
  if (key === null) return <ProblemNotice problem={problem} />;
  return (
    <Notice tone="danger">
      <p>{speaker.say(key)}</p>
      <RequestId problem={problem} />
    </Notice>
  );
}

/** iam's refusals of a name and password; all others speak for themselves. */
function credentialsKey({ kind, status, code }: BridgeProblem): MessageKey | null {
  if (kind !== 'refused') return null;
  if (status === 423 || (code?.includes('LOCKED') ?? false)) return 'sign_in.locked';
  return status === 401 ? 'sign_in.refused' : null;
}
