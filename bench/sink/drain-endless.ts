/**
 * The sink of a worker between lanes that are never empty and a target that takes everything, in one process: `node
 * drain-endless.ts CHANGES [live]`. Says after each hundred thousand the most memory that the process ever had, and with `live` what of it
 * is in use.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '../../src/adapters/clock.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { gatherWrites } from '../../src/apply/gather-writes.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { changesLanes } from '../../src/model/lane.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { TableReader } from '../../src/ports/table-reader.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { endlessLanes } from './endless-lanes.ts';
import { benchNode } from './order-record.ts';

const changes = Number(process.argv[2]);
const collect = process.argv[3] === 'live' ? garbageCollector() : undefined;
const partitions = 8;
const of = { keyspace: 'bench', table: 'orders' };
const column = (name: string, type: string) => ({
  ...of,
  column: name,
  type,
  clusteringOrder: 'none' as const,
  kind: name === 'id' ? ('partition_key' as const) : ('regular' as const),
  position: name === 'id' ? 0 : -1,
});
const rows = {
  tables: [{ ...of, id: '1'.repeat(32), flags: [], cdc: false, defaultTtlSeconds: 0 }],
  columns: [column('id', 'bigint'), column('amount', 'bigint'), column('customer', 'int'), column('note', 'text')],
  types: [],
  droppedColumns: [],
};
const table = tablesOf(rows)[0]!;
const clock = systemClock();
const report = () => {};
const lanes = endlessLanes(table.id, Math.ceil(changes / partitions));
const none = { readPartition: async function* () {} } as Partial<TableReader> as TableReader;
const target = {
  writeCapacity: async () => undefined,
  writeRows: () => nextTurn(),
  write: () => nextTurn(),
};
const stop = new AbortController();
const sink = runSink(
  {
    bus: lanes.bus,
    schema: await SchemaFollower.open({
      bus: lanes.bus,
      clock,
      baseline: rows,
      baselineAtMicros: 0n,
      readSchema: async () => ({ rows, atMicros: 0n }),
      onChange: () => {},
      onPoison: async () => {},
    }),
    deadLetters: await openDeadLetters(lanes.bus, clock),
    report,
    clock,
    workerName: 'w',
    source: none,
    target: none,
    writer: gatherWrites(createTargetWriter({ target, clock, report, maxInFlight: 256 })),
    window: keyspacesWindow,
    keyspace: 'moved',
    lanes: changesLanes(partitions),
    ruleOf: () => ({ kind: 'applied', table, leftOut: [] }),
    isGivenUp: () => false,
    recopiedTableIds: new Set(),
    onTie: async () => {},
    nodes: [benchNode],
    handOverMicros: clock.nowMicros() - 3_600_000_000n,
    targetSkewMicros: 0n,
    copiedRanges: [],
    snapshotDoneAt: () => undefined,
  },
  stop.signal,
);
const began = performance.now();
for (let due = Math.min(100_000, changes); lanes.acknowledged < changes; ) {
  await clock.sleep(20);
  if (lanes.acknowledged < due) continue;
  const seconds = (performance.now() - began) / 1000;
  const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  process.stdout.write(
    `${lanes.acknowledged} changes applied in ${seconds.toFixed(0)} s, peak ${peak} MB${liveText()}\n`,
  );
  due = Math.min(due + 100_000, changes);
}
stop.abort();
await sink.catch(() => {});
process.exit(0);

function liveText(): string {
  if (!collect) return '';
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const [heap, outside, all] = [heapUsed, external, rss].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  return `; live: ${heap} MB in the heap, ${outside} MB outside of it, ${all} MB with all that the process holds`;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
