import { describe, expect, test } from 'vitest';
import type { CopiedSplit, Split } from '../../src/model/split.ts';
import { type CopyQueue, copySplits } from '../../src/snapshot/copy-splits.ts';
import { publishSplits } from '../../src/snapshot/publish-splits.ts';
import { inMemoryQueue, type MemoryQueue } from '../support/in-memory-queue.ts';

describe('copySplits', () => {
  test('copies, records and acknowledges each split once, several at once', async () => {
    const { queue, recorded, run, watch } = await aQueueOf(9);

    await run({ splitsAtOnce: 3 });

    expect(recorded.map((copied) => copied.split.id).sort()).toEqual(idsUpTo(9));
    expect(queue.acknowledged).toHaveLength(9);
    expect(watch.mostAtOnce).toBe(3);
  });

  test('a split that the ledger has already is acknowledged and not copied again', async () => {
    const { queue, recorded, run } = await aQueueOf(3, { isDone: async ({ id }) => id === 'things/1' });

    await run();

    expect(recorded.map((copied) => copied.split.id)).toEqual(['things/0', 'things/2']);
    expect(queue.acknowledged).toHaveLength(3);
  });

  test('the rest of a split is queued before the split is acknowledged, also when that comes again', async () => {
    const happened: string[] = [];
    const rest: Split = { id: 'things/0+1', table: 'things', tableId: 'abcd', range: { start: 0n, end: 1n } };
    const { queue, run } = await aQueueOf(2, {
      isDone: async ({ id }) => id === 'things/1',
      restOf: () => rest,
      record: async ({ split }) => void happened.push(`recorded ${split.id}`),
      publish: async ({ id }) => void happened.push(`queued ${id} with ${queue.acknowledged.length} acknowledged`),
    });

    await run();

    expect(happened).toEqual([
      'recorded things/0',
      'queued things/0+1 with 0 acknowledged',
      'queued things/0+1 with 1 acknowledged',
    ]);
  });

  test('a split is acknowledged only after its books are stored', async () => {
    const order: string[] = [];
    const { queue, run } = await aQueueOf(1);

    await run({
      record: async () => {
        await new Promise(setImmediate);
        order.push(`acknowledged before: ${queue.acknowledged.length}`);
      },
    });

    expect(order).toEqual(['acknowledged before: 0']);
  });

  test('when there is enough, the split in hand is finished and no other is taken', async () => {
    const enough = new AbortController();
    const { queue, run } = await aQueueOf(3);

    await run({
      enough: enough.signal,
      copy: async (split) => {
        enough.abort();
        return aCopy(split);
      },
    });

    expect(queue.acknowledged).toEqual(['0']);
  });

  test('an interruption in the middle of a split gives it back, and another worker copies it', async () => {
    const stop = new AbortController();
    const { queue, run, recorded } = await aQueueOf(1);
    const interrupted = run({
      signal: stop.signal,
      copy: (_, signal) => {
        queueMicrotask(() => stop.abort(new Error('interrupted')));
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });

    await expect(interrupted).rejects.toThrow('interrupted');
    await run();

    expect(recorded.map((copied) => copied.split.id)).toEqual(['things/0']);
    expect(queue.acknowledged).toEqual(['0']);
  });

  test('a failure of one split stops the other loops, and all that was in hand is given back', async () => {
    const { queue, run } = await aQueueOf(2);

    const failed = run({
      splitsAtOnce: 2,
      copy: async (split, signal) => {
        if (split.id === 'things/0') throw new Error('source is gone');
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });

    await expect(failed).rejects.toThrow('source is gone');
    expect(queue.released).toBe(2);
    expect(queue.acknowledged).toEqual([]);
  });

  test('a split whose books cannot be stored is given back', async () => {
    const { queue, run } = await aQueueOf(1);

    await expect(run({ record: () => Promise.reject(new Error('ledger is fenced')) })).rejects.toThrow('fenced');

    expect(queue.released).toBe(1);
  });

  test('what a dead worker held is copied by the next one', async () => {
    const { queue, run, recorded } = await aQueueOf(2);
    const dead = queue.subscribe();
    await dead.receive();
    await dead.close();

    await run();

    expect(recorded.map((copied) => copied.split.id).sort()).toEqual(idsUpTo(2));
  });
});

async function aQueueOf(count: number, always: Partial<CopyQueue> = {}) {
  const queue = inMemoryQueue();
  const splits = idsUpTo(count).map((id) => ({ id, table: 'things', tableId: 'abcd', range: { start: 0n, end: 1n } }));
  await publishSplits({ bus: queue, splits, isCopied: () => false });
  const recorded: CopiedSplit[] = [];
  const watch = { now: 0, mostAtOnce: 0 };
  const run = (parts: Partial<CopyQueue> = {}) =>
    copySplits({
      subscription: queue.subscribe(),
      splitsAtOnce: 1,
      isDone: async () => false,
      restOf: () => undefined,
      publish: async () => {},
      copy: async (split) => {
        watch.mostAtOnce = Math.max(watch.mostAtOnce, ++watch.now);
        await new Promise(setImmediate);
        watch.now--;
        return aCopy(split);
      },
      record: async (copied) => void recorded.push(copied),
      enough: whenAllAcknowledged(queue, count),
      ...always,
      ...parts,
    });
  return { queue, recorded, run, watch };
}

function whenAllAcknowledged(queue: MemoryQueue, count: number): AbortSignal {
  const enough = new AbortController();
  const look = () => {
    if (queue.acknowledged.length >= count) enough.abort();
    else setTimeout(look, 1).unref();
  };
  look();
  return enough.signal;
}

function aCopy(split: Split): CopiedSplit {
  const none = { readRows: 0n, writtenRows: 0n, supersededRows: 0n, deadLetteredRows: 0n, bytes: 0n };
  return { split, floorMicros: 1n, ...none, worker: 'here', finishedAtMicros: 2n };
}

function idsUpTo(count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `things/${number}`);
}
