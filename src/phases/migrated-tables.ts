import { OperatorError } from '../errors.ts';
import { tablesOf } from '../model/schema.ts';
import type { Split } from '../model/split.ts';
import type { Table } from '../model/table.ts';
import { withoutColumns } from '../model/table-difference.ts';
import type { DecidedSchema } from '../plan/plan-migration.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { handOverOf } from './start-source.ts';

type Known = Pick<MigrationState, 'handOver' | 'schemaDecisions'>;

/**
 * The tables whose rows are moved, in the shape in which they are: as they were at the hand-over, or as the operator
 * decided since. Without those that have left the migration.
 */
export function migratedTables(state: Known): readonly Table[] {
  const { schema, tables } = handOverOf(state.handOver);
  const ids = new Set(tables.map((table) => table.id));
  const atHandOver = tablesOf(schema).filter((table) => ids.has(table.id));
  return atHandOver.flatMap((table) => decidedTable(table, state) ?? []);
}

/** Columns that the operator has left out of a table. */
export function columnsLeftOut({ schemaDecisions }: Known, table: string): readonly string[] {
  const decision = schemaDecisions.get(table)?.decision;
  return decision && decision.action !== 'stop' ? decision.leftOut : [];
}

/** The decisions as a plan takes them. */
export function decidedSchema(state: Pick<MigrationState, 'schemaDecisions' | 'pauses'> | undefined): DecidedSchema {
  const decisions = [...(state?.schemaDecisions.values() ?? [])].map(({ decision }) => decision);
  const moved = decisions.filter((decision) => decision.action !== 'stop');
  return {
    stopped: decisions.filter(({ action }) => action === 'stop').map(({ table }) => table),
    waiting: [...(state?.pauses.keys() ?? [])],
    leftOut: new Map(moved.map(({ table, leftOut }) => [table, leftOut])),
  };
}

/** The table that a split is of. */
export function tableOfSplit(split: Split, state: Known): Table {
  const table = migratedTables(state).find(({ id }) => id === split.tableId);
  if (table) return table;
  throw new OperatorError({
    expected: `split ${split.id} to be of a table of the hand-over record`,
    found: `table id ${split.tableId}, which it does not name`,
    next: 'start a migration of another name: the splits topic holds splits of another plan',
  });
}

function decidedTable(table: Table, { schemaDecisions }: Known): Table | undefined {
  const decision = schemaDecisions.get(table.name)?.decision;
  if (decision === undefined) return table;
  if (decision.action === 'stop') return undefined;
  const decided = tablesOf(decision.schema).find(({ id }) => id === table.id);
  return decided && withoutColumns(decided, decision.leftOut);
}
