import { type Column, keyColumns, type Table } from '../model/table.ts';
import { TargetWriteError } from '../ports/target-keyspace.ts';
import type { ApplierParts } from './applier-parts.ts';
import type { ListStamps } from './list-stamps.ts';
import { isUnfrozenList } from './row-cells.ts';
import { deleteColumns, type RowPlace, updateWhole } from './row-statements.ts';

export interface DirtyLists {
  readonly table: Table;
  readonly partitionKey: readonly Buffer[];
  /** Of the row; empty for the partition's static lists. */
  readonly clustering: readonly Buffer[];
  readonly isStatic: boolean;
  /** Newest write time that the change put on the target's row; zero where its row was only read again. */
  readonly eventMicros: bigint;
}

/** The table's non-frozen lists, among the static or among the regular columns. */
export function listColumns(table: Table, isStatic: boolean): readonly Column[] {
  return [...table.columns.values()].filter(
    (column) => isUnfrozenList(column.type) && (column.kind === 'static') === isStatic,
  );
}

/**
 * Reads the row's lists on the source and writes each whole, or deletes it, above every stamp it can have.
 *
 * A list that is overwritten twice at one timestamp doubles, because its elements get fresh identities each time and the
 * overwrite deletes only what is a microsecond older. So a write of unknown outcome is never sent again: the list is
 * read once more and written with a new stamp.
 */
export async function rewriteLists(dirty: DirtyLists, stamps: ListStamps, parts: ApplierParts): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAndWrite(dirty, stamps, parts);
    } catch (error) {
      if (!(error instanceof TargetWriteError) || error.failure === 'refused') throw error;
      await parts.clock.sleep(Math.min(5_000, 50 * 2 ** attempt), parts.signal);
    }
  }
}

async function readAndWrite(
  dirty: DirtyLists,
  stamps: ListStamps,
  { source, writer, clock, keyspace, signal }: ApplierParts,
): Promise<void> {
  const columns = listColumns(dirty.table, dirty.isStatic);
  const stamp = await stamps.next(dirty, clock.nowMicros());
  const values = await readLists(dirty, columns, source, signal);
  const place: RowPlace = { ...dirty, keyspace };
  const present = columns.flatMap((column, index) => (values[index] ? [{ column, value: values[index] }] : []));
  const absent = columns.filter((_, index) => !values[index]);
  for (const statement of updateWhole(place, present, { timestampMicros: stamp, ttlSeconds: 0 }))
    await writer.writeOnce(statement, signal);
  if (absent.length > 0) await writer.writeOnce(deleteColumns(place, absent, stamp), signal);
}

async function readLists(
  dirty: DirtyLists,
  columns: readonly Column[],
  source: ApplierParts['source'],
  signal: AbortSignal | undefined,
): Promise<readonly (Buffer | null)[]> {
  const keys = keyColumns(dirty.table);
  const read = {
    table: dirty.table,
    columns: [...keys, ...columns],
    partitionKey: dirty.partitionKey,
    consistency: 'local_quorum' as const,
    ...(dirty.isStatic ? { pageSize: 1 } : { clustering: dirty.clustering }),
    ...(signal && { signal }),
  };
  for await (const page of source.readPartition(read)) if (page.length > 0) return page[0]!.values.slice(keys.length);
  return columns.map(() => null);
}
