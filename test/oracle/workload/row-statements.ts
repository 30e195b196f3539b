import type { CqlType } from '../../../src/model/cql-type.ts';
import { quoteName } from '../../../src/model/table.ts';
import type { Random } from '../../model/simulation/random.ts';
import { literalOf } from './literals.ts';
import { randomSlice } from './slices.ts';
import { type StampRule, using } from './workload-statement.ts';
import type { WorkloadColumn, WorkloadTable } from './workload-table.ts';

export function insertStatement(table: WorkloadTable, random: Random, rule: StampRule = 'any', condition = ''): string {
  const share = random.pick([0.1, 0.5, 1]);
  const given = table.columns.filter(() => random.chance(share));
  const isStaticOnly = given.length > 0 && given.every(({ isStatic }) => isStatic) && random.chance(0.5);
  const clustering = isStaticOnly ? [] : table.clustering;
  const names = [...table.partitionKey, ...clustering, ...given].map(({ name }) => quoteName(name));
  const values = [...random.pick(table.keys), ...(isStaticOnly ? [] : randomClustering(table, random))];
  const cells = given.map(({ type }) => (random.chance(0.08) ? 'null' : literalOf(type, random)));
  return `INSERT INTO KS.${table.name} (${names.join(', ')}) VALUES (${[...values, ...cells].join(', ')})${condition}${using(random, rule, true)}`;
}

/** Null for a table of keys only, which has nothing to update. */
export function updateStatement(table: WorkloadTable, random: Random, rule: StampRule = 'any'): string | null {
  const isStatic = random.chance(0.4);
  const pool = table.columns.filter((column) => !isStatic || column.isStatic);
  if (pool.length === 0) return null;
  const columns = someOf(pool, random, random.chance(0.3) ? pool.length : 4);
  const assignments = columns.map((column) => assignment(column, random));
  const where = columns.every((column) => column.isStatic) ? partitionOf(table, random) : rowOf(table, random);
  return `UPDATE KS.${table.name}${using(random, rule, true)} SET ${assignments.join(', ')} WHERE ${where}`;
}

export function deleteStatement(table: WorkloadTable, random: Random, rule: StampRule = 'any'): string {
  const what = random.next();
  const stamp = using(random, rule, false);
  if (what < 0.15) return `DELETE FROM KS.${table.name}${stamp} WHERE ${partitionOf(table, random)}`;
  if (what < 0.5 && table.clustering.length > 0) return deleteSlice(table, random, stamp);
  if (what < 0.7 || table.columns.length === 0)
    return `DELETE FROM KS.${table.name}${stamp} WHERE ${rowOf(table, random)}`;
  const isStatic = random.chance(0.3);
  const pool = table.columns.filter((column) => column.isStatic === isStatic);
  if (pool.length === 0) return `DELETE FROM KS.${table.name}${stamp} WHERE ${rowOf(table, random)}`;
  const parts = someOf(pool, random, 3).map((column) => deletedPart(column, random));
  const where = isStatic ? partitionOf(table, random) : rowOf(table, random);
  return `DELETE ${parts.join(', ')} FROM KS.${table.name}${stamp} WHERE ${where}`;
}

export function deleteSlice(table: WorkloadTable, random: Random, stamp: string): string {
  const slice = randomSlice(table, random);
  return `DELETE FROM KS.${table.name}${stamp} WHERE ${[partitionOf(table, random), ...slice].join(' AND ')}`;
}

export function partitionOf(table: WorkloadTable, random: Random): string {
  return equal(table.partitionKey, random.pick(table.keys)).join(' AND ');
}

export function rowOf(table: WorkloadTable, random: Random): string {
  return [partitionOf(table, random), ...equal(table.clustering, randomClustering(table, random))].join(' AND ');
}

function randomClustering(table: WorkloadTable, random: Random): readonly string[] {
  return table.clusterings.map((literals) => random.pick(literals));
}

function equal(columns: readonly WorkloadColumn[], literals: readonly string[]): string[] {
  return columns.map(({ name }, index) => `${quoteName(name)} = ${literals[index]}`);
}

function someOf<T>(pool: readonly T[], random: Random, most: number): readonly T[] {
  return [...new Set(Array.from({ length: 1 + random.int(most) }, () => random.pick(pool)))];
}

/** Every way that CQL has to change a column of this type. */
function assignment({ name, type }: WorkloadColumn, random: Random): string {
  const quoted = quoteName(name);
  const whole = `${quoted} = ${random.chance(0.1) ? 'null' : literalOf(type, random)}`;
  if (type.isFrozen) return whole;
  return random.pick([() => whole, ...partsAssigned(quoted, type, random)])();
}

function partsAssigned(name: string, type: CqlType, random: Random): readonly (() => string)[] {
  const [first, second] = type.arguments as [CqlType, CqlType];
  const orNull = (of: CqlType) => (random.chance(0.2) ? 'null' : literalOf(of, random));
  const append = () => `${name} = ${name} + ${literalOf(type, random)}`;
  switch (type.name) {
    case 'list':
      return [
        append,
        () => `${name} = ${literalOf(type, random)} + ${name}`,
        () => `${name} = ${name} - ${literalOf(type, random)}`,
        () => `${name}[0] = ${orNull(first)}`,
      ];
    case 'set':
      return [append, () => `${name} = ${name} - ${literalOf(type, random)}`];
    case 'map':
      return [
        append,
        () => `${name} = ${name} - {${literalOf(first, random)}}`,
        () => `${name}[${literalOf(first, random)}] = ${orNull(second)}`,
      ];
    case 'udt':
      return type.udt!.fields.map((field, i) => () => `${name}.${quoteName(field)} = ${orNull(type.arguments[i]!)}`);
    default:
      return [];
  }
}

function deletedPart({ name, type }: WorkloadColumn, random: Random): string {
  const quoted = quoteName(name);
  if (type.isFrozen || random.chance(0.4)) return quoted;
  if (type.name === 'map' || type.name === 'set') return `${quoted}[${literalOf(type.arguments[0]!, random)}]`;
  if (type.name === 'list') return `${quoted}[0]`;
  return type.udt ? `${quoted}.${quoteName(random.pick(type.udt.fields))}` : quoted;
}
