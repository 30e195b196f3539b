import type { Mutation } from '../model/mutation.ts';
import { systemLocalId } from '../wire/commitlog/system-table-ids.ts';

/** One node's note that it emptied a table: what that node logged of it before this place is gone there. */
export interface Truncation {
  readonly tableId: string;
  readonly segmentId: bigint;
  /** Logical position in that segment. */
  readonly position: number;
  readonly atMs: bigint;
}

/** The truncations that a record of system.local tells of; most tell of none. */
export function truncationsOf(mutation: Mutation): readonly Truncation[] {
  const rows = mutation.updates.filter((update) => update.table.id === systemLocalId).flatMap((update) => update.rows);
  return rows
    .flatMap((row) => row.cells)
    .filter((cell) => cell.column.name === 'truncated_at' && cell.path && cell.value?.length === 20)
    .map((cell) => readTruncation(cell.path!, cell.value!));
}

/** int64 segment id, int32 position, int64 milliseconds. */
function readTruncation(path: Buffer, value: Buffer): Truncation {
  return {
    tableId: path.toString('hex'),
    segmentId: value.readBigInt64BE(0),
    position: value.readInt32BE(8),
    atMs: value.readBigInt64BE(12),
  };
}
