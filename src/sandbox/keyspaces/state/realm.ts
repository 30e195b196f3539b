import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BackingSchema } from './backing-ddl.ts';
import { invalid, KeyspacesError, notFound } from './keyspaces-error.ts';
import { type Quotas, throwOnFull } from './quotas.ts';
import type { KeyspaceRecord, TableRecord, TypeRecord } from './records.ts';
import { type Account, keyspaceArn, tableArn } from './resource-arn.ts';

/** Time as the stand-in sees it, so that a test can hold it still. */
export interface StandInClock {
  nowMs(): number;
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** How long what is asked for takes, milliseconds. */
export interface Delays {
  readonly createMs: number;
  readonly updateMs: number;
  readonly deleteMs: number;
}

/** What has changed; who keeps something derived from the schema forgets it then. */
export interface SchemaChange {
  readonly kind: 'keyspace' | 'table' | 'type';
  readonly keyspace: string;
  /** Of the table or type. */
  readonly name: string | undefined;
  readonly status: KeyspaceRecord['status'] | TableRecord['status'] | 'GONE';
}

export interface RealmParts {
  readonly account: Account;
  readonly clock: StandInClock;
  readonly delays: Delays;
  readonly quotas: Quotas;
  readonly backing: BackingSchema;
  /** Of keyspaces on the backing cluster, as CQL writes the map. */
  readonly backingReplication: string;
}

export interface Holding {
  keyspace: KeyspaceRecord;
  readonly tables: Map<string, TableRecord>;
  readonly types: Map<string, TypeRecord>;
}

/** One asynchronous DDL: what it does on the backing cluster, and what holds before and after its delay. */
export interface Ddl {
  readonly statements: readonly string[];
  readonly delayMs: number;
  readonly begin: () => void;
  /** The backing cluster would not. */
  readonly undo: () => void;
  readonly done: () => void;
}

/** What an account has in a region, and the one way to change it. */
export class Realm {
  readonly parts: RealmParts;
  readonly holdings = new Map<string, Holding>();
  readonly #listeners = new Set<(change: SchemaChange) => void>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #pending = 0;

  constructor(parts: RealmParts) {
    this.parts = parts;
  }

  get nowMs(): number {
    return this.parts.clock.nowMs();
  }

  holding(keyspace: string): Holding {
    const holding = this.holdings.get(keyspace);
    if (!holding) throw notFound(`Keyspace ${keyspace}`, keyspaceArn(this.parts.account, keyspace));
    return holding;
  }

  table(keyspace: string, name: string): TableRecord {
    const table = this.holding(keyspace).tables.get(name);
    if (!table) throw notFound(`Table ${keyspace}.${name}`, tableArn(this.parts.account, keyspace, name));
    return table;
  }

  /** Replaces the record of a table, unless that is gone or another by now. */
  putTable(table: TableRecord, change: Partial<TableRecord>): void {
    const tables = this.holdings.get(table.keyspace)?.tables;
    const current = tables?.get(table.name);
    if (!tables || current?.createdAtMs !== table.createdAtMs) return;
    const changed = { ...current, ...change };
    tables.set(table.name, changed);
    this.tell({ kind: 'table', keyspace: table.keyspace, name: table.name, status: changed.status });
  }

  subscribe(listener: (change: SchemaChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(change: SchemaChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  /** Resolves when the backing cluster has done it; the new state follows after the delay. */
  async run(ddl: Ddl): Promise<void> {
    throwOnFull(this.#pending, this.parts.quotas.concurrentDdl, 'concurrent DDL statements');
    this.#pending++;
    ddl.begin();
    try {
      for (const statement of ddl.statements) await this.parts.backing.execute(statement);
    } catch (error) {
      this.#pending--;
      ddl.undo();
      throw backingFailure(error);
    }
    const finishing = this.#finish(ddl);
    this.#running.add(finishing);
    void finishing.then(() => this.#running.delete(finishing));
  }

  async #finish(ddl: Ddl): Promise<void> {
    try {
      await this.parts.clock.sleep(ddl.delayMs, this.#closing.signal);
      ddl.done();
    } catch (error) {
      if (!this.#closing.signal.aborted) throw error;
    } finally {
      this.#pending--;
    }
  }

  /** Leaves everything as it stands: what is still being created stays so. */
  async close(): Promise<void> {
    this.#closing.abort();
    while (this.#running.size > 0) await nextTurn();
  }
}

function backingFailure(error: unknown): KeyspacesError {
  if (error instanceof KeyspacesError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new KeyspacesError('InternalServerException', message, { cause: error });
}

/** Throws unless Keyspaces takes the name for a keyspace, table or type. */
export function checkName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_]{0,47}$/.test(name))
    throw invalid(`${name} is no name of 1 to 48 letters, digits and underscores.`);
}
