import { describe, expect, test } from 'vitest';
import { ReceiveQueue } from '../../../src/wire/pulsar/receive-queue.ts';
import type { ReceivedMessage } from '../../../src/wire/pulsar/types.ts';

test('one entry is asked for before one was seen, then as many as there is room for', () => {
  const { queue, granted } = aQueue(4);
  queue.begin();
  expect(granted).toEqual([1]);
  queue.add(messages(1));
  expect(granted).toEqual([1, 3]);
});

test('permits go back in halves of the queue, as messages are taken', () => {
  const { queue, granted } = aFullQueue(4);
  granted.length = 0;
  for (let i = 0; i < 4; i++) queue.take();
  expect(granted).toEqual([2, 2]);
});

test('messages that nobody wants give their permits back too', () => {
  const { queue, granted } = aFullQueue(4);
  queue.drop();
  granted.length = 0;
  for (let i = 0; i < 3; i++) queue.add([], 1);
  expect(granted).toEqual([2]);
});

test('dropping the queue gives back what was in it', () => {
  const { queue, granted } = aFullQueue(4);
  granted.length = 0;
  queue.drop();
  expect(granted).toEqual([4]);
  expect(queue.take()).toBeNull();
});

test('a new subscription does not owe the permits of the one before', () => {
  const { queue, granted } = aFullQueue(4);
  granted.length = 0;
  queue.reset();
  queue.begin();
  expect(granted).toEqual([4]);
});

test('nothing is granted before the subscription stands, and what there is room for then', () => {
  const { queue, granted } = aQueue(4);
  queue.drop();
  expect(granted).toEqual([]);
  queue.begin();
  expect(granted).toEqual([1]);
});

describe('entries of many messages', () => {
  test('one that brought more than was asked for is made up for', () => {
    const { queue, granted } = aQueue(4);
    queue.begin();
    queue.add(messages(10));
    for (let i = 0; i < 9; i++) queue.take();
    expect(granted).toEqual([1]);
    queue.take();
    // As many as arrived, and the one entry that has room always.
    expect(sum(granted)).toBe(10 + 1);
  });

  test('a broker that reads as many entries as it sees permits, and a hundred at most, fills the queue and no more', () => {
    const { queue, granted } = aQueue(8_000);
    queue.begin();
    let [most, arrived] = [0, 0];
    for (let read = 0; read < 50; read++) {
      const entries = Math.min(100, sum(granted) - arrived);
      expect(entries).toBeGreaterThan(0);
      for (let i = 0; i < entries; i++) queue.add(messages(1_000));
      arrived += entries * 1_000;
      most = Math.max(most, queue.length);
      // Somebody takes half of what there is, and at last all.
      for (let i = queue.length >> 1; i > 0; i--) queue.take();
      if (sum(granted) <= arrived) while (queue.take() !== null);
    }
    expect(most).toBe(8_000);
  });

  test('are forgotten when entries are small again', () => {
    const { queue, granted } = aQueue(1_000);
    queue.begin();
    queue.add(messages(1_000));
    while (queue.take() !== null);
    let arrived = 1_000;
    for (let i = 0; i < 400; i++, arrived++) {
      queue.add(messages(1));
      queue.take();
    }
    expect(sum(granted) - arrived).toBeGreaterThan(450);
    expect(sum(granted) - arrived).toBeLessThanOrEqual(1_000);
  });
});

describe('bytes', () => {
  test('one small message is no reason to expect no large ones', () => {
    const { queue, granted } = aQueue(1000, 64 * 2 ** 20);
    queue.begin();
    queue.add(messages(1));
    expect(granted).toEqual([1, 13]);
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

test('with capacity 0 a batch that brought more than one is made up for', () => {
  const { queue, granted } = aQueue(0);
  queue.begin();
  queue.askForOne();
  queue.add(messages(10));
  while (queue.take() !== null);
  queue.askForOne();
  expect(granted).toEqual([1, 10]);
});

test('with capacity 0 who asks before the subscription stands may ask again when it does', () => {
  const { queue, granted } = aQueue(0);
  queue.askForOne();
  expect(granted).toEqual([]);
  queue.begin();
  queue.askForOne();
  expect(granted).toEqual([1]);
});

function aQueue(capacity: number, bytes = 100_000_000) {
  const granted: number[] = [];
  const limits = { messages: capacity, bytes };
  return { granted, queue: new ReceiveQueue(limits, (permits) => granted.push(permits)) };
}

/** Of entries of one message, as many as it has room for. */
function aFullQueue(capacity: number) {
  const parts = aQueue(capacity);
  parts.queue.begin();
  for (let i = 0; i < capacity; i++) parts.queue.add(messages(1));
  return parts;
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
