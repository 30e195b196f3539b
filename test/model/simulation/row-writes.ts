import type { PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import { staticColumns } from '../../../src/model/table.ts';
import type { ImageCell, RowImage } from './cell-store.ts';
import { secondsOf } from './instants.ts';
import { mapColumn, simpleColumns, table } from './simulated-table.ts';

/** Where a row was read, or found to be absent. No clustering: the statics of the partition. */
export interface RowKey {
  readonly partitionKey: Buffer;
  readonly clustering?: readonly Buffer[];
}

/** Writes what was read and leaves alone what was not there. */
export function snapshotWrite(key: RowKey, image: RowImage, stampMicros: bigint): PartitionUpdate {
  return updateOf(key, presentParts(key, image, stampMicros));
}

/** Writes what was read and deletes what was not there. */
export function recopyWrite(key: RowKey, image: RowImage | undefined, stampMicros: bigint): PartitionUpdate {
  if (!image) return rowDelete(key, stampMicros);
  const present = presentParts(key, image, stampMicros);
  const columns = key.clustering ? simpleColumns : staticColumns(table);
  const absent = columns.filter((column) => !image.cells.some((cell) => cell.column === column));
  const deletes = absent.map((column) => ({ column, timestampMicros: stampMicros, value: undefined }));
  const hasMap = !key.clustering || present.columnDeletions.length > 0;
  return updateOf(key, {
    ...present,
    cells: [...present.cells, ...deletes],
    columnDeletions: hasMap ? present.columnDeletions : [mapDeletion(stampMicros)],
  });
}

/** Deletes one row, or of a partition's statics every cell. */
export function rowDelete(key: RowKey, stampMicros: bigint): PartitionUpdate {
  const nothing = { clustering: key.clustering ?? [], columnDeletions: [], cells: [] };
  if (key.clustering) return updateOf(key, { ...nothing, deletion: deletionOf(stampMicros) });
  const cells = staticColumns(table).map((column) => ({ column, timestampMicros: stampMicros, value: undefined }));
  return updateOf(key, { ...nothing, cells });
}

/** An INSERT: its marker lives as long as the longest of its cells if all of them expire. */
function presentParts(key: RowKey, image: RowImage, timestampMicros: bigint): RowChange {
  const cells = image.cells.map(({ expiresAtSeconds, ...cell }) => ({
    ...cell,
    timestampMicros,
    ...(expiresAtSeconds !== undefined && { expiry: { ttlSeconds: 0, expiresAtSeconds } }),
  }));
  const hasMap = image.cells.some((cell) => cell.column === mapColumn);
  return {
    clustering: key.clustering ?? [],
    ...(key.clustering && { marker: { timestampMicros, ...markerExpiry(image.cells) } }),
    cells,
    columnDeletions: hasMap ? [mapDeletion(timestampMicros - 1n)] : [],
  };
}

function markerExpiry(cells: readonly ImageCell[]) {
  if (cells.length === 0 || cells.some((cell) => cell.expiresAtSeconds === undefined)) return {};
  const expiresAtSeconds = Math.max(...cells.map((cell) => cell.expiresAtSeconds!));
  return { expiry: { ttlSeconds: 0, expiresAtSeconds } };
}

function mapDeletion(timestampMicros: bigint) {
  return { column: mapColumn, ...deletionOf(timestampMicros) };
}

function deletionOf(timestampMicros: bigint) {
  return { timestampMicros, localDeletionTime: secondsOf(timestampMicros) };
}

function updateOf(key: RowKey, row: RowChange): PartitionUpdate {
  const common = { table, partitionKey: key.partitionKey, rangeDeletions: [] };
  return key.clustering ? { ...common, rows: [row] } : { ...common, rows: [], staticRow: row };
}
