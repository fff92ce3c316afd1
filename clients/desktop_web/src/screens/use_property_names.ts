import { useCallback, useState } from 'react';

const STORAGE_KEY = 'melmastoon-property-names';
const NAMES_MAX = 200;

export type PropertyNames = Readonly<Record<string, string>>;

/** Names in the person's own language, learned from each property's dashboard and kept. */
export function usePropertyNames(): readonly [
  PropertyNames,
  (propertyId: string, name: string) => void,
] {
  const [names, setNames] = useState<PropertyNames>(keptNames);
  const learn = useCallback((propertyId: string, name: string) => {
    setNames((known) => {
      if (known[propertyId] === name) return known;
      const next = Object.fromEntries(
        Object.entries({ ...known, [propertyId]: name }).slice(-NAMES_MAX),
      );
      localStorage.setItem(STORAGE_KEY, JSON.stringify(next));
      return next;
    });
  }, []);
  return [names, learn];
}

function keptNames(): PropertyNames {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    );
  } catch {
    return {};
  }
}
