import { expect, test } from 'vitest';
import { lz4Compress } from '../../../src/wire/pulsar/lz4-compress.ts';
import { formatMessageId, parseMessageId } from '../../../src/wire/pulsar/message-id.ts';
import type { ConsumerOptions, Reader } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, receiveMany, staysSilent, texts } from './broker-room.ts';
import { aRawProducer } from './raw-entries.ts';

const room = aBrokerRoom();

test('a chunked message comes out whole, is known by its last entry and acknowledged with all of them', async () => {
  const { topic, storePlain, storeChunk } = await aChunkedTopic();
  const text = 'row 1 '.repeat(5000);
  const compressed = lz4Compress(Buffer.from(text));
  await storePlain('before');
  const first = await storeChunk('m', 0, compressed, { compression: 1, uncompressedSize: text.length });
  await storeChunk('m', 1, compressed, { compression: 1, uncompressedSize: text.length });
  const last = await storeChunk('m', 2, compressed, { compression: 1, uncompressedSize: text.length });
  const consumer = await aConsumer(topic, 'Shared');
  const [before, whole] = await receiveMany(consumer, 2);
  expect(whole!.payload.toString()).toBe(text);
  expect(whole!.id).toMatchObject({ ...idOf(last), firstChunk: idOf(first) });
  await Promise.all([consumer.ack(before!.id), consumer.ack(whole!.id)]);
  expect(await backlogOf(topic)).toBe(0);
});

test('messages whose chunks lie between each other survive a cumulative acknowledgement in between', async () => {
  const { topic, storePlain, storeChunk } = await aChunkedTopic();
  const [a, b] = [Buffer.from('A'.repeat(30)), Buffer.from('B'.repeat(30))];
  await storeChunk('a', 0, a);
  await storePlain('1');
  await storeChunk('b', 0, b);
  await storeChunk('a', 1, a);
  await storePlain('2');
  await storeChunk('a', 2, a);
  await storeChunk('b', 1, b);
  await storeChunk('b', 2, b);
  const consumer = await aConsumer(topic, 'Exclusive');
  const received = await receiveMany(consumer, 4);
  expect(texts(received)).toEqual(['1', '2', a.toString(), b.toString()]);
  // Up to A: of what lies before it, the beginning of B must stay.
  await consumer.ackCumulative(received[2]!.id);
  await consumer.close();
  const again = await aConsumer(topic, 'Exclusive');
  const rest = await receiveMany(again, 2);
  expect(texts(rest)).toEqual(['2', b.toString()]);
  await again.ackCumulative(rest[1]!.id);
  await again.close();
  expect(await backlogOf(topic)).toBe(0);
});

test('what is not complete is told and stays; what is behind it arrives', async () => {
  const { topic, storePlain, storeChunk } = await aChunkedTopic();
  await storeChunk('dead', 0, Buffer.alloc(30));
  await storePlain('1');
  const told: unknown[] = [];
  const onIncomplete = ({ uuid, why }: { uuid: string; why: string }) => told.push([uuid, why]);
  const consumer = await aConsumer(topic, 'Exclusive', { chunkExpiryMs: 100, onIncomplete });
  const [plain] = await receiveMany(consumer, 1);
  await expect.poll(() => told).toEqual([['dead', 'expired']]);
  await consumer.ack(plain!.id);
  expect(await backlogOf(topic)).toBe(1);
  // Its rest comes after all: nothing more is handed out, and who opens the consumer anew gets it whole.
  await storeChunk('dead', 1, Buffer.alloc(30));
  await storeChunk('dead', 2, Buffer.alloc(30));
  await expect(consumer.receive(AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'Undecodable' });
  await consumer.close();
  const [whole] = await receiveMany(await aConsumer(topic, 'Exclusive'), 1);
  expect(whole!.payload).toEqual(Buffer.alloc(30));
});

test('a chunked message larger than the bound stops the consumer and stays', async () => {
  const { topic, storeChunk } = await aChunkedTopic();
  for (const index of [0, 1, 2]) await storeChunk('m', index, Buffer.alloc(30_000));
  const consumer = await aConsumer(topic, 'Exclusive', { maxMessageBytes: 25_000 });
  await expect(consumer.receive(AbortSignal.timeout(10_000))).rejects.toMatchObject({ code: 'Undecodable' });
  expect(await backlogOf(topic)).toBe(3);
});

