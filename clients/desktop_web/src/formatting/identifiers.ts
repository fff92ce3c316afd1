/** `late_arrival` → "Late arrival": for words of the wire that the dictionary does not know. */
export function wordsFrom(name: string): string {
  const spaced = name.replaceAll(/[_-]/g, ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
