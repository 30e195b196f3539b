import { joinPartitionKey } from '../model/partition-key.ts';
import type { Table } from '../model/table.ts';
import { type TokenRange, tokenOf } from '../model/token.ts';
import type { Consistency, EncodedRow, TableReader } from '../ports/table-reader.ts';
import { matchRows, type RowMatcher, type Side } from './match-rows.ts';
import { partitionKeyOf, type RowShape, rowImageOf, rowShapeOf, staticImageOf } from './row-image.ts';
import { type ComparedSplit, tallySplit } from './split-tally.ts';

/** The two keyspaces that should be equal; each reader knows which keyspace it reads. */
export interface Sides {
  readonly source: TableReader;
  readonly target: TableReader;
  readonly sourceConsistency?: Consistency;
  readonly targetConsistency?: Consistency;
}

export interface SplitToCompare {
  readonly sides: Sides;
  readonly table: Table;
  readonly range: TokenRange;
  readonly pageSize?: number;
  /** Of the keys that differ, how many are kept by key; the others are only counted. */
  readonly mostKept?: number;
  readonly signal?: AbortSignal | undefined;
}

const mostKeptOfSplit = 10_000;

/**
 * Reads a stretch of the ring on both sides once and compares the bytes; a target that encoded a value anew, say without
 * its trailing null fields, would show as a mismatch and not pass unseen. On a live keyspace a key that differs may only
 * be late: whether it is a difference is for settleDifferences to say. Memory holds a page or two a side and the rows
 * that wait for their partner.
 */
export async function compareSplit(split: SplitToCompare): Promise<ComparedSplit> {
  const shape = rowShapeOf(split.table);
  const tally = tallySplit(shape, split.mostKept ?? mostKeptOfSplit);
  const matcher = matchRows(tally);
  const cursors = [openCursor('source', split, shape, matcher), openCursor('target', split, shape, matcher)] as const;
  try {
    for (let next = behindOf(...cursors); next; next = behindOf(...cursors)) await next.takePage();
  } finally {
    await Promise.allSettled(cursors.map((cursor) => cursor.close()));
  }
  matcher.finish();
  return tally.result();
}

/** One side's walk along the split. */
interface Cursor {
  readonly token: bigint;
  readonly rows: number;
  readonly isDone: boolean;
  takePage(): Promise<void>;
  close(): Promise<void>;
}

// The side that is behind on the ring reads on, so that few rows wait for their partner when one side lacks many.
function behindOf(source: Cursor, target: Cursor): Cursor | undefined {
  if (source.isDone || target.isDone) return [source, target].find((cursor) => !cursor.isDone);
  if (source.token !== target.token) return source.token < target.token ? source : target;
  return source.rows <= target.rows ? source : target;
}

function openCursor(side: Side, split: SplitToCompare, shape: RowShape, matcher: RowMatcher): Cursor {
  const pages = readPages(side, split, shape)[Symbol.asyncIterator]();
  const place = { token: split.range.start, rows: 0, isDone: false };
  let lastPartition: readonly Buffer[] | undefined;
  let following = ask();
  return {
    get token() {
      return place.token;
    },
    get rows() {
      return place.rows;
    },
    get isDone() {
      return place.isDone;
    },
    async takePage() {
      const page = await following;
      if (page.done) {
        place.isDone = true;
        return;
      }
      following = ask();
      for (const row of page.value) addRow(row);
      place.rows += page.value.length;
      if (lastPartition) place.token = tokenOf(joinPartitionKey(lastPartition));
    },
    close: async () => {
      await pages.return?.();
    },
  };

  // Asked for one page ahead. It may fail when nobody waits for it any more; whoever takes it sees the failure.
  function ask(): Promise<IteratorResult<readonly EncodedRow[]>> {
    const asked = pages.next();
    asked.catch(() => undefined);
    return asked;
  }

  function addRow(row: EncodedRow): void {
    const partition = partitionKeyOf(row, shape);
    const isFirst = !lastPartition?.every((value, index) => value.equals(partition[index]!));
    lastPartition = partition;
    const staticImage = isFirst ? staticImageOf(row, shape) : undefined;
    if (staticImage) matcher.add(side, staticImage);
    const image = rowImageOf(row, shape);
    if (image) matcher.add(side, image);
  }
}

function readPages(side: Side, split: SplitToCompare, shape: RowShape): AsyncIterable<readonly EncodedRow[]> {
  const { sides, table, range, pageSize, signal } = split;
  const consistency = side === 'source' ? sides.sourceConsistency : sides.targetConsistency;
  return sides[side].readRange({
    table,
    columns: shape.columns,
    range,
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(consistency === undefined ? {} : { consistency }),
    ...(signal === undefined ? {} : { signal }),
  });
}
