import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import type { MessageSource } from '../../../src/wire/pulsar/types.ts';
import { aClientInTheWay } from './broker-in-the-way.ts';
import { aBrokerRoom, numbered, receiveMany, sendAll, staysSilent, texts } from './broker-room.ts';

const room = aBrokerRoom();

test('when the broker says nothing more, every wait goes on until its signal', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const partitioned = await aPartitionedTopic(2);
  const producer = await client.producer({ topic, maxPending: 1 });
  await sendAll(producer, ['1']);
  const id = (await receiveMany(await client.reader({ topic, start: 'earliest' }), 1))[0]!.id;
  const subscription = { subscription: 's', initialPosition: 'earliest' } as const;
  const consumer = await client.consumer({ ...subscription, topic, type: 'Exclusive' });
  const other = await client.consumer({ ...subscription, topic, type: 'Exclusive', subscription: 'other' });
  const reader = await client.reader({ topic, start: 'latest' });
  const spread = await client.partitionedProducer({ topic: partitioned, maxPending: 1 });
  const merged = await client.partitionedConsumer({ ...subscription, topic: partitioned, type: 'Exclusive' });
  await receiveMany(consumer, 1);
  front.holdUp();
  void producer.send({ payload: Buffer.from('2') }).catch(() => {});
  for (const _ of numbered(1, 20)) void spread.send({ payload: Buffer.from('2') }).catch(() => {});

  const stop = new AbortController();
  const { signal } = stop;
  const waits = {
    receive: consumer.receive(signal),
    ack: consumer.ack(id, signal),
    ackCumulative: consumer.ackCumulative(id, signal),
    lastMessageId: consumer.lastMessageId(signal),
    seek: other.seek('earliest', signal),
    unsubscribe: consumer.unsubscribe(signal),
    send: producer.send({ payload: Buffer.from('3') }, signal),
    readyToSend: producer.readyToSend(signal),
    flush: producer.flush(signal),
    reading: reader.receive(signal),
    lastOfReader: reader.lastMessageId(signal),
    receiveMerged: merged.receive(signal),
    lastMerged: merged.lastMessageIds(signal),
    seekMerged: merged.seek('earliest', signal),
    readySpread: spread.readyToSend(signal),
    flushSpread: spread.flush(signal),
    sendSpread: spread.send({ payload: Buffer.from('3') }, signal),
    partitionCount: client.partitionCount(topic, signal),
    schema: client.schema(topic, undefined, signal),
    createSchema: client.createSchema(topic, { name: 's', type: 4, data: Buffer.from('{}'), properties: {} }, signal),
    newProducer: client.producer({ topic, signal }),
    newConsumer: client.consumer({ topic, ...subscription, type: 'Shared', signal }),
    newReader: client.reader({ topic, start: 'earliest', signal }),
    newSpread: client.partitionedProducer({ topic: partitioned, signal }),
    newMerged: client.partitionedConsumer({ topic: partitioned, ...subscription, type: 'Shared', signal }),
    newClient: connectPulsar({ serviceUrl: front.serviceUrl, signal }),
  };
  const ends = new Map<string, unknown>();
  for (const [name, wait] of Object.entries(waits)) {
    wait.then(
      () => ends.set(name, 'done'),
      (error: Error) => ends.set(name, error.message),
    );
  }
  await sleep(200);
  expect([...ends.keys()]).toEqual([]);
  stop.abort(new Error('enough'));
  await vi.waitFor(() => expect(ends.size).toBe(Object.keys(waits).length), 10_000);
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(Object.keys(waits).map((name) => [name, 'enough'])));
  await client.close(signal);
});

test('who asks for the last message while the connection is lost is answered on the next one', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  await sendAll(await client.producer({ topic }), ['1', '2']);
  const reader = await client.reader({ topic, start: 'earliest' });
  front.holdUp();
  const asked = reader.lastMessageId();
  await sleep(50);
  front.cutAll();
  front.letGo();
  const last = await asked;
  await receiveMany(reader, 1);
  expect(reader.hasMoreBefore(last)).toBe(true);
  await receiveMany(reader, 1);
  expect(reader.hasMoreBefore(last)).toBe(false);
});

test('readyToSend holds its sender at maxPendingBytes while nothing is confirmed, and lets him go on then', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const [payload, maxPendingBytes] = [Buffer.alloc(100_000, 7), 1_000_000];
  const producer = await client.producer({ topic, maxPendingBytes });
  front.holdUp();
  const stop = AbortSignal.timeout(500);
  const sent: Promise<unknown>[] = [];
  const sendMany = async (count: number, signal?: AbortSignal) => {
    for (let n = 0; n < count; n++) {
      await producer.readyToSend(signal);
      sent.push(producer.send({ payload }));
    }
  };
  await expect(sendMany(1000, stop)).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(producer.pendingBytes).toBeGreaterThan(maxPendingBytes - 2 * payload.length);
  expect(producer.pendingBytes).toBeLessThan(maxPendingBytes + 2 * payload.length);
  front.letGo();
  await sendMany(20);
  await Promise.all(sent);
  const reader = await client.reader({ topic, start: 'earliest' });
  expect((await receiveMany(reader, sent.length)).length).toBe(sent.length);
  expect(producer.pendingBytes).toBe(0);
});

