import type { ReactNode } from 'react';

import { useSpeaker } from '../language/language_context';

/** The frame of every screen outside the shell: sign-in, start, end. */
export function FrontPage({
  title,
  lead,
  children,
}: {
  title: string;
  lead: string;
  children?: ReactNode;
}) {
  const speaker = useSpeaker();
  return (
    <main className="front">
      <div className="front-card">
        <p className="brand">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <b>{speaker.say('product.name')}</b> <span>{speaker.say('product.surface')}</span>
        </p>
        <h1>{title}</h1>
        <p className="soft">{lead}</p>
        {children}
      </div>
    </main>
  );
}
