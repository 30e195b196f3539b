import { describe, expect, test } from 'vitest';
import { ReceiveQueue } from '../../../src/wire/pulsar/receive-queue.ts';
import type { ReceivedMessage } from '../../../src/wire/pulsar/types.ts';

test('permits go back in halves of the queue, as messages are taken', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  queue.add(messages(4));
  for (let i = 0; i < 4; i++) queue.take();
  expect(granted).toEqual([4, 2, 2]);
});

test('messages that nobody wants give their permits back too', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  queue.add([], 3);
  expect(granted).toEqual([4, 3]);
});

test('dropping the queue gives back what was in it', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  queue.add(messages(3));
  queue.drop();
  expect(granted).toEqual([4, 3]);
  expect(queue.take()).toBeNull();
});

test('a new subscription does not owe the permits of the one before', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  queue.add(messages(1));
  queue.reset();
  queue.begin();
  expect(granted).toEqual([4, 4]);
});

test('nothing is granted before the subscription stands, and all of it then', () => {
  const { queue, granted } = aQueue(4);
  queue.drop();
  expect(granted).toEqual([]);
  queue.begin();
  expect(granted).toEqual([4]);
});

test('a batch that brought more than was asked for is made up for', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  queue.add(messages(10));
  for (let i = 0; i < 10; i++) queue.take();
  // As many as arrived, and the queue's four once more.
  expect(sum(granted)).toBe(10 + 4);
});

describe('bytes', () => {
  test.each([
    [64 * 2 ** 20, 12],
    [32_000, 1],
  ])('the first messages may be as large as a broker takes: of %i bytes, %i are asked for', (bytes, count) => {
    const { queue, granted } = aQueue(1000, bytes);
    queue.begin();
    expect(granted).toEqual([count]);
  });

  test('small messages come in numbers', () => {
    const { queue, granted } = aQueue(1000, 1_000_000);
    queue.begin();
    for (let i = 0; i < 400; i++) {
      queue.add(messages(1));
      queue.take();
    }
    expect(sum(granted) - 400).toBeGreaterThan(500);
    expect(sum(granted) - 400).toBeLessThanOrEqual(1000);
  });

  test('large messages are asked for one by one when they fill the bound, and one has room always', () => {
    const { queue, granted } = aQueue(1000, 100_000);
    queue.begin();
    for (let arrived = 1; arrived <= 100; arrived++) {
      queue.add(messages(1, 90_000));
      const outstanding = sum(granted) - arrived;
      expect(outstanding).toBe(0);
      expect(queue.take()).not.toBeNull();
    }
    expect(queue.bytes).toBe(0);
  });
});

test('with capacity 0 one message is asked for when somebody waits, and not twice', () => {
  const { queue, granted } = aQueue(0);
  queue.begin();
  expect(granted).toEqual([]);
  queue.askForOne();
  queue.askForOne();
  expect(granted).toEqual([1]);
  queue.add(messages(1));
  queue.take();
  expect(granted).toEqual([1]);
  queue.askForOne();
  expect(granted).toEqual([1, 1]);
});

function aQueue(capacity: number, bytes = 100_000_000) {
  const granted: number[] = [];
  const limits = { messages: capacity, bytes };
  return { granted, queue: new ReceiveQueue(limits, (permits) => granted.push(permits)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function messages(count: number, bytes = 0): ReceivedMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    id: { ledgerId: 1, entryId: i, batchIndex: -1, partition: -1 },
    key: null,
    orderingKey: null,
    properties: {},
    payload: Buffer.alloc(bytes),
    isNull: false,
    publishTimeMs: 0,
    eventTimeMs: null,
    redeliveryCount: 0,
    producerName: '',
    sequenceId: i,
    schemaVersion: null,
  }));
}
