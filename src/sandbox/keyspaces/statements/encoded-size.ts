import type { CqlType } from '../../../model/cql-type.ts';
import { isMulticell } from '../../../model/cql-type.ts';
import { unset } from '../../../wire/cql/value.ts';
import type { Term } from '../cql/statement.ts';
import type { MutationPlan } from './plan-mutation.ts';
import type { TableFacts } from './table-facts.ts';
import { type BoundValues, termBytes, termValue } from './term-value.ts';

/** Bytes of what a mutation writes, as Keyspaces would store it (Developer Guide, "Row size"; ±5 %). */
export interface EncodedSize {
  /** The row: keys and regular columns. 0 if only static columns are written. */
  readonly row: number;
  /** Partition key and static columns; 0 without any. */
  readonly statics: number;
}

const columnsPerIdByte = 62;

export function encodedSize(
  { table, partitionKey, clustering, written, statement }: MutationPlan,
  bound: BoundValues,
): EncodedSize {
  const keyOf = (
    terms: readonly (Term | undefined)[],
    columns: TableFacts['partitionKey'],
    bytes: (size: number) => number,
  ) =>
    terms.reduce<number>(
      (sum, term, index) => sum + (term ? bytes(storedBytes(term, columns[index]!.type, bound)) : 0),
      0,
    );
  const partition = keyOf(partitionKey, table.partitionKey, (size) => 2 * size + 3);
  const row = keyOf(clustering, table.clustering, (size) => Math.ceil(2 * size * 1.2));
  const idBytes = 1 + Math.floor(table.columns.size / columnsPerIdByte);
  let regular = 0;
  let statics = 0;
  for (const { column, term } of written) {
    const size = idBytes + storedBytes(term, column.type, bound) + overhead(column.type, table);
    if (column.kind === 'static') statics += size;
    else regular += size;
  }
  const isStaticOnly = statics > 0 && regular === 0 && statement.kind === 'update';
  return { row: isStaticOnly ? 0 : partition + row + regular, statics: statics > 0 ? partition + statics : 0 };
}

function storedBytes(term: Term, type: CqlType, bound: BoundValues): number {
  const value = termValue(term, type, bound);
  if (value === null || value === unset) return 1;
  if (value && wholeNumbers.has(type.name)) return numberBytes(value);
  const size = value ? value.length : termBytes(term, type, bound);
  if (type.arguments.length === 0) return size;
  const elements = value && value.length >= 4 ? value.readInt32BE(0) : 1;
  return isMulticell(type) && type.name !== 'udt' ? 3 + elements + size - 4 * elements : 3 + size;
}

const wholeNumbers = new Set(['tinyint', 'smallint', 'int', 'bigint', 'varint', 'counter']);

/** A byte for two digits, and one more. */
function numberBytes(value: Buffer): number {
  if (value.length === 0 || value.length > 8) return value.length + 1;
  const size = Math.min(value.length, 6);
  const high = value.length > 6 ? Math.abs(Number(value.readBigInt64BE(0))) : Math.abs(value.readIntBE(0, size));
  return 1 + Math.ceil(Math.max(1, Math.ceil(Math.log10(high + 1))) / 2);
}

/** What client-side timestamps and TTL cost in each column. */
function overhead(type: CqlType, { clientSideTimestamps, ttl }: TableFacts): number {
  if (type.name === 'counter') return 51;
  if (!clientSideTimestamps && !ttl) return 0;
  const [stamps, expiry, both] = overheads[isMulticell(type) ? type.name : 'scalar'] ?? overheads.scalar!;
  return clientSideTimestamps && ttl ? both : clientSideTimestamps ? stamps : expiry;
}

/** Of one element of a collection; more elements cost more. */
const overheads: Readonly<Record<string, readonly [stamps: number, expiry: number, both: number]>> = {
  scalar: [18, 16, 27],
  list: [30 + 19, 15, 39 + 19],
  set: [14 + 26, 12 + 7, 23 + 26],
  map: [17 + 26, 15 + 7, 26 + 26],
  udt: [17 + 26, 15 + 7, 26 + 26],
};

/** Write units of one mutation: each KB of the row begun; static data with a row counts both twice. */
export function writeUnits({ row, statics }: EncodedSize): number {
  const unitsOf = (bytes: number) => (bytes === 0 ? 0 : Math.max(1, Math.ceil(bytes / 1024)));
  const isMixed = row > 0 && statics > 0;
  return isMixed ? 2 * (unitsOf(row) + unitsOf(statics)) : Math.max(1, unitsOf(row) + unitsOf(statics));
}

/** Read units of what was read at once; ONE and LOCAL_ONE cost half. */
export function readUnits(bytes: number, isQuorum: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (isQuorum ? 1 : 0.5);
}
