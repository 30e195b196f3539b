import { types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { timeUuid } from '../../../src/sandbox/keyspaces/system/time-uuid.ts';

test('a time UUID tells its microsecond to a driver, and no two are the same', () => {
  const uuid = new types.TimeUuid(timeUuid(1_700_000_000_123_456n));
  expect(uuid.getDate().getTime()).toBe(1_700_000_000_123);
  expect(uuid.toString()[14]).toBe('1');
  expect(timeUuid(5n)).not.toEqual(timeUuid(5n));
});
