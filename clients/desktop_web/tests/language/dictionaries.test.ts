import { describe, expect, it } from 'vitest';

import { languageFor, say, sayCount, sayIfKnown } from '../../src/language/dictionaries';
import { english } from '../../src/language/english';

describe('a language', () => {
  it.each(['en', 'en-GB', 'fr', 'ar-SA', 'fa-AF', 'ps', 'zz', ''])(
    'wished as %o is one that has words',
    (wish) => {
      const language = languageFor(wish);

      expect(Object.keys(language.dictionary)).toEqual(Object.keys(english));
      // Direction goes with the words on the screen, never with the wish alone.
      expect(language.dictionary === english ? language.direction : 'checked').toMatch(
        /ltr|checked/,
      );
    },
  );

  it('fills the places of a sentence and writes numbers its own way', () => {
    const language = languageFor('en');

    expect(say(language, 'figure.ready_of', { total: 1400 })).toBe('of 1,400 ready');
    expect(say(language, 'check_in.activity')).toBe('Activity {id}');
  });

  it('counts as the language counts', () => {
    expect(sayCount(languageFor('en'), 'arrivals.nights', 1)).toBe('1 night');
    expect(sayCount(languageFor('en'), 'arrivals.nights', 3)).toBe('3 nights');
  });

  it('does not find a sentence under the name of an object member', () => {
    expect(sayIfKnown(languageFor('en'), 'toString')).toBeNull();
    expect(sayIfKnown(languageFor('en'), '__proto__')).toBeNull();
  });
});
