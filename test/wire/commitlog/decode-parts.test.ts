import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ColumnRow, tablesOf } from '../../../src/model/schema.ts';
import type { Table } from '../../../src/model/table.ts';
import { ByteReader } from '../../../src/wire/commitlog/byte-reader.ts';
import { readColumnSubset } from '../../../src/wire/commitlog/column-subset.ts';
import { decodeMutation } from '../../../src/wire/commitlog/decode-mutation.ts';
import {
  CorruptMutationError,
  UnknownColumnError,
  UnknownTableError,
  UnsupportedMutationError,
} from '../../../src/wire/commitlog/errors.ts';
import type { LogVersion } from '../../../src/wire/commitlog/segment-header.ts';
import * as build from './mutation-builder.ts';

const tableId = '0123456789abcdef0123456789abcdef';
const now = 1_795_239_615_789_000n;
const { boundKinds, int } = build;

/** p int, c1 int, c2 int, v int, w int, s set<int>; d int was dropped at `now`. */
function aTable(): Table {
  const column = (name: string, kind: ColumnRow['kind'], position: number, type = 'int'): ColumnRow => ({
    keyspace: 'ks',
    table: 't',
    column: name,
    kind,
    position,
    clusteringOrder: 'none',
    type,
  });
  return tablesOf({
    tables: [{ keyspace: 'ks', table: 't', id: tableId, flags: ['compound'], cdc: false, defaultTtlSeconds: 0 }],
    columns: [
      column('p', 'partition_key', 0),
      column('c1', 'clustering', 0),
      column('c2', 'clustering', 1),
      column('v', 'regular', -1),
      column('w', 'regular', -1),
      column('s', 'regular', -1, 'set<int>'),
    ],
    types: [],
    droppedColumns: [
      { keyspace: 'ks', table: 't', column: 'd', kind: 'regular', type: 'int', droppedTimeMs: String(now / 1000n) },
    ],
  })[0]!;
}

function decodeUpdate(
  parts: Partial<build.UpdateParts> & { readonly items: readonly Buffer[] },
  logVersion: LogVersion = 7,
) {
  const body = build.mutation(build.partitionUpdate({ tableId, partitionKey: int(1), columns: ['v'], ...parts }));
  const table = aTable();
  return decodeMutation(body, logVersion, (id) => (id === tableId ? table : undefined)).updates[0]!;
}

describe('range markers', () => {
  it('that meet in a boundary become two ranges, each with its own deletion', () => {
    const { rangeDeletions } = decodeUpdate({
      items: [
        build.rangeMarker(boundKinds.startExclusive, [int(1), int(5)], build.deletion(now, 1_795_239_615)),
        build.rangeMarker(
          boundKinds.boundaryExclusiveInclusive,
          [int(3)],
          build.deletion(now, 1_795_239_615),
          build.deletion(now + 1n, 1_795_239_616),
        ),
        build.rangeMarker(boundKinds.endInclusive, [int(9)], build.deletion(now + 1n, 1_795_239_616)),
      ],
    });
    expect(rangeDeletions).toEqual([
      {
        timestampMicros: now,
        localDeletionTime: 1_795_239_615,
        start: { values: [int(1), int(5)], isInclusive: false },
        end: { values: [int(3)], isInclusive: false },
      },
      {
        timestampMicros: now + 1n,
        localDeletionTime: 1_795_239_616,
        start: { values: [int(3)], isInclusive: true },
        end: { values: [int(9)], isInclusive: true },
      },
    ]);
  });

  it('without values reach to the first and the last row', () => {
    const { rangeDeletions } = decodeUpdate({
      items: [
        build.rangeMarker(boundKinds.startInclusive, [], build.deletion(now, 5)),
        build.rangeMarker(boundKinds.endInclusive, [], build.deletion(now, 5)),
      ],
    });
    expect(rangeDeletions.map(({ start, end }) => [start, end])).toEqual([
      [
        { values: [], isInclusive: true },
        { values: [], isInclusive: true },
      ],
    ]);
  });

  it('that do not pair are corrupt', () => {
    const start = build.rangeMarker(boundKinds.startInclusive, [int(1)], build.deletion(now, 5));
    const end = build.rangeMarker(boundKinds.endInclusive, [int(1)], build.deletion(now, 5));
    for (const items of [[start], [end], [start, start, end], [start, end, end]]) {
      expect(() => decodeUpdate({ items })).toThrow(CorruptMutationError);
    }
    expect(() => decodeUpdate({ items: [build.rangeMarker(3, [], build.deletion(now, 5))] })).toThrow(
      CorruptMutationError,
    );
  });
});

