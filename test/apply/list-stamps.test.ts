import { describe, expect, test } from 'vitest';
import { ListStamps } from '../../src/apply/rewrite-lists.ts';
import { aTable, int } from '../support/a-table.ts';

const handOver = 1_700_000_000_000_000n;
const now = handOver + 3_600_000_000n;
const table = aTable({ regulars: { l: 'list<int>' } });

function dirty(eventMicros: bigint, id = 1) {
  return { table, partitionKey: [int(id)], clustering: [], isStatic: false, eventMicros };
}

describe('the stamp of a list', () => {
  test('is above the read, and above an event of the future', () => {
    const stamps = new ListStamps(handOver);
    expect(stamps.next(dirty(now - 5n), now)).toBe(now + 2n);
    expect(stamps.next(dirty(now + 1000n, 2), now)).toBeGreaterThan(now + 1000n);
  });

  test('rises with every read of a row, also of events of the past after one of the future', () => {
    const stamps = new ListStamps(handOver);
    const first = stamps.next(dirty(now + 1000n), now);
    const second = stamps.next(dirty(now - 1000n), now + 1n);
    const other = stamps.next(dirty(now - 1000n, 2), now + 2n);
    expect(second).toBeGreaterThan(first);
    expect(other).toBe(now + 4n);
  });

  test('is the clock’s again once the clock has passed it', () => {
    const stamps = new ListStamps(handOver);
    const first = stamps.next(dirty(now + 1000n), now);
    expect(stamps.next(dirty(0n), first + 10n)).toBe(first + 12n);
  });

  test('is another one for the worker that takes over, and still in the window after a month', () => {
    const ahead = now + 60_000_000n;
    const first = new ListStamps(handOver).next(dirty(ahead), now);
    const second = new ListStamps(handOver).next(dirty(ahead), now + 50_000n);
    expect(second).toBeGreaterThan(first);
    const month = 30n * 24n * 3_600_000_000n;
    expect(new ListStamps(handOver - month).next(dirty(ahead), now) - ahead).toBeLessThan(60_000_000n);
  });
});
