import { describe, expect, onTestFinished, test } from 'vitest';
import { serveJson } from '../../../../src/sandbox/keyspaces/control-plane/serve-json.ts';
import type { ViewType } from '../../../../src/sandbox/keyspaces/state/table-settings.ts';
import type { RowChange } from '../../../../src/sandbox/keyspaces/streams/row-change.ts';
import { StreamRegistry } from '../../../../src/sandbox/keyspaces/streams/stream-registry.ts';
import { streamsApi } from '../../../../src/sandbox/keyspaces/streams/streams-api.ts';
import { account, aState, delayMs } from '../a-state.ts';
import { key } from '../control-plane/a-control-plane.ts';
import { askStreams } from './ask-streams.ts';

const hourMs = 3_600_000;

interface ChangeRecordAnswer {
  readonly sequenceNumber: string;
  readonly partitionKeys: { readonly id: { readonly intT: string } };
}

/** A table with a stream, and its API over HTTP, signed by AWS's signer. */
async function aStream({ viewType = 'NEW_AND_OLD_IMAGES' as ViewType, recordsPerShard = 1_000 } = {}) {
  const held = aState();
  const streams = new StreamRegistry(held.state, recordsPerShard);
  await held.withTable({ cdc: { viewType } });
  const server = await serveJson({
    services: [streamsApi(streams, () => held.state.nowMs())],
    region: account.region,
    keys: () => [key],
    nowMs: Date.now,
    port: 0,
  });
  onTestFinished(async () => {
    streams.close();
    await server.close();
  });
  const { arn } = held.state.table('shop', 'orders')!.stream!;
  const ask = (operation: string, input: object) => askStreams(server.url, key, operation, input);
  const iterator = async (shardId: string, shardIteratorType: string, sequenceNumber?: string) =>
    (await ask('GetShardIterator', { streamArn: arn, shardId, shardIteratorType, sequenceNumber })).shardIterator;
  const shards = async (more: object = {}) => (await ask('GetStream', { streamArn: arn, ...more })).shards;
  const write = (id: number, parts: Partial<RowChange> = {}) =>
    streams.onRowChanged('shop', 'orders', { ...aChange(id), ...parts });
  return { ...held, arn, ask, iterator, shards, write, streams };
}

function aChange(id: number): RowChange {
  const image = (note: string, at: bigint) => ({
    valueCells: { note: { value: { textT: note }, writeTimeMicros: at, expiresAtSeconds: 99 } },
    writeTimeMicros: at,
  });
  return {
    token: (BigInt(id) * 2n ** 60n) % 2n ** 63n,
    partitionKeys: { id: { intT: `${id}` } },
    clusteringKeys: { at: { timestampT: '5' } },
    before: image('old', 1n),
    after: image('new', 2n),
    origin: 'USER',
  };
}

const idsOf = (records: readonly ChangeRecordAnswer[]) =>
  records.map(({ partitionKeys }) => Number(partitionKeys.id.intT));

