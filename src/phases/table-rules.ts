import { differenceText, type TableDifference, tableDifferences, withoutColumns } from '../model/table-difference.ts';
import { hasLeft, type MigrationState } from '../state/migration-state.ts';
import type { SchemaFollower } from '../stream/schema-follower.ts';
import type { RuleOf, TableRule } from '../stream/table-rule.ts';
import { columnsLeftOut, migratedTables } from './migrated-tables.ts';
import { handOverOf } from './start-source.ts';

/** What may be done with each table: the operator's decisions beside what the source's schema has become. */
export interface TableRules {
  readonly ruleOf: RuleOf;
  /** By name; only of tables that differ. */
  differences(): ReadonlyMap<string, readonly TableDifference[]>;
}

/** Worked out anew whenever a decision is read or the schema changes. */
export function tableRules(
  state: () => MigrationState,
  schema: Pick<SchemaFollower, 'version' | 'liveTable' | 'tableById'>,
): TableRules {
  let known: Known | undefined;
  const now = () => {
    const { schemaDecisions } = state();
    if (known?.decisions !== schemaDecisions || known.version !== schema.version)
      known = { decisions: schemaDecisions, version: schema.version, ...workOut(state(), schema) };
    return known;
  };
  return {
    ruleOf: (tableId) => now().rules.get(tableId) ?? left,
    differences: () => now().differences,
  };
}

interface Known {
  readonly decisions: MigrationState['schemaDecisions'];
  readonly version: number;
  readonly rules: ReadonlyMap<string, TableRule>;
  readonly differences: ReadonlyMap<string, readonly TableDifference[]>;
}

const left: TableRule = { kind: 'left' };

function workOut(
  state: MigrationState,
  schema: Pick<SchemaFollower, 'liveTable' | 'tableById'>,
): Pick<Known, 'rules' | 'differences'> {
  const rules = new Map<string, TableRule>();
  const differing = new Map<string, readonly TableDifference[]>();
  for (const moved of migratedTables(state)) {
    const leftOut = columnsLeftOut(state, moved.name);
    const live = schema.liveTable(moved.keyspace, moved.name);
    const differences = tableDifferences(moved, live && withoutColumns(live, leftOut));
    if (differences.length > 0) differing.set(moved.name, differences);
    // The very table that records are decoded with, where it is the same: then updates need not be fitted to it.
    const table = leftOut.length === 0 ? (schema.tableById(moved.id) ?? moved) : moved;
    rules.set(
      moved.id,
      differences.length > 0
        ? { kind: 'paused', reason: differences.map(differenceText).join('; ') }
        : { kind: 'applied', table, leftOut },
    );
  }
  for (const { id, name } of handOverOf(state.handOver).tables) if (hasLeft(state, name)) rules.set(id, left);
  return { rules, differences: differing };
}
