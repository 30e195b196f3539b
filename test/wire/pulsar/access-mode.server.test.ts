import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Producer } from '../../../src/wire/pulsar/types.ts';
import { aClientInTheWay } from './broker-in-the-way.ts';
import { aBrokerRoom, receiveMany, sendAll, texts } from './broker-room.ts';

const room = aBrokerRoom();

test('who waits for exclusive access gets it when the holder leaves, and nothing is sent before', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const holder = await first.producer({ topic, accessMode: 'Exclusive' });
  let waiting: Producer | null = null;
  const granted = second.producer({ topic, accessMode: 'WaitForExclusive' }).then((producer) => {
    waiting = producer;
    return producer;
  });
  // Longer than a request may take otherwise.
  await sleep(11_000);
  expect(waiting).toBeNull();
  await sendAll(holder, ['1']);
  await holder.close();
  await sendAll(await granted, ['2']);
  const reader = await second.reader({ topic, start: 'earliest' });
  expect(texts(await receiveMany(reader, 2))).toEqual(['1', '2']);
});

test('a signal ends the waiting, and the next in the queue is not kept from its turn', async () => {
  const topic = await room.topic();
  const [first, second, third] = [await room.connect(), await room.connect(), await room.connect()];
  const holder = await first.producer({ topic, accessMode: 'WaitForExclusive' });
  const signal = AbortSignal.timeout(300);
  await expect(second.producer({ topic, accessMode: 'WaitForExclusive', signal })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  const next = third.producer({ topic, accessMode: 'WaitForExclusive' });
  await sleep(300);
  await holder.close();
  await sendAll(await next, ['third']);
});

test('who waits comes through a topic that moves meanwhile', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const holder = await first.producer({ topic, accessMode: 'Exclusive' });
  const next = second.producer({ topic, accessMode: 'WaitForExclusive' });
  await sleep(300);
  await room.admin.unloadTopic(topic);
  // Either may be first on the topic's new place; the holder says so when it is not.
  await sleep(1_500);
  await holder.close();
  await sendAll(await next, ['mine']);
});

test('a holder that finds another one in its place ends with ProducerFenced instead of queueing up again', async () => {
  const topic = await room.topic();
  const [first, second] = [await room.connect(), await room.connect()];
  const faults: string[] = [];
  const onFault = ({ code }: { code: string }) => faults.push(code);
  const holder = await first.producer({ topic, accessMode: 'WaitForExclusive', onFault });
  await sendAll(holder, ['1']);
  const taker = await second.producer({ topic, accessMode: 'ExclusiveWithFencing' });
  await sendAll(taker, ['2']);
  await expect(sendAll(holder, ['lost'])).rejects.toMatchObject({ code: 'ProducerFenced' });
  expect(faults).toEqual(['ProducerFenced']);
});

test('who was thrown out and comes back after a lost connection hears so, and throws nobody out', async () => {
  const topic = await room.topic();
  const { front, client } = await aClientInTheWay();
  const faults: string[] = [];
  const onFault = ({ code }: { code: string }) => faults.push(code);
  const thrownOut = await client.producer({ topic, accessMode: 'ExclusiveWithFencing', onFault });
  await sendAll(thrownOut, ['1']);
  const holder = await (await room.connect()).producer({ topic, accessMode: 'ExclusiveWithFencing' });
  await sendAll(holder, ['2']);
  front.cutAll();
  await vi.waitFor(() => expect(faults).toEqual(['ProducerFenced']), 15_000);
  await sendAll(holder, ['3']);
});

test('who threw another one out keeps its place through a lost connection', async () => {
  const topic = await room.topic();
  const { front, client } = await aClientInTheWay();
  await sendAll(await (await room.connect()).producer({ topic }), ['1']);
  const holder = await client.producer({ topic, accessMode: 'ExclusiveWithFencing' });
  await sendAll(holder, ['2']);
  front.cutAll();
  await sendAll(holder, ['3']);
});
