import type { CqlType } from '../../../model/cql-type.ts';
import {
  encodedCellBytes,
  encodedClusteringBytes,
  encodedPartitionKeyBytes,
  idBytesOf,
} from '../../../model/encoded-value.ts';
import { sumOf } from '../../../model/sum-of.ts';
import { writeUnitsOf } from '../../../model/write-capacity.ts';
import { unset } from '../../../wire/cql/value.ts';
import type { Term } from '../cql/statement.ts';
import type { MutationPlan } from './plan-mutation.ts';
import { type BoundValues, termBytes, termValue } from './term-value.ts';

/** Bytes of what a mutation writes, as Keyspaces would store it (Developer Guide, "Estimate row size"; ±5 %). */
export interface EncodedSize {
  /** The row: keys and regular columns. 0 if only static columns are written. */
  readonly row: number;
  /** Partition key and static columns; 0 without any. */
  readonly statics: number;
}

export function encodedSize(
  { table, partitionKey, clustering, written, statement }: MutationPlan,
  bound: BoundValues,
): EncodedSize {
  const idBytes = idBytesOf(table.columns.size);
  const overhead = { hasTimestamps: table.clientSideTimestamps, hasTtl: table.ttl, regions: 1 };
  const keyBytes = (terms: readonly (Term | undefined)[], columns: typeof table.clustering, bytesOf: BytesOf) =>
    sumOf(terms.map((term, index) => (term ? withValue(term, columns[index]!.type, bound, idBytes, bytesOf) : 0)));
  const partition = keyBytes(partitionKey, table.partitionKey, (value, type) => encodedPartitionKeyBytes(value!, type));
  const row = keyBytes(clustering, table.clustering, (value, type) => encodedClusteringBytes(value!, type));
  const cells = written.map(({ column, term }) => ({
    isStatic: column.kind === 'static',
    bytes: withValue(term, column.type, bound, idBytes, (value, type) => encodedCellBytes(value, type, overhead)),
  }));
  const regular = sumOf(cells.map(({ isStatic, bytes }) => (isStatic ? 0 : bytes)));
  const statics = sumOf(cells.map(({ isStatic, bytes }) => (isStatic ? bytes : 0)));
  const isStaticOnly = statics > 0 && regular === 0 && statement.kind === 'update';
  return { row: isStaticOnly ? 0 : partition + row + regular, statics: statics > 0 ? partition + statics : 0 };
}

type BytesOf = (value: Buffer | null, type: CqlType) => number;

/** A column's identifier and its value; what is unset is not written. */
function withValue(term: Term, type: CqlType, bound: BoundValues, idBytes: number, bytesOf: BytesOf): number {
  const value = termValue(term, type, bound);
  if (value === unset) return 0;
  if (value !== undefined) return idBytes + bytesOf(value, type);
  // Of a collection's text, or a function's result, only how long it is about.
  return idBytes + bytesOf(Buffer.alloc(termBytes(term, type, bound)), plainType);
}

const plainType: CqlType = { name: 'blob', isFrozen: false, arguments: [] };

/** Write units of one mutation: each KB of the row begun; static data with a row counts both twice. */
export function writeUnits({ row, statics }: EncodedSize): number {
  const units = writeUnitsOf(row) + writeUnitsOf(statics);
  return row > 0 && statics > 0 ? 2 * units : Math.max(1, units);
}

/** Read units of what was read at once; ONE and LOCAL_ONE cost half. */
export function readUnits(bytes: number, isQuorum: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (isQuorum ? 1 : 0.5);
}
