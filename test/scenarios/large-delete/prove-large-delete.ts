import { expect } from 'vitest';
import { systemClock } from '../../../src/adapters/clock.ts';
import { openDeadLetters } from '../../../src/apply/dead-letters.ts';
import { bigintBytes, intBytes, withLength } from '../../../src/apply/encode-values.ts';
import { createTargetWriter } from '../../../src/apply/target-writer.ts';
import { encodeChangeEvent, type RecordEvent } from '../../../src/model/change-event.ts';
import { changesLanes } from '../../../src/model/lane.ts';
import { changesPartition } from '../../../src/model/topics.ts';
import { keyspacesWindow } from '../../../src/model/write-timestamp.ts';
import { rowsOfRequest, type TargetKeyspace } from '../../../src/ports/target-keyspace.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';
import { readProgress } from '../../../src/stream/read-progress.ts';
import { runSink } from '../../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../../src/stream/schema-follower.ts';
import type { SinkParts } from '../../../src/stream/sink-parts.ts';
import { outlineRecord } from '../../../src/wire/commitlog/record-outline.ts';
import { inMemoryBus, type MemoryBus } from '../../support/in-memory-bus.ts';
import type { TwoKeyspaces } from '../../support/two-keyspaces.ts';
import { cell, mutation, partitionUpdate, row } from '../../wire/commitlog/mutation-builder.ts';
import { type FollowedKeyspace, openFollowedKeyspace } from '../followed-keyspace.ts';

const clock = systemClock();
const ddl = [
  'CREATE TABLE KS.wide (p int, c int, v int, PRIMARY KEY (p, c))',
  'CREATE TABLE KS.things (id int PRIMARY KEY, n int)',
];
const everyMs = 5;

export interface LargeDelete {
  /** How long the delete was under way. */
  readonly seconds: number;
  /** Other changes of its changes partition: how many came meanwhile, and from publishing to the target's confirmation. */
  readonly beside: number;
  readonly medianMs: number;
  readonly worstMs: number;
  /** Of this process, at most, above what it was before. */
  readonly memoryMebibytes: number;
  /** How long the drain took, which goes over the slice once more. */
  readonly drainSeconds: number;
}

/** Deletes a partition of so many rows on the source, while other changes of its changes partition come every few milliseconds. */
export async function proveLargeDelete(sandbox: Sandbox, rows: number): Promise<LargeDelete> {
  await using followed = await openFollowedKeyspace(sandbox, 'large_delete', ddl);
  await fill(followed.two, rows);
  const memory = inMemoryBus();
  const times = new Times();
  const stop = new AbortController();
  const sink = runSink(await sinkParts(memory, followed, times), stop.signal);
  try {
    const deletion = await deletePartition(followed);
    const found = await publishBeside(deletion, { memory, times, two: followed.two });
    while (times.confirmed.size < times.published.size) await clock.sleep(everyMs);
    expect(times.deletedRows).toBe(rows);
    // Not all at once: Cassandra reads no more than 100,000 tombstones for an answer.
    for (const c of [0, rows >> 1, rows - 1])
      expect((await followed.two.onTarget(`SELECT c FROM KS.wide WHERE p = 1 AND c = ${c}`)).rows).toEqual([]);
    return { ...found, worstMs: times.latenciesMs().at(-1)!, drainSeconds: await drain(memory) };
  } finally {
    stop.abort();
    await sink;
  }
}

/** Other suites write to the same node meanwhile. */
async function deletePartition({ records, two }: FollowedKeyspace): Promise<RecordEvent> {
  const { id } = two.tables.find(({ name }) => name === 'wide')!;
  const found = await records('DELETE FROM KS.wide WHERE p = 1');
  return found.find(({ body }) => outlineRecord(body).firstTableId === id)!;
}

interface Beside {
  readonly memory: MemoryBus;
  readonly times: Times;
  readonly two: TwoKeyspaces;
}

/** Until the delete is acknowledged. */
async function publishBeside(
  deletion: RecordEvent,
  { memory, times, two }: Beside,
): Promise<Omit<LargeDelete, 'worstMs' | 'drainSeconds'>> {
  const changes = await memory.bus.publisher(changesPartition(0));
  const publish = (event: RecordEvent) => changes.publish(encodeChangeEvent(event));
  const before = process.memoryUsage().rss;
  let most = before;
  const began = performance.now();
  await publish(deletion);
  for (let id = 0; memory.acknowledged(changesPartition(0)) === 0; id++) {
    times.published.set(id, performance.now());
    await publish(aThing(two, id));
    await clock.sleep(everyMs);
    most = Math.max(most, process.memoryUsage().rss);
  }
  return {
    seconds: (performance.now() - began) / 1000,
    beside: times.published.size,
    medianMs: times.latenciesMs()[times.published.size >> 1]!,
    memoryMebibytes: (most - before) / 2 ** 20,
  };
}

