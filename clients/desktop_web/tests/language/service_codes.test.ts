import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { english } from '../../src/language/english';

const REGISTRY = join(
  import.meta.dirname,
  '../../../../src/bff_backoffice/presentation/problems.py',
);

/** The message keys of every code the service registers, as it builds them. */
function serviceMessageKeys(): string[] {
  const rows = readFileSync(REGISTRY, 'utf8').matchAll(/f"\{(OURS|GENERAL)\}\.([A-Z_]+)"/g);
  const domains = { OURS: 'bff.backoffice', GENERAL: 'general' };
  const keys = Array.from(
    rows,
    ([, domain, name]) => `errors.${domains[domain as 'OURS']}.${name?.toLowerCase() ?? ''}`,
  );
  return [...new Set(keys)].sort();
}

describe('every code the service registers', () => {
  it('has words here', () => {
    const keys = serviceMessageKeys();

    expect(keys.length).toBeGreaterThan(30);
    expect(keys.filter((key) => !Object.hasOwn(english, key))).toEqual([]);
  });
});
