import type { TableRecord } from '../state/records.ts';
import type { KnownStatement } from '../statements/known-statement.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';

/** A statement that a client has prepared; the plan is made again when its table has changed. */
export interface PreparedStatement {
  readonly id: Buffer;
  readonly known: KnownStatement;
  /** `keyspace.table` of a system table: its answers are made here. */
  readonly isSystem: boolean;
  plan: { readonly record: TableRecord; readonly mutation: MutationPlan } | undefined;
}

const most = 20_000;

/** By id. The same text has the same id on every connection, as in Cassandra. */
export class PreparedStatements {
  readonly #byId = new Map<string, PreparedStatement>();

  add(id: Buffer, known: KnownStatement, isSystem: boolean): void {
    // Text with literals in it, prepared over and over, must not fill the memory: who comes back prepares again.
    if (this.#byId.size >= most) this.#byId.clear();
    this.#byId.set(id.toString('latin1'), { id: Buffer.from(id), known, isSystem, plan: undefined });
  }

  find(id: Buffer): PreparedStatement | undefined {
    return this.#byId.get(id.toString('latin1'));
  }
}
