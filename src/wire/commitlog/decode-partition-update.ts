import type { PartitionUpdate, RowChange } from '../../model/mutation.ts';
import type { ByteReader } from './byte-reader.ts';
import { readClusteringValues } from './clustering-values.ts';
import { readRow } from './decode-row.ts';
import { UnknownColumnError } from './errors.ts';
import { pairRanges } from './range-pairing.ts';
import type { LogVersion } from './segment-header.ts';
import type { ColumnLayout, TableLayout } from './table-layout.ts';
import { readDeletion, type UpdateContext } from './update-context.ts';

/** Flags byte of a partition update. */
const isEmpty = 0x01;
const hasPartitionDeletion = 0x04;
const hasStaticRow = 0x08;
const hasRowEstimate = 0x10;

/** Flags byte of an item; the other bits are a row's. */
const isEndOfPartition = 0x01;
const isRangeMarker = 0x02;
const hasMoreFlags = 0x80;
const moreIsStatic = 0x01;

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Reads a partition update behind its table id. */
export function readPartitionUpdate(reader: ByteReader, logVersion: LogVersion, layout: TableLayout): PartitionUpdate {
  const partitionKey = reader.lengthPrefixed();
  const flags = reader.byte();
  if (flags & isEmpty) return { table: layout.table, partitionKey, rangeDeletions: [], rows: [] };
  const context = readBases(reader, logVersion, layout);
  const statics = flags & hasStaticRow ? readColumnList(context) : [];
  const regulars = readColumnList(context);
  const partitionDeletion = flags & hasPartitionDeletion ? readDeletion(context) : undefined;
  const staticRow = flags & hasStaticRow ? readStaticRow(context, statics) : undefined;
  if (flags & hasRowEstimate) reader.vint();
  const update: Draft<PartitionUpdate> = { table: layout.table, partitionKey, ...readItems(context, regulars) };
  if (partitionDeletion) update.partitionDeletion = partitionDeletion;
  if (staticRow) update.staticRow = staticRow;
  return update;
}

/** 2015-09-22T00:00:00Z, from which Cassandra counts the three bases of an update. */
const epochSeconds = 1_442_880_000;
const epochMicros = BigInt(epochSeconds) * 1_000_000n;

function readBases(reader: ByteReader, logVersion: LogVersion, layout: TableLayout): UpdateContext {
  const minTimestampMicros = reader.offsetFrom(epochMicros);
  const minLocalDeletionTime = (reader.vintLow32() + epochSeconds) >>> 0;
  return { reader, logVersion, layout, minTimestampMicros, minLocalDeletionTime, minTtlSeconds: reader.vintLow32() };
}

/** The order of the list is the order of bits and data; it is not sorted here. */
function readColumnList(context: UpdateContext): readonly ColumnLayout[] {
  const { reader, layout } = context;
  const start = reader.at;
  const count = reader.count();
  for (let i = 0; i < count; i++) reader.skip(reader.vint());
  // Few lists occur, again and again: one look-up instead of one for each name.
  const text = reader.latin1Since(start);
  const known = layout.columnLists.get(text);
  if (known) return known;
  reader.at = start;
  const listed = readColumnNames(context);
  if (layout.columnLists.size < mostListsKept) layout.columnLists.set(text, listed);
  return listed;
}

const mostListsKept = 1_000;

function readColumnNames({ reader, layout }: UpdateContext): readonly ColumnLayout[] {
  const count = reader.count();
  const listed: ColumnLayout[] = [];
  for (let i = 0; i < count; i++) {
    const name = reader.lengthPrefixed().toString('utf8');
    const column = layout.columns.get(name);
    if (!column) throw new UnknownColumnError(layout.table, name);
    listed.push(column);
  }
  return listed;
}

function readStaticRow(context: UpdateContext, statics: readonly ColumnLayout[]): RowChange | undefined {
  const { reader } = context;
  const flags = reader.byte();
  const more = flags & hasMoreFlags ? reader.byte() : 0;
  if (!(more & moreIsStatic)) throw reader.corrupt('a static row without the static flag');
  return readRow(context, flags, statics, []);
}

function readItems(
  context: UpdateContext,
  regulars: readonly ColumnLayout[],
): Pick<PartitionUpdate, 'rangeDeletions' | 'rows'> {
  const { reader, layout } = context;
  const rows: RowChange[] = [];
  const ranges = pairRanges(context);
  for (let flags = reader.byte(); !(flags & isEndOfPartition); flags = reader.byte()) {
    if (flags & isRangeMarker) ranges.readMarker();
    else {
      // What it may add, "shadowable", concerns old materialized views only.
      if (flags & hasMoreFlags) reader.byte();
      const clustering = readClusteringValues(context, layout.clusteringLengths.length);
      const row = readRow(context, flags, regulars, clustering);
      if (row) rows.push(row);
    }
  }
  return { rangeDeletions: ranges.finish(), rows };
}
