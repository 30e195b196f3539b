import { describe, expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import { applyBatch } from '../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../src/stream/copies.ts';
import { PartitionsUnderWay } from '../../src/stream/partitions-under-way.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow, at } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused } from '../support/in-memory-target.ts';

const hour = 3_600_000_000n;
const now = 1_700_000_000_000_000n;
const table = aTable({ name: 't', clustering: { c: 'int' }, regulars: { a: 'text' } });

describe('a batch that is begun while another is under way', () => {
  test('does not wait for it', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - hour));
    const second = worker.begin(rowAt(2, now - hour));
    worker.release(2);
    await second;
    expect(worker.written()).toEqual(['UPDATE 2']);
    worker.release(1);
    await first.ended;
  });

  test('and deletes a partition looks at it only when the older row of the other is on the target', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - 2n * hour));
    const second = worker.begin(anUpdate(table, { partitionDeletion: at(now - hour) }));
    await worker.settle();
    worker.release(1);
    await Promise.all([first.ended, second]);
    expect(worker.written()).toEqual(['UPDATE 1', 'DELETE 1']);
  });

  test('and reads a whole partition again looks at the target only then as well', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - 2n * hour));
    const second = worker.begin(anUpdate(table, { partitionDeletion: at(now - 47n * hour) }));
    await worker.settle();
    worker.release(1);
    await Promise.all([first.ended, second]);
    expect(worker.written()).toEqual(['UPDATE 1', 'DELETE 1']);
  });

  test('and deletes another partition does not wait for it', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - 2n * hour));
    await worker.begin(anUpdate(table, { partitionKey: int(9), partitionDeletion: at(now - hour) }));
    worker.release(1);
    await first.ended;
  });

  test('has its older rows hidden by the slices of the other, before those have gone over the target', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - 3n * hour));
    const second = worker.begin(anUpdate(table, { partitionDeletion: at(now - hour) }));
    const { books } = await worker.begin(rowAt(2, now - 2n * hour));
    expect(books).toMatchObject({ received: 1, superseded: 1 });
    worker.release(1);
    await Promise.all([first.ended, second]);
    expect(worker.written()).toEqual(['UPDATE 1', 'DELETE 1']);
  });

  test('drops its copies of what the other has in hand', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - hour));
    const { books } = await worker.begin(rowAt(1, now - hour));
    expect(books).toMatchObject({ received: 1, duplicates: 1 });
    worker.release(1);
    expect((await first.ended).books).toMatchObject({ received: 1, applied: 1 });
  });

  test('may be decided again and takes nothing of its own for a copy', async () => {
    const worker = await aWorker();
    const again = worker.deciding(rowAt(1, now - hour));
    const failed = again();
    failed.catch(() => {});
    await worker.settle();
    worker.fail(1, new Error('the broker is away'));
    await expect(failed).rejects.toThrow('the broker is away');
    const repeated = again();
    worker.release(1);
    expect((await repeated).books).toMatchObject({ received: 1, applied: 1 });
  });

  test('waits for what a failing one still writes, not for its repetition', async () => {
    const worker = await aWorker();
    const first = await worker.underWay(rowAt(1, now - 2n * hour), rowAt(2, now - 2n * hour));
    const second = worker.begin(anUpdate(table, { partitionDeletion: at(now - hour) }));
    worker.fail(2, new Error('the source is away'));
    await worker.settle();
    expect(worker.written()).toEqual([]);
    worker.release(1);
    await expect(first.ended).rejects.toThrow('the source is away');
    await second;
    expect(worker.written()).toEqual(['UPDATE 1', 'DELETE 1']);
  });

  test('is told as done with a row that the target refused only when the other rows of the update are written', async () => {
    const worker = await aWorker();
    const both = anUpdate(table, { rows: [...rowAt(1, now - hour).rows, ...rowAt(2, now - hour).rows] });
    let isDone = false;
    const done = worker.begin(both).then(({ books }) => {
      isDone = true;
      return books;
    });
    await worker.settle();
    worker.fail(2, refused());
    await worker.settle();
    expect(isDone).toBe(false);
    worker.release(1);
    expect(await done).toMatchObject({ received: 1, deadLettered: 1 });
  });
});

function rowAt(c: number, timestampMicros: bigint): PartitionUpdate {
  return anUpdate(table, {
    rows: [aRow({ clustering: [int(c)], cells: [aCell(table, 'a', text('x'), timestampMicros)] })],
  });
}

/** The writes of rows wait until they are released; deletes are confirmed at once. What is confirmed can be read. */
async function aWorker() {
  const clock = aClock(now);
  const held = new Map<number, PromiseWithResolvers<void>>();
  const holdOf = (c: number) => {
    const hold = held.get(c) ?? Promise.withResolvers<void>();
    held.set(c, hold);
    return hold.promise;
  };
  const onTarget = inMemoryReader([]);
  const target = inMemoryTarget(async (statement) => {
    if (statement.cql.startsWith('DELETE')) return;
    await holdOf(clusteringOf(statement));
    onTarget.rows = [...onTarget.rows, rowOf(statement)];
  });
  const parts = {
    source: inMemoryReader([]),
    target: onTarget,
    writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 64 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
    keeper: await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0),
    underWay: new PartitionsUnderWay(),
    deadLetters: { add: async () => {} },
    parkIfPaused: async () => false,
    targetSkewMicros: 0n,
  };
  const recent = new RecentUpdates(100);
  const deciding = (...updates: readonly PartitionUpdate[]) => {
    const copies = recent.ofBatch();
    const received = updates.map((update) => ({ update, event: undefined }));
    const context = {
      isMigrated: () => true,
      isRecopied: () => false,
      copies,
      handOverMicros: now - 100n * hour,
      nowMicros: now,
      window: keyspacesWindow,
    };
    return () => applyBatch(received, context, parts);
  };
  const begin = (...updates: readonly PartitionUpdate[]) => {
    const applied = deciding(...updates)();
    applied.catch(() => {});
    return applied;
  };
  return {
    deciding,
    begin,
    /** With its writes sent. In an object: what an async function answers is waited for. */
    async underWay(...updates: readonly PartitionUpdate[]) {
      const ended = begin(...updates);
      await settle();
      return { ended };
    },
    settle,
    /** Also of writes that are still to come. */
    release(c: number) {
      void holdOf(c);
      held.get(c)!.resolve();
    },
    /** The write that waits, and that one only. */
    fail(c: number, error: Error) {
      void holdOf(c);
      held.get(c)!.reject(error);
      held.get(c)!.promise.catch(() => held.delete(c));
    },
    /** Rows in the order of their confirmation; deletes of statics and the like are left out. */
    written: () =>
      target.taken.flatMap(({ cql, values }) => {
        const isOfRow = /"?c"? = \?/.test(cql);
        return isOfRow ? [`${cql.slice(0, 6)} ${(values.at(-1) as Buffer).readInt32BE()}`] : [];
      }),
  };
}

/** Long enough for whatever waits for nothing. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

function clusteringOf({ values }: TargetStatement): number {
  return (values.at(-1) as Buffer).readInt32BE();
}

function rowOf({ values }: TargetStatement): MemoryRow {
  const [id, c] = values.slice(-2) as Buffer[];
  return { values: { id: id!, c: c! } };
}
