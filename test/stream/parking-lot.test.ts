import { describe, expect, test } from 'vitest';
import { parkedTopic } from '../../src/model/topics.ts';
import { encodeParked, type ParkedEntry } from '../../src/stream/parked-codec.ts';
import { ParkingLot } from '../../src/stream/parking-lot.ts';
import { int } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const aRow = (tableId: string, key: number): ParkedEntry => ({
  kind: 'row',
  tableId,
  reason: 'r',
  parkedAtMicros: 1n,
  partitionKey: int(key),
  clustering: undefined,
});

const many = 6_000;

/** A lot of one partition where `many` entries of a table came and went. */
async function aUsedLot(memory = inMemoryBus()) {
  const lot = await ParkingLot.open(memory.bus, 0);
  await park(lot, 'a', 0, many);
  await lot.replayed('a', many);
  await lot.look();
  const unread = () => memory.messages(parkedTopic(0)).length - memory.acknowledged(parkedTopic(0));
  return { ...memory, lot, unread, next: () => ParkingLot.open(memory.bus, 0) };
}

async function park(lot: ParkingLot, tableId: string, from: number, to: number): Promise<void> {
  await lot.park(Array.from({ length: to - from }, (_, at) => aRow(tableId, from + at)));
  await lot.look();
}

async function keysWaiting(lot: ParkingLot, tableId: string): Promise<readonly number[]> {
  const keys: number[] = [];
  for await (const entries of lot.waiting(tableId, 2))
    for (const entry of entries) if (entry.kind === 'row') keys.push(entry.partitionKey.readInt32BE());
  return keys;
}

describe('a parked topic whose entries have all been replayed', () => {
  test('begins behind them for who comes next, who counts on as if it had read them', async () => {
    const { lot, unread, next } = await aUsedLot();
    await lot.end();
    expect(unread()).toBeLessThan(5);
    await park(lot, 'a', 1, 4);
    await park(lot, 'b', 7, 8);
    await lot.replayed('a', 1);

    const other = await next();
    expect(other.tables()).toEqual([
      { tableId: 'a', waiting: 2, replayed: many + 1, reason: 'r' },
      { tableId: 'b', waiting: 1, replayed: 0, reason: 'r' },
    ]);
    expect(await keysWaiting(other, 'a')).toEqual([2, 3]);
    expect(await keysWaiting(other, 'b')).toEqual([7]);
  });

  test('begins there although another puts an entry beside the line: that one waits', async () => {
    const { lot, bus, next } = await aUsedLot();
    const beside = await bus.publisher(parkedTopic(0));
    const ending = lot.end();
    await beside.publish(encodeParked(aRow('a', 5)));
    await ending;
    expect(await keysWaiting(await next(), 'a')).toEqual([5]);
    expect((await next()).tables()[0]).toMatchObject({ waiting: 1, replayed: many });
  });

  test('does so again and again, and two workers that do it at once agree', async () => {
    const { lot, unread, next } = await aUsedLot();
    const other = await next();
    await Promise.all([lot.end(), other.end()]);
    for (let round = 1; round < 4; round++) {
      const worker = await next();
      await park(worker, 'a', 0, many);
      await worker.replayed('a', many);
      await worker.look();
      await worker.end();
      expect(unread()).toBeLessThan(6);
      expect((await next()).tables()).toEqual([{ tableId: 'a', waiting: 0, replayed: many * (round + 1), reason: '' }]);
    }
  });

  test.each(['line', 'sum', 'beginning'])(
    'loses nothing where the worker dies before its %s is stored',
    async (last) => {
      const memory = inMemoryBus();
      const isLast = (text: string | undefined) => text?.includes(`"kind":"${last}"`);
      const publisher: typeof memory.bus.publisher = async (...asked) => {
        const real = await memory.bus.publisher(...asked);
        const die = () => Promise.reject(new Error('died'));
        return { ...real, publish: (message) => (isLast(message.properties?.parked) ? die() : real.publish(message)) };
      };
      const subscribe: typeof memory.bus.subscribe = (...asked) =>
        last === 'beginning' ? Promise.reject(new Error('died')) : memory.bus.subscribe(...asked);
      const { lot } = await aUsedLot({ ...memory, bus: { ...memory.bus, publisher, subscribe } });
      await expect(lot.end()).rejects.toThrow('died');

      const next = await ParkingLot.open(memory.bus, 0);
      await park(next, 'a', 1, 3);
      expect(next.tables()).toEqual([{ tableId: 'a', waiting: 2, replayed: many, reason: 'r' }]);
      expect(await keysWaiting(next, 'a')).toEqual([1, 2]);
    },
  );
});

test('a parked topic where one table waits keeps its beginning', async () => {
  const { lot, acknowledged, next } = await aUsedLot();
  await park(lot, 'b', 1, 2);
  await lot.end();
  expect(acknowledged(parkedTopic(0))).toBe(0);
  expect(await keysWaiting(await next(), 'b')).toEqual([1]);
});
