import { isMulticell } from '../../../model/cql-type.ts';
import type { CqlPool } from '../../../wire/cql/cql-pool.ts';
import { type ColumnFacts, quotedName, quotedTable, type TableFacts } from '../statements/table-facts.ts';
import type { WrittenRow } from './written-row.ts';

/** A cell as it is stored. Those of collections have neither time nor TTL: CQL has one for each element. */
interface StoredCell {
  readonly column: ColumnFacts;
  readonly bytes: Buffer;
  readonly writeTimeMicros: bigint | undefined;
  readonly ttlSeconds: number | undefined;
}

/** The cells that have a value; undefined for a row that is not there. */
export type StoredImage = readonly StoredCell[] | undefined;

/** The row as it is now, or, of its partition, the static columns. */
export async function readImage(pool: CqlPool, row: WrittenRow, part: 'row' | 'statics'): Promise<StoredImage> {
  const { table, partitionKey, clustering = [] } = row;
  const isRow = part === 'row';
  const columns = columnsOf(table, isRow ? 'regular' : 'static');
  const keys = isRow ? [...table.partitionKey, ...table.clustering] : table.partitionKey;
  const selected = [...table.partitionKey.map(({ name }) => quotedName(name)), ...columns.flatMap(selectors)];
  const where = keys.map(({ name }) => `${quotedName(name)} = ?`).join(' AND ');
  const cql = `SELECT ${isRow ? '' : 'DISTINCT '}${selected.join(', ')} FROM ${quotedTable(table)} WHERE ${where}`;
  const values = isRow ? [...partitionKey, ...clustering] : partitionKey;
  const { rows } = await pool.execute(cql, values, { consistency: 'LOCAL_QUORUM' });
  const cells = rows[0] && cellsOf(columns, rows[0].slice(table.partitionKey.length));
  // A partition without static values has none to tell of; a row without values may be there all the same.
  return isRow || cells?.length ? cells : undefined;
}

function columnsOf(table: TableFacts, kind: ColumnFacts['kind']): readonly ColumnFacts[] {
  return [...table.columns.values()].filter((column) => column.kind === kind);
}

function hasTimes({ type }: ColumnFacts): boolean {
  return !isMulticell(type) && type.name !== 'counter';
}

function selectors(column: ColumnFacts): readonly string[] {
  const name = quotedName(column.name);
  return hasTimes(column) ? [name, `WRITETIME(${name})`, `TTL(${name})`] : [name];
}

function cellsOf(columns: readonly ColumnFacts[], cells: readonly (Buffer | null)[]): readonly StoredCell[] {
  let at = 0;
  return columns.flatMap((column) => {
    const bytes = cells[at++];
    const [time, ttl] = hasTimes(column) ? [cells[at++], cells[at++]] : [];
    if (!bytes) return [];
    return [{ column, bytes, writeTimeMicros: time?.readBigInt64BE(), ttlSeconds: ttl?.readInt32BE() }];
  });
}

/** Whether nothing was written between the two. */
export function isSameImage(one: StoredImage, other: StoredImage): boolean {
  if (!one || !other) return one === other;
  return one.length === other.length && one.every((cell, index) => isSameCell(cell, other[index]!));
}

function isSameCell(one: StoredCell, other: StoredCell): boolean {
  return (
    one.column.name === other.column.name &&
    one.writeTimeMicros === other.writeTimeMicros &&
    one.bytes.equals(other.bytes)
  );
}
