import { quoteName } from '../../../src/model/table.ts';
import type { Random } from '../../model/simulation/random.ts';
import { literalOf, nativeTypes } from './literals.ts';
import {
  deleteSlice,
  deleteStatement,
  insertStatement,
  partitionOf,
  rowOf,
  updateStatement,
} from './row-statements.ts';
import { specialStatement } from './special-statements.ts';
import { anyTimestamp, type StampRule, type Workload, type WorkloadStatement } from './workload-statement.ts';
import type { WorkloadTable } from './workload-table.ts';

/** The next statement of a workload, of any kind to any table. */
export function randomStatement(workload: Workload): WorkloadStatement {
  const { random, tables } = workload;
  const kind = random.next();
  if (kind < 0.7) return { cql: rowStatement(random.pick(tables), random) };
  if (kind < 0.76) return { cql: conditionalStatement(random.pick(tables), random) };
  if (kind < 0.84) return { cql: batchStatement(workload) };
  if (kind < 0.9) return { cql: overlappingSlices(workload) };
  return specialStatement(random);
}

function rowStatement(table: WorkloadTable, random: Random, rule: StampRule = 'any'): string {
  const kind = random.next();
  if (kind < 0.4) return insertStatement(table, random, rule);
  if (kind < 0.75) return updateStatement(table, random, rule) ?? insertStatement(table, random, rule);
  return deleteStatement(table, random, rule);
}

/** Light-weight transactions: their timestamp is Paxos's. */
function conditionalStatement(table: WorkloadTable, random: Random): string {
  const kind = random.next();
  if (kind < 0.5) return insertStatement(table, random, 'none', ' IF NOT EXISTS');
  if (kind < 0.6) return `DELETE FROM KS.${table.name} WHERE ${rowOf(table, random)} IF EXISTS`;
  const update = updateStatement(table, random, 'none');
  return update ? `${update} ${condition(table, random)}` : insertStatement(table, random, 'none', ' IF NOT EXISTS');
}

function condition(table: WorkloadTable, random: Random): string {
  const simple = table.columns.filter(
    (column) => nativeTypes.includes(column.type.name) && column.type.name !== 'duration',
  );
  if (simple.length === 0 || random.chance(0.5)) return 'IF EXISTS';
  const column = random.pick(simple);
  return `IF ${quoteName(column.name)} != ${literalOf(column.type, random)}`;
}

function batchStatement({ random, tables }: Workload): string {
  const isStamped = random.chance(0.4);
  // Two tables under one key come out as one mutation of two updates.
  const pool = random.pick([tables, [random.pick(tables)], tables.filter(({ name }) => name.startsWith('ranges'))]);
  const onePartition = random.chance(0.5);
  const shared = tables.find(({ name }) => name === 'ranges')!.keys.slice(0, 1);
  const narrowed = onePartition ? pool.map((table) => narrow(table, shared)) : pool;
  const rule = isStamped ? 'none' : 'any';
  const statements = Array.from({ length: 1 + random.int(6) }, () => rowStatement(random.pick(narrowed), random, rule));
  return batchOf(
    random.pick(['', 'UNLOGGED ']),
    statements,
    isStamped ? ` USING TIMESTAMP ${anyTimestamp(random)}` : '',
  );
}

/** The same table with one partition only, the same in all tables whose key is one int. */
function narrow(table: WorkloadTable, sharedKeys: readonly (readonly string[])[]): WorkloadTable {
  const isInt = table.partitionKey.length === 1 && table.partitionKey[0]!.typeText === 'int';
  return { ...table, keys: isInt ? sharedKeys : table.keys.slice(0, 1) };
}

/** Range deletions of different times over each other in one partition: where they meet, a boundary carries two deletions. */
function overlappingSlices({ random, tables }: Workload): string {
  const sliced = tables.filter(({ clustering }) => clustering.length > 0);
  const ranges = sliced.filter(({ name }) => name.startsWith('ranges'));
  const picked = random.pick(random.chance(0.6) ? ranges : sliced);
  const table = { ...picked, keys: [random.pick(picked.keys)] };
  const statements = Array.from({ length: 2 + random.int(6) }, () => {
    const stamp = ` USING TIMESTAMP ${BigInt(Date.now()) * 1000n - BigInt(random.int(1_000_000))}`;
    if (random.chance(0.15)) return insertStatement(table, random);
    if (random.chance(0.05)) return `DELETE FROM KS.${table.name}${stamp} WHERE ${partitionOf(table, random)}`;
    return deleteSlice(table, random, stamp);
  });
  return batchOf('UNLOGGED ', statements, '');
}

function batchOf(kind: string, statements: readonly string[], stamp: string): string {
  return `BEGIN ${kind}BATCH${stamp} ${statements.join('; ')}; APPLY BATCH`;
}
