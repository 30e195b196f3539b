import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { OperatorError } from '../../src/errors.ts';
import type { Report } from '../../src/events.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { changesLanes } from '../../src/model/lane.ts';
import { changesPartition, parkedTopic, topics } from '../../src/model/topics.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TargetStatement } from '../../src/ports/target-keyspace.ts';
import { encodeParked } from '../../src/stream/parked-codec.ts';
import { decodeProgress } from '../../src/stream/partition-progress.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import type { TableRule } from '../../src/stream/table-rule.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryBus, type MemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader, type MemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused } from '../support/in-memory-target.ts';
import { cell, mutation, partitionUpdate, row } from '../wire/commitlog/mutation-builder.ts';

const clock = systemClock();
const node = 'node-1';
const things = aTable({ name: 'things', id: '1'.repeat(32), regulars: { n: 'int' } });
const others = aTable({ name: 'others', id: '2'.repeat(32), regulars: { n: 'int' } });
const applied = (table: typeof things): TableRule => ({ kind: 'applied', table, leftOut: [] });
const paused: TableRule = { kind: 'paused', reason: 'column x int was added' };

let memory: MemoryBus;
let rules: Map<string, TableRule>;
let stop: AbortController;

beforeEach(() => {
  memory = inMemoryBus();
  rules = new Map([things, others].map((table) => [table.id, applied(table)]));
  stop = new AbortController();
});
afterEach(() => stop.abort());

describe('changes of a paused table', () => {
  test('are parked in their order and acknowledged; those of other tables go on', async () => {
    rules.set(things.id, paused);
    const sink = await startSink();
    await publish(aChange(things, 1), aChange(others, 2), aChange(things, 3));
    await sink.until(({ books }) => books.received === 3);

    expect(sink.taken.map(keyOf)).toEqual([2]);
    expect(memory.messages(parkedTopic(0)).map(({ properties }) => properties.p)).toEqual(['1', '3']);
    expect(memory.acknowledged(changesPartition(0))).toBe(3);
    expect(sink.newest().books).toMatchObject({ received: 3, applied: 1, parked: 2 });
    await sink.until(({ parked }) => parked[0]?.waiting === 2);
  });

  test('are applied with their own write times once it is paused no more, and once only', async () => {
    rules.set(things.id, paused);
    const sink = await startSink();
    const changes = [aChange(things, 1), aChange(things, 3)];
    await publish(...changes);
    await sink.until(({ parked }) => parked[0]?.waiting === 2);
    rules.set(things.id, applied(things));
    await sink.until(({ parked }) => parked[0]?.waiting === 0 && parked[0]?.replayed === 2);

    expect(sink.taken.map(keyOf)).toEqual([1, 3]);
    expect(sink.taken.map(stampOf)).toEqual(changes.map(({ atMicros }) => atMicros));
    await clock.sleep(1_200);
    expect(sink.taken).toHaveLength(2);
  });

  test('that were parked by a worker which died are replayed by the next, from where the marks say', async () => {
    rules.set(things.id, paused);
    const first = await startSink();
    await publish(...[1, 2, 3].map((id) => aChange(things, id)));
    await first.until(({ parked }) => parked[0]?.waiting === 3);
    stop.abort();
    await first.running;
    const marks = await memory.bus.publisher(parkedTopic(0));
    await marks.publish(encodeParked({ kind: 'replayed', tableId: things.id, count: 1 }));
    rules.set(things.id, applied(things));
    stop = new AbortController();
    const next = await startSink();
    await next.until(({ parked }) => parked[0]?.waiting === 0);

    expect(next.taken.map(keyOf)).toEqual([2, 3]);
  });

  test('parked twice, because the worker died before it acknowledged, come to the target twice with one stamp', async () => {
    const change = aChange(things, 1);
    const { atMicros: _, ...event } = change;
    const lot = await memory.bus.publisher(parkedTopic(0));
    const entry = {
      kind: 'change',
      tableId: things.id,
      reason: 'r',
      parkedAtMicros: 1n,
      isWhole: false,
      event,
    } as const;
    for (let times = 0; times < 2; times++) await lot.publish(encodeParked(entry));
    const sink = await startSink();
    await sink.until(({ parked }) => parked[0]?.replayed === 2);

    // The second is a copy of the first in one batch, and dropped as such.
    expect(new Set(sink.taken.map(stampOf))).toEqual(new Set([change.atMicros]));
  });

  test('that do not fit when they are replayed wait on', async () => {
    rules.set(things.id, paused);
    const sink = await startSink();
    await publish(aChange(things, 1));
    await sink.until(({ parked }) => parked[0]?.waiting === 1);
    const narrower = aTable({ name: 'things', id: things.id, regulars: { other: 'int' } });
    rules.set(things.id, applied(narrower));
    await clock.sleep(2_500);

    expect(sink.taken).toEqual([]);
    expect(memory.messages(parkedTopic(0))).toHaveLength(1);
    rules.set(things.id, applied(things));
    await sink.until(({ parked }) => parked[0]?.waiting === 0);
    expect(sink.taken.map(keyOf)).toEqual([1]);
  });

  test('of a table that has left the migration are let go', async () => {
    rules.set(things.id, paused);
    const sink = await startSink();
    await publish(aChange(things, 1));
    await sink.until(({ parked }) => parked[0]?.waiting === 1);
    rules.set(things.id, { kind: 'left' });
    await sink.until(({ parked }) => parked[0]?.waiting === 0);

    expect(sink.taken).toEqual([]);
    expect(memory.messages(topics.deadLetters)).toEqual([]);
  });
});

