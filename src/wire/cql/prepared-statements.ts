import type { ColumnType } from './column-type.ts';
import { ColumnsMemory } from './columns.ts';
import type { CqlColumn, CqlRows, Prepared } from './cql-connection.ts';
import { CqlConnectionError } from './errors.ts';
import type { ReadAnswer } from './request-channel.ts';
import { type PreparedResult, readResultOf } from './result.ts';

/** A statement as the server knows it now. */
export interface PreparedEntry {
  readonly prepared: Prepared;
  readonly read: ReadAnswer<CqlRows>;
  readonly readPacked: ReadAnswer<CqlRows>;
}

/** The statements of one connection: each text is prepared once, and again when the server has forgotten it. */
export class PreparedStatements {
  readonly #ask: (cql: string) => Promise<PreparedResult>;
  readonly #entries = new Map<string, PreparedEntry>();
  readonly #asking = new Map<string, Promise<PreparedEntry>>();

  constructor(ask: (cql: string) => Promise<PreparedResult>) {
    this.#ask = ask;
  }

  ready(cql: string): PreparedEntry | undefined {
    return this.#entries.get(cql);
  }

  /** Callers that come while the server is being asked share its answer. */
  async prepare(cql: string): Promise<PreparedEntry> {
    const known = this.#entries.get(cql) ?? this.#asking.get(cql);
    if (known) return known;
    const asking = this.#ask(cql).then((result) => entryOf(cql, result));
    this.#asking.set(cql, asking);
    try {
      const entry = await asking;
      this.#entries.set(cql, entry);
      return entry;
    } finally {
      this.#asking.delete(cql);
    }
  }

  /** After UNPREPARED for `stale`: many requests may fail at once, only the first asks again. */
  async prepareAgain(stale: PreparedEntry): Promise<PreparedEntry> {
    const { cql } = stale.prepared;
    if (this.#entries.get(cql) === stale) this.#entries.delete(cql);
    return this.prepare(cql);
  }

  /**
   * What to execute for a handle that a caller holds. Throws if the statement was prepared again with other bind
   * columns: the caller's values were laid out for the old ones.
   */
  currentFor(handle: Prepared): PreparedEntry {
    const entry = this.#entries.get(handle.cql);
    if (!entry) return this.#adopt(handle);
    if (entry.prepared !== handle && entry.prepared.bindShape !== handle.bindShape) throw shapeChanged(entry, handle);
    return entry;
  }

  #adopt(handle: Prepared): PreparedEntry {
    const entry = entryOf(handle.cql, handle);
    if (!this.#asking.has(handle.cql)) this.#entries.set(handle.cql, entry);
    return entry;
  }
}

function entryOf(cql: string, result: PreparedResult): PreparedEntry {
  const memory = new ColumnsMemory();
  return {
    prepared: { ...result, cql, bindShape: result.bindColumns.map(shapeOfColumn).join(', ') },
    read: (reader, warnings) => readResultOf(memory, reader, warnings),
    readPacked: (reader, warnings) => readResultOf(memory, reader, warnings, true),
  };
}

function shapeOfColumn(column: CqlColumn): string {
  return `${column.name} ${shapeOf(column.type)}`;
}

// A user type goes by its name: values with fewer fields stay valid when the type has grown.
function shapeOf(type: ColumnType): string {
  switch (type.kind) {
    case 'native':
      return type.name;
    case 'custom':
      return type.className;
    case 'list':
    case 'set':
      return `${type.kind}<${shapeOf(type.element)}>`;
    case 'map':
      return `map<${shapeOf(type.key)}, ${shapeOf(type.value)}>`;
    case 'udt':
      return `${type.keyspace}.${type.name}`;
    case 'tuple':
      return `tuple<${type.elements.map(shapeOf).join(', ')}>`;
  }
}

function shapeChanged(entry: PreparedEntry, handle: Prepared): CqlConnectionError {
  const change = `it bound (${handle.bindShape}) and now binds (${entry.prepared.bindShape})`;
  return new CqlConnectionError(
    'schema-changed',
    false,
    `the statement changed with the schema: ${change}: ${handle.cql}`,
  );
}
