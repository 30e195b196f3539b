import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyColumns, regularColumns, staticColumns, type Table } from '../../src/model/table.ts';
import { encodedSizeOf, rowMetadata, staticMetadata } from '../../src/plan/encoded-size.ts';
import { aTable, int, text } from '../support/a-table.ts';

const bare = { hasTimestamps: false, hasTtl: false, regions: 1 };
const stamped = { ...bare, hasTimestamps: true };
const both = { ...stamped, hasTtl: true };

type Values = Readonly<Record<string, Buffer | null>>;

function sizeOf(table: Table, values: Values, overhead = bare) {
  const columns = [...keyColumns(table), ...staticColumns(table), ...regularColumns(table)];
  return encodedSizeOf(
    columns,
    columns.map(({ name }) => values[name] ?? null),
    overhead,
  );
}

/** What a value adds to a row of `id int`, beside its column's identifier. */
function cellOf(type: string, value: Buffer, overhead = bare): number {
  const table = aTable({ regulars: { v: type } });
  return sizeOf(table, { id: int(1), v: value }, overhead).row - sizeOf(table, { id: int(1) }, overhead).row - 1;
}

function bigint(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const elements = (...parts: readonly Buffer[]) => Buffer.concat(parts.flatMap((part) => [int(part.length), part]));
const collection = (...parts: readonly Buffer[]) => Buffer.concat([int(parts.length), elements(...parts)]);
const map = (...parts: readonly Buffer[]) => Buffer.concat([int(parts.length / 2), elements(...parts)]);

describe('the examples of the developer guide', () => {
  const integers = { partitionKey: { p1: 'int', p2: 'int' }, clustering: { c1: 'int', c2: 'int' } };
  const values = { p1: int(1), p2: int(2), c1: int(3), c2: int(4), r: int(5) };

  test('a row of five integers has 131 bytes with its metadata, and 134 in another edition of the same example', () => {
    const stored = sizeOf(aTable({ ...integers, regulars: { r: 'int' } }), values).row + rowMetadata;
    expect(stored).toBe(131);
    expect(Math.abs(stored - 134) / 134).toBeLessThan(0.05);
  });

  test('static data has its partition key and the metadata of a partition', () => {
    const table = aTable({ ...integers, regulars: { r: 'int' }, statics: { s: 'int' } });
    const { row, statics } = sizeOf(table, { p1: int(1), p2: int(2), s: int(6) });
    expect(row).toBe(0);
    expect(statics + staticMetadata).toBe(8 + 8 + 3 + 104);
  });
});

describe('a value', () => {
  test.each([
    ['boolean', Buffer.from([1]), 1],
    ['int', int(0), 2],
    ['int', int(99), 2],
    ['int', int(-100), 3],
    ['bigint', bigint(-(2n ** 63n)), 11],
    ['varint', Buffer.alloc(16, 0x7f), 21],
    ['text', text('grün'), 5],
    ['blob', Buffer.alloc(300), 300],
    ['uuid', Buffer.alloc(16), 16],
    ['double', Buffer.alloc(8), 8],
    ['frozen<list<int>>', collection(int(1), int(2)), 3 + 20],
    ['list<text>', collection(text('ab'), text('c')), 3 + (1 + 2) + (1 + 1)],
    ['set<int>', collection(int(1)), 3 + (1 + 2)],
    ['map<int, text>', map(int(1), text('one')), 3 + (1 + 2 + 3)],
  ])('of %s takes what its type says', (type, value, bytes) => {
    expect(cellOf(type, value)).toBe(bytes);
  });

  test('of a key is stored twice, with three bytes more in a partition key and a fifth more in a clustering key', () => {
    const table = aTable({ partitionKey: { p: 'text' }, clustering: { c: 'text' }, regulars: {} });
    expect(sizeOf(table, { p: text('x'.repeat(10)), c: text('y'.repeat(12)) }).row).toBe(1 + 20 + 3 + 1 + 24 + 3);
  });

  test('that is absent takes nothing', () => {
    const table = aTable({ regulars: { a: 'text', b: 'text' } });
    expect(sizeOf(table, { id: int(1), a: text('a') }, both)).toEqual(
      sizeOf(aTable(), { id: int(1), name: text('a') }, both),
    );
  });

  test('has a longer identifier from the 63rd column of its table on', () => {
    const named = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`c${n}`, 'text']));
    const of = (count: number) => sizeOf(aTable({ regulars: named(count) }), { id: int(1), c0: text('a') }).row;
    expect([of(61), of(62), of(123), of(124)]).toEqual([of(61), of(61) + 2, of(61) + 2, of(61) + 4]);
  });
});

describe('timestamps and TTL', () => {
  test.each([
    ['text', text('a'), 18, 27],
    ['frozen<set<int>>', collection(int(1), int(2)), 18, 27],
    ['list<int>', collection(int(1), int(2)), 2 * 30 + 19, 2 * 39 + 19],
    ['set<int>', collection(int(1), int(2)), 2 * 14 + 26, 2 * 23 + 26],
    ['map<int, int>', map(int(1), int(2), int(3), int(4)), 2 * 17 + 26, 2 * 26 + 26],
  ])('add to a value of %s', (type, value, ofStamps, ofBoth) => {
    expect(cellOf(type, value, stamped) - cellOf(type, value)).toBe(ofStamps);
    expect(cellOf(type, value, both) - cellOf(type, value)).toBe(ofBoth);
  });

  test('more than double a wide row of small values', () => {
    const names = Array.from({ length: 20 }, (_, n) => `c${n}`);
    const table = aTable({ regulars: Object.fromEntries(names.map((name) => [name, 'int'])) });
    const values = { id: int(1), ...Object.fromEntries(names.map((name) => [name, int(7)])) };
    expect(sizeOf(table, values, stamped).row - sizeOf(table, values).row).toBe(360);
  });

  test('a counter has its own part for each Region', () => {
    const counter = (regions: number) => cellOf('counter', bigint(5n), { ...bare, regions });
    expect([counter(1), counter(2), counter(3)]).toEqual([2 + 51, 2 + 77, 2 + 103]);
  });
});

const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));

test('a row never gets smaller by a longer value, another element, another value or another feature', () => {
  const table = aTable({
    partitionKey: { p: 'blob' },
    clustering: { c: 'blob' },
    statics: { s: 'blob' },
    regulars: { r: 'blob', l: 'list<blob>', m: 'map<blob, blob>', n: 'varint' },
  });
  const values = fc.record({
    ...{ p: bytes, c: bytes, s: bytes, r: bytes, n: bytes },
    l: fc.array(bytes, { maxLength: 5 }).map((parts) => collection(...parts)),
  });
  const total = (row: Values, overhead = both) => {
    const size = sizeOf(table, row, overhead);
    return size.row + size.statics;
  };
  fc.assert(
    fc.property(values, fc.constantFrom('p', 'c', 's', 'r', 'n'), bytes, (row, name, more) => {
      const size = total(row);
      expect(total({ ...row, [name]: Buffer.concat([row[name as 'r'], more]) })).toBeGreaterThanOrEqual(size);
      expect(total({ ...row, r: null })).toBeLessThan(size);
      expect(total({ ...row, m: map(more, more) })).toBeGreaterThan(size);
      expect(total(row, stamped)).toBeLessThan(size);
      expect(total(row, bare)).toBeLessThan(total(row, stamped));
    }),
  );
});