test('a refusal that was the first word of a schema change is parked, and no dead letter', async () => {
  const target = inMemoryTarget(() => {
    rules.set(things.id, paused);
    throw refused('more bytes than fields');
  });
  const sink = await startSink(target);
  await publish(aChange(things, 1));
  await sink.until(({ parked }) => parked[0]?.waiting === 1);

  expect(memory.messages(topics.deadLetters)).toEqual([]);
  expect(sink.newest().books).toMatchObject({ received: 1, parked: 1, deadLettered: 0 });
});

test('changes whose table is paused while their batch waits for the source are parked, and let go of by nobody', async () => {
  const source = inMemoryReader([{ values: { id: int(1), n: int(10) } }]);
  const sink = await startSink(inMemoryTarget(), pausedByFirstRead(source));
  await publish(anOldChange(things, 1), aChange(others, 2));
  await sink.until(({ books }) => books.received === 2);

  expect(sink.newest().books).toMatchObject({ applied: 1, parked: 1, ignored: 0 });
  rules.set(things.id, applied(things));
  await sink.until(({ parked }) => parked[0]?.replayed === 1);
  expect(sink.taken.map(({ cql }) => cql)).toContainEqual(expect.stringMatching(/^INSERT INTO "moved"."things"/));
});

test('a row that a dead letter asks for waits where its table is paused while it is replayed', async () => {
  const lot = await memory.bus.publisher(parkedTopic(0));
  const facts = { tableId: things.id, reason: 'replay', parkedAtMicros: 1n } as const;
  const undecodable = { ...aChange(things, 2), logVersion: 9 };
  await lot.publish(encodeParked({ ...facts, kind: 'change', isWhole: true, event: undecodable }));
  await lot.publish(encodeParked({ ...facts, kind: 'row', partitionKey: int(7), clustering: [] }));
  const sink = await startSink(
    inMemoryTarget(),
    inMemoryReader([{ values: { id: int(7), n: int(70) } }]),
    ({ kind }) => {
      if (kind === 'dead-letter') rules.set(things.id, paused);
    },
  );
  await sink.until(({ parked }) => (parked[0]?.replayed ?? 0) > 0);

  expect(sink.newest().parked).toMatchObject([{ waiting: 1, replayed: 1 }]);
  rules.set(things.id, applied(things));
  await sink.until(({ parked }) => parked[0]?.waiting === 0);
  expect(sink.taken).toMatchObject([{ cql: expect.stringMatching(/^INSERT/) }]);
});

