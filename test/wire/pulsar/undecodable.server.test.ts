import { expect, test } from 'vitest';
import { aBrokerRoom, receiveMany, sendAll, texts } from './broker-room.ts';
import { aRawProducer } from './raw-entries.ts';

const room = aBrokerRoom();

test('a message that cannot be decoded stops the consumer and stays on the topic', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  await admitSubscription(topic);
  const producer = await client.producer({ topic, batching: false });
  await sendAll(producer, ['1']);
  await storeGarbage(topic);
  await sendAll(producer, ['3']);

  for (const type of ['Shared', 'Failover'] as const) {
    const faults: string[] = [];
    const subscription = `s-${type}`;
    const onFault = ({ code }: { code: string }) => faults.push(code);
    const consumer = await client.consumer({ topic, subscription, type, initialPosition: 'earliest', onFault });
    const [first] = await receiveMany(consumer, 1);
    expect(texts([first!])).toEqual(['1']);
    // What was received before the fault can still be acknowledged; what comes behind it is never handed out.
    await consumer.ack(first!.id);
    for (let again = 0; again < 2; again++) {
      await expect(consumer.receive()).rejects.toMatchObject({ code: 'Undecodable', isTransient: false });
    }
    expect(() => consumer.poll()).toThrow('LZ4');
    expect(faults).toEqual(['Undecodable']);
    await consumer.close();
    const stats = await room.admin.topicStats(topic);
    expect(stats.subscriptions[subscription]!.backlogEntries).toBe(2);
  }
});

async function admitSubscription(topic: string): Promise<void> {
  await room.admin.createSubscription(topic, 's-Shared');
  await room.admin.createSubscription(topic, 's-Failover');
}

/** An entry whose checksum is right and whose content is no LZ4. */
async function storeGarbage(topic: string): Promise<void> {
  const store = await aRawProducer(topic, 'garbage');
  await store({ compression: 1, uncompressedSize: 9 }, Buffer.from('garbage'));
}
