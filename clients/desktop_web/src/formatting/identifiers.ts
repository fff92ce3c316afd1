const TAIL_CHARACTERS = 5;

/**
 * The tail of an id, for people who have to tell two apart where the service sends no name. The
 * ellipsis says that it is no name: nobody should look for a door with these letters.
 */
export function shortIdentifier(identifier: string): string {
  return `…${identifier.slice(-TAIL_CHARACTERS)}`;
}

/** `late_arrival` → "Late arrival": for words of the wire that the dictionary does not know. */
export function wordsFrom(name: string): string {
  const spaced = name.replaceAll(/[_-]/g, ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
