import { expect, test } from 'vitest';
import { plainInsertOf } from '../../src/apply/plain-insert.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import { aTable, int } from '../support/a-table.ts';
import { statementsOfRows } from '../support/statements-of-rows.ts';

const stamp = 1_700_000_000_000_000n;

test('a plain insert binds the cells of a row, its timestamp, and a TTL of 0 against the default of the table', () => {
  const { valueCount, ...plain } = plainInsertOf(layoutOf(aTable()), 'moved', stamp)!;
  const row = Buffer.concat([int(4), int(7), int(-2)]);
  const micros = Buffer.alloc(8);
  micros.writeBigInt64BE(stamp);

  const [statement] = statementsOfRows({ ...plain, valueCount, rows: [row] });

  expect(statement!.cql).toMatch(
    /^INSERT INTO "moved"."things" \("id", "name"\) VALUES .* USING TIMESTAMP \? AND TTL \?$/,
  );
  expect(statement!.values).toEqual([int(7), expect.any(Symbol), micros, int(0)]);
  expect(valueCount).toBe(4);
});

test('tables with statics or with lists, and those too broad for one statement, have no plain insert: their rows need more care', () => {
  const statics = aTable({ clustering: { at: 'int' }, statics: { owner: 'text' } });
  const lists = aTable({ regulars: { l: 'list<int>' } });
  const broad = aTable({ regulars: Object.fromEntries(Array.from({ length: 170 }, (_, n) => [`c${n}`, 'int'])) });
  for (const each of [statics, lists, broad]) expect(plainInsertOf(layoutOf(each), 'moved', stamp)).toBeUndefined();
});
