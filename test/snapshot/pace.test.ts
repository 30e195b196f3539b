import { expect, test } from 'vitest';
import type { ProgressEvent } from '../../src/events.ts';
import { createPace, type PaceParts } from '../../src/snapshot/pace.ts';
import { ReadStrain } from '../../src/snapshot/read-strain.ts';
import { aClock } from '../support/a-clock.ts';

const second = 1_000_000n;

function aPace(
  heldBy: () => string | undefined = () => undefined,
  rate: () => number | undefined = () => undefined,
  changed: Partial<PaceParts> = {},
) {
  const clock = aClock(0n);
  const told: string[] = [];
  const report = (event: ProgressEvent) => told.push(event.kind === 'waiting' ? event.reason : event.kind);
  const parts = {
    ...{ clock, report, heldBy, rowsPerSecond: rate },
    rowsPerSecondOf: () => undefined,
    strain: new ReadStrain(0),
    ...changed,
  };
  return { clock, told, pace: createPace(parts) };
}

function aPage(rows: number, changed: { readonly table?: string; readonly tookMs?: number } = {}) {
  return { table: 'orders', rows, tookMs: 1, ...changed };
}

test('without a word from anybody nothing waits', async () => {
  const { clock, pace, told } = aPace();
  for (let page = 0; page < 100; page++) await pace.take(aPage(5_000));
  expect(clock.now).toBeLessThan(second);
  expect(told).toEqual([]);
});

test('at a rate each page is paid for before the next, by however many splits', async () => {
  const { clock, pace, told } = aPace(undefined, () => 1_000);
  await Promise.all(Array.from({ length: 6 }, () => pace.take(aPage(500))));
  expect(Number(clock.now) / 1e6).toBeCloseTo(2.5, 1);
  expect(told[0]).toContain('1000 rows/s');
});

test('time in which nothing was read is not caught up with', async () => {
  const { clock, pace } = aPace(undefined, () => 1_000);
  await pace.take(aPage(1));
  clock.now += 3_600n * second;
  const before = clock.now;
  for (let page = 0; page < 4; page++) await pace.take(aPage(1_000));
  expect(Number(clock.now - before) / 1e6).toBeCloseTo(3, 1);
});

test('a higher rate ends the wait for a low one', async () => {
  let rate: number | undefined = 1;
  const { clock, pace } = aPace(undefined, () => rate);
  await pace.take(aPage(1_000_000));
  const waiting = pace.take(aPage(1));
  while (clock.now < 5n * second) await new Promise(setImmediate);
  rate = undefined;
  await waiting;
  expect(clock.now).toBeLessThan(10n * second);
});

test('what holds is told at once and once a minute, and left within half a second of its end', async () => {
  let reason: string | undefined = 'held by: somebody';
  const { clock, pace, told } = aPace(() => reason);
  const waiting = pace.take(aPage(1));
  while (clock.now < 150n * second) await new Promise(setImmediate);
  reason = undefined;
  const ended = clock.now;
  await waiting;
  expect(clock.now - ended).toBeLessThanOrEqual(second / 2n + 10n);
  expect(told).toEqual(Array.from({ length: 3 }, () => 'held by: somebody'));
});

test('a signal ends any wait', async () => {
  const stop = new AbortController();
  const { pace } = aPace(() => 'held by: somebody');
  const waiting = pace.take(aPage(1), stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('a table with a limit of its own waits for it, and no other one does', async () => {
  const { clock, pace, told } = aPace(undefined, undefined, {
    rowsPerSecondOf: (table) => (table === 'orders' ? 1_000 : undefined),
  });
  for (let page = 0; page < 50; page++) await pace.take(aPage(500, { table: 'customers' }));
  expect(clock.now).toBeLessThan(second);
  for (let page = 0; page < 5; page++) await pace.take(aPage(500));
  expect(Number(clock.now) / 1e6).toBeCloseTo(2, 1);
  expect(told).toEqual(['held by: the limit of orders, 1000 rows/s']);
});

test('pages that come far slower than at best make every next one of their table wait', async () => {
  const { clock, pace, told } = aPace(undefined, undefined, { strain: new ReadStrain(10) });
  for (let page = 0; page < 8; page++) await pace.take(aPage(500, { tookMs: 50 }));
  expect(clock.now).toBeLessThan(second);
  for (let page = 0; page < 16; page++) await pace.take(aPage(500, { tookMs: 800 }));
  const rested = clock.now;
  expect(rested).toBeGreaterThan(2n * second);
  expect(told).toEqual([expect.stringMatching(/^held by: the source, .* orders .* 50 ms/)]);
  await pace.take(aPage(500, { table: 'customers', tookMs: 800 }));
  expect(clock.now - rested).toBeLessThan(10n);
});
