import { expect, test } from 'vitest';
import { openChangesPublisher } from '../../src/capture/publish-changes.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { topics } from '../../src/model/topics.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { aClock } from '../support/a-clock.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const nothing = { tables: [], columns: [], types: [], droppedColumns: [] };
const things = { keyspace: 'shop', table: 'things', id: '1'.repeat(32), flags: [], cdc: false, defaultTtlSeconds: 0 };
const id = { keyspace: 'shop', table: 'things', column: 'id', clusteringOrder: 'none', type: 'int' };
const shop = { ...nothing, tables: [things], columns: [{ ...id, kind: 'partition_key' as const, position: 0 }] };
const node = 'node-1';
const corrupt = {
  kind: 'record' as const,
  node,
  segment: 1n,
  position: 2,
  logVersion: 7,
  body: Buffer.from('nonsense'),
};

test.each([
  ['a record that no node writes', encodeChangeEvent(corrupt)],
  [
    'a message that is no change event',
    { properties: { kind: 'record', node, s: 'x', p: '1', v: '7' }, payload: Buffer.alloc(0) },
  ],
])(
  '%s on the schema topic is told once, the schema is read from the source, and what follows is read',
  async (_, message) => {
    const { bus } = inMemoryBus();
    const schemaTopic = await bus.publisher(topics.schema);
    const poison: string[] = [];
    const clock = aClock(1_000_000_000n);
    const follower = await SchemaFollower.open({
      bus,
      clock,
      baseline: nothing,
      baselineAtMicros: 0n,
      readSchema: async () => ({ rows: shop, atMicros: 1n }),
      onChange: () => {},
      onPoison: async (_message, _event, error) => void poison.push(error.name),
    });
    await schemaTopic.publish(message);
    await schemaTopic.publish(
      encodeChangeEvent({ kind: 'watermark', node, instantMicros: 7_000n, unbrokenSinceMicros: 0n }),
    );
    await follower.catchUp();

    expect(poison).toHaveLength(1);
    expect(follower.liveTable('shop', 'things')).toBeDefined();
    await follower.untilPassed(undefined, [{ node, publishedAtMs: 5 }]);
    expect(clock.nowMicros()).toBeLessThan(1_000_000_100n);
  },
);

test('a source that did not answer is asked again at the next look, though the record that wanted it does not come again', async () => {
  const { bus } = inMemoryBus();
  const schemaTopic = await bus.publisher(topics.schema);
  let isAway = true;
  const follower = await SchemaFollower.open({
    bus,
    clock: aClock(1_000_000_000n),
    baseline: nothing,
    baselineAtMicros: 0n,
    readSchema: async () => {
      if (isAway) throw new Error('no node answers');
      return { rows: shop, atMicros: 1n };
    },
    onChange: () => {},
    onPoison: async () => {},
  });
  await schemaTopic.publish(encodeChangeEvent(corrupt));
  await expect(follower.catchUp()).rejects.toThrow('no node answers');
  isAway = false;
  await follower.catchUp();
  expect(follower.liveTable('shop', 'things')).toBeDefined();
});

test('a node that is silent is waited for no longer than half a minute', async () => {
  const { bus } = inMemoryBus();
  const clock = aClock(1_000_000_000n);
  const follower = await SchemaFollower.open({
    bus,
    clock,
    baseline: nothing,
    baselineAtMicros: 0n,
    readSchema: async () => ({ rows: nothing, atMicros: 1n }),
    onChange: () => {},
    onPoison: () => Promise.reject(new Error('not in this test')),
  });
  await follower.untilPassed(undefined, [{ node, publishedAtMs: 5 }]);
  expect(clock.nowMicros() - 1_000_000_000n).toBeGreaterThanOrEqual(30_000_000n);
});

test('who starts after months reads no more than what still counts: each record, and of each node the newest watermark', async () => {
  const memory = inMemoryBus();
  const publisher = await openChangesPublisher(
    { bus: memory.bus, partitions: 1, onTooBig() {} },
    new AbortController().signal,
  );
  const watermark = (at: string, second: number) =>
    publisher.toAll({ kind: 'watermark', node: at, instantMicros: BigInt(second), unbrokenSinceMicros: 0n });
  // Two of one partition of the log's own table.
  await publisher.toSchema({ ...corrupt, position: 1 });
  await publisher.toSchema({ ...corrupt, position: 2 });
  for (let second = 1; second <= 50_000; second++) for (const at of [node, 'node-2']) await watermark(at, second);
  const read: string[] = [];
  const open = async () => {
    read.length = 0;
    return SchemaFollower.open({ ...parts, bus: { ...memory.bus, reader: readerInto(read, memory.bus.reader) } });
  };
  const poison: string[] = [];
  const parts = {
    clock: aClock(1_000_000_000n),
    baseline: nothing,
    baselineAtMicros: 0n,
    readSchema: async () => ({ rows: shop, atMicros: 1n }),
    onChange: () => {},
    onPoison: async () => void poison.push('told'),
  };
  await open();
  expect(read).toHaveLength(100_002);

  const follower = await open();
  expect(read.length).toBeLessThan(10);
  expect(poison).toHaveLength(4);
  const sights = [node, 'node-2'].map((of) => ({ node: of, publishedAtMs: 48 }));
  await follower.untilPassed(undefined, sights);
  expect(parts.clock.nowMicros()).toBeLessThan(1_000_000_100n);
});

/** Tells what kinds of messages are read. */
function readerInto(read: string[], open: MessageBus['reader']): MessageBus['reader'] {
  return async (...asked) => {
    const reader = await open(...asked);
    const nextUntilEnd: typeof reader.nextUntilEnd = async (signal) => {
      const message = await reader.nextUntilEnd(signal);
      if (message) read.push(message.properties.kind!);
      return message;
    };
    return { ...reader, nextUntilEnd };
  };
}
