import type { ReactNode } from 'react';

import { Badge, type Tone } from '../../elements/badge';

/** One number that matters, and what it counts. */
export function Figure({
  value,
  caption,
  tone,
}: {
  value: ReactNode;
  caption?: ReactNode;
  tone?: Tone;
}) {
  return (
    <p className="figure" data-tone={tone}>
      <span className="figure-value">{value}</span>
      {caption === undefined ? null : <span className="figure-caption">{caption}</span>}
    </p>
  );
}

/** How much of a whole. The words beside it say the same to those who do not see it. */
export function Meter({ share, words }: { share: number; words: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  return (
    <div className="meter-block">
      <progress className="meter" max={100} value={percent} aria-label={words} />
      <p className="soft">{words}</p>
    </div>
  );
}

export interface Row {
  readonly key: string;
  readonly label: ReactNode;
  readonly value: ReactNode;
}

export function Rows({ rows }: { rows: readonly Row[] }) {
  return (
    <dl className="rows">
      {rows.map(({ key, label, value }) => (
        <div key={key}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Counts({
  counts,
}: {
  counts: readonly {
    readonly key: string;
    readonly label: string;
    readonly count: string;
    readonly tone: Tone;
  }[];
}) {
  return (
    <p className="badges">
      {counts.map(({ key, label, count, tone }) => (
        <Badge key={key} tone={tone}>
          <b>{count}</b> {label}
        </Badge>
      ))}
    </p>
  );
}

export function Stack({ children }: { children: ReactNode }) {
  return <div className="stack">{children}</div>;
}
