import type { SessionEndReason } from '@ghasi/desktop-bridge-types';

import { useSpeaker } from '../language/language_context';
import { FrontPage } from './front_page';

export function SessionEndedScreen({ reason }: { reason: SessionEndReason }) {
  const speaker = useSpeaker();
  return (
    <FrontPage
      title={speaker.say(`ended.${reason}_title`)}
      lead={speaker.say(`ended.${reason}_lead`)}
    >
      <button
        type="button"
        className="button-primary"
        autoFocus
        onClick={() => void window.melmastoon.session.signOut()}
      >
        {speaker.say('ended.action')}
      </button>
    </FrontPage>
  );
}
