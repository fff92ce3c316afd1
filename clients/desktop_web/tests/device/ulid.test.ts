import { describe, expect, it } from 'vitest';

import { newUlid } from '../../src/device/ulid';

describe('a ULID', () => {
  it('is 26 characters of Crockford base 32, the first at most 7', () => {
    expect(newUlid()).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  it('begins with its time, as the specification prints it', () => {
    expect(newUlid(1469918176385).slice(0, 10)).toBe('01ARYZ6S41');
  });

  it('is not repeated within a millisecond', () => {
    expect(new Set(Array.from({ length: 1000 }, () => newUlid(1))).size).toBe(1000);
  });
});
