import { expect, inject, onTestFinished, test } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import { ConnectionPool } from '../../../src/wire/pulsar/connection-pool.ts';
import { crc32c } from '../../../src/wire/pulsar/crc32c.ts';
import { writeProto } from '../../../src/wire/pulsar/encode-proto.ts';
import { messageMetadata } from '../../../src/wire/pulsar/message-metadata.ts';
import { aBrokerRoom, receiveMany, sendAll, texts } from './broker-room.ts';

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
  const pool = new ConnectionPool(inject('sandbox').pulsar);
  onTestFinished(() => pool.close());
  const connection = await pool.lookup(topic);
  const producer = { topic, producerId: 0, producerName: 'garbage' };
  await connection.request((requestId) => ({ producer: { ...producer, requestId } }));
  const writer = new ByteWriter();
  writer.uint32(0);
  const metadata = {
    producerName: 'garbage',
    sequenceId: 0,
    publishTime: Date.now(),
    compression: 1,
    uncompressedSize: 9,
  };
  writeProto(writer, messageMetadata, metadata);
  writer.buffer.writeUInt32BE(writer.length - 4, 0);
  writer.bytes(Buffer.from('garbage'));
  const body = writer.written();
  const stored = new Promise<void>((resolve) => {
    const end = { onReceipt: () => resolve(), onSendError: () => {}, onDetached: () => {} };
    connection.producers.set(0, end);
  });
  connection.sendEntry({ send: { producerId: 0, sequenceId: 0, messageCount: 1 } }, { body, checksum: crc32c(body) });
  await stored;
}