test('cells of columns that are left out do not come to the target; the rest of their change does', async () => {
  const narrower = aTable({ name: 'things', id: things.id, regulars: {} });
  rules.set(things.id, { kind: 'applied', table: narrower, leftOut: ['n'] });
  const sink = await startSink(inMemoryTarget(), inMemoryReader([{ values: { id: int(1), n: int(70) } }]));
  await publish(aChange(things, 1), aChange(others, 2));
  await sink.until(({ books }) => books.received === 2);

  expect(sink.taken.map(({ cql }) => cql).sort()).toEqual([
    expect.stringMatching(/^INSERT INTO \S+"things" \("id"\)/),
    expect.stringMatching(/^UPDATE \S+"others"/),
  ]);
  expect(sink.newest().books).toMatchObject({ applied: 1, recopied: 1 });
});

test('a record whose column no schema tells waits for its node, is parked, and is replayed once the schema is known', async () => {
  const sink = await startSink();
  await watermarkOnSchemaTopic();
  await publish(aChange(things, 1, 'unheard'), aChange(others, 2));
  await sink.until(({ parked }) => parked[0]?.waiting === 1);

  expect(sink.taken.map(keyOf)).toEqual([2]);
  expect(sink.newest().books).toMatchObject({ received: 2, applied: 1, parked: 1, deadLettered: 0 });
  const wider = aTable({ name: 'things', id: things.id, regulars: { n: 'int', unheard: 'int' } });
  rules.set(things.id, applied(wider));
  sink.schema.learn(rowsOf(['things', 'n', 'unheard'], ['others', 'n']), clock.nowMicros());
  await sink.until(({ parked }) => parked[0]?.waiting === 0);
  expect(sink.taken.map(({ cql }) => cql)).toContainEqual(expect.stringContaining('"unheard" = ?'));
});

test('a row that a dead letter asks for is read again', async () => {
  const source = inMemoryReader([{ values: { id: int(7), n: int(70) } }]);
  const lot = await memory.bus.publisher(parkedTopic(0));
  const entry = {
    kind: 'row',
    tableId: things.id,
    reason: 'replay',
    parkedAtMicros: 1n,
    partitionKey: int(7),
  } as const;
  await lot.publish(encodeParked({ ...entry, clustering: [] }));
  const sink = await startSink(inMemoryTarget(), source);
  await sink.until(({ parked }) => parked[0]?.replayed === 1);

  expect(sink.taken).toMatchObject([{ cql: expect.stringMatching(/^INSERT/) }]);
});

/** As when a column that the read names has just been dropped. */
function pausedByFirstRead(source: MemoryReader): MemoryReader {
  let isFirst = true;
  return {
    ...source,
    readPartition(read) {
      if (isFirst) {
        isFirst = false;
        rules.set(things.id, paused);
        throw new OperatorError({ expected: 'to read it', found: 'INVALID: undefined column name', next: 'look' });
      }
      return source.readPartition(read);
    },
  };
}

