import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import type { Consumer, PulsarClient, SubscriptionType } from '../../../src/wire/pulsar/types.ts';
import { aClientInTheWay } from './broker-in-the-way.ts';
import { aBrokerRoom, numbered, receiveMany, sendAll, staysSilent, texts } from './broker-room.ts';

const room = aBrokerRoom();
const oneBatch = { maxMessages: 1000, maxBytes: 100_000, maxDelayMs: 0 };

test('what is acknowledged does not come again, what is not does', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 4), { isBatched: false });
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const [, second, third] = await receiveMany(consumer, 4);
  await Promise.all([consumer.ack(second!.id), consumer.ack(third!.id)]);
  await consumer.close();
  expect(texts(await receiveMany(await aConsumer(client, topic, 'Exclusive'), 2))).toEqual(['1', '4']);
});

test('a cumulative acknowledgement ends where it says, and reading resumes behind it', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 6), { isBatched: false });
  const consumer = await aConsumer(client, topic, 'Failover');
  const received = await receiveMany(consumer, 6);
  await consumer.ackCumulative(received[3]!.id);
  await consumer.close();
  expect(texts(await receiveMany(await aConsumer(client, topic, 'Failover'), 2))).toEqual(['5', '6']);
});

test('a cumulative acknowledgement in mid-batch never acknowledges the rest of the batch', async () => {
  const { topic, client, producer } = await aTopicWith(numbered(1, 3));
  await sendAll(producer, numbered(4, 9));
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const received = await receiveMany(consumer, 9);
  await consumer.ackCumulative(received[6]!.id);
  await consumer.close();
  const again = await aConsumer(client, topic, 'Exclusive');
  const rest = await receiveMany(again, 6);
  expect(texts(rest)).toEqual(numbered(4, 9));
  await again.ackCumulative(rest[5]!.id);
  await again.close();
  expect(await staysSilent(await aConsumer(client, topic, 'Exclusive'))).toBe(true);
});

test('a batch is acknowledged only when all of its messages are', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 5));
  const consumer = await aConsumer(client, topic, 'Shared');
  const received = await receiveMany(consumer, 5);
  await Promise.all(received.slice(0, 4).map(({ id }) => consumer.ack(id)));
  await consumer.close();
  const again = await aConsumer(client, topic, 'Shared');
  const rest = await receiveMany(again, 5);
  expect(texts(rest)).toEqual(numbered(1, 5));
  await Promise.all(rest.map(({ id }) => again.ack(id)));
  expect((await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries).toBe(0);
});

test('when a shared consumer goes, what it did not acknowledge goes to another', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 10), { isBatched: false });
  const dying = await room.connect();
  const first = await aConsumer(dying, topic, 'Shared');
  const received = await receiveMany(first, 10);
  const second = await aConsumer(client, topic, 'Shared');
  await Promise.all(received.slice(0, 6).map(({ id }) => first.ack(id)));
  await first.close();
  const rest = await receiveMany(second, 4);
  expect(texts(rest).sort()).toEqual(['10', '7', '8', '9']);
});

test('a consumer that fetches nothing ahead leaves the next piece of work to others', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 3), { isBatched: false });
  const worker = await aConsumer(client, topic, 'Shared', { receiveQueue: 0 });
  expect(texts(await receiveMany(worker, 1))).toEqual(['1']);
  const other = await aConsumer(client, topic, 'Shared', { receiveQueue: 0 });
  expect(texts(await receiveMany(other, 2))).toEqual(['2', '3']);
});

test('a message that is nacked comes again after the delay', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 2), { isBatched: false });
  const consumer = await aConsumer(client, topic, 'Shared');
  const [first, second] = await receiveMany(consumer, 2);
  await consumer.ack(second!.id);
  const began = performance.now();
  consumer.nack(first!.id, 400);
  const [again] = await receiveMany(consumer, 1);
  expect(again).toMatchObject({ payload: Buffer.from('1'), redeliveryCount: 1 });
  expect(performance.now() - began).toBeGreaterThan(390);
});

