import { expect, test } from 'vitest';
import { aBrokerRoom, receiveMany } from './broker-room.ts';
import { noise } from './java/described-messages.ts';

const room = aBrokerRoom();
const mebibyte = 1024 * 1024;
/** What a producer accepts by its own count: the broker's default, less 10 KiB for the envelope and 64 bytes for a message's fields. */
const greatestPayload = 5 * mebibyte - 10 * 1024 - 64;

test.each([
  ['none', undefined],
  ['none', false],
  ['lz4', undefined],
  ['lz4', false],
] as const)(
  'the greatest payload that is accepted is stored, though compression %s may make it larger; batching %s',
  async (compression, batching) => {
    const client = await room.connect();
    const topic = await room.topic();
    const producer = await client.producer({ topic, compression, batching });
    const payload = noise(greatestPayload);
    await Promise.race([producer.send({ payload }), timeout(8_000)]);
    await expect(producer.send({ payload: noise(greatestPayload + 1) })).rejects.toMatchObject({
      code: 'MessageTooBig',
    });
    const reader = await client.reader({ topic, start: 'earliest' });
    expect((await receiveMany(reader, 1))[0]!.payload.equals(payload)).toBe(true);
  },
);

test('a message that its properties make too big is refused, whatever its letters take as bytes', async () => {
  const client = await room.connect();
  const producer = await client.producer({ topic: await room.topic() });
  const properties = { long: '鍵'.repeat(2 * mebibyte) };
  const send = producer.send({ payload: Buffer.alloc(1), properties });
  await expect(Promise.race([send, timeout(8_000)])).rejects.toMatchObject({ code: 'MessageTooBig' });
  await producer.send({ payload: Buffer.from('the next one passes') });
});

async function timeout(ms: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, ms).unref());
  throw new Error(`not stored within ${ms} ms`);
}
