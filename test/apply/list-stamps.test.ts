import { describe, expect, test } from 'vitest';
import { ListStamps, type StampAhead } from '../../src/apply/list-stamps.ts';
import { aTable, int } from '../support/a-table.ts';

const now = 1_700_000_000_000_000n;
const table = aTable({ regulars: { l: 'list<int>' } });

function dirty(eventMicros: bigint, id = 1) {
  return { table, partitionKey: [int(id)], clustering: [], isStatic: false, eventMicros };
}

function someStamps(ahead: readonly StampAhead[] = []) {
  const kept: StampAhead[] = [];
  const stamps = new ListStamps(async (stamp) => void kept.push(stamp));
  for (const stamp of ahead) stamps.recall(stamp);
  return { kept, stamps };
}

describe('the stamp of a list', () => {
  test('is above the read, and above an event of the future', async () => {
    const { stamps } = someStamps();
    expect(await stamps.next(dirty(now - 5n), now)).toBe(now + 2n);
    expect(await stamps.next(dirty(now + 1000n, 2), now)).toBeGreaterThan(now + 1000n);
  });

  test('rises with every read of a row, also of events of the past after one of the future', async () => {
    const { stamps } = someStamps();
    const first = await stamps.next(dirty(now + 1000n), now);
    const second = await stamps.next(dirty(now - 1000n), now + 1n);
    const other = await stamps.next(dirty(now - 1000n, 2), now + 2n);
    expect(second).toBeGreaterThan(first);
    expect(other).toBe(now + 4n);
  });

  test('is the clock’s again once the clock has passed it', async () => {
    const { stamps } = someStamps();
    const first = await stamps.next(dirty(now + 1000n), now);
    expect(await stamps.next(dirty(0n), first + 10n)).toBe(first + 12n);
  });

  test('rises for the worker that takes over, whatever of it was written', async () => {
    const { kept, stamps } = someStamps();
    const ahead = now + 60_000_000n;
    await stamps.next(dirty(ahead), now);
    const last = await stamps.next(dirty(0n), now + 10n);
    const next = someStamps(kept.toReversed());
    expect(await next.stamps.next(dirty(0n), now + 20n)).toBeGreaterThan(last);
    expect(await next.stamps.next(dirty(0n, 2), now + 30n)).toBe(now + 32n);
  });

  test('is kept before it is answered, if it is ahead of the clock, and only then', async () => {
    const { kept, stamps } = someStamps();
    await stamps.next(dirty(now - 1000n), now);
    expect(kept).toEqual([]);
    const ahead = await stamps.next(dirty(now + 1000n), now + 10n);
    expect(kept.map(({ micros }) => micros)).toEqual([ahead]);

    const away = new ListStamps(() => Promise.reject(new Error('the broker is away')));
    await expect(away.next(dirty(now + 1000n), now)).rejects.toThrow('the broker is away');
  });

  test('rises for two that ask at once, while the first is not kept yet', async () => {
    const { stamps } = someStamps();
    const [first, second] = await Promise.all([stamps.next(dirty(now + 1000n), now), stamps.next(dirty(0n), now + 1n)]);
    expect(second).toBeGreaterThan(first!);
  });
});
