import { type ColumnRow, tablesOf } from '../../src/model/schema.ts';
import type { ColumnKind, Table } from '../../src/model/table.ts';

type ColumnTypes = Readonly<Record<string, string>>;

export interface TableParts {
  readonly keyspace?: string;
  readonly name?: string;
  readonly id?: string;
  readonly partitionKey?: ColumnTypes;
  readonly clustering?: ColumnTypes;
  readonly statics?: ColumnTypes;
  readonly regulars?: ColumnTypes;
  /** Names of clustering columns in descending order. */
  readonly descending?: readonly string[];
  readonly isCounter?: boolean;
}

/** A table of `id int`, `name text`; name what is to be otherwise. */
export function aTable(parts: TableParts = {}): Table {
  const { keyspace = 'shop', name = 'things', descending = [] } = parts;
  const rows = (columns: ColumnTypes | undefined, kind: ColumnKind) =>
    Object.entries(columns ?? {}).map(
      ([column, type], index): ColumnRow => ({
        keyspace,
        table: name,
        column,
        kind,
        position: kind === 'partition_key' || kind === 'clustering' ? index : -1,
        clusteringOrder: kind === 'clustering' ? (descending.includes(column) ? 'desc' : 'asc') : 'none',
        type,
      }),
    );
  const id = parts.id ?? '11111111222233334444555555555555';
  const flags = parts.isCounter ? ['compound', 'counter'] : ['compound'];
  const [table] = tablesOf({
    tables: [{ keyspace, table: name, id, flags, cdc: false, defaultTtlSeconds: 0 }],
    columns: [
      ...rows(parts.partitionKey ?? { id: 'int' }, 'partition_key'),
      ...rows(parts.clustering, 'clustering'),
      ...rows(parts.statics, 'static'),
      ...rows(parts.regulars ?? { name: 'text' }, 'regular'),
    ],
    types: [],
    droppedColumns: [],
  });
  return table!;
}

export function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.from(value);
}
