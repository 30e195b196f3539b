import { readElements } from '../../../src/model/compare-values.ts';
import { isMulticell } from '../../../src/model/cql-type.ts';
import type { Cell, ColumnDeletion, Expiry, PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import { joinPartitionKey } from '../../../src/model/partition-key.ts';
import type { Column, Table } from '../../../src/model/table.ts';
import { type BoundValue, type TargetStatement, TargetWriteError, unset } from '../../../src/ports/target-keyspace.ts';
import { elementPath } from './tables.ts';

/** What a statement of cdcmig does on a Cassandra or on Keyspaces. Throws a refusal for a column that is not there. */
export function statementToUpdate(
  { cql, values }: TargetStatement,
  tableNamed: (name: string) => Table,
  nowMicros: bigint,
): PartitionUpdate {
  const parsed = parse(cql);
  const table = tableNamed(parsed.table);
  const bound = parsed.names.map((name, index) => [name, values[index]!] as const);
  const using = (what: string) => bound.find(([name]) => name === what)?.[1] as Buffer | undefined;
  const timestampMicros = using('TIMESTAMP')!.readBigInt64BE();
  const ttlSeconds = using('TTL')?.readInt32BE() ?? 0;
  const nowSeconds = Number(nowMicros / 1_000_000n);
  const expiry = ttlSeconds === 0 ? undefined : { ttlSeconds, expiresAtSeconds: nowSeconds + ttlSeconds };
  const keyValue = (column: Column) => bound.find(([name]) => name === column.name)?.[1] as Buffer | undefined;
  const clustering = table.clustering.flatMap((column) => keyValue(column) ?? []);
  const isStatic = clustering.length < table.clustering.length;
  const place = { clustering: isStatic ? [] : clustering };
  const changes = bound.filter(([name]) => !isKey(name, table) && name !== 'TIMESTAMP' && name !== 'TTL');
  const row: RowChange =
    parsed.kind === 'DELETE'
      ? deletionOf(
          place,
          parsed.deleted.map((name) => columnNamed(name, table)),
          timestampMicros,
          nowSeconds,
        )
      : writeOf(place, changes, { table, timestampMicros, expiry, operations: parsed.operations });
  const marker = parsed.kind === 'INSERT' && !isStatic ? { timestampMicros, ...(expiry && { expiry }) } : undefined;
  const whole = marker ? { ...row, marker } : row;
  return {
    table,
    partitionKey: joinPartitionKey(table.partitionKey.map((column) => keyValue(column)!)),
    rangeDeletions: [],
    rows: isStatic ? [] : [whole],
    ...(isStatic && { staticRow: whole }),
  };
}

interface ParsedStatement {
  readonly kind: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly table: string;
  /** What each bound value is: a column, TIMESTAMP or TTL. */
  readonly names: readonly string[];
  /** By column, of an UPDATE that adds or removes elements. */
  readonly operations: ReadonlyMap<string, '+' | '-'>;
  /** Columns that a DELETE names. */
  readonly deleted: readonly string[];
}

const parsedTexts = new Map<string, ParsedStatement>();

function parse(cql: string): ParsedStatement {
  const known = parsedTexts.get(cql) ?? parseText(cql);
  parsedTexts.set(cql, known);
  return known;
}

function parseText(cql: string): ParsedStatement {
  const kind = /^\w+/.exec(cql)![0] as ParsedStatement['kind'];
  const table = /"\w+"\."(\w+)"/.exec(cql)![1]!;
  const operations = new Map(
    [...cql.matchAll(/"(\w+)" = "\w+" ([+-]) \?/g)].map(([, name, sign]) => [name!, sign as '+' | '-'] as const),
  );
  const listed = /\(([^)]*)\) VALUES/.exec(cql)?.[1];
  const marked = listed
    ? [...quoted(listed), 'TIMESTAMP', 'TTL']
    : [...cql.matchAll(/(TIMESTAMP|TTL) \?|"(\w+)" = (?:"\w+" [+-] )?\?/g)].map(([, using, name]) => using ?? name!);
  const deleted = /^DELETE (.*) FROM/.exec(cql)?.[1];
  return { kind, table, names: marked, operations, deleted: deleted ? quoted(deleted) : [] };
}

function quoted(text: string): readonly string[] {
  return [...text.matchAll(/"(\w+)"/g)].map(([, name]) => name!);
}

function isKey(name: string, table: Table): boolean {
  return [...table.partitionKey, ...table.clustering].some((column) => column.name === name);
}

function columnNamed(name: string, table: Table): Column {
  const column = table.columns.get(name);
  if (column) return column;
  throw new TargetWriteError('refused', `Undefined column name ${name} in table ${table.name}`);
}

type Place = Pick<RowChange, 'clustering'>;

function deletionOf(
  place: Place,
  columns: readonly Column[],
  timestampMicros: bigint,
  localDeletionTime: number,
): RowChange {
  const deletion = { timestampMicros, localDeletionTime };
  if (columns.length === 0) return { ...place, deletion, columnDeletions: [], cells: [] };
  return {
    ...place,
    columnDeletions: columns.filter(({ type }) => isMulticell(type)).map((column) => ({ column, ...deletion })),
    cells: columns
      .filter(({ type }) => !isMulticell(type))
      .map((column) => ({ column, timestampMicros, value: undefined })),
  };
}

interface WriteParts {
  readonly table: Table;
  readonly timestampMicros: bigint;
  readonly expiry: Expiry | undefined;
  readonly operations: ReadonlyMap<string, '+' | '-'>;
}

function writeOf(place: Place, changes: readonly (readonly [string, BoundValue])[], parts: WriteParts): RowChange {
  const columnDeletions: ColumnDeletion[] = [];
  const cells: Cell[] = [];
  for (const [name, value] of changes) {
    const column = columnNamed(name, parts.table);
    if (value === unset) continue;
    const { timestampMicros, expiry } = parts;
    const live = { column, timestampMicros, ...(expiry && { expiry }) };
    const operation = parts.operations.get(name);
    if (!isMulticell(column.type))
      cells.push(value === null ? { column, timestampMicros, value: undefined } : { ...live, value });
    else if (operation === '-')
      cells.push(...partsIn(value!).map((path) => ({ column, timestampMicros, path, value: undefined })));
    else {
      // An overwrite deletes what is a microsecond older, also where it sets nothing.
      if (operation === undefined)
        columnDeletions.push({ column, timestampMicros: timestampMicros - 1n, localDeletionTime: 0 });
      if (value !== null)
        cells.push(...elementsOf(column, value).map(([path, element]) => ({ ...live, path, value: element })));
    }
  }
  return { ...place, columnDeletions, cells };
}

/** Those of a list get identities anew each time, behind all others. */
function elementsOf({ type }: Column, value: Buffer): readonly (readonly [Buffer, Buffer])[] {
  return type.name === 'list' ? partsIn(value).map((part) => [elementPath(++elements), part]) : entriesIn(value);
}

let elements = 0;

function entriesIn(value: Buffer): readonly (readonly [Buffer, Buffer])[] {
  const parts = partsIn(value);
  return Array.from({ length: parts.length / 2 }, (_, index) => [parts[2 * index]!, parts[2 * index + 1]!]);
}

/** Behind the count; none of them is null. */
function partsIn(value: Buffer): readonly Buffer[] {
  return readElements(value, 4) as Buffer[];
}
