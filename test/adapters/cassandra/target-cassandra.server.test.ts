import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTargetCassandra } from '../../../src/adapters/cassandra/open-target-cassandra.ts';
import { OperatorError } from '../../../src/errors.ts';
import { tablesOf } from '../../../src/model/schema.ts';
import type { Table } from '../../../src/model/table.ts';
import { maxToken, minToken } from '../../../src/model/token.ts';
import { type BoundValue, type TargetKeyspace, unset } from '../../../src/ports/target-keyspace.ts';
import { aTable, int, text } from '../../support/a-table.ts';
import { allColumns, rowsOf, targetEndpoint } from './sandbox-cluster.ts';

describe('a keyspace of a real Cassandra as the target', () => {
  const keyspace = `ks_${randomBytes(5).toString('hex')}`;
  let target: TargetKeyspace;
  let table: Table;

  beforeAll(async () => {
    target = await openTargetCassandra({ ...targetEndpoint(), keyspace });
    await target.define(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class':'SimpleStrategy','replication_factor':1}`,
    );
    await target.define(`CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, a text, b text)`);
    table = tablesOf(await target.schema())[0]!;
  });

  afterAll(async () => {
    await target?.define(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await target?.close();
  });

  const insert = () => `INSERT INTO "${keyspace}"."t" ("id", "a", "b") VALUES (?, ?, ?) USING TIMESTAMP ? AND TTL ?`;

  function micros(value: bigint): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  }

  async function read(id: number) {
    const columns = [table.columns.get('a')!, table.columns.get('b')!];
    const more = { ttlColumns: columns, writeTimeColumns: columns };
    const [row] = await rowsOf(target.readPartition({ table, columns, ...more, partitionKey: [int(id)] }));
    return row && { ...row, values: row.values.map((cell) => cell?.toString()) };
  }

  it('the timestamp and TTL of a write are those it carries', async () => {
    await target.write({ cql: insert(), values: [int(1), text('x'), text('y'), micros(5_000n), int(600)] });
    const row = await read(1);
    expect(row?.writeTimesMicros).toEqual([5_000n, 5_000n]);
    expect(row?.ttlSeconds[0]).toBeGreaterThan(500);
  });

  it('a column bound as unset stays as it is, one bound as null is deleted', async () => {
    await target.write({ cql: insert(), values: [int(2), text('x'), text('y'), micros(1n), unset] });
    await target.write({ cql: insert(), values: [int(2), unset, null, micros(2n), unset] });
    const row = await read(2);
    expect(row?.values).toEqual(['x', undefined]);
    expect(row?.writeTimesMicros).toEqual([1n, null]);
    expect(row?.ttlSeconds).toEqual([null, null]);
  });

  it('an older write that comes later changes nothing', async () => {
    await target.write({ cql: insert(), values: [int(3), text('new'), unset, micros(20n), unset] });
    await target.write({ cql: insert(), values: [int(3), text('old'), unset, micros(10n), unset] });
    expect((await read(3))?.values[0]).toBe('new');
  });

  it.each<[string, () => BoundValue[]]>([
    ['a value of a wrong size', () => [Buffer.from([1, 2, 3]), text('x'), text('y'), micros(1n), unset]],
    ['a null key', () => [null, text('x'), text('y'), micros(1n), unset]],
    ['an empty list of values', () => []],
  ])('%s is refused', async (_, values) => {
    const writing = target.write({ cql: insert(), values: values() });
    await expect(writing).rejects.toMatchObject({ name: 'TargetWriteError', failure: 'refused' });
  });

  it('a write to a table that is not there is refused', async () => {
    const writing = target.write({ cql: `INSERT INTO ${keyspace}.nothing (id) VALUES (?)`, values: [int(1)] });
    await expect(writing).rejects.toMatchObject({ failure: 'refused', message: expect.stringContaining('nothing') });
  });

  it('defining again what exists is no error', async () => {
    await target.define(
      `CREATE KEYSPACE ${keyspace} WITH replication = {'class':'SimpleStrategy','replication_factor':1}`,
    );
    await target.define(`CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, a text, b text)`);
    await target.define(`CREATE TYPE ${keyspace}.pair (a int, b int)`);
    await target.define(`CREATE TYPE ${keyspace}.pair (a int, b int)`);
    expect((await target.schema()).types.map((type) => type.type)).toEqual(['pair']);
  });

  it('a definition that the target does not take is told with its text', async () => {
    const defining = target.define(`CREATE TABLE ${keyspace}.bad (id no_such_type PRIMARY KEY)`);
    await expect(defining).rejects.toThrow(OperatorError);
    await expect(defining).rejects.toThrow(/bad.*no_such_type/s);
  });

  it("a table of the source is read in the target's own keyspace", async () => {
    const ofSource = aTable({ keyspace: 'some_source', name: 't', regulars: { a: 'text' } });
    await target.write({ cql: insert(), values: [int(7), text('seven'), unset, micros(1n), unset] });
    const range = { start: minToken, end: maxToken };
    const rows = await rowsOf(target.readRange({ table: ofSource, columns: allColumns(ofSource), range }));
    expect(rows.map((row) => `${row.values[1]}`)).toContain('seven');
  });

  it("the target's clock is measured against ours", async () => {
    expect(Math.abs(Number(await target.clockSkewMicros()))).toBeLessThan(500_000);
  });

  it('the schema of a keyspace that does not exist is empty', async () => {
    const other = await openTargetCassandra({ ...targetEndpoint(), keyspace: 'no_such_keyspace' });
    expect((await other.schema()).tables).toEqual([]);
    await other.close();
  });
});