test('a shared consumer gets a chunked message again with all of its chunks', async () => {
  const { topic, storeChunk } = await aChunkedTopic();
  const content = Buffer.from('x'.repeat(30));
  for (const index of [0, 1, 2]) await storeChunk('m', index, content);
  const consumer = await aConsumer(topic, 'Shared');
  const [first] = await receiveMany(consumer, 1);
  consumer.nack(first!.id, 50);
  const [again] = await receiveMany(consumer, 1);
  expect(again).toMatchObject({ payload: content, redeliveryCount: 1 });
  await consumer.ack(again!.id);
  expect(await backlogOf(topic)).toBe(0);
});

test('seek and a reader begin with a chunked message by its id, also one read back from text', async () => {
  const { topic, storePlain, storeChunk } = await aChunkedTopic();
  const content = Buffer.from('x'.repeat(30));
  await storeChunk('m', 0, content);
  await storePlain('between');
  await storeChunk('m', 1, content);
  await storeChunk('m', 2, content);
  await storePlain('behind');
  const consumer = await aConsumer(topic, 'Exclusive');
  const received = await receiveMany(consumer, 3);
  const id = parseMessageId(formatMessageId(received[1]!.id));
  await consumer.ackCumulative(received[2]!.id);
  await consumer.seek(id);
  expect(texts(await receiveMany(consumer, 2))).toEqual([content.toString(), 'behind']);
  const client = await room.connect();
  expect(await readAll(await client.reader({ topic, start: { id } }))).toEqual([content.toString(), 'behind']);
  expect(await readAll(await client.reader({ topic, start: { id, isExclusive: true } }))).toEqual(['behind']);
});

test('a reader that loses its topic between the chunks of a message still gets it, and nothing twice', async () => {
  const { topic, storePlain, storeChunk } = await aChunkedTopic();
  const content = Buffer.from('x'.repeat(30));
  await storeChunk('m', 0, content);
  await storePlain('1');
  await storePlain('2');
  const reader = await (await room.connect()).reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 2))).toEqual(['1', '2']);
  await room.admin.unloadTopic(topic);
  const rest = await aChunkedTopic(topic);
  await rest.storeChunk('m', 1, content);
  await rest.storeChunk('m', 2, content);
  await rest.storePlain('3');
  expect(texts(await receiveMany(reader, 2))).toEqual([content.toString(), '3']);
  expect(await staysSilent(reader)).toBe(true);
});

async function aChunkedTopic(existing?: string) {
  const topic = existing ?? (await room.topic());
  if (!existing) await room.admin.createSubscription(topic, 's');
  const store = await aRawProducer(topic, existing ? 'raw again' : 'raw');
  return {
    topic,
    storePlain: (text: string) => store({}, Buffer.from(text)),
    /** One of three parts. */
    storeChunk(uuid: string, chunkIndex: number, whole: Buffer, more: object = {}) {
      const size = Math.ceil(whole.length / 3);
      const part = whole.subarray(chunkIndex * size, (chunkIndex + 1) * size);
      return store({ ...more, uuid, chunkIndex, chunkCount: 3, totalChunkBytes: whole.length }, part);
    },
  };
}

async function aConsumer(topic: string, type: ConsumerOptions['type'], more: Partial<ConsumerOptions> = {}) {
  const client = await room.connect();
  return client.consumer({ topic, subscription: 's', type, ...more });
}

async function readAll(reader: Reader): Promise<string[]> {
  const last = await reader.lastMessageId();
  const read: string[] = [];
  while (reader.hasMoreBefore(last)) read.push((await reader.receive(AbortSignal.timeout(10_000)))!.payload.toString());
  return read;
}

async function backlogOf(topic: string): Promise<number> {
  return (await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries;
}

function idOf({ ledgerId, entryId }: { ledgerId: number; entryId: number }) {
  return { ledgerId, entryId };
}
