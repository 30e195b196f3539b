import { expect, onTestFinished, test } from 'vitest';
import type { Command } from '../../../src/wire/pulsar/commands.ts';
import type { Connection } from '../../../src/wire/pulsar/connection.ts';
import { openProducer } from '../../../src/wire/pulsar/producer.ts';
import { PulsarError } from '../../../src/wire/pulsar/pulsar-error.ts';

const mebibyte = 1024 * 1024;

test('what a broker takes is known while it is away', async () => {
  const broker = aBrokerThatTakes(20 * mebibyte);
  const brokers = [broker];
  const producer = await openProducer(
    { nextId: () => 1, lookup: async () => brokers.pop() ?? gone(), onClosed() {} },
    { topic: 'large' },
  );
  onTestFinished(() => producer.close());
  // The broker lets go of it, and no other is to be found.
  broker.producers.get(1)!.onDetached();
  expect(producer.isConnected).toBe(false);

  const large = producer.send({ payload: Buffer.alloc(6 * mebibyte) }).catch((error: PulsarError) => error.code);
  await expect(producer.send({ payload: Buffer.alloc(21 * mebibyte) })).rejects.toMatchObject({
    code: 'MessageTooBig',
  });
  expect(await Promise.race([large, 'waits for the broker'])).toBe('waits for the broker');
});

function gone(): never {
  throw new PulsarError('Disconnected', 'no broker');
}

/** Answers what a producer asks for when it comes. */
function aBrokerThatTakes(maxMessageBytes: number): Connection {
  const answer: Command = {
    partitionedMetadataResponse: { partitions: 0 },
    producerSuccess: { producerName: 'p', lastSequenceId: -1 },
  } as Command;
  const connection = { maxMessageBytes, producers: new Map(), request: async () => answer, sendEntry() {} };
  return connection as unknown as Connection;
}
