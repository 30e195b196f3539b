import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedCapacity, type ToldUse } from '../../src/apply/shared-capacity.ts';

const startMs = 1_700_000_000_000;
const roundMs = 5_000;
const whole = 1_000;
const capacity = { mode: 'provisioned', unitsPerSecond: whole } as const;

interface Writer {
  readonly shared: SharedCapacity;
  /** Units a second that it would write. */
  readonly wants: number;
}

/** What all take together in each round; each hears all others after every round, and `heardTwice` again. */
function rounds(writers: readonly Writer[], count: number, firstRound = 0): readonly number[] {
  return Array.from({ length: count }, (_, round) => {
    const nowMs = startMs + (firstRound + round) * roundMs;
    const taken = writers.map(({ shared, wants }) => Math.min(wants, shared.allowed(capacity, nowMs).own));
    const told: (ToldUse | undefined)[] = writers.map(({ shared }, index) => {
      shared.took((taken[index]! * roundMs) / 1000, nowMs);
      return shared.tell(nowMs);
    });
    for (const [index, { shared }] of writers.entries())
      for (const [other, use] of told.entries())
        if (use && other !== index) for (const _ of [1, 2]) shared.heard(`${other}`, use, nowMs);
    return taken.reduce((sum, units) => sum + units, 0);
  });
}

const aWriter = (wants: number): Writer => ({ shared: new SharedCapacity('shop.orders'), wants });

test('who is alone has all of it', () => {
  expect(rounds([aWriter(5_000)], 5)).toEqual([whole, whole, whole, whole, whole]);
});

test('several keep to all of it together, and leave nothing of it once they know of each other, whatever each wants', () => {
  const wanted = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(wanted, (wants) => {
      const taken = rounds(wants.map(aWriter), 60);
      // In the first round nobody has heard of anybody.
      for (const together of taken.slice(1)) expect(together).toBeLessThanOrEqual(whole * 1.001);
      const all = Math.min(
        whole,
        wants.reduce((sum, want) => sum + want, 0),
      );
      expect(taken.at(-1)).toBeGreaterThan(all * 0.95);
    }),
  );
});

test('one that comes later has its equal share at once, and the others make room for it', () => {
  const [first, second] = [aWriter(5_000), aWriter(5_000)];
  rounds([first], 3);
  const told = { table: 'shop.orders', atMs: startMs, units: 5_000, unitsPerSecond: whole, peak: 0 };
  second.shared.heard('0', told, startMs + 3 * roundMs);
  const taken = rounds([first, second], 10, 3);
  expect(taken[0]).toBe(1.5 * whole);
  expect(taken[4]).toBeLessThan(1.1 * whole);
  expect(taken.at(-1)).toBeLessThan(1.01 * whole);
});

test('what one leaves that writes no more is the others’ after a quarter of a minute', () => {
  const [staying, leaving] = [aWriter(5_000), aWriter(5_000)];
  rounds([staying, leaving], 10);
  const taken = rounds([staying], 6, 10);
  expect(taken[0]).toBeLessThan(0.8 * whole);
  expect(taken.at(-1)).toBe(whole);
});

test('what others take counts for the growth of an on-demand table, heard twice or not, and what they know of before', () => {
  const shared = new SharedCapacity('shop.orders');
  const use = { table: 'shop.orders', atMs: 1, units: 60 * 3_000, unitsPerSecond: 3_000, peak: 0 };
  shared.heard('other', use, startMs);
  shared.heard('other', use, startMs);
  const onDemand = { mode: 'on-demand', unitsPerSecond: 4_000 } as const;
  expect(shared.allowed(onDemand, startMs).whole).toBe(4_000);
  expect(shared.allowed(onDemand, startMs + 32 * 60_000)).toEqual({ whole: 6_000, own: 6_000 });
  shared.heard('other', { ...use, atMs: 2, units: 0, peak: 7_000 }, startMs + 33 * 60_000);
  expect(shared.allowed(onDemand, startMs + 33 * 60_000).whole).toBe(14_000);
});

test('a writer that begins tells it at once, then every five seconds, and nothing when it has not written', () => {
  const shared = new SharedCapacity('shop.orders');
  expect(shared.tell(startMs)).toBeUndefined();
  shared.took(10, startMs);
  expect(shared.tell(startMs)).toMatchObject({ units: 10 });
  shared.took(500, startMs + 4_000);
  expect(shared.tell(startMs + 4_000)).toBeUndefined();
  expect(shared.tell(startMs + 5_000)).toMatchObject({ units: 500, unitsPerSecond: 100 });
  expect(shared.tell(startMs + 60_000)).toBeUndefined();
});
