import { expect, test } from 'vitest';
import { matchesPattern } from '../../src/config/table-pattern.ts';

test.each([
  ['orders', 'orders', true],
  ['orders_2024', 'orders', false],
  ['orders_2024', 'orders_*', true],
  ['orders', 'orders_*', false],
  ['orders', '*', true],
  ['old_orders_tmp', '*orders*', true],
  ['t1', 't?', true],
  ['t12', 't?', false],
  ['a.b', 'a.b', true],
  ['axb', 'a.b', false],
  ['Orders', 'orders', false],
  ['$x', '$x', true],
])('%s is meant by %s: %j', (name, pattern, isMeant) => {
  expect(matchesPattern(name, pattern)).toBe(isMeant);
});
