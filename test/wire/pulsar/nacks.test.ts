import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MessageId } from '../../../src/wire/pulsar/message-id.ts';
import { Nacks } from '../../../src/wire/pulsar/nacks.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the delay doubles with each nack of the same message, up to the greatest', () => {
  const { nacks, asked } = aNacks({ firstMs: 100, maxMs: 350 });
  const waits = [100, 200, 350, 350].map((expected) => {
    nacks.add(anId(1));
    vi.advanceTimersByTime(expected - 10);
    const before = asked.length;
    vi.advanceTimersByTime(11);
    return asked.length - before;
  });
  expect(waits).toEqual([1, 1, 1, 1]);
});

test('after an acknowledgement the message begins anew, and does not come', () => {
  const { nacks, asked } = aNacks({ firstMs: 100, maxMs: 10_000 });
  nacks.add(anId(1));
  vi.advanceTimersByTime(100);
  nacks.add(anId(1));
  nacks.done(anId(1));
  vi.advanceTimersByTime(10_000);
  expect(asked).toEqual([[1]]);
  nacks.add(anId(1));
  vi.advanceTimersByTime(100);
  expect(asked).toEqual([[1], [1]]);
});

test('what is due together is asked for in one command, the later ones later', () => {
  const { nacks, asked } = aNacks();
  nacks.add(anId(3), 500);
  nacks.add(anId(1), 200);
  nacks.add(anId(2), 200);
  vi.advanceTimersByTime(200);
  expect(asked).toEqual([[1, 2]]);
  vi.advanceTimersByTime(300);
  expect(asked).toEqual([[1, 2], [3]]);
});

test('up to an acknowledged position nothing comes', () => {
  const { nacks, asked } = aNacks();
  for (const entry of [1, 2, 3]) nacks.add(anId(entry), 100);
  nacks.doneUpTo(anId(2));
  vi.advanceTimersByTime(100);
  expect(asked).toEqual([[3]]);
});

test('when all comes again anyway nothing is asked for, and the count is kept', () => {
  const { nacks, asked } = aNacks({ firstMs: 100, maxMs: 10_000 });
  nacks.add(anId(1));
  nacks.clear();
  vi.advanceTimersByTime(1_000);
  expect(asked).toEqual([]);
  nacks.add(anId(1));
  vi.advanceTimersByTime(150);
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(51);
  expect(asked).toEqual([[1]]);
});

function aNacks(backoff?: { firstMs: number; maxMs: number }) {
  const asked: number[][] = [];
  const nacks = new Nacks(backoff, (ids) => asked.push(ids.map(({ entryId }) => entryId)));
  return { nacks, asked };
}

function anId(entryId: number): MessageId {
  return { ledgerId: 1, entryId, batchIndex: -1, partition: -1 };
}
