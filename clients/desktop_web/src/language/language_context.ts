import { createContext, useContext, useMemo } from 'react';

import { ENGLISH, say, sayCount, sayIfKnown, type Language, type Values } from './dictionaries';
import type { MessageKey } from './english';

export const LanguageContext = createContext<Language>(ENGLISH);

export interface Speaker {
  readonly tag: string;
  readonly say: (key: MessageKey, values?: Values) => string;
  readonly sayIfKnown: (key: string, values?: Values) => string | null;
  readonly sayCount: (key: 'arrivals.count' | 'arrivals.nights', count: number) => string;
}

export function useSpeaker(): Speaker {
  const language = useContext(LanguageContext);
  return useMemo(
    () => ({
      tag: language.tag,
      say: (key, values) => say(language, key, values),
      sayIfKnown: (key, values) => sayIfKnown(language, key, values),
      sayCount: (key, count) => sayCount(language, key, count),
    }),
    [language],
  );
}
