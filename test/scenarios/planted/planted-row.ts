import type { Difference } from '../../../src/model/difference.ts';

/** A row that differs in the end, and how it came to that. `KS` stands for the keyspace of the side. */
export interface PlantedRow {
  readonly table: string;
  /** Of the difference that a validation has to find: `partition key/clustering` in hex. */
  readonly key: string;
  readonly kind: Exclude<Difference['kind'], 'pending'>;
  /** Columns that differ, of a mismatch. */
  readonly columns?: readonly string[];
  /** Before the migration. */
  readonly onSource?: readonly string[];
  /** Behind its back, when the row has been copied. */
  readonly onTarget?: readonly string[];
}

export function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

export function intHex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
