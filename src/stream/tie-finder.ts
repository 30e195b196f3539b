import type { Cell, PartitionUpdate, RowChange } from '../model/mutation.ts';

/** A cell that two mutations wrote at the same microsecond with different values. */
export interface Tie {
  readonly table: string;
  readonly column: string;
  readonly timestampMicros: bigint;
}

/**
 * Finds ties between mutations, among the cells seen lately. Cassandra lets the greater value win, and Keyspaces promises no
 * winner, so such a cell must be compared. A cell is known by a hash of 53 bits and its value by one of 32. What is taken for a
 * tie and is none costs a comparison; a tie that is missed is left to the comparison that every cutover asks for.
 */
export class TieFinder {
  /** One place for each remainder of a hash: who comes later takes it. */
  readonly #cells: Float64Array;
  readonly #values: Uint32Array;

  constructor(places: number) {
    this.#cells = new Float64Array(places);
    this.#values = new Uint32Array(places);
  }

  /** The first tie of an update with what came before it. */
  find(update: PartitionUpdate): Tie | undefined {
    const partition = new CellHash().addText(update.table.id).add(update.partitionKey);
    const rows = update.staticRow ? [update.staticRow, ...update.rows] : update.rows;
    for (const row of rows) {
      const tied = this.#lookAt(row, partition, row === update.staticRow);
      if (tied) return { table: update.table.name, column: tied.column.name, timestampMicros: tied.timestampMicros };
    }
    return undefined;
  }

  #lookAt(row: RowChange, partition: CellHash, isStatic: boolean): Cell | undefined {
    const ofRow = partition.fork().addNumber(isStatic ? 1 : 0);
    for (const value of row.clustering) ofRow.add(value);
    return row.cells.find((cell) => {
      const ofCell = ofRow.fork().addText(cell.column.name).addMicros(cell.timestampMicros);
      return this.#isTied((cell.path ? ofCell.add(cell.path) : ofCell).number, cell);
    });
  }

  #isTied(hash: number, cell: Cell): boolean {
    const place = hash % this.#cells.length;
    const value = valueHash(cell);
    if (this.#cells[place] === hash) return areDifferent(this.#values[place]!, value);
    this.#cells[place] = hash;
    this.#values[place] = value;
    return false;
  }
}

/** The last two bits of a value's hash; of no other two is the sum that of `expiring` and `deleted`. */
const kinds = { lasting: 0, expiring: 1, deleted: 2 } as const;

function kindOf({ value, expiry }: Cell): number {
  if (value === undefined) return kinds.deleted;
  return expiry ? kinds.expiring : kinds.lasting;
}

/**
 * An expired cell that read repair or a repair brings to a replica comes as a delete at its own write time: with one another they are no tie,
 * since in the end both are nothing.
 */
function areDifferent(one: number, other: number): boolean {
  const hasExpired = (one & 3) + (other & 3) === kinds.expiring + kinds.deleted;
  return one !== other && !hasExpired;
}

function valueHash(cell: Cell): number {
  const hash = new CellHash().addNumber(cell.expiry?.expiresAtSeconds ?? 0);
  return (((cell.value ? hash.add(cell.value) : hash).low & ~3) | kindOf(cell)) >>> 0;
}

/** Two FNV-1a hashes with different beginnings, of parts with their lengths. */
class CellHash {
  #high = 0x811c9dc5;
  #low = 0x01000193;

  fork(): CellHash {
    const fork = new CellHash();
    fork.#high = this.#high;
    fork.#low = this.#low;
    return fork;
  }

  add(bytes: Buffer): this {
    for (const byte of bytes) this.#mix(byte);
    return this.addNumber(bytes.length);
  }

  addText(text: string): this {
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
    return this.addNumber(text.length);
  }

  addMicros(micros: bigint): this {
    return this.addNumber(Number(micros & 0xffff_ffffn)).addNumber(Number(micros >> 32n));
  }

  addNumber(number: number): this {
    for (let shift = 0; shift < 32; shift += 8) this.#mix((number >>> shift) & 0xff);
    return this;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  /** Of 53 bits, never zero: that is an empty place. */
  get number(): number {
    return (this.#high >>> 11) * 2 ** 32 + this.low || 1;
  }

  #mix(unit: number): void {
    this.#high = Math.imul(this.#high ^ unit, 0x01000193);
    this.#low = Math.imul(this.#low ^ unit, 0x85ebca6b) ^ (this.#low >>> 15);
  }
}