test('without a delay of its own a nack waits longer each time', async () => {
  const { topic, client } = await aTopicWith(['1'], { isBatched: false });
  const consumer = await aConsumer(client, topic, 'Shared', { nackBackoff: { firstMs: 100, maxMs: 400 } });
  const waits: number[] = [];
  let [message] = await receiveMany(consumer, 1);
  for (let round = 0; round < 4; round++) {
    const began = performance.now();
    consumer.nack(message!.id);
    [message] = await receiveMany(consumer, 1);
    waits.push(performance.now() - began);
  }
  [100, 200, 400, 400].forEach((least, round) => {
    expect(waits[round]).toBeGreaterThan(least - 10);
  });
  expect(message!.redeliveryCount).toBe(4);
  await consumer.ack(message!.id);
});

test('of a batch that was nacked in part, all that is not acknowledged comes again', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 3));
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const [first, second] = await receiveMany(consumer, 3);
  await consumer.ack(first!.id);
  consumer.nack(second!.id, 20);
  const again = await receiveMany(consumer, 3);
  expect(texts(again)).toEqual(numbered(1, 3));
  await Promise.all(again.map(({ id }) => consumer.ack(id)));
  expect((await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries).toBe(0);
});

test('what is fetched ahead stays about within its bytes, and nothing is missing for it', async () => {
  const { topic, client, producer } = await aTopicWith([], { isBatched: false });
  const bytes = 100_000;
  for (let n = 0; n < 60; n++) void producer.send({ payload: Buffer.alloc(bytes, n) });
  await producer.flush();
  const consumer = await aConsumer(client, topic, 'Exclusive', { maxQueuedBytes: 5 * bytes });
  const first = await consumer.receive(AbortSignal.timeout(10_000));
  const received = [first!.payload[0]];
  // The first few were asked for before any size was known.
  await sleep(300);
  for (let n = 1; n < 60; n++) received.push((await consumer.receive(AbortSignal.timeout(10_000)))!.payload[0]);
  expect(received).toEqual(Array.from({ length: 60 }, (_, n) => n));
  const [stats] = await consumersOf(topic);
  expect(stats!.availablePermits).toBeLessThanOrEqual(6);
});

test('with nothing fetched ahead batches come one after the other too', async () => {
  const { topic, client, producer } = await aTopicWith(numbered(1, 10));
  await sendAll(producer, numbered(11, 20));
  const consumer = await aConsumer(client, topic, 'Exclusive', { receiveQueue: 0 });
  expect(texts(await receiveMany(consumer, 20))).toEqual(numbered(1, 20));
});

test('of entries of a thousand messages no more are sent than there is room for, and nothing is missing for it', async () => {
  const { topic, client, producer } = await aTopicWith([]);
  const count = 40_000;
  for (let n = 0; n < count; n += 1_000) await sendAll(producer, numbered(n + 1, n + 1_000));
  const consumer = await aConsumer(client, topic, 'Exclusive', { receiveQueue: 2_000 });
  const [received, ahead]: [string[], number[]] = [[], []];
  while (received.length < count) {
    if (received.length % 5_000 === 0) {
      await sleep(100);
      const [stats] = await consumersOf(topic);
      ahead.push(stats!.msgOutCounter - received.length);
    }
    received.push(...texts(await receiveMany(consumer, 1)));
  }
  expect(received).toEqual(numbered(1, count));
  expect(Math.max(...ahead)).toBeLessThanOrEqual(2_000);
});

test('unsubscribing ends the subscription, unless others use it', async () => {
  const { topic, client } = await aTopicWith(['1']);
  const [one, other] = [await aConsumer(client, topic, 'Shared'), await aConsumer(client, topic, 'Shared')];
  await expect(one.unsubscribe()).rejects.toMatchObject({ name: 'PulsarError' });
  await one.close();
  await other.unsubscribe();
  expect(await room.admin.subscriptions(topic)).toEqual([]);
  await expect(other.receive()).rejects.toMatchObject({ code: 'Closed' });
});

