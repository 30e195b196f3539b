import { setTimeout as sleep } from 'node:timers/promises';
import type { CqlRows } from '../../../wire/cql/cql-connection.ts';
import type { CqlPool } from '../../../wire/cql/cql-pool.ts';
import type { CqlValue } from '../../../wire/cql/value.ts';
import type { Delete, Term } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';
import { quotedName, quotedTable, type TableFacts } from '../statements/table-facts.ts';
import type { BoundValues } from '../statements/term-value.ts';
import type { ChangeCapture } from '../streams/change-capture.ts';
import type { Meter } from './meter.ts';
import type { WriteClock } from './write-clock.ts';

const mostRows = 1_000;
const quorum = { consistency: 'LOCAL_QUORUM' } as const;

export interface RangeDeleteParts {
  readonly pool: CqlPool;
  readonly changes: ChangeCapture;
  readonly rules: RuleBook;
  readonly clock: WriteClock;
  readonly meter: Meter;
  readonly delayMs: number;
}

/** Deletes of ranges and partitions: the rows that exist are counted now, and deleted one by one a little later. */
export class RangeDeletes {
  readonly #parts: RangeDeleteParts;
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(parts: RangeDeleteParts) {
    this.#parts = parts;
  }

  /** Resolves when the delete is accepted. Throws RuleRefusal if it is of too many rows. `micros` only with client-side timestamps. */
  async accept(plan: MutationPlan, cql: string, bound: BoundValues, micros: bigint | undefined): Promise<void> {
    const { rules, delayMs } = this.#parts;
    const { table } = plan;
    const statement = plan.statement as Delete;
    const keys = [...table.partitionKey, ...table.clustering].map(({ name }) => quotedName(name)).join(', ');
    const where = cql.slice(statement.whereSpan.start, statement.whereSpan.end);
    const values = statement.where.flatMap(({ terms }) => terms.flatMap(markersIn)).map((index) => bound[index]!);
    const found = await this.#query(`SELECT ${keys} FROM ${quotedTable(table)} ${where} LIMIT ${mostRows + 1}`, values);
    if (found.rows.length > mostRows) rules.refuse('range-delete-limit');
    const work = this.#deleteAll(plan, found.rows, micros);
    if (delayMs === 0 || !rules.holds('range-delete-later')) return work(0);
    this.#track(work(delayMs));
  }

  /** Resolves when nothing that was accepted is left to be done. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  close(): void {
    this.#closing.abort();
  }

  #deleteAll(
    plan: MutationPlan,
    rows: CqlRows['rows'],
    micros: bigint | undefined,
  ): (delayMs: number) => Promise<void> {
    return async (delayMs) => {
      const { pool, changes, clock, meter } = this.#parts;
      if (delayMs > 0) await sleep(delayMs, undefined, { signal: this.#closing.signal });
      const { table } = plan;
      const deletion = deleteRow(table);
      const keyLength = table.partitionKey.length;
      // A partition that has static columns only shows as a row without clustering values.
      for (const row of rows.filter(isWhole)) {
        const written = { table, partitionKey: row.slice(0, keyLength), clustering: row.slice(keyLength) };
        // Without client-side timestamps there is nothing to tell the rows that were meant from those that came later.
        const values = () => [stampValue(micros ?? clock.next()), ...row];
        await changes.around([written], () => pool.execute(deletion, values(), quorum));
        meter.wrote(table, 1);
      }
      await this.#deleteStatics(plan, rows[0], micros);
    };
  }

  /** A partition's static columns go with it. */
  async #deleteStatics(
    { table, statement }: MutationPlan,
    row: CqlRows['rows'][number] | undefined,
    micros: bigint | undefined,
  ) {
    const restricted = (statement as Delete).where.flatMap(({ columns }) => columns);
    const isPartition = table.clustering.every(({ name }) => !restricted.includes(name));
    if (!table.hasStatics || !isPartition || !row) return;
    const { pool, changes, clock } = this.#parts;
    const partitionKey = row.slice(0, table.partitionKey.length) as Buffer[];
    const values = () => [stampValue(micros ?? clock.next()), ...partitionKey];
    const written = { table, partitionKey, clustering: undefined };
    await changes.around([written], () => pool.execute(deleteStatics(table), values(), quorum));
  }

  #query(cql: string, values: readonly CqlValue[]): Promise<CqlRows> {
    return this.#parts.pool.query(cql, { ...quorum, values, pageSize: mostRows + 1 });
  }

  #track(work: Promise<void>): void {
    // Nobody waits for it any more: what fails stays undone, as after an accepted delete that Keyspaces drops.
    const tracked = work.catch(() => {}).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

function isWhole(cells: CqlRows['rows'][number]): cells is readonly Buffer[] {
  return !cells.includes(null);
}

/** In the order of the text; those of USING stand before. */
function markersIn(term: Term): readonly number[] {
  if (term.kind === 'marker') return [term.index];
  return term.kind === 'compound' || term.kind === 'call' ? term.parts.flatMap(markersIn) : [];
}

function deleteRow(table: TableFacts): string {
  const keys = [...table.partitionKey, ...table.clustering].map(({ name }) => `${quotedName(name)} = ?`);
  return `DELETE FROM ${quotedTable(table)} USING TIMESTAMP ? WHERE ${keys.join(' AND ')}`;
}

function deleteStatics(table: TableFacts): string {
  const statics = [...table.columns.values()]
    .filter(({ kind }) => kind === 'static')
    .map(({ name }) => quotedName(name));
  const keys = table.partitionKey.map(({ name }) => `${quotedName(name)} = ?`);
  return `DELETE ${statics.join(', ')} FROM ${quotedTable(table)} USING TIMESTAMP ? WHERE ${keys.join(' AND ')}`;
}

function stampValue(micros: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(micros);
  return bytes;
}
