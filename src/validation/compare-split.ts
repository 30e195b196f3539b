import type { ComparedSplit } from '../model/compared-split.ts';
import type { Table } from '../model/table.ts';
import type { TokenRange } from '../model/token.ts';
import type { Clock } from '../ports/clock.ts';
import type { Consistency, PackedPage, TableReader } from '../ports/table-reader.ts';
import { countRowsInTime } from './count-rows-in-time.ts';
import { matchRows, type RowMatcher, type Side } from './match-rows.ts';
import { cutRow } from './packed-rows.ts';
import { openPageCursor, type PageCursor, type PeekedRow } from './page-cursor.ts';
import type { ReadBudget } from './read-budget.ts';
import { partitionKeyOf, type RowShape, rowImageOf, rowShapeOf, staticImageOf } from './row-image.ts';
import { type SplitTally, tallySplit } from './split-tally.ts';

/** The two keyspaces that should be equal; each reader knows which keyspace it reads. */
export interface Sides {
  readonly source: TableReader;
  readonly target: TableReader;
  readonly sourceConsistency?: Consistency;
  readonly targetConsistency?: Consistency;
  /** Of a target that is looked up by key, since its tokens are others than the source's (see lookUpTarget): its partitioner. */
  readonly otherPartitioner?: string;
}

export interface SplitToCompare {
  readonly sides: Sides;
  readonly table: Table;
  readonly range: TokenRange;
  readonly clock: Clock;
  /** Seconds by which the ends of two values may lie apart. */
  readonly expiryTolerance?: number | undefined;
  readonly budget?: ReadBudget | undefined;
  readonly pageSize?: number;
  /** Of the keys that differ, how many are kept by key; the others are only counted. */
  readonly mostKept?: number;
  readonly signal?: AbortSignal | undefined;
}

const mostKeptOfSplit = 10_000;

/**
 * Reads a stretch of the ring on both sides once and compares the bytes; a target that encoded a value anew, say without
 * its trailing null fields, would show as a mismatch and not pass unseen. When values end is compared as far as CQL tells it. Most rows are the same: stretches of pages are
 * compared whole, and only rows that differ are cut into cells and paired by key. On a live keyspace a key that differs
 * may only be late: whether it is a difference is for settleDifferences to say. Memory holds a page or two a side and the
 * rows that wait for their partner.
 */
export async function compareSplit(split: SplitToCompare): Promise<ComparedSplit> {
  const shape = rowShapeOf(split.table, split.expiryTolerance);
  const tally = tallySplit(shape, split.mostKept ?? mostKeptOfSplit);
  const matcher = matchRows(tally);
  const open = (side: Side) =>
    openPageCursor(readPages(side, split, shape), shape, split.clock, (rows) =>
      split.budget?.take(side, rows, split.signal),
    );
  const cursors = { source: open('source'), target: open('target') };
  const partitions = { source: watchPartitions(), target: watchPartitions() };
  const adder = (side: Side) => rowAdder(side, shape, matcher, partitions[side]);
  const addTo = { source: adder('source'), target: adder('target') };
  try {
    for (;;) {
      const loading = loadBoth(cursors);
      if (loading) await loading;
      if (cursors.source.isDone && cursors.target.isDone) break;
      if (!matcher.isWaiting && takeSameRows(cursors, tally, partitions, shape)) continue;
      const side = behindOf(cursors);
      addTo[side](cursors[side].peek());
      cursors[side].skip(1);
    }
  } finally {
    await Promise.allSettled([cursors.source.close(), cursors.target.close()]);
  }
  matcher.finish();
  return tally.result();
}

type Cursors = Readonly<Record<Side, PageCursor>>;

// An await for each row would cost more than comparing it.
function loadBoth({ source, target }: Cursors): Promise<unknown> | undefined {
  const isLoaded = (cursor: PageCursor) => cursor.page !== undefined || cursor.isDone;
  return isLoaded(source) && isLoaded(target) ? undefined : Promise.all([source.load(), target.load()]);
}

/**
 * Takes the rows that come next and are the same on both sides, as far as the pages at hand go. Where no row waits for its partner both sides
 * stand behind the same row, and so in the same partition.
 */
function takeSameRows(
  { source, target }: Cursors,
  tally: SplitTally,
  partitions: Readonly<Record<Side, PartitionWatch>>,
  shape: RowShape,
): boolean {
  if (!source.page || !target.page) return false;
  const count = countRowsInTime(rowsAt(source, source.page), rowsAt(target, target.page), shape);
  if (count === 0) return false;
  const hasStatics = shape.staticAt < shape.regularAt;
  const startsPartition = hasStatics && partitions.source(partitionAt(source.page, source.row, shape));
  tally.same(source.page, source.row, count, startsPartition);
  if (hasStatics) {
    const last = partitionAt(source.page, source.row + count - 1, shape);
    for (const isNew of [partitions.source, partitions.target]) isNew(last);
  }
  source.skip(count);
  target.skip(count);
  return true;
}

function rowsAt({ row, read }: PageCursor, page: PackedPage) {
  return { page, row, read };
}

/** Whether a row is of another partition than the one before it, of those that it was asked about. */
type PartitionWatch = (partitionKey: readonly Buffer[]) => boolean;

function watchPartitions(): PartitionWatch {
  let last: readonly Buffer[] | undefined;
  return (partitionKey) => {
    const isNew = !last?.every((value, index) => value.equals(partitionKey[index]!));
    last = partitionKey;
    return isNew;
  };
}

function partitionAt(page: PackedPage, row: number, shape: RowShape): readonly Buffer[] {
  return partitionKeyOf(cutRow(page, row, shape.columns.length), shape);
}

// The side that is behind on the ring goes on, so that few rows wait for their partner when one side lacks many.
function behindOf({ source, target }: Cursors): Side {
  if (source.isDone || target.isDone) return source.isDone ? 'target' : 'source';
  const [ofSource, ofTarget] = [source.peek().token, target.peek().token];
  if (ofSource !== ofTarget) return ofSource < ofTarget ? 'source' : 'target';
  return source.taken <= target.taken ? 'source' : 'target';
}

function rowAdder(
  side: Side,
  shape: RowShape,
  matcher: RowMatcher,
  isNewPartition: PartitionWatch,
): (row: PeekedRow) => void {
  return (row) => {
    // A static row comes with every row of its partition and is compared once.
    const staticImage = isNewPartition(row.partitionKey) ? staticImageOf(row, shape) : undefined;
    if (staticImage) matcher.add(side, staticImage);
    const image = rowImageOf(row, shape);
    if (image) matcher.add(side, image);
  };
}

function readPages(side: Side, split: SplitToCompare, shape: RowShape): AsyncIterable<PackedPage> {
  const { sides, table, range, pageSize, signal } = split;
  const consistency = side === 'source' ? sides.sourceConsistency : sides.targetConsistency;
  return sides[side].readPacked({
    table,
    columns: shape.columns,
    ttlColumns: shape.ttlColumns,
    range,
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(consistency === undefined ? {} : { consistency }),
    ...(signal === undefined ? {} : { signal }),
  });
}
