import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { serveJson } from '../../../../src/sandbox/keyspaces/control-plane/serve-json.ts';
import { streamsApi } from '../../../../src/sandbox/keyspaces/streams/streams-api.ts';
import { aStandIn, aUser, define, type RunningStandIn, region, usable } from '../a-stand-in.ts';
import { type Answer, askStreams } from './ask-streams.ts';

const ks = `standin_streams_${process.pid}`;
const cst = "'client_side_timestamps': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}";
const view = (type: string) => `'cdc_specification': {'view_type': '${type}'}`;
let standIn: RunningStandIn;
let client: Client;
let url: string;

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'), { recordsPerShard: 50 });
  client = await standIn.client();
  await define(standIn, client, ks, [
    `CREATE TABLE $.orders (k int, c int, v text, s text static, PRIMARY KEY (k, c)) WITH CUSTOM_PROPERTIES = {${cst}, ${view('NEW_AND_OLD_IMAGES')}}`,
    `CREATE TABLE $.plain (k int PRIMARY KEY, v text, m map<text, int>) WITH CUSTOM_PROPERTIES = {${view('NEW_AND_OLD_IMAGES')}}`,
    `CREATE TABLE $.keys (k int PRIMARY KEY, v text) WITH CUSTOM_PROPERTIES = {${view('KEYS_ONLY')}}`,
    'CREATE TABLE $.late (k int PRIMARY KEY, v text)',
    `CREATE TABLE $.many (k int, c int, v int, PRIMARY KEY (k, c)) WITH cdc = true`,
  ]);
  const server = await serveJson({
    services: [streamsApi(standIn.streams, () => standIn.state.nowMs())],
    region,
    keys: () => [aUser],
    nowMs: Date.now,
    port: 0,
  });
  ({ url } = server);
  return () => server.close();
});

