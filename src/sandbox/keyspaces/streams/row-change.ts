import type { ViewType } from '../state/table-settings.ts';

/** A value as the streams' API writes it: its type's name with a T, numbers as strings; `{ intT: '7' }`. */
export type CellValue = Readonly<Record<string, unknown>>;

export interface ChangedCell {
  readonly value: CellValue;
  readonly writeTimeMicros?: bigint;
  readonly expiresAtSeconds?: number;
}

export interface RowImage {
  readonly valueCells: Readonly<Record<string, ChangedCell>>;
  readonly staticCells?: Readonly<Record<string, ChangedCell>>;
  /** Of the row's own marker. */
  readonly writeTimeMicros?: bigint;
}

/** What one write did to one row, as the CQL side hands it in. A statement on static and other columns makes two. */
export interface RowChange {
  /** Of the partition key: where on the ring, and so in which shard. */
  readonly token: bigint;
  readonly partitionKeys: Readonly<Record<string, CellValue>>;
  /** Of a change of static cells empty. */
  readonly clusteringKeys: Readonly<Record<string, CellValue>>;
  /** Undefined: there was none. */
  readonly before: RowImage | undefined;
  /** Undefined: the row is deleted. */
  readonly after: RowImage | undefined;
  readonly origin: 'USER' | 'REPLICATION' | 'TTL';
}

/** The record of a change in a stream of this view. `createdAtMs` is when it happened. */
export function changeRecord(
  change: RowChange,
  viewType: ViewType,
  { sequenceNumber, createdAtMs }: { readonly sequenceNumber: string; readonly createdAtMs: number },
): object {
  const { partitionKeys, clusteringKeys, origin, before, after } = change;
  const hasNew = viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  const hasOld = viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES';
  return {
    eventVersion: '1.1',
    createdAt: createdAtMs / 1000,
    origin,
    partitionKeys,
    clusteringKeys,
    ...(hasNew && after && { newImage: imageOf(after) }),
    ...(hasOld && before && { oldImage: imageOf(before) }),
    sequenceNumber,
  };
}

function imageOf({ valueCells, staticCells = {}, writeTimeMicros }: RowImage): object {
  return {
    valueCells: cellsOf(valueCells),
    staticCells: cellsOf(staticCells),
    rowMetadata: metadataOf({ ...(writeTimeMicros !== undefined && { writeTimeMicros }) }),
  };
}

function cellsOf(cells: Readonly<Record<string, ChangedCell>>): object {
  const written = Object.entries(cells).map(([name, cell]) => [
    name,
    { value: cell.value, metadata: metadataOf(cell) },
  ]);
  return Object.fromEntries(written);
}

function metadataOf({ writeTimeMicros, expiresAtSeconds }: Omit<ChangedCell, 'value'>): object {
  return {
    ...(writeTimeMicros !== undefined && { writeTime: `${writeTimeMicros}` }),
    ...(expiresAtSeconds !== undefined && { expirationTime: `${expiresAtSeconds}` }),
  };
}
