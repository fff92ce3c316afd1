import { useSpeaker } from '../language/language_context';
import { FrontPage } from './front_page';

export function StartFailedScreen() {
  const speaker = useSpeaker();
  return (
    <FrontPage title={speaker.say('start.broken_title')} lead={speaker.say('start.broken_lead')}>
      <button
        type="button"
        className="button-primary"
        onClick={() => {
          window.location.reload();
        }}
      >
        {speaker.say('common.retry')}
      </button>
    </FrontPage>
  );
}
