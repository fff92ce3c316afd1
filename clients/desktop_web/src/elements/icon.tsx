const PATHS = {
  dashboard: 'M3 3h6v8H3zM11 3h6v5h-6zM11 10h6v7h-6zM3 13h6v4H3z',
  arrivals: 'M8 3h8v14H8M3 10h9m-3.5-3.5L12 10l-3.5 3.5',
  refresh: 'M16 10a6 6 0 1 1-1.8-4.3M16 3v4h-4',
  close: 'M5 5l10 10M15 5L5 15',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM13 13l4 4',
  signOut: 'M12 4H4v12h8M8 10h9m-3-3l3 3-3 3',
  check: 'M4 10.5l4 4L16 6',
  theme: 'M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration only: whatever carries it has words of its own. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden="true"
      focusable="false"
      data-icon={name}
    >
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