test('every wait ends with its signal', async () => {
  const { topic, client, producer } = await aTopicWith(['1'], { isBatched: false });
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const [message] = await receiveMany(consumer, 1);
  const signal = AbortSignal.abort(new Error('enough'));
  const waits = [
    () => consumer.receive(signal),
    () => consumer.ack(message!.id, signal),
    () => consumer.ackCumulative(message!.id, signal),
    () => consumer.seek('earliest', signal),
    () => consumer.lastMessageId(signal),
    () => consumer.unsubscribe(signal),
    () => producer.send({ payload: Buffer.from('never') }, signal),
    () => client.partitionCount(topic, signal),
    () => client.schema(topic, undefined, signal),
    () => aConsumer(client, topic, 'Shared', { signal }),
    () => client.producer({ topic, signal }),
    () => client.reader({ topic, start: 'earliest', signal }),
    () => client.partitionedConsumer({ topic, subscription: 's', type: 'Shared', signal }),
    () => client.partitionedProducer({ topic, signal }),
  ];
  for (const wait of waits) await expect(wait(), wait.toString()).rejects.toThrow('enough');
  await consumer.close(signal);
  await producer.close(signal);
});

test('on an exclusive subscription redeliver brings everything not acknowledged, in order', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 50), { isBatched: false });
  let rewinds = 0;
  const consumer = await aConsumer(client, topic, 'Exclusive', { receiveQueue: 10, onRewind: () => rewinds++ });
  const received = await receiveMany(consumer, 20);
  await consumer.ackCumulative(received[4]!.id);
  consumer.redeliver([received[5]!.id]);
  expect(texts(await receiveMany(consumer, 45))).toEqual(numbered(6, 50));
  expect(rewinds).toBe(1);
});

test.each(['Exclusive', 'Failover'] as const)(
  'after a redeliver and a reconnect a %s consumer still receives',
  async (type) => {
    const { topic, client, producer } = await aTopicWith(numbered(1, 3), { isBatched: false });
    const consumer = await aConsumer(client, topic, type);
    const [first] = await receiveMany(consumer, 3);
    await consumer.ackCumulative(first!.id);
    consumer.redeliver([first!.id]);
    await receiveMany(consumer, 2);
    await room.admin.unloadTopic(topic);
    await sendAll(producer, ['4']);
    const seen = new Set<string>();
    while (!seen.has('4')) for (const text of texts(await receiveMany(consumer, 1))) seen.add(text);
    expect([...seen]).toEqual(['2', '3', '4']);
  },
);

test('a second exclusive consumer is refused at once', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  await aConsumer(client, topic, 'Exclusive');
  await expect(aConsumer(client, topic, 'Exclusive')).rejects.toMatchObject({ code: 'ConsumerBusy' });
  expect(front.commands.filter(({ subscribe }) => subscribe)).toHaveLength(2);
});

test('of two failover consumers one is active, and the other takes over what was not acknowledged', async () => {
  const { topic, client } = await aTopicWith(numbered(1, 5), { isBatched: false });
  const changes: string[] = [];
  const open = async (name: string, owner: PulsarClient) => {
    const onActiveChange = (isActive: boolean) => changes.push(`${name} ${isActive ? 'active' : 'passive'}`);
    return aConsumer(owner, topic, 'Failover', { consumerName: name, onActiveChange });
  };
  const first = await open('a', await room.connect());
  await expect.poll(() => first.isActive).toBe(true);
  const second = await open('b', client);
  // Which of the two is active is the broker's choice.
  await expect.poll(() => first.isActive !== second.isActive).toBe(true);
  const [active, passive] = first.isActive ? [first, second] : [second, first];
  const received = await receiveMany(active, 5);
  await active.ackCumulative(received[2]!.id);
  expect(await staysSilent(passive)).toBe(true);
  await active.close();
  expect(texts(await receiveMany(passive, 2))).toEqual(['4', '5']);
  expect(passive.isActive).toBe(true);
  expect(changes).toContain(`${passive === second ? 'b' : 'a'} active`);
});