describe('a row', () => {
  it('with nothing in it is left out', () => {
    expect(decodeUpdate({ items: [build.row(0, [int(1), int(2)], build.vint(1))] }).rows).toEqual([]);
  });

  it('of nothing but a marker is kept', () => {
    const { rows } = decodeUpdate({ items: [build.row(0x04, [int(1), int(2)], build.timestamp(now), build.vint(1))] });
    expect(rows).toEqual([
      { clustering: [int(1), int(2)], marker: { timestampMicros: now }, columnDeletions: [], cells: [] },
    ]);
  });

  it('tells an empty clustering value from a missing one', () => {
    const items = [build.row(0x04, [Buffer.alloc(0), int(2)], build.timestamp(now), build.vint(1))];
    expect(decodeUpdate({ items }).rows[0]!.clustering).toEqual([Buffer.alloc(0), int(2)]);
    const withNull = [build.row(0x04, [null, int(2)], build.timestamp(now), build.vint(1))];
    expect(() => decodeUpdate({ items: withNull })).toThrow(UnsupportedMutationError);
    expect(() => decodeUpdate({ items: withNull })).toThrow('"c1" is null');
  });

  it('of more than 32 clustering values has them in groups, each behind a header of its own', () => {
    const columns = Array.from({ length: 40 }, (_, index) => ({
      ...aTable().clustering[0]!,
      name: `c${index}`,
      position: index,
    }));
    const values = columns.map((_, index) => (index % 7 === 3 ? Buffer.alloc(0) : int(index)));
    const groups = [build.clustering(values.slice(0, 32)), build.clustering(values.slice(32))];
    const item = Buffer.concat([Buffer.from([0x04]), ...groups, build.timestamp(now), build.vint(1)]);
    const body = build.mutation(
      build.partitionUpdate({ tableId, partitionKey: int(1), columns: ['v'], items: [item] }),
    );
    const { updates } = decodeMutation(body, 7, () => ({ ...aTable(), clustering: columns }));
    expect(updates[0]!.rows[0]!.clustering).toEqual(values);
  });

  it('keeps timestamps exact at both ends of int64', () => {
    for (const micros of [-(2n ** 63n) + 1n, 2n ** 63n - 1n, -1n, 2n ** 53n + 1n]) {
      const items = [build.row(0x20, [int(1), int(2)], build.cell(micros, int(7)))];
      expect(decodeUpdate({ items }).rows[0]!.cells[0]!.timestampMicros).toBe(micros);
    }
  });

  it('takes a deletion at the least timestamp for none', () => {
    const none = build.deletion(-(2n ** 63n), 0x7fffffff);
    const items = [build.row(0x10 | 0x20 | 0x40, [int(1), int(2)], none, none, build.vint(0))];
    const update = decodeUpdate({ columns: ['s'], partitionDeletion: none, items });
    expect(update.partitionDeletion).toBeUndefined();
    expect(update.rows).toEqual([]);
  });

  it('hides cells of a dropped column up to the instant of its drop, and no later ones', () => {
    const written = (micros: bigint) =>
      decodeUpdate({
        columns: ['d', 'v'],
        items: [build.row(0x20, [int(1), int(2)], build.cell(micros, int(7)), build.cell(micros, int(8)))],
      }).rows[0]!.cells.map((cell) => cell.column.name);
    expect(written(now)).toEqual(['v']);
    expect(written(now + 1n)).toEqual(['d', 'v']);
  });

  it('gives a set’s elements as paths, a deleted one without a value', () => {
    const element = (flags: number, path: number, ...time: readonly Buffer[]) =>
      Buffer.concat([Buffer.from([flags]), build.timestamp(now), ...time, build.prefixed(int(path))]);
    const cells = [element(0x04, 1), element(0x05, 2, build.localTime(1_795_239_615))];
    const overwrite = build.deletion(now - 1n, 1_795_239_615);
    const items = [build.row(0x20 | 0x40, [int(1), int(2)], overwrite, build.vint(2), ...cells)];
    const [only] = decodeUpdate({ columns: ['s'], items }).rows;
    expect(only!.columnDeletions.map((deletion) => deletion.timestampMicros)).toEqual([now - 1n]);
    expect(only!.cells.map((cell) => [cell.path, cell.value])).toEqual([
      [int(1), Buffer.alloc(0)],
      [int(2), undefined],
    ]);
  });

  it('reads an expiry beyond 2038 in version 8, where version 7 has none', () => {
    const expiresAt = 4_000_000_000;
    const expiring = Buffer.concat([
      Buffer.from([0x02]),
      build.timestamp(now),
      build.localTime(expiresAt),
      build.vint(3600),
      int(7),
    ]);
    const items = [build.row(0x20, [int(1), int(2)], expiring)];
    expect(decodeUpdate({ items }, 8).rows[0]!.cells[0]!.expiry).toEqual({
      ttlSeconds: 3600,
      expiresAtSeconds: expiresAt,
    });
    expect(decodeUpdate({ items }, 7).rows[0]!.cells[0]!.expiry!.expiresAtSeconds).toBe(expiresAt - 2 ** 32);
  });

  it('whose cell leans on a row marker that is not there is corrupt', () => {
    const items = [build.row(0x20, [int(1), int(2)], Buffer.from([0x08]), int(7))];
    expect(() => decodeUpdate({ items })).toThrow(CorruptMutationError);
  });
});

