import { describe, expect, test } from 'vitest';
import { TableCapacity } from '../../../src/sandbox/keyspaces/capacity/table-capacity.ts';
import type { TableSettings } from '../../../src/sandbox/keyspaces/state/table-settings.ts';

type Settings = Pick<TableSettings, 'capacity' | 'warmThroughput'>;
const onDemand: Settings = {
  capacity: { mode: 'PAY_PER_REQUEST' },
  warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 },
};
const provisioned = (writeUnits: number): Settings => ({
  capacity: { mode: 'PROVISIONED', readUnits: 100, writeUnits },
  warmThroughput: { readUnitsPerSecond: 100, writeUnitsPerSecond: writeUnits },
});
const times = { growthMs: 1_800_000, splitAfterMs: 60_000 };
const everywhere = (i: number) => BigInt.asIntN(64, BigInt(i) * 0x9e3779b97f4a7c15n);

/** Writes as much as goes in during whole seconds, over the whole ring or at one token; units taken in the last second. */
function takenInLastSecond(
  table: TableCapacity,
  settings: Settings,
  fromMs: number,
  seconds: number,
  token?: bigint,
): number {
  let taken = 0;
  for (let second = 0; second < seconds; second++) {
    taken = 0;
    for (let i = 0; i < 200_000; i++) {
      const nowMs = fromMs + second * 1000 + i / 200;
      if (table.take(settings, 'write', 1, token ?? everywhere(i), nowMs) === undefined) taken += 1;
    }
  }
  return taken;
}

describe('a new on-demand table', () => {
  test('takes 4,000 writes a second over four storage partitions, and refuses more', () => {
    const table = new TableCapacity(onDemand, times, 0);
    expect(table.partitionCount).toBe(4);
    const taken = takenInLastSecond(table, onDemand, 0, 3);
    expect(taken).toBeGreaterThan(3_900);
    expect(taken).toBeLessThanOrEqual(4_010);
  });

  test('takes twice its peak half an hour later, and not before', () => {
    const table = new TableCapacity(onDemand, times, 0);
    takenInLastSecond(table, onDemand, 0, 2);
    expect(takenInLastSecond(table, onDemand, 1_700_000, 2)).toBeLessThanOrEqual(4_010);
    expect(takenInLastSecond(table, onDemand, 1_801_000, 2)).toBeGreaterThan(7_800);
    expect(table.partitionCount).toBeGreaterThanOrEqual(8);
  });

  test('never grows beyond 40,000 units a second', () => {
    const warm = { ...onDemand, warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 39_000 } };
    const table = new TableCapacity(warm, times, 0);
    takenInLastSecond(table, warm, 0, 2);
    const taken = takenInLastSecond(table, warm, 1_801_000, 2);
    expect(taken).toBeGreaterThan(39_500);
    expect(taken).toBeLessThanOrEqual(40_010);
  });

  test('takes at once what it was warmed for', () => {
    const warm = { ...onDemand, warmThroughput: { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 10_000 } };
    const table = new TableCapacity(onDemand, times, 0);
    expect(takenInLastSecond(table, warm, 0, 2)).toBeGreaterThan(9_500);
  });
});

describe('a storage partition', () => {
  test('takes 1,000 writes a second, however idle the others are', () => {
    const table = new TableCapacity(onDemand, times, 0);
    const taken = takenInLastSecond(table, onDemand, 0, 2, 42n);
    expect(taken).toBeGreaterThan(950);
    expect(taken).toBeLessThanOrEqual(1_010);
    expect(table.take(onDemand, 'write', 1, 42n, 2_000)).toBe('partition');
    expect(table.take(onDemand, 'write', 1, -(2n ** 62n), 2_000)).toBeUndefined();
  });

  test('splits when it stays hot, which helps many keys and not one', () => {
    const table = new TableCapacity(onDemand, { ...times, splitAfterMs: 1_000 }, 0);
    const taken = takenInLastSecond(table, onDemand, 0, 5, 42n);
    expect(table.partitionCount).toBeGreaterThan(4);
    expect(taken).toBeLessThanOrEqual(2_010);
  });
});

test('a provisioned table takes its units and no more, and follows a change of them', () => {
  const table = new TableCapacity(provisioned(50), times, 0);
  expect(takenInLastSecond(table, provisioned(50), 0, 2)).toBeLessThanOrEqual(51);
  expect(table.take(provisioned(50), 'write', 1, 0n, 2_000)).toBe('table');
  expect(takenInLastSecond(table, provisioned(200), 3_000, 2)).toBeGreaterThan(190);
});

test("a request larger than a second's units passes once, and what comes next pays for it", () => {
  const table = new TableCapacity(provisioned(10), times, 0);
  expect(table.take(provisioned(10), 'write', 35, undefined, 0)).toBeUndefined();
  expect(table.take(provisioned(10), 'write', 1, undefined, 2_000)).toBe('table');
  expect(table.take(provisioned(10), 'write', 1, undefined, 2_600)).toBeUndefined();
});
