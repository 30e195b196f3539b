import { describe, expect, test } from 'vitest';
import { SharedCapacities } from '../../src/apply/shared-capacity.ts';
import { createTableThrottles, type TableThrottle } from '../../src/apply/table-throttles.ts';
import { createThrottle } from '../../src/apply/throttle.ts';
import type { ProgressEvent } from '../../src/events.ts';
import type { WriteCapacity } from '../../src/model/write-capacity.ts';
import { eventText } from '../../src/ui/event-text.ts';
import { aClock } from '../support/a-clock.ts';

describe('a throttle', () => {
  const later = async (answer: () => void) => {
    await new Promise(setImmediate);
    answer();
  };

  test('steps down once for all that was under way, and again for what came after', async () => {
    const bounds: number[] = [];
    const throttle = createThrottle(16, (inFlight) => bounds.push(inFlight));
    const round = (width: number) =>
      Promise.all(Array.from({ length: width }, () => throttle.run(() => later(() => throttle.pushedBack()))));
    await round(16);
    expect(bounds).toEqual([8]);
    for (const width of [8, 4, 2, 1]) await round(width);
    expect(bounds).toEqual([8, 4, 2, 1]);
  });

  test('a target that takes nothing at all is asked one thing at a time in the end', async () => {
    const throttle = createThrottle(64, () => {});
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++atOnce);
      await new Promise(setImmediate);
      throttle.pushedBack();
      atOnce--;
    };
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 64 }, () => throttle.run(work)));
    most = 0;
    await Promise.all(Array.from({ length: 8 }, () => throttle.run(work)));
    expect(most).toBe(1);
  });

  test('bounds weights, lets what is too heavy run alone, and nobody overtake it', async () => {
    const throttle = createThrottle(10, () => {});
    const begun: number[] = [];
    let under = 0;
    let most = 0;
    const run = (weight: number) =>
      runIn(
        throttle,
        async () => {
          begun.push(weight);
          under += weight;
          if (weight < 10) most = Math.max(most, under);
          await new Promise(setImmediate);
          under -= weight;
        },
        weight,
      );
    const weights = [4, 4, 4, 30, 1, 1, 9];
    await Promise.all(weights.map(run));
    expect(begun).toEqual(weights);
    expect(most).toBeLessThanOrEqual(10);
  });

  test('is held from a push back until its bound is where it was', async () => {
    const throttle = createThrottle(4, () => {});
    expect(throttle.isHeld).toBe(false);
    await throttle.run(() => later(() => throttle.pushedBack()));
    expect(throttle.isHeld).toBe(true);
    for (let success = 0; success < 2 + 3; success++) await throttle.run(() => later(() => throttle.succeeded()));
    expect(throttle.isHeld).toBe(false);
  });

  test('of three under way, one success among two pushes back is one step down', async () => {
    const bounds: number[] = [];
    const throttle = createThrottle(4, (inFlight) => bounds.push(inFlight));
    await Promise.all([
      throttle.run(() => later(() => throttle.pushedBack())),
      throttle.run(() => later(() => throttle.succeeded())),
      throttle.run(() => later(() => throttle.pushedBack())),
    ]);
    expect(bounds).toEqual([2]);
  });
});

const aUnit = { units: 1 };

