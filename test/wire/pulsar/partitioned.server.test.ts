import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { PartitionedConsumerOptions, ReceivedMessage } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, numbered } from './broker-room.ts';

const room = aBrokerRoom();
const refreshMs = 200;

test('what goes to all partitions comes from all of them, and each key stays in one, in order', async () => {
  const topic = await aPartitionedTopic(3);
  const client = await room.connect();
  const consumer = await client.partitionedConsumer(anExclusiveOn(topic));
  const producer = await client.partitionedProducer({ topic });
  const ids = await Promise.all(
    numbered(0, 299).map((text) =>
      producer.send({ key: Buffer.from(`k${Number(text) % 30}`), payload: Buffer.from(text) }),
    ),
  );
  expect([producer.partitionCount, consumer.partitionCount]).toEqual([3, 3]);
  expect(new Set(ids.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
  const received = await receiveSome(consumer, 300);
  for (let key = 0; key < 30; key++) {
    const own = received.filter((message) => message.key!.toString() === `k${key}`);
    expect(new Set(own.map(({ id }) => id.partition)).size).toBe(1);
    expect(own.map(({ payload }) => Number(payload))).toEqual(Array.from({ length: 10 }, (_, i) => key + i * 30));
  }
  await Promise.all(received.map(({ id }) => consumer.ack(id)));
  expect(await backlogOf(topic, 3)).toBe(0);
  expect((await consumer.lastMessageIds()).map((id) => id!.partition)).toEqual([0, 1, 2]);
});

test('messages without key visit all partitions, and a route of the caller decides for itself', async () => {
  const topic = await aPartitionedTopic(3);
  const client = await room.connect();
  const spread = await client.partitionedProducer({ topic, batching: false });
  const spreadIds = await Promise.all(numbered(1, 9).map((text) => spread.send({ payload: Buffer.from(text) })));
  for (const partition of [0, 1, 2]) expect(spreadIds.filter((id) => id.partition === partition)).toHaveLength(3);
  const routed = await client.partitionedProducer({ topic, route: ({ payload }) => Number(payload) });
  const routedIds = await Promise.all(['2', '0', '2'].map((text) => routed.send({ payload: Buffer.from(text) })));
  expect(routedIds.map(({ partition }) => partition)).toEqual([2, 0, 2]);
});

test('partitions that are added are written and read without anybody being started anew', async () => {
  const topic = await aPartitionedTopic(1);
  const client = await room.connect();
  const consumer = await client.partitionedConsumer({ ...anExclusiveOn(topic), initialPosition: 'latest', refreshMs });
  const producer = await client.partitionedProducer({ topic, refreshMs, route: (_, count) => count - 1 });
  await producer.send({ payload: Buffer.from('1') });
  await room.admin.growPartitionedTopic(topic, 3);
  await expect.poll(() => producer.partitionCount, { timeout: 10_000 }).toBe(3);
  // Whether or not the consumer has noticed yet.
  const { partition } = await producer.send({ payload: Buffer.from('2') });
  expect(partition).toBe(2);
  const received = await receiveSome(consumer, 2);
  expect(received.map(({ payload, id }) => [payload.toString(), id.partition])).toEqual([
    ['1', 0],
    ['2', 2],
  ]);
  expect(consumer.partitionCount).toBe(3);
});

test('a cumulative acknowledgement and a seek by id concern one partition, a seek to the earliest all of them', async () => {
  const topic = await aPartitionedTopic(2);
  const client = await room.connect();
  const producer = await client.partitionedProducer({
    topic,
    batching: false,
    route: ({ payload }) => Number(payload) % 2,
  });
  for (const text of numbered(0, 7)) await producer.send({ payload: Buffer.from(text) });
  const consumer = await client.partitionedConsumer(anExclusiveOn(topic));
  const received = await receiveSome(consumer, 8);
  const even = received.filter(({ id }) => id.partition === 0);
  await consumer.ackCumulative(even[2]!.id);
  expect(await backlogOf(topic, 2)).toBe(5);
  await consumer.seek(even[1]!.id);
  expect(textsOf(await receiveSome(consumer, 3))).toEqual(['2', '4', '6']);
  await consumer.seek('earliest');
  expect(textsOf(await receiveSome(consumer, 8)).sort()).toEqual(numbered(0, 7));
});

test('a nacked message comes again from its own partition', async () => {
  const topic = await aPartitionedTopic(2);
  const client = await room.connect();
  const consumer = await client.partitionedConsumer({ ...anExclusiveOn(topic), type: 'Shared' });
  const producer = await client.partitionedProducer({
    topic,
    batching: false,
    route: ({ payload }) => Number(payload) % 2,
  });
  for (const text of ['0', '1']) await producer.send({ payload: Buffer.from(text) });
  const [first, second] = await receiveSome(consumer, 2);
  await consumer.ack(second!.id);
  consumer.nack(first!.id, 20);
  expect(await receiveSome(consumer, 1)).toMatchObject([{ payload: first!.payload, redeliveryCount: 1 }]);
});

test('the end comes when all partitions are at their end', async () => {
  const topic = await aPartitionedTopic(2);
  const client = await room.connect();
  const consumer = await client.partitionedConsumer(anExclusiveOn(topic));
  await room.admin.terminateTopic(`${topic}-partition-0`);
  await expect(consumer.receive(AbortSignal.timeout(1_000))).rejects.toMatchObject({ name: 'TimeoutError' });
  await room.admin.terminateTopic(`${topic}-partition-1`);
  expect(await consumer.receive(AbortSignal.timeout(10_000))).toBeNull();
});

test('failover tells which partition is active here', async () => {
  const topic = await aPartitionedTopic(2);
  const active = new Set<number>();
  await (await room.connect()).partitionedConsumer({
    ...anExclusiveOn(topic),
    type: 'Failover',
    onActiveChange: (partition, isActive) => isActive && active.add(partition),
  });
  await expect.poll(() => [...active].sort()).toEqual([0, 1]);
});

test('a partitioned topic is not opened as a plain one, nor a plain one as partitioned', async () => {
  const client = await room.connect();
  const refused = { code: 'NotAllowedError' };
  await expect(client.producer({ topic: await aPartitionedTopic(2) })).rejects.toMatchObject(refused);
  await expect(client.partitionedProducer({ topic: await room.topic() })).rejects.toMatchObject(refused);
});

test('when one partition is taken none stays open', async () => {
  const topic = await aPartitionedTopic(3);
  const [first, second] = [await room.connect(), await room.connect()];
  const holder = await first.consumer({ topic: `${topic}-partition-1`, subscription: 's', type: 'Exclusive' });
  await expect(second.partitionedConsumer(anExclusiveOn(topic))).rejects.toMatchObject({ code: 'ConsumerBusy' });
  await holder.close();
  const all = await first.partitionedConsumer(anExclusiveOn(topic));
  await all.close();
  await expect(all.receive()).rejects.toMatchObject({ code: 'Closed' });
});

test('unsubscribing removes the subscription of every partition', async () => {
  const topic = await aPartitionedTopic(2);
  const consumer = await (await room.connect()).partitionedConsumer(anExclusiveOn(topic));
  await consumer.unsubscribe();
  expect(await room.admin.subscriptions(topic)).toEqual([]);
});

function anExclusiveOn(topic: string): PartitionedConsumerOptions {
  return { topic, subscription: 's', type: 'Exclusive', initialPosition: 'earliest' };
}

async function aPartitionedTopic(partitions: number): Promise<string> {
  const topic = `persistent://public/default/wire-${randomUUID()}`;
  await room.admin.createPartitionedTopic(topic, partitions);
  onTestFinished(() => room.admin.deletePartitionedTopic(topic, { isForced: true }).catch(() => {}));
  return topic;
}

async function receiveSome(
  consumer: { receive(signal: AbortSignal): Promise<ReceivedMessage | null> },
  count: number,
): Promise<ReceivedMessage[]> {
  const received: ReceivedMessage[] = [];
  while (received.length < count) received.push((await consumer.receive(AbortSignal.timeout(20_000)))!);
  return received;
}

async function backlogOf(topic: string, partitions: number): Promise<number> {
  const names = Array.from({ length: partitions }, (_, i) => `${topic}-partition-${i}`);
  const stats = await Promise.all(names.map((name) => room.admin.topicStats(name)));
  return stats.reduce((sum, { subscriptions }) => sum + subscriptions.s!.backlogEntries, 0);
}

function textsOf(messages: readonly ReceivedMessage[]): string[] {
  return messages.map(({ payload }) => payload.toString());
}