test('who takes no messages is sent no more than maxQueuedBytes, whatever the first ones looked like', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const size = 1_000_000;
  const producer = await (await room.connect()).producer({ topic, batching: false });
  for (const n of numbered(0, 29)) await producer.send({ payload: Buffer.alloc(size, Number(n)) });
  const before = front.bytesToClients();
  const options = { subscription: 's', type: 'Exclusive', initialPosition: 'earliest' } as const;
  const consumer = await client.consumer({ ...options, topic, maxQueuedBytes: 4 * size });
  await sleep(1_000);
  expect(front.bytesToClients() - before).toBeLessThan(5.5 * size);
  const firsts = (await receiveMany(consumer, 30)).map(({ payload }) => payload[0]);
  expect(firsts).toEqual(Array.from({ length: 30 }, (_, n) => n));
});

test('close does not wait for a broker that is gone: what is not confirmed is rejected', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const producer = await client.producer({ topic, batching: false });
  const consumer = await client.consumer({ topic, subscription: 's', type: 'Shared' });
  await sendAll(producer, ['1']);
  const [message] = await receiveMany(consumer, 1);
  front.goAway();
  await expect.poll(() => producer.isConnected || consumer.isConnected).toBe(false);
  // Nobody waits for this one: it must not end the process.
  void consumer.ack(message!.id);
  const unsent = expect(producer.send({ payload: Buffer.from('2') })).rejects.toMatchObject({ code: 'Closed' });
  const unacked = expect(consumer.ack(message!.id)).rejects.toMatchObject({ code: 'Closed' });
  const receiving = expect(consumer.receive()).rejects.toMatchObject({ code: 'Closed' });
  await client.close();
  await Promise.all([unsent, unacked, receiving]);
});

test.each(['one by one', 'cumulative'] as const)(
  'an acknowledgement (%s) whose receipt was cut off is told again on the next connection',
  async (kind) => {
    const { front, client } = await aClientInTheWay();
    const topic = await room.topic();
    const producer = await client.producer({ topic, batching: false });
    await sendAll(producer, numbered(1, 3));
    const options = { subscription: 's', type: 'Exclusive', initialPosition: 'earliest' } as const;
    const consumer = await client.consumer({ topic, ...options });
    const received = await receiveMany(consumer, 3);
    front.holdUp();
    const acks =
      kind === 'cumulative' ? [consumer.ackCumulative(received[2]!.id)] : received.map(({ id }) => consumer.ack(id));
    // It has left us, and nobody got it.
    await sleep(100);
    front.cutAll();
    front.letGo();
    await Promise.all(acks);
    expect((await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries).toBe(0);
  },
);

test('what was sent while cut off arrives once the way is free, in order, behind what was resent', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const producer = await client.producer({ topic, batching: { maxMessages: 3, maxBytes: 10_000, maxDelayMs: 0 } });
  front.holdUp();
  const held = sendAll(producer, numbered(1, 10));
  await sleep(50);
  front.cutAll();
  const later = sendAll(producer, numbered(11, 20));
  front.letGo();
  await Promise.all([held, later]);
  const reader: MessageSource = await client.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 20))).toEqual(numbered(1, 20));
});

test('a broker that answers pings and stores nothing is left and asked again; nothing is lost or stored twice', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const isConnected: boolean[] = [];
  const onConnection = (is: boolean) => {
    isConnected.push(is);
    // Whom it comes back to is well again.
    if (!is) front.passOnly(() => true);
  };
  const producer = await client.producer({ topic, batching: false, answerMs: 300, onConnection });
  await sendAll(producer, ['1']);
  await sleep(1_000);
  expect(isConnected).toEqual([true]);
  front.passOnly(({ send }) => send === undefined);
  await sendAll(producer, numbered(2, 9));
  expect(isConnected).toEqual([true, false, true]);
  const reader = await client.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 9))).toEqual(numbered(1, 9));
  expect(await staysSilent(reader)).toBe(true);
});

test('a reader at a time begins there, also if its topic is unloaded before it has heard where that is', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  const producer = await client.producer({ topic, batching: false });
  await sendAll(producer, numbered(1, 3));
  await sleep(5);
  const publishTimeMs = Date.now();
  await sendAll(producer, numbered(4, 5));
  let isUnloaded = false;
  front.passOnly(({ getLastMessageId }) => {
    if (getLastMessageId === undefined || isUnloaded) return true;
    isUnloaded = true;
    void room.admin.unloadTopic(topic).then(() => front.cutAll());
    return false;
  });
  const reader = await client.reader({ topic, start: { publishTimeMs } });
  expect(isUnloaded).toBe(true);
  expect(texts(await receiveMany(reader, 2))).toEqual(['4', '5']);
});

test('a consumer that is sought while it comes back for what was not acknowledged subscribes once', async () => {
  const { front, client } = await aClientInTheWay();
  const topic = await room.topic();
  await sendAll(await client.producer({ topic, batching: false }), numbered(1, 3));
  const options = { subscription: 's', type: 'Exclusive', initialPosition: 'earliest' } as const;
  const consumer = await client.consumer({ topic, ...options });
  const received = await receiveMany(consumer, 3);
  front.holdUp();
  const seeking = consumer.seek('earliest');
  void consumer.ack(received[0]!.id).catch(() => {});
  consumer.redeliver([received[1]!.id]);
  front.letGo();
  await seeking;
  expect(texts(await receiveMany(consumer, 3))).toEqual(numbered(1, 3));
  expect(await staysSilent(consumer)).toBe(true);
  expect(front.commands.filter(({ subscribe }) => subscribe)).toHaveLength(2);
});

async function aPartitionedTopic(partitions: number): Promise<string> {
  const topic = `${await room.topic()}-parts`;
  await room.admin.createPartitionedTopic(topic, partitions);
  onTestFinished(() => room.admin.deletePartitionedTopic(topic, { isForced: true }).catch(() => {}));
  // A broker takes up a topic when it is asked where that is, and who stands in the way answers such questions itself.
  await (await room.connect()).partitionedProducer({ topic });
  return topic;
}
