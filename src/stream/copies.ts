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

/** What was decided for the updates seen lately. Bounded: one that is forgotten costs a harmless second write. */
export class RecentUpdates {
  readonly #capacity: number;
  readonly #decisions = new Map<string, ChangeDecision>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  decisionOf(digest: string): ChangeDecision | undefined {
    return this.#decisions.get(digest);
  }

  remember(digest: string, decision: ChangeDecision): void {
    this.#decisions.set(digest, decision);
    if (this.#decisions.size <= this.#capacity) return;
    const { value } = this.#decisions.keys().next();
    this.#decisions.delete(value!);
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
