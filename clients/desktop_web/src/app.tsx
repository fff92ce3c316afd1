import type { BridgeProblem } from '@ghasi/desktop-bridge-types';
import { useCallback, useEffect, useState } from 'react';

import { ProblemNotice } from './elements/notice';
import { languageFor } from './language/dictionaries';
import { LanguageContext, useSpeaker } from './language/language_context';
import { FrontPage } from './screens/front_page';
import { SessionEndedScreen } from './screens/session_ended_screen';
import { Shell } from './screens/shell';
import { SignInScreen } from './screens/sign_in_screen';
import { useSession } from './screens/use_session';
import { useTheme } from './screens/use_theme';

export function App() {
  const snapshot = useSession();
  const [theme, setTheme] = useTheme();
  const language = languageFor(snapshot.session?.locale ?? navigator.language);
  useEffect(() => {
    document.documentElement.lang = language.tag;
    document.documentElement.dir = language.direction;
  }, [language]);
  return (
    <LanguageContext value={language}>
      {snapshot.phase === 'starting' ? <StartScreen /> : null}
      {snapshot.phase === 'signed_out' ? <SignInScreen /> : null}
      {snapshot.phase === 'ended' ? (
        <SessionEndedScreen reason={snapshot.endReason ?? 'expired'} />
      ) : null}
      {snapshot.session === null ? null : (
        <Shell
          key={snapshot.session.id}
          snapshot={snapshot}
          session={snapshot.session}
          theme={theme}
          onTheme={setTheme}
        />
      )}
    </LanguageContext>
  );
}

/** Resumes the session this device kept, if it kept one. */
function StartScreen() {
  const speaker = useSpeaker();
  const [problem, setProblem] = useState<BridgeProblem | null>(null);
  const resume = useCallback(() => {
    void window.melmastoon.session.current().then((outcome) => {
      setProblem(outcome.ok ? null : outcome.problem);
    });
  }, []);
  useEffect(resume, [resume]);
  if (problem === null)
    return (
      <p className="visually-hidden" role="status">
        {speaker.say('start.title')}
      </p>
    );
  const retry = (
    <button type="button" className="button-primary" onClick={resume}>
      {speaker.say('common.retry')}
    </button>
  );
  return (
    <FrontPage title={speaker.say('start.failed_title')} lead={speaker.say('start.failed_lead')}>
      <ProblemNotice problem={problem} actions={retry} />
    </FrontPage>
  );
}