describe('a stream', () => {
  test('is listed by keyspace and table, and described', async () => {
    const { ask, arn } = await aStream();
    const listed = { streamArn: arn, keyspaceName: 'shop', tableName: 'orders', streamLabel: arn.split('/stream/')[1] };
    expect(await ask('ListStreams', { keyspaceName: 'shop', tableName: 'orders' })).toEqual({ streams: [listed] });
    expect(await ask('ListStreams', { keyspaceName: 'other' })).toEqual({ streams: [] });
    expect(await ask('GetStream', { streamArn: arn })).toMatchObject({
      ...listed,
      streamStatus: 'ENABLED',
      streamViewType: 'NEW_AND_OLD_IMAGES',
      shards: [{ shardId: expect.stringMatching(/^[\w-]{28,65}$/), parentShardIds: [] }],
    });
  });

  test.each([
    ['NEW_AND_OLD_IMAGES', ['newImage', 'oldImage']],
    ['NEW_IMAGE', ['newImage']],
    ['OLD_IMAGE', ['oldImage']],
    ['KEYS_ONLY', []],
  ] as const)('of %s shows %j beside the keys', async (viewType, images) => {
    const { ask, iterator, shards, write } = await aStream({ viewType });
    write(7);
    const [{ shardId }] = await shards();
    const { changeRecords } = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON') });
    expect(changeRecords).toHaveLength(1);
    expect(Object.keys(changeRecords[0]).filter((name) => name.endsWith('Image'))).toEqual(images);
    expect(changeRecords[0]).toMatchObject({
      origin: 'USER',
      partitionKeys: { id: { intT: '7' } },
      clusteringKeys: { at: { timestampT: '5' } },
      sequenceNumber: expect.stringMatching(/^\d{21,48}$/),
    });
    if (images[0] === 'newImage')
      expect(changeRecords[0].newImage).toEqual({
        valueCells: { note: { value: { textT: 'new' }, metadata: { writeTime: '2', expirationTime: '99' } } },
        staticCells: {},
        rowMetadata: { writeTime: '2' },
      });
  });

  test('tells an insert, a delete and an expiry by what is not there', async () => {
    const { ask, iterator, shards, write } = await aStream();
    write(1, { before: undefined });
    write(2, { after: undefined });
    write(3, { after: undefined, origin: 'TTL' });
    const [{ shardId }] = await shards();
    const { changeRecords } = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON') });
    expect(changeRecords[0]).not.toHaveProperty('oldImage');
    expect(changeRecords[1]).not.toHaveProperty('newImage');
    expect(changeRecords[2]).toMatchObject({ origin: 'TTL' });
  });

  test('takes nothing before it is ENABLED, and its end is told to who reads on', async () => {
    const { ask, iterator, shards, write, state, clock } = await aStream();
    write(1);
    const [{ shardId }] = await shards();
    await state.updateTable('shop', 'orders', { cdc: null });
    write(2);
    await clock.advance(delayMs);
    write(3);
    const answer = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON') });
    expect(idsOf(answer.changeRecords)).toEqual([1]);
    expect(answer).not.toHaveProperty('nextShardIterator');
  });

  test('of a table that was dropped is readable for a day, and gone then', async () => {
    const { ask, arn, state, clock, write } = await aStream();
    write(1);
    await state.deleteTable('shop', 'orders');
    await clock.advance(delayMs);
    expect(await ask('GetStream', { streamArn: arn })).toMatchObject({ streamStatus: 'DISABLED' });
    await clock.advance(24 * hourMs + 1);
    expect(await ask('GetStream', { streamArn: arn })).toMatchObject({ __type: 'ResourceNotFoundException' });
  });
});

describe('reading', () => {
  test('goes on page by page, and says whether more is there', async () => {
    const { ask, iterator, shards, write } = await aStream();
    for (const id of [1, 2, 3]) write(id);
    const [{ shardId }] = await shards();
    const first = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON'), maxResults: 2 });
    expect(idsOf(first.changeRecords)).toEqual([1, 2]);
    expect(first.iteratorDescription).toEqual({ iteratorPosition: 'BEHIND_TIP' });
    const second = await ask('GetRecords', { shardIterator: first.nextShardIterator });
    expect(idsOf(second.changeRecords)).toEqual([3]);
    expect(second.iteratorDescription).toEqual({ iteratorPosition: 'AT_TIP' });
    write(4);
    const third = await ask('GetRecords', { shardIterator: second.nextShardIterator });
    expect(idsOf(third.changeRecords)).toEqual([4]);
  });

  test('begins at, after, or behind what is there', async () => {
    const { ask, iterator, shards, write } = await aStream();
    for (const id of [1, 2, 3]) write(id);
    const [{ shardId, sequenceNumberRange }] = await shards();
    const from = async (type: string, number?: string) => {
      const answer = await ask('GetRecords', { shardIterator: await iterator(shardId, type, number) });
      return answer.changeRecords as readonly ChangeRecordAnswer[];
    };
    const [, second] = await from('TRIM_HORIZON');
    expect(idsOf(await from('AT_SEQUENCE_NUMBER', second!.sequenceNumber))).toEqual([2, 3]);
    expect(idsOf(await from('AFTER_SEQUENCE_NUMBER', second!.sequenceNumber))).toEqual([3]);
    expect(idsOf(await from('AT_SEQUENCE_NUMBER', sequenceNumberRange.startingSequenceNumber))).toEqual([1, 2, 3]);
    expect(await from('LATEST')).toEqual([]);
  });

  test('with an iterator of a quarter of an hour ago, or of nobody, is refused', async () => {
    const { ask, iterator, shards, clock } = await aStream();
    const [{ shardId }] = await shards();
    const shardIterator = await iterator(shardId, 'LATEST');
    await clock.advance(15 * 60_000 + 1);
    const expired = await ask('GetRecords', { shardIterator });
    expect(expired).toMatchObject({ __type: 'ValidationException', errorCode: 'ExpiredIterator' });
    const strange = await ask('GetRecords', { shardIterator: 'nonsense' });
    expect(strange).toMatchObject({ __type: 'ValidationException', errorCode: 'InvalidFormat' });
  });

  test('what was removed after a day is said, not passed over', async () => {
    const { ask, iterator, shards, write, clock, arn } = await aStream();
    write(1);
    const [{ shardId, sequenceNumberRange }] = await shards();
    await clock.advance(24 * hourMs + 1);
    write(2);
    const horizon = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON') });
    expect(idsOf(horizon.changeRecords)).toEqual([2]);
    const shardIteratorType = 'AFTER_SEQUENCE_NUMBER';
    const sequenceNumber = sequenceNumberRange.startingSequenceNumber;
    const trimmed = await ask('GetShardIterator', { streamArn: arn, shardId, shardIteratorType, sequenceNumber });
    expect(trimmed).toMatchObject({ __type: 'ValidationException', errorCode: 'TrimmedDataAccess' });
  });
});

