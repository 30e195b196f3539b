import { afterEach, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

it('no instant is told twice, even when asked faster than a microsecond passes', () => {
  const clock = systemClock();
  const instants = Array.from({ length: 100_000 }, () => clock.nowMicros());
  expect(instants.every((instant, index) => index === 0 || instant > instants[index - 1]!)).toBe(true);
});

it('instants are microseconds of the wall clock', () => {
  const aheadMs = Number(systemClock().nowMicros() / 1000n) - Date.now();
  expect(Math.abs(aheadMs)).toBeLessThan(5_000);
});

it('a wall clock that is set forward is followed', () => {
  const clock = systemClock();
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + 3_600_000);
  const aheadMs = Number(clock.nowMicros() / 1000n) - realNow();
  expect(Math.abs(aheadMs - 3_600_000)).toBeLessThan(5_000);
});

it('a wall clock that is set back never makes an instant repeat', () => {
  const clock = systemClock();
  const before = clock.nowMicros();
  const realNow = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() - 3_600_000);
  expect(clock.nowMicros()).toBe(before + 1n);
});

it('a sleep ends with the reason of its signal', async () => {
  const reason = new Error('the operator pressed Ctrl-C');
  const stop = new AbortController();
  const sleeping = systemClock().sleep(60_000, stop.signal);
  stop.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
});
