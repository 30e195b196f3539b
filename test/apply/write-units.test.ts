import { expect, test } from 'vitest';
import { WriteUnits } from '../../src/apply/write-units.ts';

test('the units of a write are reckoned when they are first asked for, and once for all attempts', () => {
  let looks = 0;
  const write = {
    cql: 'INSERT INTO shop.orders (a) VALUES (?)',
    get values() {
      looks++;
      return [Buffer.alloc(2_000)];
    },
  };
  const cost = new WriteUnits(write);
  expect(looks).toBe(0);
  expect([cost.units, cost.units, cost.units]).toEqual([2, 2, 2]);
  expect(looks).toBe(1);
});
