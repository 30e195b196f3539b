import type { Expiry, PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import type { TimestampWindow } from '../../../src/model/write-timestamp.ts';
import { CellStore, type RowImage } from './cell-store.ts';
import { secondsOf } from './instants.ts';
import type { Ties } from './reconcile.ts';

/** A write that Keyspaces would answer with an error; the rule never sends one. */
export class RefusedWrite extends Error {}

/** The target keyspace: last write wins, no slice deletes, no timestamps outside the window, TTLs in whole seconds. */
export class Target {
  readonly #store: CellStore;
  readonly #window: TimestampWindow;

  constructor(ties: Ties, window: TimestampWindow) {
    this.#store = new CellStore(ties);
    this.#window = window;
  }

  write(update: PartitionUpdate, nowMicros: bigint): void {
    if (update.partitionDeletion || update.rangeDeletions.length > 0) throw new RefusedWrite('slice delete');
    const rows = [...update.rows, ...(update.staticRow ? [update.staticRow] : [])];
    for (const row of rows) this.#throwOnRefused(row, nowMicros);
    const [staticRow] = update.staticRow ? [withRemainingTtl(update.staticRow, nowMicros)] : [];
    this.#store.apply({
      ...update,
      rows: update.rows.map((row) => withRemainingTtl(row, nowMicros)),
      ...(staticRow && { staticRow }),
    });
  }

  readRow(partitionKey: Buffer, clustering: readonly Buffer[], nowMicros: bigint): RowImage | undefined {
    return this.#store.readRow(partitionKey, clustering, nowMicros);
  }

  readRows(partitionKey: Buffer, nowMicros: bigint): readonly RowImage[] {
    return this.#store.readRows(partitionKey, nowMicros);
  }

  readStatic(partitionKey: Buffer, nowMicros: bigint): RowImage {
    return this.#store.readStatic(partitionKey, nowMicros);
  }

  #throwOnRefused(row: RowChange, nowMicros: bigint): void {
    // The delete inside an overwrite of a collection is made by the server, one microsecond before the statement's time.
    const overwrites = row.columnDeletions.map(({ timestampMicros }) => timestampMicros + 1n);
    const others = [row.marker, row.deletion, ...row.cells].flatMap((part) => part?.timestampMicros ?? []);
    for (const timestamp of [...overwrites, ...others]) {
      const age = nowMicros - timestamp;
      if (age <= this.#window.pastMicros && -age <= this.#window.futureMicros) continue;
      throw new RefusedWrite(`a timestamp ${age} µs before now`);
    }
  }
}

/** Statements carry a TTL that counts from now: an expired cell becomes a cell delete, an expired marker lives a second. */
function withRemainingTtl(row: RowChange, nowMicros: bigint): RowChange {
  const now = secondsOf(nowMicros);
  const isExpired = (part: { readonly expiry?: Expiry }) =>
    part.expiry !== undefined && part.expiry.expiresAtSeconds <= now;
  const cells = row.cells.map((cell) => {
    if (!isExpired(cell)) return cell;
    const { expiry: _, ...rest } = cell;
    return { ...rest, value: undefined };
  });
  if (!row.marker || !isExpired(row.marker)) return { ...row, cells };
  return { ...row, cells, marker: { ...row.marker, expiry: { ttlSeconds: 1, expiresAtSeconds: now + 1 } } };
}
