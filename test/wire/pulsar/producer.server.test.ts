import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { formatMessageId } from '../../../src/wire/pulsar/message-id.ts';
import type { Producer } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, numbered, receiveMany, sendAll, texts } from './broker-room.ts';

const room = aBrokerRoom();

test.each(['none', 'lz4'] as const)(
  'batches with compression %s arrive complete, in order, with exact keys and properties',
  async (compression) => {
    const topic = await room.topic();
    const client = await room.connect();
    const consumer = await client.consumer({
      topic,
      subscription: 's',
      type: 'Exclusive',
      initialPosition: 'earliest',
    });
    const producer = await client.producer({ topic, name: 'p', compression });
    const sent = Array.from({ length: 2500 }, (_, i) => ({
      key: Buffer.from([i & 0xff, i >> 8, 0, 255]),
      properties: { n: String(i), ключ: '値' },
      payload: Buffer.from(`row ${i} `.repeat(i % 40)),
      eventTime: 1_700_000_000_000 + i,
    }));
    const ids = await Promise.all(sent.map((message) => producer.send(message)));
    const received = await receiveMany(consumer, sent.length);
    const seen = received.map(({ key, properties, payload, eventTimeMs }) => ({
      key,
      properties,
      payload,
      eventTime: eventTimeMs,
    }));
    expect(seen).toEqual(sent);
    expect(received.map(({ id }) => formatMessageId(id))).toEqual(ids.map(formatMessageId));
    expect(new Set(received.map(({ producerName }) => producerName))).toEqual(new Set(['p']));
    expect(new Set(ids.map(({ entryId }) => entryId)).size).toBeLessThan(20);
  },
);

test('without batching every message is an entry of its own', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, batching: false });
  const ids = await sendAll(producer, numbered(1, 5));
  expect(new Set(ids.map(formatMessageId)).size).toBe(5);
  const reader = await client.reader({ topic, start: 'earliest' });
  const received = await receiveMany(reader, 5);
  expect(texts(received)).toEqual(numbered(1, 5));
  expect(received.map(({ id }) => id.batchIndex)).toEqual([-1, -1, -1, -1, -1]);
});

test('a tombstone, an empty message and one without key are told apart', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, compression: 'lz4', batching: false });
  const empty = Buffer.alloc(0);
  await Promise.all([
    producer.send({ key: Buffer.from('k'), payload: empty, isNull: true }),
    producer.send({ key: empty, payload: empty }),
    producer.send({ payload: Buffer.from('x') }),
  ]);
  const reader = await client.reader({ topic, start: 'earliest' });
  const received = await receiveMany(reader, 3);
  expect(received.map(({ isNull }) => isNull)).toEqual([true, false, false]);
  expect(received.map(({ key }) => key?.toString() ?? null)).toEqual(['k', '', null]);
});

test('a second exclusive producer is fenced off, and the first one goes on', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const holder = await first.producer({ topic, accessMode: 'Exclusive', name: 'holder', metadata: { host: 'a' } });
  await expect(second.producer({ topic, accessMode: 'Exclusive' })).rejects.toMatchObject({
    name: 'PulsarError',
    code: 'ProducerFenced',
    isTransient: false,
  });
  await sendAll(holder, ['still mine']);
  const [shown] = await room.admin.producers(topic);
  expect(shown).toMatchObject({ name: 'holder', metadata: { host: 'a' }, accessMode: 'Exclusive' });
});

test('a fencing producer takes over: the old holder ends with ProducerFenced and sends nothing more', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const faults: string[] = [];
  const old = await first.producer({ topic, accessMode: 'Exclusive', onFault: (error) => faults.push(error.code) });
  await sendAll(old, ['1']);
  const taker = await second.producer({ topic, accessMode: 'ExclusiveWithFencing' });
  await sendAll(taker, ['2']);
  await expect(sendAll(old, ['lost'])).rejects.toMatchObject({ code: 'ProducerFenced' });
  expect(faults).toEqual(['ProducerFenced']);
  const reader = await second.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 2))).toEqual(['1', '2']);
});

test('an exclusive holder whose topic is unloaded is told so, comes back and keeps the lock', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const states: boolean[] = [];
  const onConnection = (isConnected: boolean) => states.push(isConnected);
  const holder = await first.producer({ topic, accessMode: 'Exclusive', onConnection });
  await room.admin.unloadTopic(topic);
  await sendAll(holder, ['after']);
  await expect(second.producer({ topic, accessMode: 'Exclusive' })).rejects.toMatchObject({ code: 'ProducerFenced' });
  expect(states).toEqual([true, false, true]);
});

test('messages sent while the topic is unloaded are all stored, in order', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, batching: { maxMessages: 20, maxBytes: 65_536, maxDelayMs: 0 } });
  const sending = sendSlowly(producer, 400);
  for (let i = 0; i < 3; i++) {
    await sleep(100);
    await room.admin.unloadTopic(topic);
  }
  await sending;
  const reader = await client.reader({ topic, start: 'earliest' });
  const last = await reader.lastMessageId();
  const seen = new Set<string>();
  while (reader.hasMoreBefore(last)) seen.add((await reader.receive())!.payload.toString());
  // A batch whose receipt was lost is stored twice; the first copies are in order.
  expect([...seen]).toEqual(numbered(1, 400));
});

test('a terminated topic ends its producer with TopicTerminatedError', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic });
  await sendAll(producer, ['1']);
  await room.admin.terminateTopic(topic);
  await expect(sendAll(producer, ['2'])).rejects.toMatchObject({ code: 'TopicTerminatedError', isTransient: false });
  await expect(producer.flush()).rejects.toMatchObject({ code: 'TopicTerminatedError' });
});

test('a topic that does not exist is an error and is not made', async () => {
  const client = await room.connect();
  const topic = 'persistent://public/default/never-made';
  await expect(client.producer({ topic })).rejects.toMatchObject({ code: 'TopicNotFound' });
  await expect(client.consumer({ topic, subscription: 's', type: 'Shared' })).rejects.toMatchObject({
    code: 'TopicNotFound',
  });
  expect(await room.admin.topics('public/default')).not.toContain(topic);
});

test('a message that the broker would not take is refused, and the producer goes on', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic });
  await expect(producer.send({ payload: Buffer.alloc(6_000_000) })).rejects.toMatchObject({ code: 'MessageTooBig' });
  await producer.send({ payload: Buffer.alloc(4_000_000) });
  await producer.flush();
});

test('readyToSend waits while too much is unconfirmed', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, maxPending: 10 });
  const sending = sendAll(producer, numbered(1, 10));
  expect(producer.pendingCount).toBe(10);
  await producer.readyToSend();
  expect(producer.pendingCount).toBeLessThan(10);
  await sending;
});

test('close sends what is still in the batch', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({
    topic,
    batching: { maxMessages: 100, maxBytes: 65_536, maxDelayMs: 60_000 },
  });
  const sent = sendAll(producer, ['1', '2']);
  await producer.close();
  await sent;
  await expect(sendAll(producer, ['3'])).rejects.toMatchObject({ code: 'Closed' });
});

async function sendSlowly(producer: Producer, count: number): Promise<void> {
  const receipts: Promise<unknown>[] = [];
  for (const payload of numbered(1, count)) {
    receipts.push(producer.send({ payload: Buffer.from(payload) }));
    if (receipts.length % 10 === 0) await sleep(10);
  }
  await Promise.all(receipts);
}
