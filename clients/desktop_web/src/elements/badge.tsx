import type { ReactNode } from 'react';

export type Tone = 'neutral' | 'positive' | 'caution' | 'danger' | 'informative';

/** A word about a state. The word carries the meaning; the colour only helps to find it. */
export function Badge({
  tone,
  children,
  hint,
}: {
  tone: Tone;
  children: ReactNode;
  hint?: string;
}) {
  return (
    <span className="badge" data-tone={tone} title={hint}>
      {children}
    </span>
  );
}