test('seek to an id goes on with that message, also within a batch', async () => {
  const { topic, client, producer } = await aTopicWith(numbered(1, 5));
  await sendAll(producer, numbered(6, 10));
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const received = await receiveMany(consumer, 10);
  await consumer.ackCumulative(received[9]!.id);
  await consumer.seek(received[2]!.id);
  const again = await receiveMany(consumer, 8);
  expect(texts(again)).toEqual(numbered(3, 10));
  await Promise.all(again.map(({ id }) => consumer.ack(id)));
  expect((await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries).toBe(0);
});

test('seek to the earliest reads all again, to the latest skips all, to a time goes on with what came then', async () => {
  const { topic, client, producer } = await aTopicWith(numbered(1, 3));
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const [first] = await receiveMany(consumer, 3);
  await expect.poll(() => Date.now()).toBeGreaterThan(first!.publishTimeMs + 5);
  const publishTimeMs = Date.now();
  await sendAll(producer, numbered(4, 6));
  await consumer.seek('earliest');
  expect(texts(await receiveMany(consumer, 6))).toEqual(numbered(1, 6));
  await consumer.seek({ publishTimeMs });
  expect(texts(await receiveMany(consumer, 3))).toEqual(numbered(4, 6));
  await consumer.seek('latest');
  expect(await staysSilent(consumer)).toBe(true);
});

test('a consumer goes on where it was when its topic is unloaded', async () => {
  const { topic, client, producer } = await aTopicWith(numbered(1, 5), { isBatched: false });
  let rewinds = 0;
  const consumer = await aConsumer(client, topic, 'Exclusive', { onRewind: () => rewinds++ });
  const received = await receiveMany(consumer, 5);
  await consumer.ackCumulative(received[2]!.id);
  await room.admin.unloadTopic(topic);
  await sendAll(producer, ['6']);
  expect(await receiveUntil(consumer, '6')).toEqual(expect.arrayContaining(['4', '5', '6']));
  // The broker may take the consumer in and close it once more before the topic has settled.
  expect(rewinds).toBeGreaterThanOrEqual(1);
});

test('receive gives null at the end of a terminated topic, after its last message, also to a reader and after a seek', async () => {
  const { topic, client } = await aTopicWith(['1']);
  const consumer = await aConsumer(client, topic, 'Exclusive');
  await room.admin.terminateTopic(topic);
  const [only] = await receiveMany(consumer, 1);
  await consumer.ack(only!.id);
  expect(await consumer.receive(AbortSignal.timeout(10_000))).toBeNull();
  const reader = await client.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 1))).toEqual(['1']);
  expect(await reader.receive(AbortSignal.timeout(10_000))).toBeNull();
  await consumer.seek('earliest');
  const [again] = await receiveMany(consumer, 1);
  await consumer.ack(again!.id);
  expect(await consumer.receive(AbortSignal.timeout(10_000))).toBeNull();
});

test('receive ends with its signal and nothing is lost by it', async () => {
  const { topic, client, producer } = await aTopicWith([]);
  const consumer = await aConsumer(client, topic, 'Exclusive');
  await expect(consumer.receive(AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'TimeoutError' });
  await sendAll(producer, ['1']);
  expect(texts(await receiveMany(consumer, 1))).toEqual(['1']);
});

test('after close receive says so', async () => {
  const { topic, client } = await aTopicWith([]);
  const consumer = await aConsumer(client, topic, 'Exclusive');
  const waiting = consumer.receive();
  const told = expect(waiting).rejects.toMatchObject({ code: 'Closed' });
  await consumer.close();
  await told;
});

async function consumersOf(topic: string): Promise<readonly { availablePermits: number; msgOutCounter: number }[]> {
  const { adminUrl } = inject('sandbox').pulsar;
  const stats = (await (await fetch(`${adminUrl}/admin/v2/${topic.replace('://', '/')}/stats`)).json()) as {
    subscriptions: { s: { consumers: { availablePermits: number; msgOutCounter: number }[] } };
  };
  return stats.subscriptions.s.consumers;
}

/** The broker confirms an acknowledgement before it has stored it: an unload may bring back what was acknowledged. */
async function receiveUntil(consumer: Consumer, last: string): Promise<string[]> {
  const received: string[] = [];
  while (received.at(-1) !== last) received.push(...texts(await receiveMany(consumer, 1)));
  expect(received).toEqual(numbered(Number(received[0]), Number(last)));
  return received;
}

async function aTopicWith(payloads: readonly string[], { isBatched } = { isBatched: true }) {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, batching: isBatched && oneBatch });
  await sendAll(producer, payloads);
  return { topic, client, producer };
}

function aConsumer(
  client: PulsarClient,
  topic: string,
  type: SubscriptionType,
  more: Partial<Parameters<PulsarClient['consumer']>[0]> = {},
) {
  return client.consumer({ topic, subscription: 's', type, initialPosition: 'earliest', ...more });
}
