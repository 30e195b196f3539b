import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CapacityRamp } from '../../src/apply/capacity-ramp.ts';
import { RowBudget } from '../../src/model/row-budget.ts';
import type { WriteCapacity } from '../../src/model/write-capacity.ts';
import { TableCapacity } from '../../src/sandbox/keyspaces/capacity/table-capacity.ts';

const minute = 60_000;
const growthMs = 30 * minute;
const startMs = 1_700_000_000_000;
const warm = (unitsPerSecond: number): WriteCapacity => ({ mode: 'on-demand', unitsPerSecond });

describe('the capacity that a table may be asked for', () => {
  test('is what is provisioned, at once and whatever was taken', () => {
    const ramp = new CapacityRamp();
    ramp.taken(60 * 9_000, startMs);
    const provisioned = (unitsPerSecond: number) => ({ mode: 'provisioned', unitsPerSecond }) as const;
    expect(ramp.unitsPerSecond(provisioned(1_000), startMs + 2 * growthMs)).toBe(1_000);
    expect(ramp.unitsPerSecond(provisioned(300), startMs + 2 * growthMs)).toBe(300);
  });

  test('is twice what was taken half an hour ago, on demand, and stays as large', () => {
    const ramp = new CapacityRamp();
    const level = (afterMs: number) => ramp.unitsPerSecond(warm(4_000), startMs + afterMs);
    const inMinute = startMs - (startMs % minute);
    expect(level(0)).toBe(4_000);
    ramp.taken(60 * 4_000, inMinute);
    expect(ramp.unitsPerSecond(warm(4_000), inMinute + growthMs + minute - 1)).toBe(4_000);
    expect(ramp.unitsPerSecond(warm(4_000), inMinute + growthMs + minute)).toBe(8_000);
    expect(level(100 * growthMs)).toBe(8_000);
    // What the operator has warmed holds at once.
    expect(ramp.unitsPerSecond(warm(20_000), startMs + 100 * growthMs)).toBe(20_000);
  });

  test('does not grow above the quota of a table by itself, and does not keep a higher one from being used', () => {
    const ramp = new CapacityRamp();
    ramp.taken(60 * 30_000, startMs);
    expect(ramp.unitsPerSecond(warm(4_000), startMs + 2 * growthMs)).toBe(40_000);
    expect(ramp.unitsPerSecond(warm(100_000), startMs + 2 * growthMs)).toBe(100_000);
  });

  test('goes on from the peak that another has seen', () => {
    const ramp = new CapacityRamp();
    ramp.learn(3_000);
    ramp.learn(1_000);
    expect(ramp.unitsPerSecond(warm(4_000), startMs)).toBe(6_000);
  });

  const step = fc.record({
    waitMs: fc.oneof(fc.nat(2 * minute), fc.nat(2 * growthMs), fc.constantFrom(0, minute, growthMs, growthMs + minute)),
    units: fc.nat(600_000),
  });

  test('is never more than twice the busiest minute that ended half an hour ago, over any sequence of takes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 8_000 }), (steps, unitsPerSecond) => {
        const ramp = new CapacityRamp();
        const minutes = new Map<number, number>();
        let nowMs = startMs;
        for (const { waitMs, units } of steps) {
          nowMs += waitMs;
          const old = [...minutes].filter(([at]) => (at + 1) * minute + growthMs <= nowMs - (nowMs % minute));
          const peak = Math.max(0, ...old.map(([, taken]) => taken / 60));
          const lawful = Math.max(unitsPerSecond, Math.min(40_000, 2 * peak));
          expect(ramp.unitsPerSecond(warm(unitsPerSecond), nowMs)).toBe(lawful);
          ramp.taken(units, nowMs);
          const at = Math.floor(nowMs / minute);
          minutes.set(at, (minutes.get(at) ?? 0) + units);
        }
      }),
    );
  });

  const stretch = fc.record({ minutes: fc.integer({ min: 1, max: 45 }), use: fc.constantFrom(0, 0.2, 0.7, 1, 1) });
  const migration = fc.record({
    unitsPerSecond: fc.integer({ min: 4, max: 400 }),
    stretches: fc.array(stretch, { minLength: 1, maxLength: 8 }),
    /** When the table was created, before. */
    olderMs: fc.nat(2 * growthMs),
  });

  test('is taken by an on-demand table however its half hours lie, with no write throttled', () => {
    fc.assert(
      fc.property(migration, ({ unitsPerSecond, stretches, olderMs }) => {
        const units = { readUnitsPerSecond: 1, writeUnitsPerSecond: unitsPerSecond };
        const settings = { capacity: { mode: 'PAY_PER_REQUEST' }, warmThroughput: units } as const;
        const table = new TableCapacity(settings, { growthMs, splitAfterMs: minute }, startMs - olderMs);
        const writer = { ramp: new CapacityRamp(), budget: new RowBudget(), unitsPerSecond };
        const levels = new Map<number, number>();
        let fromMs = startMs;
        for (const { minutes, use } of stretches) {
          const untilMs = fromMs + minutes * minute;
          for (const { atMs, units, level } of paced(writer, { fromMs, untilMs, use })) {
            expect(table.take(settings, 'write', units, undefined, atMs)).toBeUndefined();
            levels.set(Math.floor(atMs / minute), level);
          }
          fromMs = untilMs;
        }
        for (const [at, level] of levels)
          for (let later = at; later < at + 30; later++)
            expect((levels.get(later) ?? 0) / Math.max(level, unitsPerSecond)).toBeLessThanOrEqual(2 * roundedUp);
      }),
      { numRuns: 15 },
    );
  });
});

/** A minute may hold the whole of a write that was begun to be paid for before it. */
const roundedUp = 31 / 30;

/** Writes of an eager, or less eager, writer who keeps to the ramp, each of two seconds' units. */
function* paced(
  writer: { readonly ramp: CapacityRamp; readonly budget: RowBudget; readonly unitsPerSecond: number },
  { fromMs, untilMs, use }: { readonly fromMs: number; readonly untilMs: number; readonly use: number },
) {
  const { ramp, budget, unitsPerSecond } = writer;
  for (let nowMs = fromMs; use > 0; ) {
    const level = ramp.unitsPerSecond(warm(unitsPerSecond), nowMs);
    const units = Math.ceil(2 * level);
    nowMs = Math.ceil(Number(budget.take(units, use * level, BigInt(nowMs) * 1000n)) / 1000);
    if (nowMs >= untilMs) return;
    ramp.taken(units, nowMs);
    yield { atMs: nowMs, units, level };
  }
}
