import { expect, test } from 'vitest';
import type { SchemaDefinition } from '../../../src/wire/pulsar/types.ts';
import { aBrokerRoom, receiveMany } from './broker-room.ts';

const room = aBrokerRoom();
const first = anAvroSchema([{ name: 'id', type: 'long' }]);
const second = anAvroSchema([
  { name: 'id', type: 'long' },
  { name: 'note', type: ['null', 'string'], default: null },
]);

test('a schema is created once and found again by its version', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  const version = await client.createSchema(topic, first);
  expect(await client.createSchema(topic, first)).toEqual(version);
  const later = await client.createSchema(topic, second);
  expect(later).not.toEqual(version);
  expect((await client.schema(topic, version)).data).toEqual(first.data);
  expect(await client.schema(topic)).toMatchObject({ type: 4, data: second.data, version: later });
  // A version never changes: the second question is not asked.
  expect(await client.schema(topic, version)).toBe(await client.schema(topic, version));
});

test('every message says by which version it was written', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  for (const schema of [first, second]) {
    const producer = await client.producer({ topic, schema });
    await producer.send({ payload: Buffer.from('x') });
    await producer.close();
  }
  const received = await receiveMany(await client.reader({ topic, start: 'earliest' }), 2);
  const written = await Promise.all(received.map(({ schemaVersion }) => client.schema(topic, schemaVersion!)));
  expect(written.map(({ data }) => data)).toEqual([first.data, second.data]);
});

test('what does not fit is refused, to producers, consumers and on creation', async () => {
  const topic = await room.topic();
  const client = await room.connect();
  await client.createSchema(topic, first);
  const unfit = anAvroSchema([{ name: 'id', type: 'string' }]);
  const refused = { code: 'IncompatibleSchema', isTransient: false };
  await expect(client.createSchema(topic, unfit)).rejects.toMatchObject(refused);
  await expect(client.producer({ topic, schema: unfit })).rejects.toMatchObject(refused);
  const subscribing = client.consumer({ topic, subscription: 's', type: 'Shared', schema: unfit });
  await expect(subscribing).rejects.toMatchObject(refused);
});

test('a topic without schema has none to ask for', async () => {
  const client = await room.connect();
  await expect(client.schema(await room.topic())).rejects.toMatchObject({ name: 'PulsarError', isTransient: false });
});

function anAvroSchema(fields: readonly object[]): SchemaDefinition {
  const data = Buffer.from(JSON.stringify({ type: 'record', name: 'row', fields }));
  return { name: 'row', type: 4, data, properties: {} };
}
