import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OperatorError } from '../../src/errors.ts';
import { type SchemaRows, tablesOf } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import { type BoundValue, type TargetKeyspace, unset } from '../../src/ports/target-keyspace.ts';
import { aKeyspaceDefinition, aTableDefinition, aTypeDefinition } from '../support/a-definition.ts';
import { aTable, int, text } from '../support/a-table.ts';

/** What every kind of target keeps. Write times are of the last hour, the only ones that all of them take. */
export function targetKeyspaceContract(kind: string, open: (keyspace: string) => Promise<TargetKeyspace>): void {
  describe(`${kind} as the target`, () => {
    const keyspace = `ks_${randomBytes(5).toString('hex')}`;
    const definitions = [aKeyspaceDefinition(keyspace), aTypeDefinition(keyspace, 'pair'), aTableDefinition(keyspace)];
    const then = (BigInt(Date.now()) - 3_600_000n) * 1000n;
    let target: TargetKeyspace;
    let table: Table;

    beforeAll(async () => {
      target = await open(keyspace);
      expect(await target.exists()).toBe(false);
      await target.define(definitions);
      table = tablesOf(await target.schema())[0]!;
    });

    afterAll(() => target?.close());

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

    it('what was defined is there', async () => {
      expect(await target.exists()).toBe(true);
      const schema: SchemaRows = await target.schema();
      expect(schema.tables.map((row) => row.table)).toEqual(['t']);
      expect(schema.types.map((row) => row.type)).toEqual(['pair']);
      expect([...table.columns.keys()].sort()).toEqual(['a', 'b']);
    });

    it('defining again what exists is no error', async () => {
      await target.define(definitions);
      await target.define([]);
    });

    it('a definition that the target does not take is told, with its name', async () => {
      const bad = aTableDefinition(keyspace, { name: 'bad', columns: [{ name: 'id', type: 'no_such_type' }] });
      const defining = target.define([bad]);
      await expect(defining).rejects.toThrow(OperatorError);
      await expect(defining).rejects.toThrow(/no_such_type/);
    });

    it('the timestamp and TTL of a write are those it carries', async () => {
      await target.write({ cql: insert(), values: [int(1), text('x'), text('y'), micros(then), int(600)] });
      const row = await read(1);
      expect(row?.writeTimesMicros).toEqual([then, then]);
      expect(row?.ttlSeconds[0]).toBeGreaterThan(500);
      expect(row?.ttlSeconds[0]).toBeLessThanOrEqual(600);
    });

    it('a column bound as unset stays as it is, one bound as null is deleted', async () => {
      await target.write({ cql: insert(), values: [int(2), text('x'), text('y'), micros(then), unset] });
      await target.write({ cql: insert(), values: [int(2), unset, null, micros(then + 1n), unset] });
      const row = await read(2);
      expect(row?.values).toEqual(['x', undefined]);
      expect(row?.writeTimesMicros).toEqual([then, null]);
      expect(row?.ttlSeconds).toEqual([null, null]);
    });

    it('rows of one partition and of several come in one request, cells of the length -2 stay as they are', async () => {
      const using = packed([micros(then + 5n), int(0)]);
      await target.write({ cql: insert(), values: [int(21), text('x'), text('y'), micros(then), unset] });
      const writeRows = (...rows: readonly (readonly (Buffer | null | typeof unset)[])[]) =>
        target.writeRows({ cql: insert(), valueCount: 5, rows: rows.map(packed), using });
      await writeRows([int(20), text('one'), text('alone')]);
      await writeRows([int(21), text('z'), unset], [int(21), unset, unset], [int(21), text('z'), unset]);
      await writeRows([int(24), text('a'), text('b')], [int(25), text('c'), unset]);
      expect((await read(20))?.values).toEqual(['one', 'alone']);
      expect(await read(21)).toMatchObject({ values: ['z', 'y'], writeTimesMicros: [then + 5n, then] });
      expect([(await read(24))?.values, (await read(25))?.values[0]]).toEqual([['a', 'b'], 'c']);
    });

    it('rows are deleted together, each at the time that the delete carries', async () => {
      const at = (id: number, micro: bigint) =>
        target.write({ cql: insert(), values: [int(id), text('x'), unset, micros(micro), unset] });
      await Promise.all([at(31, then), at(32, then), at(33, then + 2n)]);
      const cql = `DELETE FROM "${keyspace}"."t" USING TIMESTAMP ? WHERE "id" = ?`;
      const rows = [31, 32, 33].map((id) => packed([micros(then + 1n), int(id)]));
      await target.writeRows({ cql, valueCount: 2, rows, using: Buffer.alloc(0) });
      await at(32, then);
      expect(await Promise.all([31, 32, 33].map(async (id) => (await read(id))?.values[0]))).toEqual([
        undefined,
        undefined,
        'x',
      ]);
    });

    it('a row that is refused among others is told', async () => {
      const using = packed([micros(then), int(0)]);
      const rows = [
        [int(22), text('x'), unset] as const,
        [int(22), Buffer.alloc(2 * 1024 * 1024), Buffer.from([255])] as const,
      ];
      const writing = target.writeRows({ cql: insert(), valueCount: 5, rows: rows.map(packed), using });
      await expect(writing).rejects.toMatchObject({ name: 'TargetWriteError', failure: 'refused' });
    });

    it('an older write that comes later changes nothing', async () => {
      await target.write({ cql: insert(), values: [int(3), text('new'), unset, micros(then + 20n), unset] });
      await target.write({ cql: insert(), values: [int(3), text('old'), unset, micros(then + 10n), unset] });
      expect((await read(3))?.values[0]).toBe('new');
    });

    it('an older row that comes after its delete stays deleted', async () => {
      const cql = `DELETE FROM "${keyspace}"."t" USING TIMESTAMP ? WHERE "id" = ?`;
      await target.write({ cql, values: [micros(then + 20n), int(4)] });
      await target.write({ cql: insert(), values: [int(4), text('old'), unset, micros(then + 10n), unset] });
      expect(await read(4)).toBeUndefined();
    });

    it.each<[string, () => BoundValue[]]>([
      ['a value of a wrong size', () => [Buffer.from([1, 2, 3]), text('x'), text('y'), micros(then), unset]],
      ['a null key', () => [null, text('x'), text('y'), micros(then), unset]],
      ['an empty list of values', () => []],
    ])('%s is refused', async (_, values) => {
      const writing = target.write({ cql: insert(), values: values() });
      await expect(writing).rejects.toMatchObject({ name: 'TargetWriteError', failure: 'refused' });
    });

    it('a write to a table that is not there waits for the operator, and buries no row', async () => {
      const writing = target.write({ cql: `INSERT INTO ${keyspace}.nothing (id) VALUES (?)`, values: [int(1)] });
      await expect(writing).rejects.toBeInstanceOf(OperatorError);
    });

    it('columns that are added in turn, one of a new type, can be used at once', async () => {
      await target.define([aTableDefinition(keyspace, { name: 'grown' })]);
      const add = (column: string) => `ALTER TABLE "${keyspace}"."grown" ADD ${column}`;
      await target.alter(`CREATE TYPE IF NOT EXISTS "${keyspace}"."box" ("width" int)`);
      // Once more: the answer to the first may have been lost.
      for (const column of ['"c" int', '"c" int', '"d" frozen<"box">']) await target.alter(add(column));
      const names = (await target.schema()).columns.filter((row) => row.table === 'grown').map((row) => row.column);
      expect(names.sort()).toEqual(['a', 'b', 'c', 'd', 'id']);
      const cql = `INSERT INTO "${keyspace}"."grown" ("id", "c", "d") VALUES (?, ?, ?)`;
      await target.write({ cql, values: [int(1), int(2), Buffer.concat([int(4), int(3)])] });
    });

    it('every row of a range comes once, however short the pages', async () => {
      const ids = Array.from({ length: 60 }, (_, index) => 1_000 + index);
      for (const id of ids)
        await target.write({ cql: insert(), values: [int(id), text(`${id}`), unset, micros(then), unset] });
      const range = { start: minToken, end: maxToken };
      const rows = await rowsOf(target.readRange({ table, columns: [table.columns.get('a')!], range, pageSize: 7 }));
      const read = rows.map((row) => `${row.values[0]}`).filter((value) => /^\d{4}$/.test(value));
      expect(read.sort()).toEqual(ids.map(String));
    });

    it('all rows are read without naming a token', async () => {
      const read = { table, columns: [...table.partitionKey, table.columns.get('a')!], pageSize: 7 };
      const range = { start: minToken, end: maxToken };
      const [byToken, all] = [await rowsOf(target.readRange({ ...read, range })), await rowsOf(target.readAll(read))];
      expect(all.length).toBeGreaterThan(7);
      expect(all).toEqual(byToken);
    });

    it("a table of the source is read in the target's own keyspace", async () => {
      const ofSource = aTable({ keyspace: 'some_source', name: 't', regulars: { a: 'text' } });
      await target.write({ cql: insert(), values: [int(7), text('seven'), unset, micros(then), unset] });
      const columns = [...ofSource.partitionKey, ...ofSource.columns.values()];
      const range = { start: minToken, end: maxToken };
      const rows = await rowsOf(target.readRange({ table: ofSource, columns, range }));
      expect(rows.map((row) => `${row.values[1]}`)).toContain('seven');
    });

    it("the target's clock is measured against ours", async () => {
      expect(Math.abs(Number(await target.clockSkewMicros()))).toBeLessThan(500_000);
    });

    it('the partitioner is told', async () => {
      expect(await target.partitioner()).toBe('org.apache.cassandra.dht.Murmur3Partitioner');
    });

    it('the schema of a keyspace that does not exist is empty', async () => {
      const other = await open('no_such_keyspace');
      expect((await other.schema()).tables).toEqual([]);
      await other.close();
    });
  });
}

async function rowsOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

function packed(values: readonly BoundValue[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      if (value === unset) return [int(-2)];
      return value === null ? [int(-1)] : [int(value.length), value];
    }),
  );
}
