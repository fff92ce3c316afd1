/**
 * The sentences of the service's refusals: one for each `userMessageKey`, in each language.
 *
 * The JSON files are the whole content; anything that reads JSON can take them as they are.
 */

import ar from './ar.json' with { type: 'json' };
import en from './en.json' with { type: 'json' };
import faAf from './fa-AF.json' with { type: 'json' };
import fr from './fr.json' with { type: 'json' };
import languages from './languages.json' with { type: 'json' };
import ps from './ps.json' with { type: 'json' };

/** BCP 47, as `Intl` and the `lang` attribute want it; `fa-AF` is Dari. */
export type ErrorLanguage = keyof typeof languages;

export type ErrorMessageKey = keyof typeof en;

export type TextDirection = 'ltr' | 'rtl';

/** The compiler refuses a language that lacks a sentence. */
const SENTENCES: Readonly<Record<ErrorLanguage, Readonly<Record<ErrorMessageKey, string>>>> = {
  en,
  fr,
  ar,
  'fa-AF': faAf,
  ps,
};

export const ERROR_LANGUAGES = Object.keys(languages) as readonly ErrorLanguage[];

/** What the language calls itself. */
export function languageName(language: ErrorLanguage): string {
  return languages[language].name;
}

/** The direction in which the language is written, for the `dir` attribute. */
export function directionOf(language: ErrorLanguage): TextDirection {
  return languages[language].direction === 'rtl' ? 'rtl' : 'ltr';
}

/** The sentence for a key that came from the service, or null where this version does not know it. */
export function errorMessage(key: string, language: ErrorLanguage): string | null {
  return Object.hasOwn(SENTENCES[language], key)
    ? SENTENCES[language][key as ErrorMessageKey]
    : null;
}
