import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { type ChangeEvent, encodeChangeEvent, type RecordEvent } from '../../src/model/change-event.ts';
import { changesLanes } from '../../src/model/lane.ts';
import { tokenOf, topicPartitionOf } from '../../src/model/token.ts';
import { changesPartition, parkedTopic, sinkSubscription, sliceJournal, topics } from '../../src/model/topics.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { readProgress } from '../../src/stream/read-progress.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import { PulsarAdmin } from '../../src/wire/pulsar/admin.ts';
import { compareSides } from '../scenarios/any-order/compare-sides.ts';
import { planHistory, runStatements } from '../scenarios/any-order/history.ts';
import { ddl } from '../scenarios/any-order/tables.ts';
import { type FollowedKeyspace, openFollowedKeyspace } from '../scenarios/followed-keyspace.ts';

const clock = systemClock();
const partitionCount = 4;
const node = 'node-1';
const handOverMicros = clock.nowMicros() - 600_000_000n;
const seed = Number(process.env.CDCMIG_SEED ?? 1);

describe(`two sinks on one bus (seed ${seed})`, () => {
  const namespace = `sinks-${randomUUID()}`;
  let followed: FollowedKeyspace;
  let agent: MessageBus;

  beforeAll(async () => {
    followed = await openFollowedKeyspace(inject('sandbox'), 'two_sinks', ddl);
    agent = await openBus('agent');
    await prepare(agent);
  });
  afterAll(async () => {
    await agent?.close();
    await followed?.[Symbol.asyncDispose]();
    const admin = new PulsarAdmin({ adminUrl: inject('sandbox').pulsar.adminUrl });
    await admin.deleteNamespace(`cdcmig-tests/${namespace}`, { isForced: true }).catch(() => {});
  });

  test('share the partitions; the one that is left applies everything when the other is killed', async () => {
    const histories = [0, 1, 2, 3].map((number) => planHistory(seed + number, number, 60, clock.nowMicros()));
    const ask = (cql: string) => followed.two.onSource(cql);
    const publishing = await startPublishing(agent);
    const first = await startSink('a');
    const second = await startSink('b');
    await until(() => first.taken.size === 2 && second.taken.size === 2);

    await Promise.all(histories.map(({ statements }) => runStatements(statements.slice(0, 30), ask)));
    const early = await ownRecords();
    await publishing.publish(early);
    await first.kill();
    await Promise.all(histories.map(({ statements }) => runStatements(statements.slice(30), ask)));
    const late = await ownRecords();
    // Copies of the other replicas, the killed one's among them.
    await publishing.publish([...late, ...early, ...late]);
    await publishing.drain('nonce-1');
    await until(async () => (await position()).drained.has('nonce-1'), 60_000);
    await clock.sleep(10_500);

    const found = await position();
    const progress = [...found.partitions.values()];
    expect(second.taken).toEqual(new Set([0, 1, 2, 3]));
    expect(found.unknownBecause).toBeUndefined();
    expect(found.streamTimeMicros).toBe(publishing.lastMicros);
    for (const { books } of progress) {
      const { received, ...outcomes } = books;
      expect(received).toBe(Object.values(outcomes).reduce((sum, count) => sum + count, 0));
      expect(books.deadLettered).toBe(0);
    }
    // The survivor had all copies at least once, and dropped some of them.
    expect(sum(progress.map(({ books }) => books.received))).toBeGreaterThanOrEqual(early.length + 2 * late.length);
    expect(sum(progress.map(({ books }) => books.duplicates))).toBeGreaterThan(0);
    await second.stop();
    await publishing.close();
    expect(await differences()).toEqual([]);
  });

  function openBus(clientName: string): Promise<MessageBus> {
    const { serviceUrl, adminUrl } = inject('sandbox').pulsar;
    return openPulsarBus({ serviceUrl, adminUrl, tenant: 'cdcmig-tests', namespace, clientName });
  }

  /** Other tests write to the same node. */
  async function ownRecords() {
    const ids = new Set(followed.two.tables.map((table) => table.id));
    return (await followed.records()).filter((event) => ids.has(outlineRecord(event.body).firstTableId));
  }

  async function position() {
    return readProgress({ bus: agent, partitionCount, nodes: [node], nowMicros: clock.nowMicros() });
  }

  async function startSink(workerName: string) {
    const bus = await openBus(workerName);
    const { two, schema: baseline } = followed;
    const deadLetters = await openDeadLetters(bus, clock);
    const schema = await SchemaFollower.open({
      bus,
      baseline,
      baselineAtMicros: clock.nowMicros() - 60_000_000n,
      readSchema: async () => ({ rows: baseline, atMicros: 0n }),
      clock,
      onChange: () => {},
      onPoison: () => Promise.reject(new Error('not in this test')),
    });
    const taken = new Set<number>();
    const report = (event: ProgressEvent) => {
      if (event.kind === 'partition-taken') taken.add(event.partition);
      if (event.kind === 'partition-left') taken.delete(event.partition);
    };
    const stop = new AbortController();
    const parts = {
      bus,
      schema,
      deadLetters,
      report,
      clock,
      workerName,
      source: two.source,
      target: two.target,
      writer: createTargetWriter({ target: two.target, clock, report, maxInFlight: 64 }),
      window: keyspacesWindow,
      keyspace: two.targetKeyspace,
      lanes: changesLanes(partitionCount),
      ruleOf: (id: string) => {
        const table = two.tables.find((candidate) => candidate.id === id && candidate.name !== 'mark');
        return table ? ({ kind: 'applied', table, leftOut: [] } as const) : ({ kind: 'left' } as const);
      },
      isGivenUp: () => false,
      recopiedTableIds: new Set<string>(),
      nodes: [node],
      handOverMicros,
      targetSkewMicros: await two.target.clockSkewMicros(),
      copiedRanges: [],
      onTie: async () => {},
      snapshotDoneAt: () => undefined,
    };
    const running = runSink(parts, stop.signal).catch((error: unknown) => error);
    return {
      taken,
      /** Its connections break at once; it has no time to acknowledge or to close anything. */
      async kill() {
        void bus.close();
        stop.abort(new Error('killed'));
        await running;
      },
      async stop() {
        stop.abort(new Error('stopped'));
        expect(await running).toBeUndefined();
        await bus.close();
      },
    };
  }

  async function differences() {
    const { two } = followed;
    const source = { keyspace: two.keyspace, ask: (cql: string) => two.onSource(cql) };
    const target = { keyspace: two.targetKeyspace, ask: (cql: string) => two.onTarget(cql) };
    const tables = two.tables.filter((table) => table.name !== 'mark');
    const found = await Promise.all(tables.map((table) => compareSides(table, source, target, () => true)));
    return found.flat().map(({ text }) => text);
  }
});

