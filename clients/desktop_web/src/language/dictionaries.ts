import { english, type Dictionary, type MessageKey } from './english';

export type Direction = 'ltr' | 'rtl';

export interface Language {
  /** BCP 47, as Intl and the `lang` attribute want it. */
  readonly tag: string;
  readonly direction: Direction;
  readonly dictionary: Dictionary;
}

/** The product's five languages. One without a dictionary is not offered and English stands in. */
const KNOWN: readonly {
  readonly tag: string;
  readonly direction: Direction;
  readonly dictionary?: Dictionary;
}[] = [
  { tag: 'en', direction: 'ltr', dictionary: english },
  { tag: 'fr', direction: 'ltr' },
  { tag: 'ar', direction: 'rtl' },
  { tag: 'fa-AF', direction: 'rtl' },
  { tag: 'ps', direction: 'rtl' },
];

export const ENGLISH: Language = { tag: 'en', direction: 'ltr', dictionary: english };

/** The best language for a wish such as `ar-SA`; direction follows the words really shown. */
export function languageFor(wish: string): Language {
  const lower = wish.toLowerCase();
  const exact = KNOWN.find(({ tag }) => tag.toLowerCase() === lower);
  const wide = KNOWN.find(({ tag }) => tag.split('-')[0] === lower.split('-')[0]);
  const found = exact ?? wide;
  return found?.dictionary === undefined ? ENGLISH : { ...found, dictionary: found.dictionary };
}

export type Values = Readonly<Record<string, string | number>>;

/** The sentence for a key, with `{name}` replaced. */
export function say({ dictionary, tag }: Language, key: MessageKey, values: Values = {}): string {
  return dictionary[key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? new Intl.NumberFormat(tag).format(value) : value;
  });
}

/** The sentence for a key that came from outside, or null where this client does not know it. */
export function sayIfKnown(language: Language, key: string, values: Values = {}): string | null {
  return Object.hasOwn(language.dictionary, key) ? say(language, key as MessageKey, values) : null;
}

/** Picks `<key>.one` or `<key>.other` as the language counts; a language may know more forms. */
export function sayCount(
  language: Language,
  key: 'arrivals.count' | 'arrivals.nights',
  count: number,
): string {
  const form = new Intl.PluralRules(language.tag).select(count);
  return (
    sayIfKnown(language, `${key}.${form}`, { count }) ?? say(language, `${key}.other`, { count })
  );
}
