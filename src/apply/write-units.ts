import { writeUnitsOf } from '../model/write-capacity.ts';
import { type RowWrites, type TargetStatement, unset } from '../ports/target-keyspace.ts';

/** Beside each value: its column's number, and what client-side timestamps and TTL add (AWS developer guide, estimating row sizes). */
const bytesBeside = 28;

/** What a write costs where a capacity is known. */
export interface WriteCost {
  readonly units: number;
}

/**
 * Write units that Keyspaces charges for a write, about: a KB of each row that is begun. Elements of collections and keys weigh
 * more than is counted here; what the table does not take then is pushed back. Reckoned once, and only where somebody asks.
 */
export class WriteUnits implements WriteCost {
  readonly #write: TargetStatement | RowWrites;
  #units: number | undefined;

  constructor(write: TargetStatement | RowWrites) {
    this.#write = write;
  }

  get units(): number {
    this.#units ??= unitsOf(this.#write);
    return this.#units;
  }
}

function unitsOf(write: TargetStatement | RowWrites): number {
  return 'rows' in write ? unitsOfRows(write) : writeUnitsOf(bytesOfStatement(write));
}

function bytesOfStatement({ values }: TargetStatement): number {
  let bytes = 0;
  for (const value of values) if (value !== null && value !== unset) bytes += value.length + bytesBeside;
  return bytes;
}

function unitsOfRows({ rows }: RowWrites): number {
  let units = 0;
  for (const row of rows) units += writeUnitsOf(bytesOfRow(row));
  return units;
}

function bytesOfRow(row: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < row.length; ) {
    const length = row.readInt32BE(at);
    at += 4;
    if (length < 0) continue;
    at += length;
    bytes += length + bytesBeside;
  }
  return bytes;
}
