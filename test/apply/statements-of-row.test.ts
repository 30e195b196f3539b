import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../src/apply/row-layout.ts';
import {
  statementOfAbsentRow,
  statementsOfAbsentStatics,
  statementsOfRecopiedRow,
  statementsOfRecopiedStatics,
  statementsOfSnapshotRow,
  statementsOfSnapshotStatics,
} from '../../src/apply/statements-of-row.ts';
import type { EncodedRow } from '../../src/ports/table-reader.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { shownStatement } from './shown-statement.ts';

const table = aTable({
  name: 't',
  clustering: { c: 'int' },
  statics: { st: 'text', su: 'text' },
  regulars: { a: 'text', b: 'text', s: 'set<text>' },
});
const layout = layoutOf(table);
const context = { layout, keyspace: 'moved', timestampMicros: 7n };
const insert = 'INSERT INTO "moved"."t" ("id", "c", "a", "b", "s") VALUES (1, 2,';

interface Read {
  readonly values?: Readonly<Record<string, Buffer>>;
  readonly ttls?: Readonly<Record<string, number>>;
  readonly isStaticOnly?: boolean;
}

function aReadRow({ values = {}, ttls = {}, isStaticOnly = false }: Read): EncodedRow {
  const keys: Readonly<Record<string, Buffer>> = isStaticOnly ? { id: int(1) } : { id: int(1), c: int(2) };
  return {
    values: layout.columns.map(({ name }) => values[name] ?? keys[name] ?? null),
    ttlSeconds: layout.ttlColumns.map(({ name }) => ttls[name] ?? null),
    writeTimesMicros: [],
  };
}

const shown = (statements: readonly Parameters<typeof shownStatement>[0][]) => statements.map(shownStatement);

describe('a row that was read', () => {
  const read = aReadRow({ values: { a: text('x') } });

  test('for the snapshot leaves unset what is not there, for a recopy deletes it', () => {
    expect(shown(statementsOfSnapshotRow(read, context))).toEqual([
      `${insert} x, unset, unset) USING TIMESTAMP 7 AND TTL 0`,
    ]);
    expect(shown(statementsOfRecopiedRow(read, context))).toEqual([
      `${insert} x, null, null) USING TIMESTAMP 7 AND TTL 0`,
    ]);
  });

  test('has an endless marker when anything in it stays, and its TTLs apart', () => {
    const mixed = aReadRow({ values: { a: text('x'), b: text('y') }, ttls: { b: 50 } });
    expect(shown(statementsOfRecopiedRow(mixed, context))).toEqual([
      `${insert} x, unset, null) USING TIMESTAMP 7 AND TTL 0`,
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 50 SET "a" = unset, "b" = y, "s" = unset WHERE "id" = 1 AND "c" = 2',
    ]);
  });

  test('has a marker that lives as long as the last of its cells when all of them end', () => {
    const ending = aReadRow({ values: { a: text('x'), b: text('y') }, ttls: { a: 90, b: 50 } });
    expect(shown(statementsOfSnapshotRow(ending, context))).toEqual([
      `${insert} x, unset, unset) USING TIMESTAMP 7 AND TTL 90`,
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 50 SET "a" = unset, "b" = y, "s" = unset WHERE "id" = 1 AND "c" = 2',
    ]);
  });

  test('has an endless marker when a collection is there, whose TTL nobody can read', () => {
    const withSet = aReadRow({ values: { a: text('x'), s: text('set') }, ttls: { a: 90 } });
    expect(shown(statementsOfSnapshotRow(withSet, context))[0]).toBe(
      `${insert} unset, unset, set) USING TIMESTAMP 7 AND TTL 0`,
    );
  });

  test('of keys only is an INSERT of keys', () => {
    expect(shown(statementsOfSnapshotRow(aReadRow({}), context))).toEqual([
      `${insert} unset, unset, unset) USING TIMESTAMP 7 AND TTL 0`,
    ]);
  });

  test('that stands for a partition of statics is no row', () => {
    const read = aReadRow({ values: { st: text('x') }, isStaticOnly: true });
    expect(statementsOfSnapshotRow(read, context)).toEqual([]);
    expect(statementsOfRecopiedRow(read, context)).toEqual([]);
  });

  test('and is not there is deleted at the floor', () => {
    expect(shownStatement(statementOfAbsentRow([int(1)], [int(2)], context))).toBe(
      'DELETE FROM "moved"."t" USING TIMESTAMP 7 WHERE "id" = 1 AND "c" = 2',
    );
  });
});

describe('static values that were read', () => {
  const read = aReadRow({ values: { st: text('x') }, ttls: { st: 40 } });

  test('for the snapshot are what is there, for a recopy also what is not', () => {
    expect(shown(statementsOfSnapshotStatics(read, context))).toEqual([
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 40 SET "st" = x, "su" = unset WHERE "id" = 1',
    ]);
    expect(shown(statementsOfRecopiedStatics(read, context))).toEqual([
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "st" = unset, "su" = null WHERE "id" = 1',
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 40 SET "st" = x, "su" = unset WHERE "id" = 1',
    ]);
  });

  test('that are all absent cost the snapshot nothing', () => {
    expect(statementsOfSnapshotStatics(aReadRow({}), context)).toEqual([]);
  });

  test('of a partition that is gone are deleted by name, where the table has any', () => {
    expect(shown(statementsOfAbsentStatics([int(1)], context))).toEqual([
      'DELETE "st", "su" FROM "moved"."t" USING TIMESTAMP 7 WHERE "id" = 1',
    ]);
    const plain = { ...context, layout: layoutOf(aTable()) };
    expect(statementsOfAbsentStatics([int(1)], plain)).toEqual([]);
  });
});

describe('a row of more columns than one write may have', () => {
  const names = Array.from({ length: 400 }, (_, index) => `c${String(index).padStart(3, '0')}`);
  const wide = aTable({ name: 'w', regulars: Object.fromEntries(names.map((name) => [name, 'int'])) });
  const ofWide = { layout: layoutOf(wide), keyspace: 'moved', timestampMicros: 7n };
  const row: EncodedRow = {
    values: [int(1), ...names.map((_, index) => (index % 5 === 0 ? null : int(index)))],
    ttlSeconds: names.map((_, index) => (index % 2 === 0 ? 60 : null)),
    writeTimesMicros: [],
  };

  test.each([
    ['a snapshot row', statementsOfSnapshotRow(row, ofWide)],
    ['a recopied row', statementsOfRecopiedRow(row, ofWide)],
  ])('%s becomes several writes of one time, the first of them with the row’s marker', (_, statements) => {
    expect(statements.filter(({ cql }) => cql.startsWith('INSERT'))).toEqual([statements[0]]);
    const written = new Map<string, number>();
    for (const { cql, values } of statements) {
      const columns = [...cql.matchAll(/"(c\d{3})"/g)].map((match) => match[1]!);
      expect(columns.length).toBeLessThanOrEqual(166);
      expect(cql).toContain('USING TIMESTAMP ?');
      const from = cql.startsWith('INSERT') ? 1 : 2;
      columns.forEach((name, index) => {
        const value = values[from + index];
        if (Buffer.isBuffer(value)) written.set(name, value.readInt32BE());
      });
    }
    const expected = names.flatMap((name, index) => (index % 5 === 0 ? [] : [[name, index] as const]));
    expect([...written].sort()).toEqual(expected);
  });
});
