import { inject, onTestFinished } from 'vitest';
import { ByteWriter } from '../../../src/wire/pulsar/byte-writer.ts';
import { ConnectionPool } from '../../../src/wire/pulsar/connection-pool.ts';
import { crc32c } from '../../../src/wire/pulsar/crc32c.ts';
import { writeProto } from '../../../src/wire/pulsar/encode-proto.ts';
import { type MessageMetadata, messageMetadata } from '../../../src/wire/pulsar/message-metadata.ts';

type OwnMetadata = Omit<MessageMetadata, 'producerName' | 'sequenceId' | 'publishTime'>;

/** Stores entries that our own producer would not write; each answer is the id of the stored entry. */
export async function aRawProducer(topic: string, name = 'raw') {
  const pool = new ConnectionPool(inject('sandbox').pulsar);
  onTestFinished(() => pool.close());
  const connection = await pool.lookup(topic);
  const producer = { topic, producerId: 0, producerName: name };
  await connection.request((requestId) => ({ producer: { ...producer, requestId } }));
  let nextId = 0;
  return async (own: OwnMetadata, payload: Buffer): Promise<{ ledgerId: number; entryId: number }> => {
    const sequenceId = nextId++;
    const head = aHead({ producerName: name, sequenceId, publishTime: Date.now(), ...own });
    const checksum = crc32c(payload, 0, crc32c(head));
    const { promise, resolve } = Promise.withResolvers<{ ledgerId: number; entryId: number }>();
    const onReceipt = (receipt: { messageId?: { ledgerId: number; entryId: number } | undefined }) =>
      resolve(receipt.messageId!);
    connection.producers.set(0, { onReceipt, onSendError: () => {}, onDetached: () => {} });
    connection.sendEntry({ send: { producerId: 0, sequenceId, messageCount: 1 } }, { head, payload, checksum });
    return promise;
  };
}

function aHead(metadata: MessageMetadata): Buffer {
  const writer = new ByteWriter();
  writer.uint32(0);
  writeProto(writer, messageMetadata, metadata);
  writer.buffer.writeUInt32BE(writer.length - 4, 0);
  return writer.written();
}