describe('shards', () => {
  test('split when they are full; whoever finishes parents first reads each key in its order', async () => {
    const { ask, iterator, shards, write } = await aStream({ recordsPerShard: 10 });
    const written = Array.from({ length: 60 }, (_, index) => index % 8);
    written.forEach((id, index) => {
      write(id, { token: (BigInt(id) - 4n) * 2n ** 61n, clusteringKeys: { at: { timestampT: `${index}` } } });
    });
    const all: { shardId: string; parentShardIds: string[] }[] = await shards();
    expect(all.length).toBeGreaterThan(3);
    const read: { id: number; at: number }[] = [];
    const done = new Set<string>();
    for (const { shardId, parentShardIds } of all) {
      expect(parentShardIds.every((parent) => done.has(parent))).toBe(true);
      const { changeRecords } = await ask('GetRecords', { shardIterator: await iterator(shardId, 'TRIM_HORIZON') });
      for (const { partitionKeys, clusteringKeys } of changeRecords)
        read.push({ id: Number(partitionKeys.id.intT), at: Number(clusteringKeys.at.timestampT) });
      done.add(shardId);
    }
    expect(read.map(({ at }) => at).sort((one, other) => one - other)).toEqual(written.map((_, index) => index));
    for (const id of new Set(written)) {
      const times = read.filter((record) => record.id === id).map(({ at }) => at);
      expect(times, `order of ${id}`).toEqual([...times].sort((one, other) => one - other));
    }
  });

  test('are described in pages, and children by their parent', async () => {
    const { ask, arn, shards, write } = await aStream({ recordsPerShard: 2 });
    write(0, { token: -5n });
    write(1, { token: 5n });
    const all = await shards();
    expect(all).toHaveLength(3);
    const [parent] = all;
    expect(parent.sequenceNumberRange.endingSequenceNumber).toMatch(/^\d{21,48}$/);
    const first = await ask('GetStream', { streamArn: arn, maxResults: 1 });
    const rest = await ask('GetStream', { streamArn: arn, nextToken: first.nextToken });
    expect([...first.shards, ...rest.shards]).toEqual(all);
    const children = await shards({ shardFilter: { type: 'CHILD_SHARDS', shardId: parent.shardId } });
    expect(children).toEqual(all.slice(1));
  });

  test('that nobody knows are not found', async () => {
    const { ask, arn } = await aStream();
    const unknown = { streamArn: arn, shardId: `shardId-${'0'.repeat(28)}`, shardIteratorType: 'LATEST' };
    expect(await ask('GetShardIterator', unknown)).toMatchObject({ __type: 'ResourceNotFoundException' });
  });
});
