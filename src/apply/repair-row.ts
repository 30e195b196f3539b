import { isMulticell } from '../model/cql-type.ts';
import { isStaticKey, type RowKey } from '../model/difference.ts';
import type { Table } from '../model/table.ts';
import { repairTimestamp } from '../model/write-timestamp.ts';
import type { Consistency, EncodedRow, PartitionRead } from '../ports/table-reader.ts';
import { type TargetStatement, TargetWriteError } from '../ports/target-keyspace.ts';
import { withTtlsAt } from './age-statement.ts';
import type { ApplierParts } from './applier-parts.ts';
import { isUnfrozenList } from './row-cells.ts';
import { clusteringOf, layoutOf, type RowLayout } from './row-layout.ts';
import {
  statementOfAbsentRow,
  statementsOfAbsentStatics,
  statementsOfRecopiedRow,
  statementsOfRecopiedStatics,
} from './statements-of-row.ts';
import { RefusedWriteError } from './target-writer.ts';

/** A row that differs; an empty clustering in a table that has clustering columns means the partition's static row. */
export interface RowToRepair {
  readonly table: Table;
  readonly key: RowKey;
  /** ALL where every node is up: what no agent saw may be on one replica only. */
  readonly consistency: Consistency;
  /** The repair before this one changed nothing: a tombstone, whose write time CQL does not tell, is above it. */
  readonly useReadInstant: boolean;
}

export interface WrittenRepair {
  /** What it was written with. */
  readonly timestampMicros: bigint;
  /** Why the target does not take all of it. */
  readonly refusal?: string;
}

export type RepairParts = Pick<
  ApplierParts,
  'source' | 'target' | 'writer' | 'clock' | 'window' | 'keyspace' | 'signal'
>;

/**
 * Reads the row on the source and writes what is there, and what is not, above what the target has. A change that
 * reaches the target later keeps its own write time and is decided against this stamp like any other write: the caller
 * looks again once every change of before the read has arrived. Repeating it writes the same values, a little later.
 */
export async function repairRow(row: RowToRepair, parts: RepairParts): Promise<WrittenRepair> {
  for (;;) {
    try {
      return await readAndWrite(row, parts);
    } catch (error) {
      // A list that may or may not have been written doubles when it is sent again at one timestamp: it is read anew.
      if (!(error instanceof TargetWriteError)) throw error;
      await parts.clock.sleep(pauseMs, parts.signal);
    }
  }
}

const pauseMs = 500;

async function readAndWrite(row: RowToRepair, parts: RepairParts): Promise<WrittenRepair> {
  const layout = layoutOf(row.table);
  const readAtMicros = parts.clock.nowMicros();
  const found = await readRow('source', row, layout, parts);
  const there = await readRow('target', row, layout, parts);
  const timestampMicros = repairTimestamp({
    sourceWriteMicros: newestWrite(row, layout, found),
    targetWriteMicros: newestWrite(row, layout, there),
    readAtMicros,
    nowMicros: parts.clock.nowMicros(),
    useReadInstant: row.useReadInstant || ownColumns(row, layout).some((column) => isMulticell(column.type)),
    window: parts.window,
  });
  const refusal = await writeAll(statementsOf(row, found, layout, timestampMicros, parts), layout, parts);
  return { timestampMicros, ...(refusal && { refusal: refusal.message }) };
}

async function readRow(
  side: 'source' | 'target',
  row: RowToRepair,
  layout: RowLayout,
  parts: RepairParts,
): Promise<EncodedRow | undefined> {
  const consistency = side === 'source' ? row.consistency : 'local_quorum';
  // A partition of statics only comes as a row without clustering values: the row itself is not there.
  for await (const page of parts[side].readPartition(readOf(row, layout, consistency, parts)))
    for (const found of page) return isStaticKey(row.key, row.table) || clusteringOf(layout, found) ? found : undefined;
  return undefined;
}

function readOf(
  { key, table }: RowToRepair,
  layout: RowLayout,
  consistency: Consistency,
  { signal }: RepairParts,
): PartitionRead {
  return {
    table,
    columns: layout.columns,
    ttlColumns: layout.ttlColumns,
    // Where CQL tells the TTL it tells the write time too.
    writeTimeColumns: layout.ttlColumns,
    consistency,
    partitionKey: key.partitionKey,
    clustering: key.clustering,
    // Every row of a partition shows its statics, so its first one is enough.
    pageSize: 1,
    ...(signal && { signal }),
  };
}

function ownColumns(row: RowToRepair, layout: RowLayout) {
  const kind = isStaticKey(row.key, row.table) ? 'static' : 'regular';
  return layout.columns.filter((column) => column.kind === kind);
}

/** Of the row's own cells; undefined where it has none that tells. */
function newestWrite(row: RowToRepair, layout: RowLayout, found: EncodedRow | undefined): bigint | undefined {
  const own = new Set(ownColumns(row, layout));
  const times = (found?.writeTimesMicros ?? []).filter(
    (time, index) => time !== null && own.has(layout.ttlColumns[index]!),
  );
  return (times as bigint[]).reduce<bigint | undefined>(
    (newest, time) => (newest === undefined || time > newest ? time : newest),
    undefined,
  );
}

function statementsOf(
  row: RowToRepair,
  found: EncodedRow | undefined,
  layout: RowLayout,
  timestampMicros: bigint,
  { keyspace }: RepairParts,
): readonly TargetStatement[] {
  const context = { layout, keyspace, timestampMicros };
  const { partitionKey, clustering } = row.key;
  if (isStaticKey(row.key, row.table))
    return found ? statementsOfRecopiedStatics(found, context) : statementsOfAbsentStatics(partitionKey, context);
  return found ? statementsOfRecopiedRow(found, context) : [statementOfAbsentRow(partitionKey, clustering, context)];
}

/** Answers the first refusal: what of the row the target takes is written all the same. */
async function writeAll(
  statements: readonly TargetStatement[],
  { columns }: RowLayout,
  { writer, clock, signal }: RepairParts,
): Promise<RefusedWriteError | undefined> {
  const hasLists = columns.some((column) => isUnfrozenList(column.type));
  let refusal: RefusedWriteError | undefined;
  for (const statement of withTtlsAt(statements, clock.nowMicros())) {
    try {
      await (hasLists ? writer.writeOnce(statement, signal) : writer.write(statement, signal));
    } catch (error) {
      if (!(error instanceof RefusedWriteError)) throw error;
      refusal ??= error;
    }
  }
  return refusal;
}
