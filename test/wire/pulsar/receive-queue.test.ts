import { expect, test } from 'vitest';
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
  queue.free(3);
  expect(granted).toEqual([3]);
});

test('dropping the queue gives back what was in it', () => {
  const { queue, granted } = aQueue(4);
  queue.add(messages(3));
  queue.drop();
  expect(granted).toEqual([3]);
  expect(queue.take()).toBeNull();
});

test('a new subscription does not owe the permits of the one before', () => {
  const { queue, granted } = aQueue(4);
  queue.add(messages(1));
  queue.take();
  queue.reset();
  queue.add(messages(1));
  queue.take();
  expect(granted).toEqual([]);
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

function aQueue(capacity: number) {
  const granted: number[] = [];
  return { granted, queue: new ReceiveQueue(capacity, (permits) => granted.push(permits)) };
}

function messages(count: number): ReceivedMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    id: { ledgerId: 1, entryId: i, batchIndex: -1, partition: -1 },
    key: null,
    properties: {},
    payload: Buffer.alloc(0),
    isNull: false,
    publishTimeMs: 0,
    eventTimeMs: null,
    redeliveryCount: 0,
    producerName: '',
    sequenceId: i,
    schemaVersion: null,
  }));
}
