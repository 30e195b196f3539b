import { expect, test } from 'vitest';
import { stickyKeyHash } from '../../../src/wire/pulsar/murmur3.ts';
import type { Consumer, ConsumerOptions, ReceivedMessage } from '../../../src/wire/pulsar/types.ts';
import { aClientInTheWay } from './broker-in-the-way.ts';
import { aBrokerRoom, receiveMany, staysSilent } from './broker-room.ts';

const room = aBrokerRoom();
const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`);

test('each key goes to one consumer, in order, and every message to some', async () => {
  const topic = await room.topic();
  const [first, second] = [await aConsumer(topic), await aConsumer(topic)];
  await sendRounds(topic, 5);
  const [a, b] = await receiveBetween(first, second, keys.length * 5);
  const keysOf = (messages: readonly ReceivedMessage[]) => new Set(messages.map(({ key }) => key!.toString()));
  expect([...keysOf(a)].filter((key) => keysOf(b).has(key))).toEqual([]);
  expect(keysOf(a).size).toBeGreaterThan(0);
  expect(keysOf(b).size).toBeGreaterThan(0);
  expect(keysOf(a).size + keysOf(b).size).toBe(keys.length);
  for (const messages of [a, b]) {
    for (const key of keysOf(messages)) expect(roundsOf(messages, key)).toEqual([0, 1, 2, 3, 4]);
  }
});

test('consumers may take ranges of the keys for themselves', async () => {
  const topic = await room.topic();
  const low = await aConsumer(topic, { keyShared: { ranges: [[0, 32_767]] } });
  const high = await aConsumer(topic, { keyShared: { ranges: [[32_768, 65_535]] } });
  await sendRounds(topic, 1);
  const [a, b] = await receiveBetween(low, high, keys.length);
  expect(a.every(({ key }) => stickyKeyHash(key!) < 32_768)).toBe(true);
  expect(b.every(({ key }) => stickyKeyHash(key!) >= 32_768)).toBe(true);
  expect(a.length * b.length).toBeGreaterThan(0);
});

test('a range that another has is refused at once', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  await aConsumer(topic, { keyShared: { ranges: [[0, 100]] } });
  const taken = { ...options, topic, keyShared: { ranges: [[50, 200]] } } as const;
  await expect(client.consumer(taken)).rejects.toMatchObject({ code: 'ConsumerAssignError' });
  expect(front.commands.filter(({ subscribe }) => subscribe)).toHaveLength(1);
});

test('an ordering key takes the place of the key', async () => {
  const topic = await room.topic();
  const low = await aConsumer(topic, { keyShared: { ranges: [[0, 32_767]] } });
  const lowKey = Buffer.from(keys.find((key) => stickyKeyHash(Buffer.from(key)) < 32_768)!);
  const highKey = Buffer.from(keys.find((key) => stickyKeyHash(Buffer.from(key)) >= 32_768)!);
  const producer = await (await room.connect()).producer({ topic, batching: false });
  await producer.send({ key: highKey, orderingKey: lowKey, payload: Buffer.from('1') });
  await producer.send({ key: lowKey, orderingKey: highKey, payload: Buffer.from('2') });
  expect(await receiveMany(low, 1)).toMatchObject([{ key: highKey, orderingKey: lowKey, payload: Buffer.from('1') }]);
  expect(await staysSilent(low)).toBe(true);
});

test('what is nacked comes again to the same consumer', async () => {
  const topic = await room.topic();
  const consumer = await aConsumer(topic);
  await sendRounds(topic, 1);
  const [message] = await receiveMany(consumer, keys.length);
  consumer.nack(message!.id, 20);
  expect(await receiveMany(consumer, 1)).toMatchObject([{ key: message!.key, redeliveryCount: 1 }]);
});

test.each<[string, Partial<ConsumerOptions>]>([
  ['ranges without Key_Shared', { type: 'Shared', keyShared: { ranges: [[0, 1]] } }],
  ['a range beyond the last hash', { keyShared: { ranges: [[0, 65_536]] } }],
  ['a range that ends before it begins', { keyShared: { ranges: [[2, 1]] } }],
  ['a compacted read', { isReadCompacted: true }],
])('%s is refused', async (_, more) => {
  await expect(aConsumer(await room.topic(), more)).rejects.toMatchObject({ code: 'NotAllowedError' });
});

test('a cumulative acknowledgement is refused, for it would say too much', async () => {
  const topic = await room.topic();
  const consumer = await aConsumer(topic);
  await sendRounds(topic, 1);
  const [message] = await receiveMany(consumer, 1);
  await expect(consumer.ackCumulative(message!.id)).rejects.toMatchObject({ code: 'NotAllowedError' });
});

const options = { subscription: 's', type: 'Key_Shared', initialPosition: 'earliest' } as const;

async function aConsumer(topic: string, more: Partial<ConsumerOptions> = {}): Promise<Consumer> {
  const client = await room.connect();
  return client.consumer({ ...options, topic, ...more });
}

/** Unbatched: a batch has one key as far as the broker can see. */
async function sendRounds(topic: string, rounds: number): Promise<void> {
  const producer = await (await room.connect()).producer({ topic, batching: false });
  for (let round = 0; round < rounds; round++) {
    for (const key of keys) void producer.send({ key: Buffer.from(key), payload: Buffer.from(String(round)) });
  }
  await producer.flush();
}

async function receiveBetween(first: Consumer, second: Consumer, count: number) {
  const received: [ReceivedMessage[], ReceivedMessage[]] = [[], []];
  const done = new AbortController();
  const take = async (consumer: Consumer, into: ReceivedMessage[]) => {
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(20_000)]);
    while (received[0].length + received[1].length < count) into.push((await consumer.receive(signal))!);
    done.abort();
  };
  await Promise.allSettled([take(first, received[0]), take(second, received[1])]);
  expect(received[0].length + received[1].length).toBe(count);
  return received;
}

function roundsOf(messages: readonly ReceivedMessage[], key: string): number[] {
  return messages.filter((message) => message.key!.toString() === key).map(({ payload }) => Number(payload));
}
