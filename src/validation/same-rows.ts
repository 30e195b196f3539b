import type { PackedPage } from '../ports/table-reader.ts';
import { DigestSum } from './digest-bytes.ts';
import { skipCells } from './packed-rows.ts';
import type { RowShape } from './row-image.ts';

/** Adds up the values of rows that both sides have, byte for byte, without cutting them into cells; remaining times behind them are left out. */
export interface SameRows {
  /** `startsPartition`: the first of them is its partition's first row; asked where there are static columns. */
  add(page: PackedPage, firstRow: number, count: number, startsPartition: boolean): void;
  total(): { readonly rows: bigint; readonly digest: bigint };
}

export function addSameRows(shape: RowShape): SameRows {
  return shape.staticAt === shape.regularAt ? rowsAsTheyAre(shape) : rowsWithStatics(shape);
}

function rowsAsTheyAre({ columns, ttlColumns }: RowShape): SameRows {
  const digest = new DigestSum();
  let rows = 0n;
  return {
    add({ bytes, starts }, firstRow, count) {
      rows += BigInt(count);
      for (let row = firstRow; row < firstRow + count; row++) {
        const start = starts[row]!;
        digest.add(bytes, start, ttlColumns.length === 0 ? starts[row + 1]! : skipCells(bytes, start, columns.length));
      }
    },
    total: () => ({ rows, digest: digest.total() }),
  };
}

/**
 * Static values come with every row of their partition and belong to its static row: they are digested with the partition's key, once,
 * and left out of the rows. So the sums are those of rows that were cut and matched one by one.
 */
function rowsWithStatics(shape: RowShape): SameRows {
  const sum = new PartsSum();
  const cells = {
    clustering: shape.staticAt - shape.clusteringAt,
    statics: shape.regularAt - shape.staticAt,
    regulars: shape.columns.length - shape.regularAt,
  };
  let rows = 0;
  return {
    add({ bytes, starts }, firstRow, count, startsPartition) {
      let before = { start: 0, end: 0 };
      for (let row = firstRow; row < firstRow + count; row++) {
        const start = starts[row]!;
        const clustering = skipCells(bytes, start, shape.clusteringAt);
        const statics = skipCells(bytes, clustering, cells.clustering);
        const regulars = skipCells(bytes, statics, cells.statics);
        const isFirst = row === firstRow ? startsPartition : !isSame(bytes, before, start, clustering);
        before = { start, end: clustering };
        if (isFirst && hasValue(bytes, statics, cells.statics)) sum.add(bytes, start, clustering, statics, regulars);
        // A partition of nothing but static values comes as a row without clustering values.
        if (hasNull(bytes, clustering, cells.clustering)) continue;
        rows++;
        sum.add(bytes, start, statics, regulars, skipCells(bytes, regulars, cells.regulars));
      }
    },
    total: () => ({ rows: BigInt(rows), digest: sum.total() }),
  };
}

/** A digest of bytes that do not stand together. */
class PartsSum {
  readonly #digest = new DigestSum();
  #joined: Buffer = Buffer.allocUnsafe(4096);

  add(bytes: Buffer, start: number, end: number, secondStart: number, secondEnd: number): void {
    const length = end - start + secondEnd - secondStart;
    if (length > this.#joined.length) this.#joined = Buffer.allocUnsafe(length * 2);
    bytes.copy(this.#joined, 0, start, end);
    bytes.copy(this.#joined, end - start, secondStart, secondEnd);
    this.#digest.add(this.#joined, 0, length);
  }

  total(): bigint {
    return this.#digest.total();
  }
}

function isSame(bytes: Buffer, one: { start: number; end: number }, start: number, end: number): boolean {
  return bytes.compare(bytes, start, end, one.start, one.end) === 0;
}

function hasValue(bytes: Buffer, from: number, count: number): boolean {
  let at = from;
  for (let cell = 0; cell < count; cell++) {
    const length = bytes.readInt32BE(at);
    if (length >= 0) return true;
    at += 4;
  }
  return false;
}

function hasNull(bytes: Buffer, from: number, count: number): boolean {
  let at = from;
  for (let cell = 0; cell < count; cell++) {
    const length = bytes.readInt32BE(at);
    if (length < 0) return true;
    at += 4 + length;
  }
  return false;
}
