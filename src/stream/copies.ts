import { createHash, type Hash } from 'node:crypto';
import type { Expiry, PartitionUpdate, RowChange, SliceBound } from '../model/mutation.ts';
import type { ChangeDecision } from '../model/write-timestamp.ts';

/**
 * A fingerprint of what an update says, expiry included; equal for the copies that a mutation leaves in the logs of its
 * replicas. Not of its bytes: a read repair writes the same cells under another header.
 */
export function digestOf(update: PartitionUpdate): string {
  const hash = createHash('md5');
  hash.update(update.table.id).update(sized(update.partitionKey));
  if (update.partitionDeletion) hash.update(`d${update.partitionDeletion.timestampMicros};`);
  for (const { start, end, timestampMicros } of update.rangeDeletions) {
    hash.update(`r${timestampMicros};`);
    addBound(hash, start);
    addBound(hash, end);
  }
  if (update.staticRow) addRow(hash.update('s'), update.staticRow);
  for (const row of update.rows) addRow(hash.update('w'), row);
  return hash.digest('base64');
}

/** What is known of the copies of a batch's updates that came before them. */
export interface KnownCopies {
  /** What was decided for the first copy, by its digest. */
  firstDecision(digest: string): ChangeDecision | undefined;
  remember(digest: string, decision: ChangeDecision): void;
}

/**
 * What was decided for the updates seen lately. Bounded: one that is forgotten costs a harmless second write.
 *
 * Also of batches that are still under way: a copy is acknowledged after the first, so if that comes to nothing, both
 * come again. A batch that is decided again must not take its updates for copies of themselves, so each knows its own;
 * if it recopies now what it first applied, it reads after the copies that were dropped meanwhile had arrived.
 */
export class RecentUpdates {
  readonly #capacity: number;
  /** The batch, doubled, and one more if it was applied: there may be very many of them. */
  readonly #known = new Map<string, number>();
  #batches = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** For one batch, however often it is decided. */
  ofBatch(): KnownCopies {
    const batch = ++this.#batches;
    return {
      firstDecision: (digest) => {
        const known = this.#known.get(digest);
        if (known === undefined || known >> 1 === batch) return undefined;
        return known & 1 ? 'apply' : 'recopy';
      },
      remember: (digest, decision) => this.#remember(digest, 2 * batch + (decision === 'apply' ? 1 : 0)),
    };
  }

  #remember(digest: string, known: number): void {
    this.#known.set(digest, known);
    if (this.#known.size <= this.#capacity) return;
    const { value } = this.#known.keys().next();
    this.#known.delete(value!);
  }
}

function addRow(hash: Hash, row: RowChange): void {
  for (const value of row.clustering) hash.update(sized(value));
  if (row.marker) hash.update(`m${row.marker.timestampMicros}${expiryText(row.marker.expiry)};`);
  if (row.deletion) hash.update(`d${row.deletion.timestampMicros};`);
  for (const { column, timestampMicros } of row.columnDeletions) hash.update(`x${column.name}@${timestampMicros};`);
  for (const cell of row.cells) {
    hash.update(`c${cell.column.name}@${cell.timestampMicros}${expiryText(cell.expiry)}`);
    if (cell.path) hash.update('p').update(sized(cell.path));
    hash.update(cell.value ? sized(cell.value) : 'dead');
  }
}

function addBound(hash: Hash, bound: SliceBound): void {
  hash.update(bound.isInclusive ? '[' : '(');
  for (const value of bound.values) hash.update(sized(value));
}

function expiryText(expiry: Expiry | undefined): string {
  return expiry ? `~${expiry.ttlSeconds}/${expiry.expiresAtSeconds}` : '';
}

/** With its length in front, so that no two lists of values look the same. */
function sized(value: Buffer): Buffer {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, value]);
}
