import type { Consistency } from '../../wire/cql/consistency.ts';
import type { CqlRows } from '../../wire/cql/cql-connection.ts';
import type { QueryOptions } from '../../wire/cql/request-options.ts';

/** What can be asked: a pool, or a connection to one node. */
export interface Asker {
  query(cql: string, options: QueryOptions): Promise<CqlRows>;
}

export interface AskOptions {
  readonly values?: readonly Buffer[];
  /** Default LOCAL_ONE: the system tables are a node's own. */
  readonly consistency?: Consistency;
  readonly signal?: AbortSignal;
}

export type NamedRow = Readonly<Record<string, Buffer | null>>;

/** All rows of a small result, cells by column name. */
export async function queryRows(asker: Asker, cql: string, options: AskOptions = {}): Promise<readonly NamedRow[]> {
  const rows: NamedRow[] = [];
  let pagingState: Buffer | null = null;
  do {
    const page: CqlRows = await asker.query(cql, { consistency: 'LOCAL_ONE', ...options, pageSize, pagingState });
    const names = page.columns.map((column) => column.name);
    for (const row of page.rows) rows.push(Object.fromEntries(names.map((name, index) => [name, row[index]!])));
    pagingState = page.pagingState;
  } while (pagingState);
  return rows;
}

const pageSize = 1000;
