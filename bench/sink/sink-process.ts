/** The sink of a worker as a process of its own: `node sink-process.ts SETTINGS.json`, until SIGTERM. Says when it takes partitions. */

import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { readSchema } from '../../src/adapters/cassandra/read-schema.ts';
import { waitForSchemaAgreement } from '../../src/adapters/cassandra/schema-agreement.ts';
import { targetOverPool } from '../../src/adapters/cassandra/target-over-pool.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { gatherWrites } from '../../src/apply/gather-writes.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { changesLanes } from '../../src/model/lane.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';
import { benchNode } from './order-record.ts';
import type { SinkSettings } from './sink-settings.ts';

const settings: SinkSettings = JSON.parse(readFileSync(process.argv[2]!, 'utf8'));
const { pulsar, keyspace, targetKeyspace, partitions: partitionCount } = settings;
const clock = systemClock();
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort(new Error('told to stop')));

const bus = await openPulsarBus({ ...pulsar, clientName: settings.name });
const source = await openSourceCluster(settings.source);
const requestTimeoutMs = 15_000;
// Not found through its ring, which would lead past a way that takes time.
const target = targetOverPool({
  pool: openCqlPool({
    contactPoints: [settings.target],
    connectionsPerHost: 2,
    maxInFlightPerConnection: 512,
    requestTimeoutMs,
  }),
  keyspace: targetKeyspace,
  requestTimeoutMs,
  patienceMs: 60_000,
  readSchema,
  waitUntilDefined: waitForSchemaAgreement,
});
const untroubled = { ...target, writeRows: () => nextTurn(), write: () => nextTurn() };
const losing = {
  ...target,
  async write(...write: Parameters<typeof target.write>) {
    await target.write(...write);
    if (Math.random() >= settings.lostAnswers) return;
    // As long as a worker waits for Keyspaces.
    await clock.sleep(2_000);
    throw new TargetWriteError('transient', 'timed out');
  },
};
const written = settings.isTargetLeftOut ? untroubled : losing;
const deadLetters = await openDeadLetters(bus, clock);
const rows = await source.schema(keyspace);
const tables = new Map(tablesOf(rows).map((table) => [table.id, table]));
const report = (event: ProgressEvent) => {
  if (event.kind === 'partition-taken' || event.kind === 'dead-letter') process.stdout.write(`${event.kind}\n`);
};
const schema = await SchemaFollower.open({
  bus,
  baseline: rows,
  baselineAtMicros: 0n,
  readSchema: async () => ({ rows, atMicros: 0n }),
  clock,
  onChange: () => {},
  onPoison: async () => {},
});
const parts = {
  bus,
  schema,
  deadLetters,
  report,
  clock,
  workerName: settings.name,
  source,
  target,
  writer: gatherWrites(createTargetWriter({ target: written, clock, report, maxInFlight: settings.writesInFlight })),
  window: keyspacesWindow,
  keyspace: targetKeyspace,
  lanes: changesLanes(partitionCount),
  ruleOf: (id: string) => {
    const table = tables.get(id);
    return table ? ({ kind: 'applied', table, leftOut: [] } as const) : ({ kind: 'left' } as const);
  },
  isGivenUp: () => false,
  recopiedTableIds: new Set<string>(),
  onTie: async () => {},
  nodes: [benchNode],
  handOverMicros: clock.nowMicros() - 3_600_000_000n,
  targetSkewMicros: await target.clockSkewMicros(),
  copiedRanges: [],
  snapshotDoneAt: () => undefined,
};
process.stdout.write('ready\n');
await runSink(parts, stop.signal).catch((error: unknown) => {
  if (!stop.signal.aborted) throw error;
});
process.exit(0);