describe('a mutation', () => {
  it('of an unknown table or column says which, so that a newer schema can be asked', () => {
    const items = [build.row(0x20, [int(1), int(2)], build.cell(now, int(7)))];
    const other = 'ff'.repeat(16);
    expect(() => decodeUpdate({ tableId: other, items })).toThrow(
      expect.objectContaining({ constructor: UnknownTableError, tableId: other }),
    );
    expect(() => decodeUpdate({ columns: ['added_later'], items })).toThrow(
      expect.objectContaining({
        constructor: UnknownColumnError,
        keyspace: 'ks',
        table: 't',
        tableId,
        column: 'added_later',
      }),
    );
  });

  it('with bytes after its end, or cut anywhere, is corrupt', () => {
    const items = [build.row(0x24, [int(1), int(2)], build.timestamp(now), build.cell(now, int(7)))];
    const body = build.mutation(build.partitionUpdate({ tableId, partitionKey: int(1), columns: ['v'], items }));
    const table = aTable();
    const decode = (bytes: Buffer) => decodeMutation(bytes, 7, () => table);
    expect(decode(body).updates.length).toBe(1);
    expect(() => decode(Buffer.concat([body, Buffer.from([0])]))).toThrow(CorruptMutationError);
    for (let length = 0; length < body.length; length++) {
      expect(() => decode(body.subarray(0, length))).toThrow(CorruptMutationError);
    }
  });

  it('with a count beyond its bytes is refused before anything is made of it', () => {
    const body = Buffer.concat([build.vint(2n ** 40n), Buffer.alloc(100)]);
    expect(() => decodeMutation(body, 7, () => aTable())).toThrow(CorruptMutationError);
  });
});

