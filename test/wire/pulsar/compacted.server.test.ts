import { expect, test } from 'vitest';
import type { BatchingOptions, MessageSource } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom } from './broker-room.ts';

const room = aBrokerRoom();

test.each<BatchingOptions | false>([false, { maxMessages: 100, maxBytes: 100_000, maxDelayMs: 0 }])(
  'a compacted read gives the newest of each key, no value for a key that ended in null, and what came after it (batching %j)',
  async (batching) => {
    const topic = await room.topic();
    const client = await room.connect();
    const producer = await client.producer({ topic, batching });
    const send = (key: string, value: string | null) =>
      producer.send({ key: Buffer.from(key), payload: Buffer.from(value ?? ''), isNull: value === null });
    await Promise.all([send('a', '1'), send('b', '1'), send('c', '1'), send('b', null), send('a', '2')]);
    await room.admin.compactTopic(topic);
    await expect.poll(() => room.admin.compactionState(topic), { timeout: 20_000 }).toBe('SUCCESS');
    await send('c', '2');
    const all = ['a=1', 'b=1', 'c=1', 'b=null', 'a=2', 'c=2'];
    // Outside of batches this broker keeps the null itself.
    const compacted = batching ? ['c=1', 'a=2', 'c=2'] : ['c=1', 'b=null', 'a=2', 'c=2'];
    const reader = (isReadCompacted: boolean) => client.reader({ topic, start: 'earliest', isReadCompacted });
    expect(await readUntil(await reader(false), 'c=2')).toEqual(all);
    expect(await readUntil(await reader(true), 'c=2')).toEqual(compacted);
    const common = { topic, type: 'Failover', initialPosition: 'earliest', isReadCompacted: true } as const;
    expect(await readUntil(await client.consumer({ ...common, subscription: 's' }), 'c=2')).toEqual(compacted);
  },
);

async function readUntil(source: MessageSource, last: string): Promise<string[]> {
  const read: string[] = [];
  while (read.at(-1) !== last) {
    const { key, payload, isNull } = (await source.receive(AbortSignal.timeout(10_000)))!;
    read.push(`${key}=${isNull ? null : payload}`);
  }
  return read;
}
