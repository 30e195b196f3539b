import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { type ChangeEvent, encodeChangeEvent } from '../../src/model/change-event.ts';
import { changesLanes } from '../../src/model/lane.ts';
import { changesPartition, sliceJournal, topics } from '../../src/model/topics.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import { decodeProgress } from '../../src/stream/partition-progress.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused } from '../support/in-memory-target.ts';
import { cell, deletion, expiringCell, mutation, partitionUpdate, row } from '../wire/commitlog/mutation-builder.ts';

const clock = systemClock();
const narrowTable = aTable({ regulars: { n: 'int' } });
const wideTable = aTable({ clustering: { c: 'int' }, regulars: { n: 'int' } });
const node = 'node-1';

describe('a sink', () => {
  let stop: AbortController;
  let memory: ReturnType<typeof inMemoryBus>;

  beforeEach(() => {
    stop = new AbortController();
    memory = inMemoryBus();
  });
  afterEach(() => stop.abort());

  test('poison goes to the dead letters and the stream goes on', async () => {
    const target = inMemoryTarget((statement) => {
      if (keyOf(statement) === 13) throw refused('too big');
    });
    const sink = await startSink({ target });
    await publish(0, [
      aChange(1),
      { kind: 'record', node, segment: 1n, position: 2, logVersion: 7, body: Buffer.from('nonsense') },
      aChange(13),
      { ...aChange(3), logVersion: 9 },
    ]);
    await (await memory.bus.publisher(changesPartition(0))).publish({
      properties: { kind: 'record', node, s: 'x', p: '1', v: '7' },
      payload: Buffer.alloc(0),
    });
    await publish(0, [aChange(2), aWatermark(50n)]);

    await sink.until(({ watermarks }) => watermarks[node] === 50n);

    const letters = memory.messages(topics.deadLetters).map(({ properties }) => JSON.parse(properties.letter!));
    expect(target.taken.map(keyOf)).toEqual(expect.arrayContaining([1, 2]));
    expect(letters.map(({ errorClass }) => errorClass).sort()).toEqual([
      'CorruptMutationError',
      'RangeError',
      'RefusedWriteError',
      'TypeError',
    ]);
    expect(sink.newest().books).toMatchObject({ received: 6, applied: 2, deadLettered: 4 });
    expect(sink.reported('dead-letter')).toHaveLength(4);
    expect(memory.acknowledged(changesPartition(0))).toBe(7);
  });

  test('acknowledges nothing before the target has confirmed it', async () => {
    let confirm = () => {};
    const confirmed = new Promise<void>((resolve) => {
      confirm = resolve;
    });
    const sink = await startSink({ target: inMemoryTarget(() => confirmed) });
    await publish(0, [aChange(1), aWatermark(50n)]);

    await clock.sleep(300);
    expect(memory.acknowledged(changesPartition(0))).toBe(0);
    expect(sink.newest()?.watermarks ?? {}).toEqual({});
    confirm();
    await sink.until(({ watermarks }) => watermarks[node] === 50n);
    expect(memory.acknowledged(changesPartition(0))).toBe(2);
  });

  test('goes on beside a write whose answer is lost, and acknowledges up to it', async () => {
    const answered = Promise.withResolvers<void>();
    const target = inMemoryTarget((statement) => (keyOf(statement) === 2 ? answered.promise : undefined));
    const sink = await startSink({ target });
    await publish(0, [aChange(1)]);
    await sink.until(({ books }) => books.applied === 1);
    await publish(0, [aChange(2)]);
    await clock.sleep(100);
    await publish(0, [aChange(3), aWatermark(50n)]);

    for (let tries = 0; target.taken.length < 2 && tries < 100; tries++) await clock.sleep(50);
    expect(target.taken.map(keyOf)).toEqual([1, 3]);
    expect(memory.acknowledged(changesPartition(0))).toBe(1);
    expect(sink.newest().watermarks).toEqual({});
    answered.resolve();
    await sink.until(({ watermarks }) => watermarks[node] === 50n);
    expect(memory.acknowledged(changesPartition(0))).toBe(4);
    expect(sink.newest().books).toMatchObject({ received: 3, applied: 3 });
  });

  test('goes on beside a write that takes long however many batches come meanwhile, and acknowledges them all after it', async () => {
    const answered = Promise.withResolvers<void>();
    const target = inMemoryTarget((statement) => (keyOf(statement) === 0 ? answered.promise : undefined));
    const sink = await startSink({ target, partitionCount: 80 });
    await publish(0, [aChange(0)]);
    const more = 300;
    for (let id = 1; id <= more; id++) {
      await publish(0, [aChange(id), aWatermark(BigInt(id))]);
      for (let tries = 0; target.taken.length < id && tries < 1000; tries++) await clock.sleep(5);
    }
    expect(target.taken).toHaveLength(more);
    expect(memory.acknowledged(changesPartition(0))).toBe(0);
    answered.resolve();
    await sink.until(() => memory.acknowledged(changesPartition(0)) === 1 + 2 * more);
  });

  test('tells its progress each second, also while a batch takes long', async () => {
    const held = inMemoryTarget(() => untilAborted(stop.signal));
    const sink = await startSink({ target: held });
    await publish(0, [aWatermark(50n)]);
    await sink.until(({ watermarks }) => watermarks[node] === 50n);
    await publish(0, [aChange(1), aWatermark(60n)]);
    await clock.sleep(500);
    const before = clock.nowMicros();

    await sink.until(({ atMicros }) => atMicros > before + 1_000_000n);

    expect(sink.newest().watermarks).toEqual({ [node]: 50n });
  });

  test('tells a drain when every node’s mark has passed', async () => {
    const sink = await startSink({ nodes: [node, 'node-2'] });
    await publish(0, [{ kind: 'drain-mark', node, nonce: 'n' }]);
    await publish(0, [aWatermark(50n)]);
    await sink.until(({ watermarks }) => watermarks[node] === 50n);
    expect(sink.newest().drained).toEqual([]);
    await publish(0, [{ kind: 'drain-mark', node: 'node-2', nonce: 'n' }]);
    await sink.until(({ drained }) => drained.includes('n'));
  });

  test('one that fails ends all its partitions before it says so', async () => {
    const target = inMemoryTarget(async () => {
      await clock.sleep(50);
      throw new Error('a bug');
    });
    const sink = await startSink({ target, partitionCount: 2 });
    await publish(1, [aChange(1)]);

    await expect(sink.running).rejects.toThrow('a bug');

    expect(sink.reported('partition-left')).toHaveLength(2);
  });

  test('leaves when it is told to, and the next one is given what was not acknowledged', async () => {
    const stuck = await startSink({ target: inMemoryTarget(() => untilAborted(stop.signal)) });
    await publish(0, [aChange(1), aWatermark(50n)]);
    await clock.sleep(100);
    const next = await startSink({}, new AbortController());
    stop.abort();

    await next.until(({ watermarks }) => watermarks[node] === 50n);

    expect(next.taken.map(keyOf)).toEqual([1]);
    expect(stuck.taken).toEqual([]);
    next.stop.abort();
    await next.running;
  });

  test('what expires ends by the target’s clock, as it was measured last', async () => {
    let skewMicros = 0n;
    const sink = await startSink({ targetSkew: () => skewMicros });
    await publish(0, [anExpiringChange(1, 3_600)]);
    await sink.until(({ books }) => books.applied === 1);
    // It is behind, so there the same cell has longer to live.
    skewMicros = -1_000_000_000n;
    await publish(0, [anExpiringChange(2, 3_600)]);
    await sink.until(({ books }) => books.applied === 2);
    // Each row is read again too, for it may be gone when its cell is.
    const updates = sink.taken.filter(({ cql }) => cql.startsWith('UPDATE'));
    const [first, second] = updates.map(({ values }) => (values[1] as Buffer).readInt32BE());
    expect(first).toBeLessThanOrEqual(3_600);
    expect(second! - first!).toBeGreaterThan(900);
  });

  test('two values of one cell with one timestamp are told of once they are written, and before they are acknowledged', async () => {
    const sink = await startSink({});
    const micros = clock.nowMicros();
    await publish(0, [aChange(1, micros, 7), aChange(1, micros, 8), aChange(2, micros, 7), aChange(2, micros, 7)]);
    await sink.until(({ books }) => books.received === 4);
    expect(sink.ties).toEqual(['things.n']);
    expect(sink.newest().books).toMatchObject({ applied: 3, duplicates: 1 });
  });

  test('one whose journal another worker has opened leaves the partition, asks for it again and does what it could not', async () => {
    const sink = await startSink({ isWide: true });
    await publish(0, [aPartitionDelete(1)]);
    await sink.until(({ books }) => books.applied === 1);
    await memory.bus.publisher(sliceJournal(0), { access: 'take-over' });
    await publish(0, [aPartitionDelete(2), aWatermark(50n)]);
    await sink.until(({ watermarks }) => watermarks[node] === 50n);

    expect(sink.newest().books).toMatchObject({ received: 1, applied: 1 });
    expect(sink.reported('partition-taken')).toHaveLength(2);
    expect(sink.reported('partition-left')).toHaveLength(1);
    expect(memory.acknowledged(changesPartition(0))).toBe(3);
  });

  interface SinkOptions {
    /** Its table has clustering columns, so that partitions can be deleted. */
    readonly isWide?: boolean;
    readonly target?: ReturnType<typeof inMemoryTarget>;
    readonly nodes?: readonly string[];
    readonly partitionCount?: number;
    readonly targetSkew?: () => bigint;
  }

  async function startSink(options: SinkOptions, stopping = stop) {
    const {
      isWide = false,
      target = inMemoryTarget(),
      nodes = [node],
      partitionCount = 1,
      targetSkew = () => 0n,
    } = options;
    const table = isWide ? wideTable : narrowTable;
    const events: ProgressEvent[] = [];
    const ties: string[] = [];
    const report = (event: ProgressEvent) => void events.push(event);
    const schema = await SchemaFollower.open({
      bus: memory.bus,
      baseline: {
        tables: [{ keyspace: 'shop', table: 'things', id: table.id, flags: [], cdc: false, defaultTtlSeconds: 0 }],
        columns: [
          { ...aColumn, column: 'id', kind: 'partition_key', position: 0 },
          { ...aColumn, column: 'n', kind: 'regular', position: -1 },
          ...(isWide
            ? [{ ...aColumn, column: 'c', kind: 'clustering', clusteringOrder: 'asc', position: 0 } as const]
            : []),
        ],
        types: [],
        droppedColumns: [],
      },
      baselineAtMicros: 0n,
      readSchema: () => Promise.reject(new Error('not in this test')),
      clock,
      onChange: () => {},
      onPoison: () => Promise.reject(new Error('not in this test')),
    });
    const running = runSink(
      {
        bus: memory.bus,
        schema,
        deadLetters: await openDeadLetters(memory.bus, clock),
        report,
        clock,
        workerName: 'w',
        source: inMemoryReader([]),
        target: inMemoryReader([]),
        writer: createTargetWriter({ target, clock, report, maxInFlight: 8 }),
        window: keyspacesWindow,
        keyspace: 'moved',
        lanes: changesLanes(partitionCount),
        ruleOf: () => ({ kind: 'applied', table, leftOut: [] }),
        isGivenUp: () => false,
        recopiedTableIds: new Set(),
        onTie: async ({ table, column }) => void ties.push(`${table}.${column}`),
        nodes,
        handOverMicros: clock.nowMicros() - 3_600_000_000n,
        get targetSkewMicros() {
          return targetSkew();
        },
        copiedRanges: [],
        snapshotDoneAt: () => undefined,
      },
      stopping.signal,
    );
    running.catch(() => {});
    const began = memory.messages(topics.progress).length;
    const newest = () =>
      decodeProgress(memory.messages(topics.progress).slice(began).at(-1)?.payload ?? Buffer.alloc(0))!;
    return {
      running,
      stop: stopping,
      taken: target.taken,
      ties,
      newest,
      reported: (kind: ProgressEvent['kind']) => events.filter((event) => event.kind === kind),
      async until(isSo: (progress: ReturnType<typeof newest>) => boolean) {
        for (let tries = 0; !newest() || !isSo(newest()); tries++) {
          if (tries > 100) throw new Error('waited 10 s in vain');
          await clock.sleep(100);
        }
      },
    };
  }

  async function publish(partition: number, changes: readonly ChangeEvent[]) {
    const publisher = await memory.bus.publisher(changesPartition(partition));
    for (const change of changes) await publisher.publish(encodeChangeEvent(change));
  }
});

