import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { DeadLetter } from '../../src/apply/dead-letters.ts';
import { recordRouter } from '../../src/capture/route-record.ts';
import { encodeChangeEvent, type RecordEvent } from '../../src/model/change-event.ts';
import { topics } from '../../src/model/topics.ts';
import type { Message } from '../../src/ports/message-bus.ts';
import { decodeMessages } from '../../src/stream/decode-messages.ts';
import { SchemaFollower } from '../../src/stream/schema-follower.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { type FollowedKeyspace, openFollowedKeyspace } from './followed-keyspace.ts';

const ddl = [
  'CREATE TYPE KS.address (street text)',
  'CREATE TABLE KS.people (id int PRIMARY KEY, home address)',
  'CREATE TABLE KS.things (id int PRIMARY KEY, v text)',
];

describe('a record that is written under a schema we do not know yet', () => {
  let followed: FollowedKeyspace;

  beforeAll(async () => {
    followed = await openFollowedKeyspace(inject('sandbox'), 'late_schema', ddl);
  });
  afterAll(() => followed?.[Symbol.asyncDispose]());

  test.each([
    ['its column', 'ALTER TABLE KS.things ADD extra int', 'INSERT INTO KS.things (id, v, extra) VALUES (1, $$x$$, 7)'],
    ['its field', 'ALTER TYPE KS.address ADD town text', 'UPDATE KS.people SET home.town = $$x$$ WHERE id = 1'],
    ['its table', 'CREATE TABLE KS.more (id int PRIMARY KEY)', 'INSERT INTO KS.more (id) VALUES (1)'],
  ])(
    'waits until its node’s watermark has passed the schema topic, and is decoded once that has told of %s',
    async (_, alter, write) => {
      const { bus, follower, letters, decode } = await openFollower();
      const altered = await followed.records(alter);
      const [change] = await ownRecords(await followed.records(write));
      const schemaTopic = await bus.publisher(topics.schema);
      await schemaTopic.publish(aWatermark(Date.now() + 1_000));

      const early = await decode(change!);
      for (const record of altered.filter(isOfSchema)) await schemaTopic.publish(encodeChangeEvent(record));
      await follower.catchUp();
      const late = await decode(change!);
      await follower.close();

      expect(early).toMatchObject({ updates: [], poisoned: 0, unknown: [{ event: change }] });
      expect(letters).toEqual([]);
      expect(late).toMatchObject({ poisoned: 0, updates: [{ update: { rows: [{}] } }] });
    },
  );

  test('what the schema topic has not told is read from the source', async () => {
    const { decode, letters } = await openFollower(() => followed.two.source.schema(followed.two.keyspace));
    await followed.records('ALTER TABLE KS.things ADD another int');
    const [change] = await ownRecords(await followed.records('INSERT INTO KS.things (id, another) VALUES (2, 7)'));

    expect(await decode(change!)).toMatchObject({ poisoned: 0, updates: [{}] });
    expect(letters).toEqual([]);
  });

  test('a batch that begins with a table younger than the agent’s settings is published and decoded', async () => {
    const { decode } = await openFollower(() => followed.two.source.schema(followed.two.keyspace));
    const [things] = followed.schema.tables.filter(({ table }) => table === 'things');
    const known = followed.schema.tables.map(({ id }) => id);
    const none = { counterTableIds: [], canaryTableId: '' };
    const route = recordRouter({
      ...none,
      changesPartitions: 8,
      wantedTableIds: [things!.id],
      keyspaceTableIds: known,
    });
    await followed.records('CREATE TABLE KS.younger (id int PRIMARY KEY)');
    const ofBatch = [];
    // In which order a node writes the updates of a batch, it decides.
    for (const order of [
      ['KS.younger (id) VALUES (9)', 'KS.things (id, v) VALUES (9, $$x$$)'],
      ['KS.things (id, v) VALUES (9, $$x$$)', 'KS.younger (id) VALUES (9)'],
    ]) {
      const inserts = order.map((into) => `INSERT INTO ${into}`).join(' ');
      const written = await followed.records(`BEGIN UNLOGGED BATCH ${inserts} APPLY BATCH`);
      const isPublished = ({ body }: RecordEvent) => route(outlineRecord(body), body).kind === 'changes';
      ofBatch.push(...written.filter(({ body }) => outlineRecord(body).updateCount === 2).filter(isPublished));
    }

    const firsts = ofBatch.map(({ body }) => outlineRecord(body).firstTableId);
    expect(firsts).toHaveLength(2);
    expect(firsts.some((id) => id !== things!.id)).toBe(true);
    for (const record of ofBatch) expect(await decode(record)).toMatchObject({ poisoned: 0, updates: [{}, {}] });
  });

  test('one whose schema comes while it waits is decoded', async () => {
    const { bus, decode } = await openFollower();
    const altered = await followed.records('ALTER TABLE KS.things ADD third int');
    const [change] = await ownRecords(await followed.records('INSERT INTO KS.things (id, third) VALUES (3, 7)'));
    const schemaTopic = await bus.publisher(topics.schema);

    let isDecoded = false;
    const decoding = decode(change!, 1_000).then((decoded) => {
      isDecoded = true;
      return decoded;
    });
    await schemaTopic.publish(aWatermark(999));
    await sleep(500);
    expect(isDecoded).toBe(false);
    for (const record of altered.filter(isOfSchema)) await schemaTopic.publish(encodeChangeEvent(record));
    await schemaTopic.publish(aWatermark(1_002));

    expect(await decoding).toMatchObject({ unknown: [], updates: [{ update: { rows: [{}] } }] });
  });

  async function openFollower(readSchema = async () => followed.schema) {
    const { bus } = inMemoryBus();
    const letters: DeadLetter[] = [];
    const follower = await SchemaFollower.open({
      bus,
      baseline: followed.schema,
      baselineAtMicros: 0n,
      readSchema: async () => ({ rows: await readSchema(), atMicros: 0n }),
      clock: systemClock(),
      onChange: () => {},
      onPoison: () => Promise.reject(new Error('not in this test')),
    });
    const decode = (record: RecordEvent, publishedAtMs = 0) =>
      decodeMessages([messageOf(record, publishedAtMs)], follower, {
        add: async (letter) => void letters.push(letter),
      });
    return { bus, follower, letters, decode };
  }

  /** Other tests write to the same node. */
  async function ownRecords(records: readonly RecordEvent[]): Promise<readonly RecordEvent[]> {
    const { tables } = await followed.two.source.schema(followed.two.keyspace);
    const ids = new Set(tables.map(({ id }) => id.replaceAll('-', '')));
    return records.filter((record) => ids.has(outlineRecord(record.body).firstTableId));
  }

  function isOfSchema(record: RecordEvent): boolean {
    return outlineRecord(record.body).partitionKey.toString() === followed.two.keyspace;
  }
});

function aWatermark(instantMs: number) {
  const instantMicros = BigInt(instantMs) * 1000n;
  return encodeChangeEvent({ kind: 'watermark', node: 'source-1', instantMicros, unbrokenSinceMicros: 0n });
}

function messageOf(record: RecordEvent, publishedAtMs: number): Message {
  const position = { text: '0' };
  return { position, key: null, publishedAtMs, redeliveryCount: 0, ...encodeChangeEvent(record) };
}
