import { layoutOf, partitionKeyOf, type RowLayout } from '../apply/row-layout.ts';
import { OperatorError } from '../errors.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import { bytesOf } from '../model/row-limits.ts';
import type { Table } from '../model/table.ts';
import { maxToken, minToken, splitRange, type TokenRange, tokenOf } from '../model/token.ts';
import type { Sampled } from '../plan/plan-cost.ts';
import type { SampledPartition, SampledStretch } from '../plan/table-sample.ts';
import type { SourceCluster } from '../ports/source-cluster.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import { inParallel } from '../validation/in-parallel.ts';

/** Some 400 rows of a table, from all round the ring. */
const stretches = 16;
const rowsOfStretch = 24;
/** A partition is read to its end if that is not too far: cut, it would say nothing about how many rows partitions have. */
const mostRowsOfStretch = 120;
const mostBytesOfStretch = 1024 * 1024;
const keysOfStretch = 64;
/** Of few rows, as each may have a megabyte. */
const rowsOfPage = 12;
const tablesAtOnce = 4;
const mostMsOfTable = 15_000;

/**
 * Reads a little of each table, by one replica: some of its rows and more of its partitions' keys, from sixteen places of the ring that are
 * the same each time. A table that cannot be read, or not in time, is answered by why; throws only the signal's reason.
 */
export async function sampleTables(
  tables: readonly Table[],
  source: Pick<SourceCluster, 'readRange' | 'readPartitionKeys'>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Sampled>> {
  const sampled = await inParallel(tables, tablesAtOnce, signal, async (table) => {
    return [table.name, await sampleTable(table, source, signal)] as const;
  });
  return new Map(sampled);
}

type Source = Parameters<typeof sampleTables>[1];

async function sampleTable(table: Table, source: Source, signal?: AbortSignal): Promise<Sampled> {
  const layout = layoutOf(table);
  const tooLong = AbortSignal.timeout(mostMsOfTable);
  const either = signal ? AbortSignal.any([signal, tooLong]) : tooLong;
  const read: SampledStretch[] = [];
  try {
    for (const range of splitRange({ start: minToken, end: maxToken }, stretches))
      read.push(await readStretch(range, layout, source, either));
  } catch (error) {
    signal?.throwIfAborted();
    if (tooLong.aborted) return { failed: `a sample of it was not read in ${mostMsOfTable / 1000} s` };
    if (error instanceof OperatorError)
      return { failed: `a sample of it was not read: ${error.faults.map(({ found }) => found).join('; ')}` };
    throw error;
  }
  return { sample: { columns: layout.columns, ttlColumns: layout.ttlColumns.length, stretches: read } };
}

async function readStretch(
  range: TokenRange,
  layout: RowLayout,
  source: Source,
  signal: AbortSignal,
): Promise<SampledStretch> {
  const rows = await readRows(range, layout, source, signal);
  if (rows.isWhole) return { ...rows, keys: { count: rows.partitions.length, share: rows.share } };
  return { ...rows, keys: await readKeys(range, layout, source, signal) };
}

type Rows = Omit<SampledStretch, 'keys'>;

async function readRows(range: TokenRange, layout: RowLayout, source: Source, signal: AbortSignal): Promise<Rows> {
  const { table, columns, ttlColumns } = layout;
  const read = { table, columns, ttlColumns, range, pageSize: rowsOfPage, consistency: 'local_one', signal } as const;
  const partitions: EncodedRow[][] = [];
  let [rows, bytes] = [0, 0];
  let key: Buffer = Buffer.alloc(0);
  const upToHere = (ends: Pick<Rows, 'isWhole' | 'isCut'>): Rows => ({
    partitions: partitions satisfies readonly SampledPartition[],
    share: shareOf({ start: range.start, end: ends.isWhole ? range.end : tokenOf(key) }),
    ...ends,
  });
  for await (const page of source.readRange(read))
    for (const row of page) {
      const own = joinPartitionKey(partitionKeyOf(layout, row));
      const isNext = partitions.length === 0 || !own.equals(key);
      const isEnough = rows >= rowsOfStretch || bytes >= mostBytesOfStretch;
      if (isNext && isEnough) return upToHere({ isWhole: false, isCut: false });
      if (rows >= mostRowsOfStretch || bytes >= 2 * mostBytesOfStretch)
        return upToHere({ isWhole: false, isCut: true });
      if (isNext) partitions.push([]);
      partitions.at(-1)!.push(row);
      key = own;
      rows++;
      bytes += bytesOf(row.values);
    }
  return upToHere({ isWhole: true, isCut: false });
}

async function readKeys(
  range: TokenRange,
  { table }: RowLayout,
  source: Source,
  signal: AbortSignal,
): Promise<SampledStretch['keys']> {
  const read = { table, range, pageSize: keysOfStretch, consistency: 'local_one', signal } as const;
  let count = 0;
  for await (const page of source.readPartitionKeys(read))
    for (const key of page)
      if (++count === keysOfStretch)
        return { count, share: shareOf({ start: range.start, end: tokenOf(joinPartitionKey(key)) }) };
  return { count, share: shareOf(range) };
}

function shareOf({ start, end }: TokenRange): number {
  return Number(end - start) / 2 ** 64;
}
