const TAIL_CHARACTERS = 5;

/** The tail of an id, for people who have to tell two apart where the service sends no name. */
export function shortIdentifier(identifier: string): string {
  return identifier.slice(-TAIL_CHARACTERS);
}
