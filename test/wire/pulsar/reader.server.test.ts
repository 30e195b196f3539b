import { expect, test } from 'vitest';
import type { MessageId } from '../../../src/wire/pulsar/message-id.ts';
import type { PulsarClient, Reader } from '../../../src/wire/pulsar/types.ts';
import { aClientInTheWay } from './broker-in-the-way.ts';
import { aBrokerRoom, numbered, receiveMany, sendAll, staysSilent, texts } from './broker-room.ts';

const room = aBrokerRoom();

test('a reader reads to the present end of the topic and knows that it is there', async () => {
  const { topic, client } = await aTopicWith([numbered(1, 3), numbered(4, 10)]);
  const reader = await client.reader({ topic, start: 'earliest' });
  expect(await readToEnd(reader)).toEqual(numbered(1, 10));
  expect(await reader.lastMessageId()).toBeNull();
});

test('on an empty topic there is nothing to read', async () => {
  const { topic, client } = await aTopicWith([]);
  for (const start of ['earliest', 'latest'] as const) {
    const reader = await client.reader({ topic, start });
    expect(await reader.lastMessageId()).toBeNull();
    expect(reader.hasMoreBefore(null)).toBe(false);
  }
});

test('the end is known also after the broker has opened the topic anew', async () => {
  const { topic, client } = await aTopicWith([numbered(1, 3)]);
  await room.admin.unloadTopic(topic);
  expect(await readToEnd(await client.reader({ topic, start: 'earliest' }))).toEqual(numbered(1, 3));
});

test.each([false, true])('a start at an id is inclusive unless told otherwise (exclusive: %s)', async (isExclusive) => {
  const { topic, client, ids } = await aTopicWith([numbered(1, 4), ['5'], numbered(6, 7)]);
  for (const [index, id] of ids.entries()) {
    const reader = await client.reader({ topic, start: { id, isExclusive } });
    expect(await readToEnd(reader), `from message ${index + 1}`).toEqual(numbered(index + (isExclusive ? 2 : 1), 7));
    await reader.close();
  }
});

test('a start at an entry that is no batch is inclusive too', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const producer = await client.producer({ topic, batching: false });
  const ids = await sendAll(producer, numbered(1, 4));
  const id = ids[2]!;
  expect(await readToEnd(await client.reader({ topic, start: { id } }))).toEqual(['3', '4']);
  expect(await readToEnd(await client.reader({ topic, start: { id, isExclusive: true } }))).toEqual(['4']);
});

test('a start at a time reads what was published from then on', async () => {
  const { topic, client, producer } = await aTopicWith([numbered(1, 3)]);
  const before = Date.now();
  await expect.poll(() => Date.now()).toBeGreaterThan(before + 5);
  const publishTimeMs = Date.now();
  await sendAll(producer, numbered(4, 5));
  expect(await readToEnd(await client.reader({ topic, start: { publishTimeMs } }))).toEqual(['4', '5']);
});

test('a reader goes on behind the last message it handed out when its topic is unloaded', async () => {
  const { topic, client, producer } = await aTopicWith([numbered(1, 5)]);
  const reader = await client.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 2))).toEqual(['1', '2']);
  await room.admin.unloadTopic(topic);
  await sendAll(producer, ['6']);
  expect(texts(await receiveMany(reader, 4))).toEqual(numbered(3, 6));
});

test('a reader at the latest that loses its topic before its first message misses nothing', async () => {
  const { topic, client, producer } = await aTopicWith([numbered(1, 2)]);
  const reader = await client.reader({ topic, start: 'latest' });
  expect(await staysSilent(reader, 200)).toBe(true);
  await room.admin.unloadTopic(topic);
  await sendAll(producer, ['3']);
  expect(texts(await receiveMany(reader, 1))).toEqual(['3']);
});

test('a reader comes back under another name, that the broker cannot take it for what it has left', async () => {
  const { topic } = await aTopicWith([numbered(1, 3)]);
  const { front, client } = await aClientInTheWay();
  const names = () => front.commands.flatMap(({ subscribe }) => subscribe?.subscription ?? []);
  const reader = await client.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 1))).toEqual(['1']);
  front.cutAll();
  await expect.poll(() => names().length).toBe(2);
  expect(texts(await receiveMany(reader, 2))).toEqual(['2', '3']);
  expect(new Set(names()).size).toBe(2);
});

test('reading leaves no subscription behind', async () => {
  const { topic, client } = await aTopicWith([numbered(1, 2)]);
  const reader = await client.reader({ topic, start: 'earliest' });
  await readToEnd(reader);
  await reader.close();
  expect(await room.admin.subscriptions(topic)).toEqual([]);
});

async function readToEnd(reader: Reader): Promise<string[]> {
  const last = await reader.lastMessageId();
  const read: string[] = [];
  while (reader.hasMoreBefore(last)) {
    const message = await reader.receive(AbortSignal.timeout(10_000));
    read.push(message!.payload.toString());
  }
  return read;
}

/** Each list is a batch. */
async function aTopicWith(batches: readonly (readonly string[])[]) {
  const topic = await room.topic();
  const client: PulsarClient = await room.connect();
  const producer = await client.producer({ topic, batching: { maxMessages: 1000, maxBytes: 100_000, maxDelayMs: 0 } });
  const ids: MessageId[] = [];
  for (const batch of batches) ids.push(...(await sendAll(producer, batch)));
  return { topic, client, producer, ids };
}
