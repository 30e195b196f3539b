import type { PlainInsert } from '../apply/plain-insert.ts';
import { bytesOfPartitions, cellBytes, partitionsOfRequest } from '../apply/request-bounds.ts';
import type { RowLayout } from '../apply/row-layout.ts';
import { oversizeOf, type RowLimits } from '../model/row-limits.ts';
import type { PackedPage } from '../ports/table-reader.ts';
import type { RowWrites } from '../ports/target-keyspace.ts';
import { rowCountOf } from './packed-row.ts';

/** Rows of a page, from one row to before another, that are written in one request; or one row that needs more care. */
export interface RowGroup {
  readonly from: number;
  readonly to: number;
  /** Encoded values of them all. */
  readonly bytes: number;
  /** Undefined for a row that is not one plain insert. */
  readonly inserts: RowWrites | undefined;
}

/** Of one partition. A larger request is no cheaper a row, and one that fails costs more. */
const mostBytesOfPartition = 64 * 1024;

/**
 * Rows come in the order of tokens: those of one partition one after another, and neighbours mostly have the same replicas. As many
 * plain inserts as may go together make a group. What is above the limits goes alone, as what needs more care.
 */
export function createRowGroups(layout: RowLayout, plain: PlainInsert | undefined, limits: RowLimits | undefined) {
  const scan = new RowScan(layout, limits);
  const weigh = () => scan.valueBytes + cellBytes * layout.columns.length;

  /** The group that begins with row `from`, of at most so many rows. Writes in the page: absent cells become unset ones. */
  return (page: PackedPage, from: number, mostRows: number): RowGroup => {
    scan.look(page, from);
    let bytes = scan.valueBytes;
    if (!plain || !scan.isPlain) return { from, to: from + 1, bytes, inserts: undefined };
    const rows = [scan.take()];
    const end = Math.min(rowCountOf(page), from + mostRows);
    let [to, weight, partitions] = [from + 1, weigh(), 1];
    for (; to < end; to++) {
      scan.look(page, to);
      weight += weigh();
      if (!scan.isOfSamePartition) partitions++;
      const mostBytes = partitions === 1 ? mostBytesOfPartition : bytesOfPartitions;
      if (!scan.isPlain || partitions > partitionsOfRequest || weight > mostBytes) break;
      bytes += scan.valueBytes;
      rows.push(scan.take());
    }
    return { from, to, bytes, inserts: { ...plain, rows } };
  };
}

/** Looks at one row after another without cutting it into cells: the hot loop of the copy. */
class RowScan {
  valueBytes = 0;
  /** Has all of its keys, nothing of it expires, and the target takes its size. */
  isPlain = false;
  /** As the last row that was taken. */
  isOfSamePartition = false;
  readonly #layout: RowLayout;
  readonly #limits: RowLimits | undefined;
  /** A row of fewer bytes is within every limit: the others are looked at closely. */
  readonly #leastLimit: number;
  readonly #partitionColumns: number;
  readonly #keyColumns: number;
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;
  #keyEnd = 0;
  #valuesEnd = 0;
  #takenKey: Buffer = Buffer.alloc(0);

  constructor(layout: RowLayout, limits: RowLimits | undefined) {
    this.#layout = layout;
    this.#limits = limits;
    this.#leastLimit = limits ? Math.min(...Object.values<number>({ ...limits })) : Number.POSITIVE_INFINITY;
    this.#partitionColumns = layout.table.partitionKey.length;
    this.#keyColumns = this.#partitionColumns + layout.table.clustering.length;
  }

  look({ bytes, starts }: PackedPage, row: number): void {
    const { columns, ttlColumns } = this.#layout;
    let at = starts[row]!;
    let valueBytes = 0;
    let hasKeys = true;
    this.#bytes = bytes;
    this.#from = at;
    for (let column = 0; column < columns.length; column++) {
      if (column === this.#partitionColumns) this.#keyEnd = at;
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += 4;
      if (length >= 0) {
        at += length;
        valueBytes += length;
      } else if (column < this.#keyColumns) {
        hasKeys = false;
      }
    }
    if (columns.length === this.#partitionColumns) this.#keyEnd = at;
    this.#valuesEnd = at;
    this.valueBytes = valueBytes;
    // A time that is absent is four bytes of its length, and one that is there eight.
    const isWhole = hasKeys && starts[row + 1]! - at === 4 * ttlColumns.length;
    this.isPlain = isWhole && (valueBytes <= this.#leastLimit || !this.#isOversized());
    const takenKey = this.#takenKey;
    this.isOfSamePartition =
      this.#keyEnd - this.#from === takenKey.length &&
      bytes.compare(takenKey, 0, takenKey.length, this.#from, this.#keyEnd) === 0;
  }

  /** The cells of the row that was looked at, absent ones unset. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#takenKey = bytes.subarray(this.#from, this.#keyEnd);
    this.#unsetAbsent();
    return bytes.subarray(this.#from, this.#valuesEnd);
  }

  /** Of a row that has all of its keys. */
  #isOversized(): boolean {
    const partitionKeyBytes = this.#keyEnd - this.#from - 4 * this.#partitionColumns;
    let clusteringBytes = 0;
    for (let at = this.#keyEnd, column = this.#partitionColumns; column < this.#keyColumns; column++) {
      const length = this.#bytes.readInt32BE(at);
      clusteringBytes += length;
      at += 4 + length;
    }
    return oversizeOf({ bytes: this.valueBytes, partitionKeyBytes, clusteringBytes }, this.#limits) !== undefined;
  }

  #unsetAbsent(): void {
    const bytes = this.#bytes;
    for (let at = this.#from; at < this.#valuesEnd; ) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += 4;
      if (length < 0) bytes[at - 1] = unsetLength;
      else at += length;
    }
  }
}

/** The last byte of the length -2; the others are those of -1. */
const unsetLength = 0xfe;
