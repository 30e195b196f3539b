import type { EncodedRow, PackedPage, PackedRead, PartitionKeyReader } from '../ports/table-reader.ts';
import type { Sides } from './compare-split.ts';
import { withFirstPage } from './first-page.ts';
import { bytesOfCells, packRows } from './packed-rows.ts';
import { workAhead } from './work-ahead.ts';

/** Of one split: look-ups on their way, or answered and waiting for their turn, each with its first page. */
const partitionsAtOnce = 32;
/** Most partitions are small: their rows are compared together. */
const rowsOfPage = 500;
const bytesOfPage = 512 * 1024;

/**
 * For a target whose partitions are cut by other tokens than the source's: a range of it is read by looking up, by key, each
 * partition that the source has there, in the source's order. So a split is compared as ever and finds every row that is missing, that
 * differs, and that is extra in a partition of the source; a partition that only the target has is for compareExtraPartitions to find.
 */
export function lookUpTarget(sides: Sides, keys: PartitionKeyReader, otherPartitioner: string): Sides {
  const readPacked = (read: PackedRead) => readByKey(read, sides, keys);
  return { ...sides, target: { ...sides.target, readPacked }, otherPartitioner };
}

async function* readByKey(
  read: PackedRead,
  { target, sourceConsistency }: Sides,
  keys: PartitionKeyReader,
): AsyncGenerator<PackedPage> {
  const { range, ...ofRows } = read;
  const ofKeys = { table: read.table, range, ...(read.signal && { signal: read.signal }) };
  const pages = keys.readPartitionKeys({ ...ofKeys, ...(sourceConsistency && { consistency: sourceConsistency }) });
  const lookUp = (partitionKey: readonly Buffer[]) => withFirstPage(target.readPartition({ ...ofRows, partitionKey }));
  let rows: EncodedRow[] = [];
  let bytes = 0;
  for await (const partition of workAhead(eachOf(pages), partitionsAtOnce, lookUp))
    for await (const page of partition) {
      rows.push(...page);
      bytes += bytesOf(page);
      if (rows.length < rowsOfPage && bytes < bytesOfPage) continue;
      yield packRows(rows);
      [rows, bytes] = [[], 0];
    }
  if (rows.length > 0) yield packRows(rows);
}

async function* eachOf<Item>(pages: AsyncIterable<readonly Item[]>): AsyncGenerator<Item> {
  for await (const page of pages) yield* page;
}

function bytesOf(rows: readonly EncodedRow[]): number {
  return rows.reduce((sum, { values }) => sum + bytesOfCells(values), 0);
}
