import { expect, test } from 'vitest';
import type { BatchingOptions, Producer } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom } from './broker-room.ts';

const room = aBrokerRoom();
const oneBatch = { maxMessages: 1000, maxBytes: 100_000, maxDelayMs: 0 };

test.each<BatchingOptions | false>([false, oneBatch])(
  'who goes on from the broker’s record stores everything once (batching %j)',
  async (batching) => {
    const topic = await aDeduplicatedTopic();
    const first = await aProducer(topic, batching);
    expect(first.lastSequenceId).toBe(-1);
    await sendIds(first, [10, 11, 15]);
    expect(first.lastSequenceId).toBe(15);
    await first.close();
    const second = await aProducer(topic, batching);
    expect(second.lastSequenceId).toBe(15);
    // As after a crash: some of it is stored, some not, and all of it would travel in one batch.
    const ids = await sendIds(second, [11, 15, 16, 20]);
    expect(ids.map(({ ledgerId }) => ledgerId >= 0)).toEqual([false, false, true, true]);
    expect(await storedIds(topic)).toEqual([10, 11, 15, 16, 20]);
  },
);

test('the record survives an unload of the topic, and a resend by the producer is dropped', async () => {
  const topic = await aDeduplicatedTopic();
  const producer = await aProducer(topic, oneBatch);
  await sendIds(producer, [1, 2, 3]);
  await room.admin.unloadTopic(topic);
  await sendIds(producer, [4]);
  await producer.close();
  const again = await aProducer(topic, false);
  expect(again.lastSequenceId).toBe(4);
  expect(await storedIds(topic)).toEqual([1, 2, 3, 4]);
});

test('a named producer without ids of the caller counts on, and is not taken for a duplicate of itself', async () => {
  const topic = await aDeduplicatedTopic();
  for (const payloads of [
    ['a', 'b'],
    ['c', 'd'],
  ]) {
    const producer = await aProducer(topic, oneBatch);
    await Promise.all(payloads.map((payload) => producer.send({ payload: Buffer.from(payload) })));
    await producer.close();
  }
  expect(await storedIds(topic)).toEqual([0, 1, 2, 3]);
});

test('ids that would be lost are refused, and the producer goes on', async () => {
  const topic = await aDeduplicatedTopic();
  const producer = await aProducer(topic, oneBatch);
  const sent = producer.send({ sequenceId: 5, payload: Buffer.from('5') });
  const refused = { code: 'NotAllowedError' };
  await expect(producer.send({ sequenceId: 5, payload: Buffer.from('5') })).rejects.toMatchObject(refused);
  await expect(producer.send({ sequenceId: 3, payload: Buffer.from('3') })).rejects.toMatchObject(refused);
  await expect(producer.send({ payload: Buffer.from('?') })).rejects.toMatchObject(refused);
  await sent;
  await sendIds(producer, [6]);
  const nameless = await (await room.connect()).producer({ topic });
  await expect(nameless.send({ sequenceId: 1, payload: Buffer.from('1') })).rejects.toMatchObject(refused);
  expect(await storedIds(topic)).toEqual([5, 6]);
});

async function aDeduplicatedTopic(): Promise<string> {
  const topic = await room.topic();
  await room.admin.setDeduplication(topic, true);
  // The broker tells its record only once it keeps one.
  await expect.poll(() => deduplicationStatus(topic), { timeout: 10_000 }).toBe('Enabled');
  return topic;
}

async function deduplicationStatus(topic: string): Promise<string> {
  return (await room.admin.topicStats(topic)).deduplicationStatus ?? '';
}

async function aProducer(topic: string, batching: BatchingOptions | false): Promise<Producer> {
  return (await room.connect()).producer({ topic, name: 'copy', batching });
}

function sendIds(producer: Producer, ids: readonly number[]) {
  return Promise.all(ids.map((id) => producer.send({ sequenceId: id, payload: Buffer.from(String(id)) })));
}

async function storedIds(topic: string): Promise<number[]> {
  const reader = await (await room.connect()).reader({ topic, start: 'earliest' });
  const last = await reader.lastMessageId();
  const ids: number[] = [];
  while (reader.hasMoreBefore(last)) ids.push((await reader.receive(AbortSignal.timeout(10_000)))!.sequenceId);
  return ids;
}
