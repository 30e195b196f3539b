import type { Mutation, PartitionUpdate } from '../model/mutation.ts';
import { type SchemaRows, tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import { decodeMutation, type TableById } from '../wire/commitlog/decode-mutation.ts';
import { UnknownColumnError, UnknownTableError } from '../wire/commitlog/errors.ts';
import type { LogVersion } from '../wire/commitlog/segment-header.ts';
import { buildTables } from './build-tables.ts';
import { KnownTables } from './known-tables.ts';
import { mergeSchemaRows } from './schema-rows.ts';
import { SchemaStore } from './schema-store.ts';
import { systemTables } from './system-tables.ts';
import { compareTables, type TableChange } from './table-changes.ts';
import { type Truncation, truncationsOf } from './truncations.ts';

export type { TableChange, Truncation };

/** What a record of the schema topic told. */
export interface SchemaUpdate {
  readonly changes: readonly TableChange[];
  readonly truncations: readonly Truncation[];
  /** Why the schema must be read from the source and given to `reload`; undefined as a rule. */
  readonly needsReload?: string;
}

/**
 * The source's schema through time. Fed with the records of the schema topic, it has every version of every table that
 * any record was ever written with. Copies of one change, from other nodes or late, change nothing.
 */
export class SchemaHistory {
  /** Reads and log together: the schema as it is now. */
  readonly #store = new SchemaStore();
  /** The log alone. In a backlog it is behind what was read, and knows tables that were dropped since. */
  readonly #logged = new SchemaStore();
  readonly #known = new KnownTables();
  /** By keyspace, then by name. */
  readonly #live = new Map<string, ReadonlyMap<string, Table>>();

  /**
   * @param readAtMicros when the rows were read, by the source's clock: earlier changes do not undo them. Take the instant before the read
   * began, less the clocks' greatest difference.
   */
  constructor(rows: SchemaRows, readAtMicros: bigint) {
    for (const table of systemTables()) this.#known.add(table);
    this.reload(rows, readAtMicros);
  }

  /** Any table ever seen, dropped ones and the tables of the schema topic itself included. */
  readonly tableById: TableById = (id) => this.#known.get(id);

  /** A table that is there now. */
  liveTable(keyspace: string, name: string): Table | undefined {
    return this.#live.get(keyspace)?.get(name);
  }

  /** The schema as it is now; another history can start from it. */
  rows(): SchemaRows {
    return mergeSchemaRows(this.#store.keyspaces().map((keyspace) => this.#store.rowsOf(keyspace)));
  }

  /** Decodes and applies a record of the schema topic. */
  applyRecord(body: Buffer, logVersion: LogVersion): SchemaUpdate {
    let mutation: Mutation;
    try {
      mutation = decodeMutation(body, logVersion, this.tableById);
    } catch (error) {
      // A newer release may have columns and tables in system_schema that are not known here.
      if (!(error instanceof UnknownTableError || error instanceof UnknownColumnError)) throw error;
      return { changes: [], truncations: [], needsReload: error.message };
    }
    return this.apply(mutation);
  }

  /** Applies a decoded record; one of other tables changes nothing. */
  apply(mutation: Mutation): SchemaUpdate {
    const truncations = truncationsOf(mutation);
    const updates = mutation.updates.filter(isUserSchema);
    if (updates.length === 0) return { changes: [], truncations };
    const isUnderstood = updates.map((update) => this.#store.apply(update)).every(Boolean);
    for (const update of updates) this.#logged.apply(update);
    // All updates of a mutation have the same key, here the keyspace.
    const keyspace = updates[0]!.partitionKey.toString('utf8');
    const { changes, fault } = this.#rebuild(keyspace);
    this.#learnFromLog(keyspace);
    const reason = isUnderstood ? fault : 'a range deletion in system_schema that is not of one name';
    return { changes, truncations, ...(reason !== undefined && { needsReload: reason }) };
  }

  /**
   * Takes a full read of the schema, or of whole keyspaces of it: within those, what it does not show is gone.
   * Rows of system keyspaces only help to decode.
   */
  reload(rows: SchemaRows, readAtMicros: bigint): SchemaUpdate {
    for (const table of tablesOf(onlyKeyspaces(rows, isSystemKeyspace))) this.#known.add(table);
    const userRows = onlyKeyspaces(rows, (keyspace) => !isSystemKeyspace(keyspace));
    const keyspaces = new Set(userRows.tables.map((row) => row.keyspace));
    this.#store.replaceKeyspaces(userRows, readAtMicros);
    const rebuilt = [...keyspaces].map((keyspace) => this.#rebuild(keyspace));
    const fault = rebuilt.find((part) => part.fault !== undefined)?.fault;
    const changes = rebuilt.flatMap((part) => part.changes);
    return { changes, truncations: [], ...(fault !== undefined && { needsReload: fault }) };
  }

  /** Remembers the tables that are there at this point of the log and no longer in the schema as it is now. */
  #learnFromLog(keyspace: string): void {
    const logged = this.#logged.rowsOf(keyspace);
    // A type made before the log began is found only in what was read.
    const types = [...logged.types, ...this.#store.rowsOf(keyspace).types];
    for (const table of buildTables({ ...logged, types }).tables) {
      if (this.liveTable(keyspace, table.name)?.id !== table.id) this.#known.add(table);
    }
  }

  #rebuild(keyspace: string): { readonly changes: readonly TableChange[]; readonly fault: string | undefined } {
    const before = this.#live.get(keyspace) ?? new Map<string, Table>();
    const { tables, fault } = buildTables(this.#store.rowsOf(keyspace));
    const after = new Map(tables.map((table) => [table.name, table]));
    const changes = compareTables(before, after);
    this.#live.set(keyspace, after);
    for (const { what, table } of changes) if (what !== 'dropped') this.#known.add(after.get(table)!);
    return { changes, fault };
  }
}

/** Rewritten at every start of a node, and of no interest: nothing of them is migrated. */
const systemKeyspaces: ReadonlySet<string> = new Set([
  'system',
  'system_schema',
  'system_auth',
  'system_distributed',
  'system_traces',
  'system_views',
  'system_virtual_schema',
]);

function isSystemKeyspace(keyspace: string): boolean {
  return systemKeyspaces.has(keyspace);
}

function isUserSchema(update: PartitionUpdate): boolean {
  return update.table.keyspace === 'system_schema' && !isSystemKeyspace(update.partitionKey.toString('utf8'));
}

function onlyKeyspaces(rows: SchemaRows, isWanted: (keyspace: string) => boolean): SchemaRows {
  const filter = <T extends { readonly keyspace: string }>(list: readonly T[]) =>
    list.filter((row) => isWanted(row.keyspace));
  return {
    tables: filter(rows.tables),
    columns: filter(rows.columns),
    types: filter(rows.types),
    droppedColumns: filter(rows.droppedColumns),
  };
}