async function prepare(bus: MessageBus): Promise<void> {
  await bus.ensureNamespace();
  await bus.ensureTopic(topics.changes, partitionCount);
  for (let partition = 0; partition < partitionCount; partition++) {
    await bus.ensureTopic(sliceJournal(partition), 0);
    await bus.ensureTopic(parkedTopic(partition), 0);
    await bus.ensureSubscription(changesPartition(partition), sinkSubscription);
  }
  for (const topic of [topics.schema, topics.deadLetters, topics.progress]) await bus.ensureTopic(topic, 0);
}

/** What an agent does with records: each to the partition of its token, watermarks to all. */
async function startPublishing(bus: MessageBus) {
  const publishers = await Promise.all(
    Array.from({ length: partitionCount }, (_, partition) => bus.publisher(changesPartition(partition))),
  );
  const toAll = (event: ChangeEvent) => Promise.all(publishers.map((each) => each.publish(encodeChangeEvent(event))));
  const publishing = {
    lastMicros: 0n,
    async publish(records: readonly RecordEvent[]) {
      for (const event of records) {
        const key = outlineRecord(event.body).partitionKey;
        const partition = topicPartitionOf(tokenOf(key), partitionCount);
        void publishers[partition]!.publish({ key, ...encodeChangeEvent({ ...event, node }) });
      }
      await Promise.all(publishers.map((publisher) => publisher.flush()));
      publishing.lastMicros = clock.nowMicros();
      await toAll({ kind: 'watermark', node, instantMicros: publishing.lastMicros, unbrokenSinceMicros: 0n });
    },
    drain: (nonce: string) => toAll({ kind: 'drain-mark', node, nonce }),
    close: () => Promise.all(publishers.map((publisher) => publisher.close())),
  };
  return publishing;
}

async function until(isSo: () => boolean | Promise<boolean>, patienceMs = 20_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so after ${patienceMs} ms: ${isSo}`);
    await clock.sleep(100);
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
