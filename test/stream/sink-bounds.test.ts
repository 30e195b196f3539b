import { expect, test } from 'vitest';
import type { Message } from '../../src/ports/message-bus.ts';
import { receiveBatch } from '../../src/stream/receive-batch.ts';
import { sinkBounds } from '../../src/stream/sink-bounds.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const mebibyte = 2 ** 20;

test.each([1, 8, 32])('all of %d partitions together hold what one worker may hold', (count) => {
  const { queueBytes, queueMessages, batchBytes, rememberedUpdates } = sinkBounds(count);
  expect(count * (queueBytes + batchBytes)).toBeLessThanOrEqual(48 * mebibyte);
  expect(count * queueMessages).toBeLessThanOrEqual(6_000);
  expect(count * rememberedUpdates).toBeLessThanOrEqual(240_000);
});

test('a batch ends with the message that fills it, however many more have arrived', async () => {
  const sizes = (await batchOf([40, 40, 40, 40], { batchMessages: 10, batchBytes: 100 })).map(sizeOf);
  expect(sizes).toEqual([40, 40, 40]);
});

test('a message that is larger than a batch may be is a batch', async () => {
  expect((await batchOf([500, 1], { batchMessages: 10, batchBytes: 100 })).map(sizeOf)).toEqual([500]);
});

test('a batch has no more messages than it may', async () => {
  expect(await batchOf([1, 1, 1, 1], { batchMessages: 3, batchBytes: 100 })).toHaveLength(3);
});

async function batchOf(sizes: readonly number[], bounds: { batchMessages: number; batchBytes: number }) {
  const { bus } = inMemoryBus();
  const publisher = await bus.publisher('changes');
  for (const size of sizes) await publisher.publish({ payload: Buffer.alloc(size) });
  const subscription = await bus.subscribe('changes', 'sink', 'failover');
  return receiveBatch(subscription, bounds, 100, new AbortController().signal);
}

function sizeOf({ payload }: Message): number {
  return payload.length;
}
