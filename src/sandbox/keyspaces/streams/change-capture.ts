import { joinPartitionKey } from '../../../model/partition-key.ts';
import { tokenOf } from '../../../model/token.ts';
import type { CqlPool } from '../../../wire/cql/cql-pool.ts';
import { BackendLostError } from '../engine/backend-pool.ts';
import type { ColumnFacts } from '../statements/table-facts.ts';
import { cellValue } from './cell-value.ts';
import { ExpiringRows } from './expiring-rows.ts';
import { isSameImage, readImage, type StoredImage } from './read-image.ts';
import type { CellValue, ChangedCell, RowChange, RowImage } from './row-change.ts';
import { RowLocks } from './row-locks.ts';
import type { StreamRegistry } from './stream-registry.ts';
import type { WrittenRow } from './written-row.ts';

export interface ChangeCaptureParts {
  readonly streams: StreamRegistry;
  readonly pool: CqlPool;
  readonly nowMs: () => number;
}

interface Part {
  readonly row: WrittenRow;
  readonly kind: 'row' | 'statics';
}

/**
 * Tells the streams what writes did. The rows of a table with a stream are read before a write and after it, and nothing else writes
 * to their partitions meanwhile: so each record has the images of its own write, in the order of the writes.
 */
export class ChangeCapture {
  readonly #parts: ChangeCaptureParts;
  readonly #locks = new RowLocks();
  readonly #expiring = new ExpiringRows();

  constructor(parts: ChangeCaptureParts) {
    this.#parts = parts;
  }

  isFollowed({ table: { keyspace, name } }: Pick<WrittenRow, 'table'>): boolean {
    return this.#parts.streams.isTakingChanges(keyspace, name);
  }

  close(): void {
    this.#expiring.close();
  }

  /** Runs `write`, of these rows and no others, and appends a record for each that it changed. */
  async around<T>(rows: readonly WrittenRow[], write: () => Promise<T>): Promise<T> {
    const parts = rows.filter((row) => this.isFollowed(row)).flatMap(partsOf);
    if (parts.length === 0) return write();
    const distinct = [...new Map(parts.map((part) => [nameOf(part), part])).values()];
    return this.#locks.hold([...new Set(distinct.map(({ row }) => partitionOf(row)))], async () => {
      const before = await this.#images(distinct);
      for (const [index, part] of distinct.entries()) this.#tellExpired(part, before[index]);
      try {
        return await write();
      } finally {
        // Also after a failure: what Cassandra did not answer may have been done.
        const after = await this.#images(distinct);
        for (const [index, part] of distinct.entries()) this.#tell(part, 'USER', before[index], after[index]);
      }
    });
  }

  async #images(parts: readonly Part[]): Promise<readonly StoredImage[]> {
    try {
      return await Promise.all(parts.map(({ row, kind }) => readImage(this.#parts.pool, row, kind)));
    } catch (cause) {
      // To the client the same as a write without an answer: it may have happened.
      throw new BackendLostError('the rows of a stream cannot be read', { cause });
    }
  }

  #tell(part: Part, origin: RowChange['origin'], before: StoredImage, after: StoredImage): void {
    if (!isSameImage(before, after)) this.#append(part, origin, before, after);
    this.#expiring.see(nameOf(part), after, () => this.#lookAgain(part));
  }

  /** What has expired since the row was last seen comes before whatever is written now. */
  #tellExpired(part: Part, now: StoredImage): void {
    const seen = this.#expiring.lastSeen(nameOf(part));
    if (seen) this.#tell(part, 'TTL', seen, now);
  }

  #lookAgain(part: Part): void {
    const look = async () => this.#tellExpired(part, (await this.#images([part]))[0]);
    // Its table may be gone by now, or Cassandra away: then nobody hears of it, as of what expires after a stream's end.
    this.#locks.hold([partitionOf(part.row)], look).catch(() => {});
  }

  #append({ row, kind }: Part, origin: RowChange['origin'], before: StoredImage, after: StoredImage): void {
    const { table, partitionKey, clustering = [] } = row;
    const imageOf = (stored: StoredImage) => stored && rowImage(stored, kind, this.#shownAs(row));
    const change: RowChange = {
      token: tokenOf(joinPartitionKey(partitionKey)),
      partitionKeys: keysOf(table.partitionKey, partitionKey),
      clusteringKeys: kind === 'row' ? keysOf(table.clustering, clustering) : {},
      before: imageOf(before),
      after: imageOf(after),
      origin,
    };
    this.#parts.streams.onRowChanged(table.keyspace, table.name, change);
  }

  #shownAs({ table }: WrittenRow): Shown {
    return { hasTimestamps: table.clientSideTimestamps, nowSeconds: Math.floor(this.#parts.nowMs() / 1000) };
  }
}

function partsOf(row: WrittenRow): readonly Part[] {
  const statics: readonly Part[] = row.table.hasStatics ? [{ row, kind: 'statics' }] : [];
  return row.clustering ? [{ row, kind: 'row' }, ...statics] : statics;
}

function partitionOf({ table, partitionKey }: WrittenRow): string {
  return `${table.keyspace}.${table.name}:${textOf(partitionKey)}`;
}

function nameOf({ row, kind }: Part): string {
  return `${kind}:${partitionOf(row)}:${kind === 'row' ? textOf(row.clustering ?? []) : ''}`;
}

function textOf(values: readonly Buffer[]): string {
  return values.map((value) => value.toString('base64')).join(',');
}

function keysOf(columns: readonly ColumnFacts[], values: readonly Buffer[]): Record<string, CellValue> {
  return Object.fromEntries(columns.map(({ name, type }, index) => [name, cellValue(type, values[index]!)]));
}

interface Shown {
  /** Tables without client-side timestamps have no times to show: those in Cassandra are the stand-in's own. */
  readonly hasTimestamps: boolean;
  readonly nowSeconds: number;
}

function rowImage(
  stored: NonNullable<StoredImage>,
  kind: Part['kind'],
  { hasTimestamps, nowSeconds }: Shown,
): RowImage {
  const cells: Record<string, ChangedCell> = {};
  let latest: bigint | undefined;
  for (const { column, bytes, writeTimeMicros, ttlSeconds } of stored) {
    cells[column.name] = {
      value: cellValue(column.type, bytes),
      ...(hasTimestamps && writeTimeMicros !== undefined && { writeTimeMicros }),
      ...(ttlSeconds !== undefined && { expiresAtSeconds: nowSeconds + ttlSeconds }),
    };
    if (writeTimeMicros !== undefined && writeTimeMicros > (latest ?? 0n)) latest = writeTimeMicros;
  }
  return {
    valueCells: kind === 'row' ? cells : {},
    ...(kind === 'statics' && { staticCells: cells }),
    // A row's own marker cannot be read by CQL; its latest cell stands for it.
    ...(hasTimestamps && latest !== undefined && { writeTimeMicros: latest }),
  };
}