const aColumn = { keyspace: 'shop', table: 'things', clusteringOrder: 'none', type: 'int' } as const;

function aChange(id: number, micros = clock.nowMicros(), value = id) {
  return changeOf(id, cell(micros, int(value)));
}

function anExpiringChange(id: number, ttlSeconds: number) {
  return changeOf(id, expiringCell(clock.nowMicros(), ttlSeconds, int(id)));
}

function changeOf(id: number, written: Buffer) {
  const hasAllColumns = 0x20;
  const update = partitionUpdate({
    tableId: narrowTable.id,
    partitionKey: int(id),
    columns: ['n'],
    items: [row(hasAllColumns, [], written)],
  });
  return { kind: 'record' as const, node, segment: 1n, position: id, logVersion: 7, body: mutation(update) };
}

function aPartitionDelete(id: number) {
  const micros = clock.nowMicros();
  const partitionDeletion = deletion(micros, Number(micros / 1_000_000n));
  const update = partitionUpdate({
    tableId: wideTable.id,
    partitionKey: int(id),
    columns: [],
    partitionDeletion,
    items: [],
  });
  return { kind: 'record' as const, node, segment: 1n, position: id, logVersion: 7, body: mutation(update) };
}

function aWatermark(instantMicros: bigint) {
  return { kind: 'watermark' as const, node, instantMicros, unbrokenSinceMicros: 0n };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** The partition key of an UPDATE of the table is its last value. */
function keyOf({ values }: TargetStatement): number {
  return (values.at(-1) as Buffer).readInt32BE();
}
