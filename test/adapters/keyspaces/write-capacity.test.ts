import { expect, test } from 'vitest';
import { writeCapacity } from '../../../src/adapters/keyspaces/write-capacity.ts';

test.each([
  [
    'what is provisioned, whatever it is warmed for',
    {
      capacitySpecification: { throughputMode: 'PROVISIONED', readCapacityUnits: 5, writeCapacityUnits: 300 },
      warmThroughputSpecification: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000, status: 'AVAILABLE' },
    } as const,
    { mode: 'provisioned', unitsPerSecond: 300 },
  ],
  [
    'on demand what it is warmed for',
    {
      capacitySpecification: { throughputMode: 'PAY_PER_REQUEST' },
      warmThroughputSpecification: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 9_000, status: 'AVAILABLE' },
    } as const,
    { mode: 'on-demand', unitsPerSecond: 9_000 },
  ],
  [
    'on demand what a new table takes, where nothing else is known',
    { capacitySpecification: { throughputMode: 'PAY_PER_REQUEST' } } as const,
    { mode: 'on-demand', unitsPerSecond: 4_000 },
  ],
])('the capacity of a table is %s', (_, table, capacity) => {
  expect(writeCapacity({ warmThroughputSpecification: undefined, ...table })).toEqual(capacity);
});

test('of a table that is not there nothing is known', () => {
  expect(writeCapacity(undefined)).toBeUndefined();
});