describe('throttles by table', () => {
  const insert = (table: string) => `INSERT INTO "shop"."${table}" (id) VALUES (?) USING TIMESTAMP ?`;

  function throttles(
    maxInFlight: number,
    capacityOf: (table: string) => Promise<WriteCapacity | undefined> = async () => undefined,
  ) {
    const events: ProgressEvent[] = [];
    const clock = aClock();
    const throttleOf = createTableThrottles({
      clock,
      report: (event) => void events.push(event),
      maxInFlight,
      capacityOf,
      shared: new SharedCapacities(),
    });
    return { clock, throttleOf, events };
  }

  test.each([
    [insert('orders')],
    ['UPDATE "shop"."orders" USING TIMESTAMP ? SET a = ? WHERE id = ?'],
    ['DELETE FROM "shop"."orders" USING TIMESTAMP ? WHERE id = ?'],
    ['DELETE "from", b FROM "shop"."orders" USING TIMESTAMP ? WHERE id = ?'],
    ['INSERT INTO shop.orders (id) VALUES (?)'],
  ])('the table of %s is known', async (cql) => {
    const { throttleOf, events } = throttles(4);
    await runIn(throttleOf(cql), async () => throttleOf(cql).pushedBack());
    expect(events).toMatchObject([{ kind: 'throttled', table: 'shop.orders', inFlight: 2 }]);
  });

  test('a table that is held does not hold another, nor take its places', async () => {
    const { throttleOf } = throttles(2);
    const held = throttleOf(insert('held'));
    const free = throttleOf(insert('free'));
    await runIn(held, async () => held.pushedBack());
    let release = () => {};
    const blocked = new Promise<void>((resolve) => {
      release = resolve;
    });
    const waiting = Array.from({ length: 5 }, () => runIn(held, () => blocked));
    await expect(runIn(free, async () => 'done')).resolves.toBe('done');
    release();
    await Promise.all(waiting);
  });

  test('all tables together keep to the bound', async () => {
    const { throttleOf } = throttles(3);
    let atOnce = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++atOnce);
      await new Promise(setImmediate);
      atOnce--;
    };
    await Promise.all(['a', 'b', 'c'].flatMap((table) => [1, 2, 3].map(() => runIn(throttleOf(insert(table)), work))));
    expect(most).toBe(3);
  });

  test('who is held hears by what, and how many writes a second are taken', async () => {
    const { clock, throttleOf, events } = throttles(100);
    const throttle = throttleOf(insert('orders'));
    for (let write = 0; write < 412; write++) throttle.succeeded(aUnit);
    await clock.sleep(1_000);
    await runIn(throttle, async () => throttle.pushedBack());
    expect(eventText(events[0]!)).toBe('held by: target throttling, shop.orders: 412 writes/s taken, 50 at once now');
  });

  test("the table's capacity is told beside that, and asked for again when it may have changed", async () => {
    const asked: string[] = [];
    const capacities = [4_000, 8_000];
    const { clock, throttleOf, events } = throttles(100, async (table) => {
      asked.push(table);
      return { mode: 'provisioned', unitsPerSecond: capacities[asked.length - 1]! };
    });
    const throttle = throttleOf(insert('orders'));
    const hold = () => runIn(throttle, async () => throttle.pushedBack());
    for (let times = 0; times < 3; times++) {
      await hold();
      await clock.sleep(30_001);
    }
    await hold();
    expect(asked).toEqual(['orders', 'orders']);
    expect(events.map((event) => 'unitsPerSecond' in event && event.unitsPerSecond)).toEqual([
      4_000, 4_000, 4_000, 8_000,
    ]);
    expect(eventText(events[3]!)).toMatch(/ 0 writes\/s taken of 8,000 units\/s, /);
  });

  test('a capacity that cannot be asked for is none', async () => {
    const { clock, throttleOf, events } = throttles(100, async () => {
      throw new Error('no right');
    });
    const throttle = throttleOf(insert('orders'));
    for (let times = 0; times < 2; times++) {
      await runIn(throttle, async () => throttle.pushedBack());
      await clock.sleep(2_001);
    }
    expect(events).toMatchObject([{ unitsPerSecond: undefined }, { unitsPerSecond: undefined }]);
  });

  test('who waits for the capacity of its table has no place, and leaves none behind when it is stopped', async () => {
    const provisioned: WriteCapacity = { mode: 'provisioned', unitsPerSecond: 10 };
    const { throttleOf } = throttles(1, async (table) => (table === 'paced' ? provisioned : undefined));
    const [paced, free] = [throttleOf(insert('paced')), throttleOf(insert('free'))];
    await runIn(paced, async () => {});
    await runIn(free, async () => {});
    const stopped = paced.enter(1, aUnit, AbortSignal.abort(new Error('stopped')));
    await expect(Promise.resolve(stopped)).rejects.toThrow('stopped');
    const waiting = paced.enter(1, aUnit);
    expect(free.enter(1, aUnit)).toBeUndefined();
    free.leave(1);
    await waiting;
    expect(free.enter(1, aUnit)).toBeInstanceOf(Promise);
    paced.leave(1);
  });

  test('a table that is held all the time is told every two seconds', async () => {
    const { clock, throttleOf, events } = throttles(1_024);
    const throttle = throttleOf(insert('orders'));
    for (let times = 0; times < 10; times++) {
      await runIn(throttle, async () => throttle.pushedBack());
      await clock.sleep(500);
    }
    expect(events.map((event) => 'inFlight' in event && event.inFlight)).toEqual([512, 32, 2]);
  });

  test('a rate of long ago is forgotten', async () => {
    const { clock, throttleOf, events } = throttles(100);
    const throttle = throttleOf(insert('orders'));
    for (let write = 0; write < 10_000; write++) throttle.succeeded(aUnit);
    for (let second = 0; second < 120; second++) {
      await clock.sleep(1_000);
      for (let write = 0; write < 10; write++) throttle.succeeded(aUnit);
    }
    await runIn(throttle, async () => throttle.pushedBack());
    expect(events[0]).toMatchObject({ kind: 'throttled' });
    expect((events[0] as { writesPerSecond: number }).writesPerSecond).toBeLessThan(15);
  });
});

async function runIn<T>(throttle: TableThrottle, work: () => Promise<T>, weight = 1): Promise<T> {
  const place = throttle.enter(weight, aUnit);
  if (place) await place;
  try {
    return await work();
  } finally {
    throttle.leave(weight);
  }
}