async function startSink(target = inMemoryTarget(), source = inMemoryReader([]), report: Report = () => {}) {
  const schema = await SchemaFollower.open({
    bus: memory.bus,
    clock,
    baseline: rowsOf(['things', 'n'], ['others', 'n']),
    baselineAtMicros: 0n,
    readSchema: async () => ({ rows: rowsOf(['things', 'n'], ['others', 'n']), atMicros: 0n }),
    onChange: () => {},
    onPoison: () => Promise.reject(new Error('not in this test')),
  });
  const began = memory.messages(topics.progress).length;
  const running = runSink(
    {
      bus: memory.bus,
      schema,
      deadLetters: await openDeadLetters(memory.bus, clock),
      report,
      clock,
      workerName: 'w',
      source,
      target: inMemoryReader([]),
      writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 1 }),
      window: keyspacesWindow,
      keyspace: 'moved',
      lanes: changesLanes(1),
      ruleOf: (tableId) => rules.get(tableId) ?? { kind: 'left' },
      isGivenUp: () => false,
      recopiedTableIds: new Set(),
      nodes: [node],
      handOverMicros: clock.nowMicros() - 3_600_000_000n,
      targetSkewMicros: 0n,
      copiedRanges: [],
      onTie: async () => {},
      snapshotDoneAt: () => undefined,
    },
    stop.signal,
  );
  running.catch(() => {});
  const newest = () =>
    decodeProgress(memory.messages(topics.progress).slice(began).at(-1)?.payload ?? Buffer.alloc(0))!;
  return {
    running,
    schema,
    taken: target.taken,
    newest,
    async until(isSo: (progress: ReturnType<typeof newest>) => boolean) {
      for (let tries = 0; !newest() || !isSo(newest()); tries++) {
        if (tries > 100)
          throw new Error(
            `waited 10 s in vain; the last word: ${Buffer.from(JSON.stringify(newest(), (_, v) => (typeof v === 'bigint' ? `${v}` : v)))}`,
          );
        await clock.sleep(100);
      }
    },
  };
}

async function publish(...changes: readonly ReturnType<typeof aChange>[]) {
  const publisher = await memory.bus.publisher(changesPartition(0));
  for (const change of changes) await publisher.publish(encodeChangeEvent(change));
}

async function watermarkOnSchemaTopic() {
  const publisher = await memory.bus.publisher(topics.schema);
  const instantMicros = clock.nowMicros() + 60_000_000n;
  await publisher.publish(encodeChangeEvent({ kind: 'watermark', node, instantMicros, unbrokenSinceMicros: 0n }));
}

/** Of before the hand-over: its row is read again. */
function anOldChange(table: typeof things, id: number) {
  return aChange(table, id, 'n', clock.nowMicros() - 7_200_000_000n);
}

function aChange(table: typeof things, id: number, column = 'n', atMicros = clock.nowMicros()) {
  const hasAllColumns = 0x20;
  const update = partitionUpdate({
    tableId: table.id,
    partitionKey: int(id),
    columns: [column],
    items: [row(hasAllColumns, [], cell(atMicros, int(id)))],
  });
  const body = mutation(update);
  return { kind: 'record' as const, node, segment: 1n, position: id, logVersion: 7, body, atMicros };
}

function rowsOf(...tables: readonly (readonly [name: string, ...columns: string[]])[]) {
  const ids: Readonly<Record<string, string>> = { things: things.id, others: others.id };
  return {
    tables: tables.map(([table]) => ({
      keyspace: 'shop',
      table,
      id: ids[table]!,
      flags: [],
      cdc: false,
      defaultTtlSeconds: 0,
    })),
    columns: tables.flatMap(([table, ...columns]) => [
      {
        keyspace: 'shop',
        table,
        column: 'id',
        kind: 'partition_key' as const,
        position: 0,
        clusteringOrder: 'none',
        type: 'int',
      },
      ...columns.map((column) => ({
        ...{ keyspace: 'shop', table, column, kind: 'regular' as const },
        ...{ position: -1, clusteringOrder: 'none', type: 'int' },
      })),
    ]),
    types: [],
    droppedColumns: [],
  };
}

/** The partition key of an UPDATE of these tables is its last value. */
function keyOf({ values }: TargetStatement): number {
  return (values.at(-1) as Buffer).readInt32BE();
}

function stampOf({ values }: TargetStatement): bigint {
  return (values[0] as Buffer).readBigInt64BE();
}