describe('a subset of the listed columns', () => {
  /** As section 3.5 of the format has it. */
  function encodeSubset(isPresent: readonly boolean[]): Buffer {
    const indexes = isPresent.map((_, index) => index);
    const present = indexes.filter((index) => isPresent[index]);
    const missing = indexes.filter((index) => !isPresent[index]);
    if (isPresent.length < 64) return build.vint(missing.reduce((bits, index) => bits | (1n << BigInt(index)), 0n));
    if (missing.length === 0) return build.vint(0);
    const named = present.length < Math.floor(isPresent.length / 2) ? present : missing;
    return Buffer.concat([build.vint(missing.length), ...named.map((index) => build.vint(index))]);
  }

  it.each([1, 31, 32, 33, 55, 63, 64, 65, 90, 200])('of %d columns is read as it was written', (count) => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: count, maxLength: count }), (isPresent) => {
        const reader = new ByteReader(encodeSubset(isPresent));
        const listed = isPresent.map((_, index) => index);
        expect(readColumnSubset(reader, listed)).toEqual(listed.filter((index) => isPresent[index]));
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('of all or none of 63, 64 and 90 columns is read as it was written', () => {
    for (const count of [63, 64, 90]) {
      const listed = Array.from({ length: count }, (_, index) => index);
      for (const isPresent of [true, false]) {
        const reader = new ByteReader(encodeSubset(listed.map(() => isPresent)));
        expect(readColumnSubset(reader, listed)).toEqual(isPresent ? listed : []);
      }
    }
  });

  it('that names a column beyond the list is corrupt', () => {
    const listed = Array.from({ length: 64 }, (_, index) => index);
    expect(() => readColumnSubset(new ByteReader(build.vint(2)), [1])).toThrow(CorruptMutationError);
    expect(() => readColumnSubset(new ByteReader(build.vint(65)), listed)).toThrow(CorruptMutationError);
    expect(() => readColumnSubset(new ByteReader(Buffer.from([1, 64])), listed)).toThrow(CorruptMutationError);
  });
});

describe('a list of columns', () => {
  const table = aTable();
  const decode = (columns: readonly string[]) => {
    const cells = columns.map((_, index) => build.cell(now + 1n, int(index)));
    const items = [build.row(0x20, [int(1), int(2)], ...cells)];
    const body = build.mutation(build.partitionUpdate({ tableId, partitionKey: int(1), columns, items }));
    const [row] = decodeMutation(body, 7, () => table).updates[0]!.rows;
    return row!.cells.map(({ column, value }) => `${column.name}=${value!.readInt32BE()}`);
  };

  it('that came before is known by its bytes, and one that differs is not taken for it', () => {
    for (let round = 0; round < 3; round++) {
      expect(decode(['v', 'w'])).toEqual(['v=0', 'w=1']);
      expect(decode(['w', 'v'])).toEqual(['w=0', 'v=1']);
      expect(decode(['w'])).toEqual(['w=0']);
      expect(() => decode(['v', 'x'])).toThrow(UnknownColumnError);
    }
  });

  it('that ends behind the record is corrupt', () => {
    const items = [build.row(0x20, [int(1), int(2)], build.cell(now, int(1)))];
    const body = build.mutation(build.partitionUpdate({ tableId, partitionKey: int(1), columns: ['v'], items }));
    const at = body.indexOf(Buffer.from('\x01v'));
    body[at] = 0x7f;
    expect(() => decodeMutation(body, 7, () => table)).toThrow(CorruptMutationError);
  });
});

describe('a vint', () => {
  it('is read as it was written, as a number, as its low 32 bits and as 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(63), (value, shift) => {
        const written = value >> BigInt(shift);
        const bytes = build.vint(written);
        expect(new ByteReader(bytes).vint64()).toBe(written);
        expect(new ByteReader(bytes).vintLow32()).toBe(Number(BigInt.asUintN(32, written)));
        if (written < 2n ** 53n) expect(new ByteReader(bytes).vint()).toBe(Number(written));
        else expect(() => new ByteReader(bytes).vint()).toThrow(CorruptMutationError);
      }),
    );
  });
});
