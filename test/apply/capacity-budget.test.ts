import { describe, expect, test } from 'vitest';
import { createCapacityBudget } from '../../src/apply/capacity-budget.ts';
import { SharedCapacities, SharedCapacity } from '../../src/apply/shared-capacity.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import type { WriteCapacity } from '../../src/model/write-capacity.ts';
import { TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { aClock, type SteppedClock } from '../support/a-clock.ts';
import { inMemoryTarget } from '../support/in-memory-target.ts';

const provisioned = (unitsPerSecond: number): WriteCapacity => ({ mode: 'provisioned', unitsPerSecond });
const startMicros = 1_700_000_000_000_000n;
const aUnit = { units: 1 };

function aBudget(known: WriteCapacity | undefined) {
  const clock = aClock(startMicros);
  const reasons: string[] = [];
  const shared = new SharedCapacity('shop.orders');
  const capacity = { known, isUnsure: false, first: undefined, ask: () => {} };
  const report = (event: ProgressEvent) => void (event.kind === 'waiting' && reasons.push(event.reason));
  const budget = createCapacityBudget({ table: 'shop.orders', clock, report, capacity, shared });
  const write = async (times: number) => {
    for (let time = 0; time < times; time++) {
      await budget.take(aUnit);
      budget.took(aUnit);
    }
  };
  return { budget, capacity, clock, reasons, shared, write };
}

const secondsOf = ({ now }: SteppedClock) => Number(now - startMicros) / 1e6;

describe('the budget of a table', () => {
  test('lets its units through in the time they take, and says what holds them', async () => {
    const { clock, reasons, write } = aBudget(provisioned(100));
    await write(1_000);
    expect(secondsOf(clock)).toBeGreaterThan(9.9);
    expect(secondsOf(clock)).toBeLessThan(10.1);
    expect(reasons).toEqual(['held by: the capacity of shop.orders, 100 write units/s (provisioned)']);
  });

  test('says so once a minute, and nothing of a writer that only bursts', async () => {
    const { clock, reasons, write } = aBudget(provisioned(100));
    for (let times = 0; times < 20; times++) {
      await write(50);
      await clock.sleep(2_000);
    }
    expect(reasons).toEqual([]);
    await write(100 * 130);
    expect(reasons).toHaveLength(3);
  });

  test('is not caught up with after a rest', async () => {
    const { clock, write } = aBudget(provisioned(100));
    await clock.sleep(60_000);
    await write(200);
    expect(secondsOf(clock)).toBeGreaterThan(61.9);
  });

  test('follows a capacity that changes', async () => {
    const { capacity, clock, write } = aBudget(provisioned(100));
    await write(100);
    capacity.known = provisioned(1_000);
    await write(1_000);
    expect(secondsOf(clock)).toBeGreaterThan(1.9);
    expect(secondsOf(clock)).toBeLessThan(2.4);
  });

  test('is none where no capacity is known: nothing waits, and the clock is not asked', () => {
    const { budget, clock } = aBudget(undefined);
    for (let times = 0; times < 10_000; times++) expect(budget.take(aUnit)).toBeUndefined();
    budget.took(aUnit);
    expect(clock.now).toBe(startMicros);
    expect(budget.unitsPerSecond).toBeUndefined();
  });

  test('of an on-demand table doubles half an hour after it was used up', async () => {
    const { budget, clock, write } = aBudget({ mode: 'on-demand', unitsPerSecond: 4 });
    await write(4 * 60 * 29);
    expect(budget.unitsPerSecond).toBe(4);
    await write(4 * 60 * 4);
    expect(budget.unitsPerSecond).toBeGreaterThan(7.5);
    expect(budget.unitsPerSecond).toBeLessThan(8.2);
    const before = secondsOf(clock);
    await write(4 * 60 * 2);
    expect(secondsOf(clock) - before).toBeLessThan(65);
  });

  test('is a share of it where others write as well', async () => {
    const { clock, shared, write } = aBudget(provisioned(100));
    const use = { table: 'shop.orders', atMs: 1, units: 500, unitsPerSecond: 100, peak: 0 };
    shared.heard('other', use, Number(startMicros / 1000n));
    await write(200);
    expect(secondsOf(clock)).toBeGreaterThan(3.9);
    expect(secondsOf(clock)).toBeLessThan(4.1);
  });
});

describe('a writer to a table of known capacity', () => {
  const insert = (bytes: number) => ({ cql: 'INSERT INTO shop.orders (a) VALUES (?)', values: [Buffer.alloc(bytes)] });
  const rowOf = (bytes: number) => Buffer.concat([Buffer.from([0, 0, bytes >> 8, bytes & 255]), Buffer.alloc(bytes)]);
  const inserts = (...rows: readonly number[]) => ({
    ...{ cql: insert(0).cql, valueCount: 1, using: Buffer.alloc(0) },
    rows: rows.map(rowOf),
  });

  async function aWriter(answer: () => void = () => {}) {
    const clock = aClock(startMicros);
    const target = { ...inMemoryTarget(answer), writeCapacity: async () => provisioned(10) };
    const shared = new SharedCapacities();
    const writer = createTargetWriter({ target, clock, report: () => {}, maxInFlight: 8, shared });
    await writer.write(insert(1));
    const begunMicros = clock.now;
    const secondsFor = async (write: () => Promise<unknown>) => {
      await write();
      await writer.write(insert(1));
      // Without the unit of the write before.
      return Math.round(Number(clock.now - begunMicros - 100_000n) / 1e5) / 10;
    };
    return { secondsFor, shared, target, writer };
  }

  test('pays a unit for each KB of a row that is begun, what is beside its values counted', async () => {
    const seconds = async (bytes: number) => {
      const { secondsFor, writer } = await aWriter();
      return secondsFor(() => writer.write(insert(bytes)));
    };
    expect([await seconds(996), await seconds(997), await seconds(10_000)]).toEqual([0.1, 0.2, 1]);
  });

  test('pays for each row of a request', async () => {
    const { secondsFor, writer } = await aWriter();
    expect(await secondsFor(() => writer.writeTogether(inserts(10, 996, 997, 3_000)))).toBe(0.7);
  });

  test.each([
    ['is told', (answer: PromiseWithResolvers<WriteCapacity>) => answer.resolve(provisioned(10))],
    ['cannot be told', (answer: PromiseWithResolvers<WriteCapacity>) => answer.reject(new Error('no right'))],
  ])('begins none of many writes before the capacity %s', async (_, end) => {
    const answer = Promise.withResolvers<WriteCapacity>();
    const target = { ...inMemoryTarget(), writeCapacity: () => answer.promise };
    const writer = createTargetWriter({ target, clock: aClock(), report: () => {}, maxInFlight: 8 });
    const writing = Promise.all(Array.from({ length: 50 }, () => writer.write(insert(1))));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(target.mostInFlight).toBe(0);
    end(answer);
    await writing;
    expect(target.taken).toHaveLength(50);
  });

  test('pays for every attempt; what was not taken does not count as use of the table', async () => {
    let attempts = 0;
    const { secondsFor, shared, writer } = await aWriter(() => {
      if (++attempts > 1 && attempts < 4) throw new TargetWriteError('throttled', 'slow down');
    });
    expect(await secondsFor(() => writer.write(insert(5_000)))).toBeGreaterThanOrEqual(1.5);
    expect(shared.tell(Number(startMicros / 1000n) + 60_000)).toMatchObject([{ table: 'shop.orders', units: 7 }]);
  });
});