afterAll(async () => {
  await client.execute(`DROP KEYSPACE ${ks}`, [], { prepare: false });
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

const ask = (operation: string, input: object): Promise<Answer> => askStreams(url, aUser, operation, input);
const run = (cql: string, params: unknown[] = []) => client.execute(cql, params);

/** All records of a table's stream so far, parents before children, whatever the pages. */
async function recordsOf(table: string): Promise<Answer[]> {
  const { streams } = await ask('ListStreams', { keyspaceName: ks, tableName: table });
  const { streamArn } = streams.at(-1);
  const { shards } = await ask('GetStream', { streamArn });
  const records: Answer[] = [];
  for (const { shardId } of shards) {
    const begun = await ask('GetShardIterator', { streamArn, shardId, shardIteratorType: 'TRIM_HORIZON' });
    let shardIterator: string | undefined = begun.shardIterator;
    while (shardIterator) {
      const answer: Answer = await ask('GetRecords', { shardIterator, maxResults: 20 });
      records.push(...answer.changeRecords);
      shardIterator = answer.iteratorDescription.iteratorPosition === 'AT_TIP' ? undefined : answer.nextShardIterator;
    }
  }
  return records;
}

/** What one piece of work adds to a table's stream. */
async function changesOf(table: string, work: () => Promise<unknown>): Promise<Answer[]> {
  const before = await recordsOf(table);
  await work();
  return (await recordsOf(table)).slice(before.length);
}

describe('the images of a write', () => {
  test('are the row before and after it, with its times', async () => {
    const micros = BigInt(Date.now()) * 1000n;
    const write = (v: string, at: bigint, ttl: number) =>
      run(`INSERT INTO ${ks}.orders (k, c, v) VALUES (1, 1, ?) USING TIMESTAMP ? AND TTL ?`, [v, at, ttl]);
    const [inserted, updated] = await changesOf('orders', async () => {
      await write('one', micros, 0);
      await write('two', micros + 1n, 1000);
    });
    expect(inserted).toMatchObject({
      origin: 'USER',
      partitionKeys: { k: { intT: '1' } },
      clusteringKeys: { c: { intT: '1' } },
      newImage: {
        valueCells: { v: { value: { textT: 'one' }, metadata: { writeTime: `${micros}` } } },
        rowMetadata: { writeTime: `${micros}` },
      },
    });
    expect(inserted).not.toHaveProperty('oldImage');
    expect(updated.oldImage).toEqual(inserted.newImage);
    const { value, metadata } = updated.newImage.valueCells.v;
    expect([value, metadata.writeTime]).toEqual([{ textT: 'two' }, `${micros + 1n}`]);
    expect(Math.abs(Number(metadata.expirationTime) - Date.now() / 1000 - 1000)).toBeLessThan(5);
  });

  test('of a delete are without a new one, and a delete of nothing is no change', async () => {
    const changes = await changesOf('orders', async () => {
      await run(`INSERT INTO ${ks}.orders (k, c, v) VALUES (2, 1, 'x')`);
      await run(`DELETE FROM ${ks}.orders WHERE k = 2 AND c = 1`);
      await run(`DELETE FROM ${ks}.orders WHERE k = 2 AND c = 1`);
    });
    expect(changes.map((record) => ['oldImage' in record, 'newImage' in record])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  test('of a write that an older one cannot change tell nothing', async () => {
    const micros = BigInt(Date.now()) * 1000n;
    const write = (v: string, at: bigint) =>
      run(`INSERT INTO ${ks}.orders (k, c, v) VALUES (3, 1, ?) USING TIMESTAMP ?`, [v, at]);
    const changes = await changesOf('orders', async () => {
      await write('newer', micros);
      await write('older', micros - 5n);
    });
    expect(changes.map(({ newImage }) => newImage.valueCells.v.value)).toEqual([{ textT: 'newer' }]);
  });

  test('of static and other columns are two records', async () => {
    const changes = await changesOf('orders', () =>
      run(`INSERT INTO ${ks}.orders (k, c, v, s) VALUES (4, 1, 'x', 'shared')`),
    );
    expect(changes.map(({ clusteringKeys }) => clusteringKeys)).toEqual([{ c: { intT: '1' } }, {}]);
    expect(changes[0].newImage.valueCells).toMatchObject({ v: { value: { textT: 'x' } } });
    expect(changes[1].newImage).toMatchObject({ valueCells: {}, staticCells: { s: { value: { textT: 'shared' } } } });
  });

  test('without client-side timestamps have none to show', async () => {
    const [change] = await changesOf('plain', () => run(`INSERT INTO ${ks}.plain (k, v) VALUES (1, 'x')`));
    expect(change.newImage).toEqual({
      valueCells: { v: { value: { textT: 'x' }, metadata: {} } },
      staticCells: {},
      rowMetadata: {},
    });
  });

  test('show collections whole, whatever part of them is written', async () => {
    const [, change] = await changesOf('plain', async () => {
      await run(`UPDATE ${ks}.plain SET m = {'a': 1} WHERE k = 2`);
      await run(`UPDATE ${ks}.plain SET m['b'] = 2 WHERE k = 2`);
    });
    const entry = (key: string, value: string) => ({ key: { textT: key }, value: { intT: value } });
    expect(change.newImage.valueCells.m.value).toEqual({ mapT: [entry('a', '1'), entry('b', '2')] });
  });

  test('are left out of a stream of keys', async () => {
    const [change] = await changesOf('keys', () => run(`INSERT INTO ${ks}.keys (k, v) VALUES (1, 'x')`));
    expect(change).toMatchObject({ partitionKeys: { k: { intT: '1' } }, clusteringKeys: {} });
    expect(Object.keys(change).filter((name) => name.endsWith('Image'))).toEqual([]);
  });
});

describe('a stream has', () => {
  test('conditional writes that were applied, and no others', async () => {
    const insert = `INSERT INTO ${ks}.plain (k, v) VALUES (10, 'first') IF NOT EXISTS`;
    const changes = await changesOf('plain', async () => {
      expect((await run(insert)).wasApplied()).toBe(true);
      expect((await run(insert)).wasApplied()).toBe(false);
    });
    expect(changes).toHaveLength(1);
  });

  test.each([true, false])('one record for each row of a batch (logged: %s)', async (logged) => {
    const queries = [20, 21, 22].map((k) => ({
      query: `INSERT INTO ${ks}.plain (k, v) VALUES (?, ?)`,
      params: [k, `batch ${logged}`],
    }));
    const changes = await changesOf('plain', () => client.batch(queries, { prepare: true, logged }));
    expect(changes.map(({ partitionKeys }) => partitionKeys.k.intT).sort()).toEqual(['20', '21', '22']);
  });

  test('one record for each row of a range delete, and the statics of its partition', async () => {
    for (const c of [1, 2, 3]) await run(`INSERT INTO ${ks}.orders (k, c, v, s) VALUES (5, ?, 'x', 'st')`, [c]);
    const changes = await changesOf('orders', async () => {
      await run(`DELETE FROM ${ks}.orders WHERE k = 5`);
      await standIn.settled();
    });
    expect(changes.every((record) => !('newImage' in record))).toBe(true);
    expect(changes.map(({ clusteringKeys }) => clusteringKeys.c?.intT)).toEqual(['1', '2', '3', undefined]);
  });

  test('what expires, as of nobody but its TTL', async () => {
    const of = async (k: number) =>
      (await recordsOf('orders'))
        .filter(({ partitionKeys }) => partitionKeys.k.intT === `${k}`)
        .map(({ origin, oldImage, newImage }) => [
          origin,
          oldImage?.valueCells.v?.value.textT,
          newImage && Object.keys(newImage.valueCells),
        ]);
    await run(`UPDATE ${ks}.orders USING TTL 2 SET v = 'brief' WHERE k = 6 AND c = 1`);
    await run(`INSERT INTO ${ks}.orders (k, c) VALUES (7, 1)`);
    await run(`UPDATE ${ks}.orders USING TTL 2 SET v = 'brief' WHERE k = 7 AND c = 1`);
    // A row that an UPDATE made goes with its last cell; one that was inserted stays.
    await expect
      .poll(() => of(6), { timeout: 20_000, interval: 500 })
      .toEqual([
        ['USER', undefined, ['v']],
        ['TTL', 'brief', undefined],
      ]);
    await expect
      .poll(() => of(7), { timeout: 20_000, interval: 500 })
      .toEqual([
        ['USER', undefined, []],
        ['USER', undefined, ['v']],
        ['TTL', 'brief', []],
      ]);
  });

  test('nothing of before it was enabled', async () => {
    await run(`INSERT INTO ${ks}.late (k, v) VALUES (1, 'before')`);
    await client.execute(`ALTER TABLE ${ks}.late WITH cdc = true`, [], { prepare: false });
    await usable(() => standIn.state.table(ks, 'late')?.status);
    await run(`UPDATE ${ks}.late SET v = 'after' WHERE k = 1`);
    const records = await recordsOf('late');
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      oldImage: { valueCells: { v: { value: { textT: 'before' } } } },
      newImage: { valueCells: { v: { value: { textT: 'after' } } } },
    });
  });

  test('every change of many writers at once, each image following the one before it, over shards that split', async () => {
    const rows = 6;
    const writes = 240;
    const write = (i: number) => run(`INSERT INTO ${ks}.many (k, c, v) VALUES (?, ?, ?)`, [i % rows, 1, i]);
    await Promise.all(Array.from({ length: writes }, (_, i) => write(i)));
    const records = await recordsOf('many');
    expect(records).toHaveLength(writes);
    const shownIn = (image: Answer) => image?.valueCells.v.value.intT;
    for (let k = 0; k < rows; k++) {
      const own = records.filter(({ partitionKeys }) => partitionKeys.k.intT === `${k}`);
      const chain = own.map(({ newImage }) => shownIn(newImage));
      expect(own.map(({ oldImage }) => shownIn(oldImage))).toEqual([undefined, ...chain.slice(0, -1)]);
      const {
        rows: [row],
      } = await run(`SELECT v FROM ${ks}.many WHERE k = ? AND c = 1`, [k]);
      expect(`${row!.v}`).toBe(chain.at(-1));
    }
    const { streams } = await ask('ListStreams', { keyspaceName: ks, tableName: 'many' });
    const { shards } = await ask('GetStream', { streamArn: streams[0].streamArn });
    expect(shards.length).toBeGreaterThan(3);
  });
});

test('who may not read a stream is told so, and whose signature is wrong', async () => {
  const server = await serveJson({
    services: [streamsApi(standIn.streams, () => standIn.state.nowMs())],
    region,
    keys: () => [{ ...aUser, may: ['Select'] }],
    nowMs: Date.now,
    port: 0,
  });
  onTestFinished(() => server.close());
  expect(await askStreams(server.url, aUser, 'ListStreams', {})).toMatchObject({ __type: 'AccessDeniedException' });
  const stranger = { ...aUser, secretAccessKey: 'another' };
  expect(await askStreams(server.url, stranger, 'ListStreams', {})).toMatchObject({
    __type: 'InvalidSignatureException',
  });
});
