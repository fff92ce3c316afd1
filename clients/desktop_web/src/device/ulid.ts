/** https://github.com/ulid/spec: 48 bits of time, 80 bits of chance, Crockford's base 32. */

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

export function newUlid(nowMilliseconds: number = Date.now()): string {
  let time = '';
  let remainder = nowMilliseconds;
  for (let position = 0; position < TIME_CHARACTERS; position += 1) {
    time = CROCKFORD.charAt(remainder % 32) + time;
    remainder = Math.floor(remainder / 32);
  }
  // 256 is a multiple of 32, so taking five bits of each byte favours no character.
  const chance = crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS));
  return time + Array.from(chance, (byte) => CROCKFORD.charAt(byte % 32)).join('');
}