/** Of what was published and what the target has confirmed. */
class Times {
  readonly published = new Map<number, number>();
  readonly confirmed = new Map<number, number>();
  deletedRows = 0;

  /** Rising; without end where the target has not confirmed yet. */
  latenciesMs(): readonly number[] {
    return [...this.published]
      .map(([id, at]) => (this.confirmed.get(id) ?? Number.POSITIVE_INFINITY) - at)
      .toSorted((a, b) => a - b);
  }
}

async function fill({ target, targetKeyspace }: TwoKeyspaces, rows: number): Promise<void> {
  const cql = `INSERT INTO ${targetKeyspace}.wide (p, c, v) VALUES (?, ?, ?) USING TIMESTAMP ?`;
  const using = Buffer.concat(withLength(bigintBytes(clock.nowMicros() - 60_000_000n)));
  const aRow = (c: number) => Buffer.concat([intBytes(1), intBytes(c), intBytes(c)].flatMap(withLength));
  let next = 0;
  const lane = async () => {
    while (next < rows) {
      const first = next;
      next = Math.min(rows, first + rowsOfRequest);
      const some = Array.from({ length: next - first }, (_, index) => aRow(first + index));
      await target.writeRows({ cql, valueCount: 4, rows: some, using });
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

/** Asks for a drain, and answers how many seconds it took. */
async function drain({ bus }: MemoryBus): Promise<number> {
  const nonce = 'the end';
  const changes = await bus.publisher(changesPartition(0));
  const began = performance.now();
  await changes.publish(encodeChangeEvent({ kind: 'drain-mark', node: 'node-1', nonce }));
  const position = () => readProgress({ bus, partitionCount: 1, nodes: ['node-1'], nowMicros: clock.nowMicros() });
  while (!(await position()).drained.has(nonce)) await clock.sleep(everyMs);
  return (performance.now() - began) / 1000;
}

async function sinkParts(
  { bus }: MemoryBus,
  { two, schema: baseline }: FollowedKeyspace,
  times: Times,
): Promise<SinkParts> {
  const target: TargetKeyspace = {
    ...two.target,
    async write(...write) {
      await two.target.write(...write);
      const [{ values }] = write;
      // An UPDATE's key comes last.
      times.confirmed.set((values.at(-1) as Buffer).readInt32BE(), performance.now());
    },
    async writeRows(...write) {
      await two.target.writeRows(...write);
      times.deletedRows += write[0].rows.length;
    },
  };
  const schema = await SchemaFollower.open({
    bus,
    baseline,
    baselineAtMicros: 0n,
    readSchema: async () => ({ rows: baseline, atMicros: 0n }),
    clock,
    onChange: () => {},
    onPoison: () => Promise.reject(new Error('not in this test')),
  });
  const report = () => {};
  return {
    bus,
    schema,
    report,
    clock,
    target,
    deadLetters: await openDeadLetters(bus, clock),
    workerName: 'w',
    source: two.source,
    writer: createTargetWriter({ target, clock, report, maxInFlight: 256 }),
    window: keyspacesWindow,
    keyspace: two.targetKeyspace,
    lanes: changesLanes(1),
    ruleOf: (id) => {
      const table = two.tables.find((candidate) => candidate.id === id);
      return table ? { kind: 'applied', table, leftOut: [] } : { kind: 'left' };
    },
    isGivenUp: () => false,
    recopiedTableIds: new Set(),
    onTie: async () => {},
    nodes: ['node-1'],
    handOverMicros: clock.nowMicros() - 3_600_000_000n,
    targetSkewMicros: 0n,
    copiedRanges: [],
    snapshotDoneAt: () => undefined,
  };
}

function aThing({ tables }: TwoKeyspaces, id: number): RecordEvent {
  const hasAllColumns = 0x20;
  const update = partitionUpdate({
    tableId: tables.find(({ name }) => name === 'things')!.id,
    partitionKey: intBytes(id),
    columns: ['n'],
    items: [row(hasAllColumns, [], cell(clock.nowMicros(), intBytes(id)))],
  });
  return { kind: 'record', node: 'node-1', segment: 1n, position: id, logVersion: 7, body: mutation(update) };
}
