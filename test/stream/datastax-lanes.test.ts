import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { openDeadLetters } from '../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { Lane } from '../../src/model/lane.ts';
import type { SchemaRows } from '../../src/model/schema.ts';
import { topics } from '../../src/model/topics.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { eventsOfUpdate } from '../../src/sandbox/datastax/events-of-update.ts';
import { NodePulses, pulseNonce } from '../../src/stream/node-pulses.ts';
import { decodeProgress } from '../../src/stream/partition-progress.ts';
import { runSink } from '../../src/stream/run-sink.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import type { TableRule } from '../../src/stream/table-rule.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget } from '../support/in-memory-target.ts';

const clock = systemClock();
const table = aTable({ regulars: { n: 'int' } });
const canary = aTable({ keyspace: 'cdcmig_canary', name: 'canary', partitionKey: { nonce: 'text' } });
const [a, b] = ['1905238a-62b6-4d86-822c-61d732de9d5f', '2905238a-62b6-4d86-822c-61d732de9d5f'];
const lane: Lane = { topic: 'events-shop.things-partition-0', tableId: table.id };
const canaryTopic = 'events-cdcmig_canary.canary';

describe('a sink on events of the DataStax agents', () => {
  let stop: AbortController;
  let memory: ReturnType<typeof inMemoryBus>;
  let rule: TableRule;
  let source: ReturnType<typeof inMemoryReader>;
  let pulses: NodePulses;

  beforeEach(async () => {
    stop = new AbortController();
    memory = inMemoryBus();
    rule = { kind: 'applied', table, leftOut: [] };
    source = inMemoryReader([{ values: { id: int(1), n: int(10) } }]);
    pulses = await NodePulses.open({ bus: memory.bus, clock, topic: canaryTopic, table: canary, settleMicros: 0n });
  });
  afterEach(() => stop.abort());

  test('reads the row again, present or gone, and stamps it with the floor of that reading', async () => {
    const sink = await startSink();
    const before = clock.nowMicros();
    await tell(a, 1, 2);
    await sink.until(({ books }) => books.recopied === 2);

    const [present, gone] = [/^INSERT/, /^DELETE/].map((cql) => sink.taken.find((each) => cql.test(each.cql)));
    expect([present, gone].every((statement) => statement !== undefined)).toBe(true);
    for (const statement of sink.taken) {
      const stamps = statement.values.flatMap((value) =>
        Buffer.isBuffer(value) && value.length === 8 ? [value.readBigInt64BE()] : [],
      );
      expect(stamps.every((stamp) => stamp >= floorOf(before, keyspacesWindow))).toBe(true);
      expect(stamps.every((stamp) => stamp <= floorOf(clock.nowMicros(), keyspacesWindow))).toBe(true);
    }
  });

  test('reads once for what has come together, and once more for what comes later', async () => {
    await tell(a, 1);
    await tell(b, 1);
    const sink = await startSink();
    await sink.until(({ books }) => books.received === 2);
    expect(sink.newest().books).toMatchObject({ recopied: 1, duplicates: 1 });
    // The same mutation, of a replica that it had not reached when the row was read.
    await tell(b, 1);
    await sink.until(({ books }) => books.recopied === 2);
  });

  test('is as far as every node has told, once its lane is at the end of then', async () => {
    const sink = await startSink();
    await tell(a, 1);
    await pulse(a, pulseNonce, 50n);
    await sink.until(({ watermarks }) => watermarks[a] === 50n);
    expect(sink.newest().watermarks).toEqual({ [a]: 50n });
    expect(memory.acknowledged(lane.topic)).toBe(1);
  });

  test('has drained when every node has told of the mark, and not before', async () => {
    const sink = await startSink();
    await pulse(a, 'mark', 50n);
    await sink.until(({ watermarks }) => watermarks[a] === 50n);
    expect(sink.newest().drained).toEqual([]);
    await pulse(b, 'mark', 50n);
    await sink.until(({ drained }) => drained.includes('mark'));
  });

  test('keeps the rows of a paused table, and reads them when it is paused no more', async () => {
    rule = { kind: 'paused', reason: 'another column' };
    const sink = await startSink();
    await tell(a, 1);
    await sink.until(({ parked }) => parked[0]?.waiting === 1);
    expect(sink.newest().books).toMatchObject({ received: 1, parked: 1 });
    expect(memory.acknowledged(lane.topic)).toBe(1);
    expect(sink.taken).toEqual([]);

    rule = { kind: 'applied', table, leftOut: [] };
    await sink.until(({ parked }) => parked[0]?.replayed === 1);
    expect(sink.taken).toMatchObject([{ cql: expect.stringMatching(/^INSERT/) }]);
  });

  async function startSink() {
    const target = inMemoryTarget();
    const schema = await SchemaFollower.open({
      bus: memory.bus,
      clock,
      baseline,
      baselineAtMicros: 0n,
      readSchema: async () => ({ rows: baseline, atMicros: 0n }),
      onChange: () => {},
      onPoison: () => Promise.reject(new Error('not in this test')),
    });
    const report = () => {};
    const parts = {
      bus: memory.bus,
      schema,
      deadLetters: await openDeadLetters(memory.bus, clock),
      report,
      clock,
      workerName: 'w',
      source,
      target: inMemoryReader([]),
      writer: createTargetWriter({ target, clock, report, maxInFlight: 8 }),
      window: keyspacesWindow,
      keyspace: 'moved',
      lanes: [lane],
      pulses,
      ruleOf: () => rule,
      isGivenUp: () => false,
      recopiedTableIds: new Set([table.id]),
      nodes: [a, b],
      handOverMicros: clock.nowMicros() - 3_600_000_000n,
      targetSkewMicros: 0n,
      copiedRanges: [],
      onTie: async () => {},
      snapshotDoneAt: () => undefined,
    };
    void runSink(parts, stop.signal).catch(() => {});
    const newest = () => decodeProgress(memory.messages(topics.progress).at(-1)?.payload ?? Buffer.alloc(0))!;
    return {
      taken: target.taken,
      newest,
      async until(isSo: (progress: ReturnType<typeof newest>) => boolean) {
        for (let tries = 0; !newest() || !isSo(newest()); tries++) {
          if (tries > 200) throw new Error('waited 20 s in vain');
          await clock.sleep(100);
        }
      },
    };
  }

  async function tell(node: string, ...ids: readonly number[]): Promise<void> {
    const publisher = await memory.bus.publisher(lane.topic);
    for (const id of ids) {
      const rows = [aRow({ marker: { timestampMicros: clock.nowMicros() } })];
      const [event] = eventsOfUpdate(anUpdate(table, { partitionKey: int(id), rows }), originOf(node));
      await publisher.publish(event!);
    }
  }

  async function pulse(node: string, nonce: string, atMicros: bigint): Promise<void> {
    const rows = [aRow({ marker: { timestampMicros: atMicros } })];
    const [event] = eventsOfUpdate(anUpdate(canary, { partitionKey: text(nonce), rows }), originOf(node));
    await (await memory.bus.publisher(canaryTopic)).publish(event!);
    await pulses.look();
  }
});

const originOf = (node: string) => ({ node, segpos: '1:1', digest: 'd' });

const baseline: SchemaRows = {
  tables: [{ keyspace: 'shop', table: 'things', id: table.id, flags: [], cdc: true, defaultTtlSeconds: 0 }],
  columns: [
    { ...columnOf('id'), kind: 'partition_key', position: 0 },
    { ...columnOf('n'), kind: 'regular', position: -1 },
  ],
  types: [],
  droppedColumns: [],
};

function columnOf(column: string) {
  return { keyspace: 'shop', table: 'things', column, clusteringOrder: 'none', type: 'int' } as const;
}
