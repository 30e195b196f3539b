import type { Table } from '../model/table.ts';
import { migratedTables } from './migrated-tables.ts';
import { parkedTables } from './parked-tables.ts';
import type { WorkerContext } from './phase-context.ts';
import { askStream } from './stream-clock.ts';

export interface ComparableTables {
  readonly tables: readonly Table[];
  /** Tables whose changes wait: that they differ says nothing. */
  readonly leftOut: readonly { readonly table: string; readonly reason: string }[];
}

/** The tables that can be compared now. Asks the ledger's state as it was read last, and the stream. */
export async function comparableTables(context: WorkerContext): Promise<ComparableTables> {
  const { state } = context.ledger;
  const parked = state.sinkAllowed ? parkedTables(await askStream(context), state) : [];
  const waiting = new Map([
    ...[...state.pauses.values()].map(
      ({ table, differences }) => [table, `paused: ${differences.join('; ')}`] as const,
    ),
    ...parked
      .filter((table) => table.waiting > 0)
      .map(({ table, waiting: count, reason }) => [table, `${count} parked changes: ${reason}`] as const),
  ]);
  const tables = migratedTables(state);
  return {
    tables: tables.filter(({ name }) => !waiting.has(name)),
    leftOut: tables.flatMap(({ name }) => (waiting.has(name) ? [{ table: name, reason: waiting.get(name)! }] : [])),
  };
}
