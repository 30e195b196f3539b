import type { KeyspacesState } from '../keyspaces-state.ts';
import { type RuleBook, RuleRefusal } from '../rule-book.ts';
import { isUsable, type TableRecord } from '../state/records.ts';
import { columnType } from '../state/table-schema.ts';
import type { ColumnFacts, TableFacts } from '../statements/table-facts.ts';

export interface FoundTable {
  readonly record: TableRecord;
  readonly facts: TableFacts;
}

/** Finds the tables of statements, and remembers what the rules need to know of each. */
export class TableLookup {
  readonly #state: KeyspacesState;
  readonly #rules: RuleBook;
  /** Records are replaced, never changed, so what was made of one stays true of it. */
  readonly #found = new WeakMap<TableRecord, FoundTable>();

  constructor(state: KeyspacesState, rules: RuleBook) {
    this.#state = state;
    this.#rules = rules;
  }

  /** Throws RuleRefusal for a table that is not there, or not yet, or no more. */
  find(keyspace: string | undefined, name: string): FoundTable {
    if (keyspace === undefined) throw new RuleRefusal('asynchronous-definitions', 0x2200, noKeyspace);
    const record = this.#state.table(keyspace, name);
    if (!record) throw unconfigured(this.#state, keyspace, name);
    if (!isUsable(record)) this.#rules.refuse('asynchronous-definitions', [`table ${keyspace}.${name}`]);
    const found = this.#found.get(record) ?? { record, facts: factsOf(this.#state, record) };
    this.#found.set(record, found);
    return found;
  }
}

const noKeyspace = 'No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename';

function unconfigured(state: KeyspacesState, keyspace: string, name: string): RuleRefusal {
  const what = state.keyspace(keyspace) ? `table ${keyspace}.${name}` : `keyspace ${keyspace}`;
  return new RuleRefusal('asynchronous-definitions', 0x2200, `unconfigured ${what}`);
}

function factsOf(state: KeyspacesState, { keyspace, name, schema, settings }: TableRecord): TableFacts {
  const resolve = state.resolveTypes(keyspace);
  const clusteringNames = schema.clustering.map((key) => key.name);
  const columns = new Map<string, ColumnFacts>();
  for (const column of schema.columns) {
    const isPartitionKey = schema.partitionKey.includes(column.name);
    const isClustering = clusteringNames.includes(column.name);
    const kind = isPartitionKey
      ? 'partition_key'
      : isClustering
        ? 'clustering'
        : column.isStatic
          ? 'static'
          : 'regular';
    columns.set(column.name, { name: column.name, kind, type: columnType(column.type, resolve) });
  }
  const all = [...columns.values()];
  return {
    keyspace,
    name,
    columns,
    partitionKey: schema.partitionKey.map((key) => columns.get(key)!),
    clustering: clusteringNames.map((key) => columns.get(key)!),
    isCounter: all.some(({ type }) => type.name === 'counter'),
    hasStatics: all.some(({ kind }) => kind === 'static'),
    clientSideTimestamps: settings.clientSideTimestamps,
    ttl: settings.ttl,
  };
}
