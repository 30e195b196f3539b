import { OperatorError, throwIfAny } from '../errors.ts';
import type { SchemaChoice } from '../model/migration-status.ts';
import { type SchemaRows, tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import { differenceText, type TableDifference, tableDifferences, withoutColumns } from '../model/table-difference.ts';
import { compareSchema } from '../plan/compare-schema.ts';
import { planSchemaChange, type SchemaChange } from '../plan/schema-change.ts';
import type { SchemaDecision } from '../state/ledger-event.ts';
import { hasLeft, type MigrationState } from '../state/migration-state.ts';
import { columnsLeftOut, migratedTables } from './migrated-tables.ts';
import type { WorkerContext } from './phase-context.ts';
import { handOverOf } from './start-source.ts';

/** The schema is read a moment after it changed; no clocks of a cluster that passed the checks differ by more. */
const clockToleranceMicros = 30_000_000n;

export interface SchemaWish {
  readonly choice: SchemaChoice;
  readonly table: string;
  /** Of a stop. */
  readonly reason?: string | undefined;
}

export interface TakenDecision {
  readonly table: string;
  readonly choice: SchemaChoice;
  readonly differences: readonly string[];
  /** What was run on the target. */
  readonly ddl: readonly string[];
  /** Columns that are neither moved nor compared from now on. */
  readonly leftOut: readonly string[];
}

/**
 * Takes the operator's decision about a table whose schema changed, and writes it into the ledger; workers then replay what
 * they have parked of it. It needs no owner's lock, and so can be taken while a phase runs: DDL is created or verified,
 * the decision is one event, the same event twice decides the same, and of two operators the later one in the ledger
 * has decided, unless the earlier one has stopped the table. Until a worker reads it, it goes on parking.
 */
export async function decideSchema(context: WorkerContext, wish: SchemaWish): Promise<TakenDecision> {
  const { ledger, signal } = context;
  const state = await ledger.refresh(signal);
  throwOnUnknownTable(wish.table, context);
  const taken = wish.choice === 'stop' ? stopTable(wish, context) : await moveOn(wish, context);
  await ledger.append({ kind: 'schema-decided', decision: taken.decision });
  const decided = await ledger.refresh(signal);
  if (wish.choice !== 'stop') throwOnStopped(wish.table, decided);
  const differences = taken.differences ?? state.pauses.get(wish.table)?.differences ?? [];
  return { table: wish.table, choice: wish.choice, differences, ddl: taken.ddl, leftOut: taken.leftOut };
}

interface Taken {
  readonly decision: SchemaDecision;
  readonly differences?: readonly string[];
  readonly ddl: readonly string[];
  readonly leftOut: readonly string[];
}

function stopTable({ table, reason }: SchemaWish, { ledger }: WorkerContext): Taken {
  const why = reason ?? ledger.state.pauses.get(table)?.differences.join('; ') ?? 'the operator stopped it';
  return { decision: { action: 'stop', table, reason: why }, ddl: [], leftOut: [] };
}

async function moveOn({ choice, table: name }: SchemaWish, context: WorkerContext): Promise<Taken> {
  const { ledger, source, config, clock, signal } = context;
  const readAtMicros = clock.nowMicros() - clockToleranceMicros;
  const schema = await source.schema(config.source.keyspace, signal);
  const moved = migratedTables(ledger.state).find((table) => table.name === name)!;
  const leftOutBefore = columnsLeftOut(ledger.state, name);
  const now = tablesOf(schema).find((table) => table.name === name);
  const differences = tableDifferences(moved, now && withoutColumns(now, leftOutBefore));
  throwOnOtherTable(name, differences);
  const leftOut = choice === 'apply' ? leftOutBefore : [...leftOutBefore, ...differences.flatMap(columnOf)];
  const ddl = choice === 'apply' ? await alterTarget(withoutColumns(now!, leftOut), leftOut, context) : [];
  const action = choice === 'apply' ? 'apply' : 'ignore';
  return {
    decision: { action, table: name, schema, readAtMicros, leftOut },
    differences: differences.map(differenceText),
    ddl,
    leftOut,
  };
}

/** Brings the target to the shape of the source, from whatever it has: a command that died goes on where it was. */
async function alterTarget(
  wanted: Table,
  leftOut: readonly string[],
  { target, config, signal }: WorkerContext,
): Promise<readonly string[]> {
  const before = targetTable(await target.schema(signal), wanted, leftOut);
  // Not created yet: snapshot-migrate creates it as it is then.
  if (before === undefined) return [];
  const change = planSchemaChange(wanted, tableDifferences(before, wanted), config.target.keyspace);
  throwOnImpossible(wanted.name, change);
  for (const statement of change.ddl) await target.alter(statement, signal);
  const after = targetTable(await target.schema(signal), wanted, leftOut);
  throwIfAny(after ? compareSchema(wanted, after) : []);
  return change.ddl;
}

/** As if it were the source's own, so that the two can be compared. */
function targetTable(schema: SchemaRows, { name, id }: Table, leftOut: readonly string[]): Table | undefined {
  const table = tablesOf(schema).find((candidate) => candidate.name === name);
  return table && withoutColumns({ ...table, id }, leftOut);
}

function columnOf(difference: TableDifference): readonly string[] {
  if (!('column' in difference)) return [];
  return [typeof difference.column === 'string' ? difference.column : difference.column.name];
}

function throwOnUnknownTable(table: string, { ledger: { state } }: WorkerContext): void {
  const names = handOverOf(state.handOver).tables.map(({ name }) => name);
  if (!names.includes(table))
    throw new OperatorError({
      expected: 'a table of this migration',
      found: table,
      next: `name one of ${names.join(', ')}`,
    });
  throwOnStopped(table, state);
}

function throwOnStopped(table: string, state: MigrationState): void {
  if (hasLeft(state, table))
    throw new OperatorError({
      expected: `table ${table} to be in the migration`,
      found: 'it was stopped, and its changes since are gone',
      next: 'move it with a migration of another name',
    });
}

function throwOnOtherTable(table: string, differences: readonly TableDifference[]): void {
  const others = differences.filter(({ kind }) => kind === 'gone' || kind === 'created-again' || kind === 'key');
  if (others.length === 0) return;
  throw new OperatorError({
    expected: `table ${table} of the hand-over`,
    found: others.map(differenceText).join('; '),
    next: `cdcmig schema stop ${table}, then move it with a migration of another name; or put it back as it was`,
  });
}

function throwOnImpossible(table: string, { cannot }: SchemaChange): void {
  if (cannot === undefined) return;
  throw new OperatorError({
    expected: `a change of table ${table} that the target can follow`,
    found: cannot,
    next: `cdcmig schema ignore ${table} leaves the column out of what is moved and compared; stop takes the table out`,
  });
}
