import { expect, inject, onTestFinished, test } from 'vitest';
import { connectPulsar } from '../../../src/wire/pulsar/connect-pulsar.ts';
import { aBrokerRoom, receiveMany, sendAll, texts } from './broker-room.ts';
import { aPulsarProxy } from './pulsar-proxy.ts';

const room = aBrokerRoom();

test('through Pulsar’s own proxy topics are found, written, read and acknowledged', async () => {
  const proxy = await aPulsarProxy(inject('sandbox').pulsar);
  const client = await connectPulsar({ serviceUrl: proxy.serviceUrl }).catch((error: Error) => {
    throw new Error(`${error.message}\n${proxy.logText().slice(-6000)}`);
  });
  onTestFinished(() => client.close());
  const topic = await room.topic();
  const producer = await client.producer({ topic });
  await sendAll(producer, ['1', '2']);
  const consumer = await client.consumer({ topic, subscription: 's', type: 'Shared', initialPosition: 'earliest' });
  const received = await receiveMany(consumer, 2);
  expect(texts(received)).toEqual(['1', '2']);
  await Promise.all(received.map(({ id }) => consumer.ack(id)));
  expect((await room.admin.topicStats(topic)).subscriptions.s!.backlogEntries).toBe(0);
});
