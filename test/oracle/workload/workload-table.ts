import { type CqlType, parseCqlType, type ResolveUdt } from '../../../src/model/cql-type.ts';
import { quoteName } from '../../../src/model/table.ts';
import type { Random } from '../../model/simulation/random.ts';
import { literalOf } from './literals.ts';

export interface WorkloadColumn {
  readonly name: string;
  readonly typeText: string;
  readonly type: CqlType;
  readonly isStatic: boolean;
  readonly isReversed: boolean;
}

/** A table and the few keys that its writes share, so that they meet in rows and partitions. */
export interface WorkloadTable {
  readonly name: string;
  readonly partitionKey: readonly WorkloadColumn[];
  readonly clustering: readonly WorkloadColumn[];
  readonly columns: readonly WorkloadColumn[];
  readonly options: readonly string[];
  /** Literals of whole partition keys. */
  readonly keys: readonly (readonly string[])[];
  /** By clustering column, literals for it. */
  readonly clusterings: readonly (readonly string[])[];
}

/** Columns as `name type`, separated by semicolons; behind the type may stand `static` or `desc`. */
export interface TableText {
  readonly name: string;
  readonly key: string;
  readonly clustering?: string;
  readonly columns?: string;
  readonly options?: readonly string[];
}

export function workloadTable(text: TableText, resolveUdt: ResolveUdt, random: Random): WorkloadTable {
  const partitionKey = columnsOf(text.key, resolveUdt);
  const clustering = columnsOf(text.clustering ?? '', resolveUdt);
  const sixOf = <T>(make: () => T) => Array.from({ length: 6 }, make);
  return {
    name: text.name,
    partitionKey,
    clustering,
    columns: columnsOf(text.columns ?? '', resolveUdt),
    options: text.options ?? [],
    keys: sixOf(() => partitionKey.map(({ type }) => literalOf(type, random))),
    clusterings: clustering.map(({ type }) => sixOf(() => literalOf(type, random))),
  };
}

/** The CREATE TABLE, in the keyspace that is written KS. */
export function createTable(table: WorkloadTable): string {
  const all = [...table.partitionKey, ...table.clustering, ...table.columns];
  const columns = all.map(
    ({ name, typeText, isStatic }) => `${quoteName(name)} ${typeText}${isStatic ? ' STATIC' : ''}`,
  );
  const names = (list: readonly WorkloadColumn[]) => list.map(({ name }) => quoteName(name)).join(', ');
  const key = [`(${names(table.partitionKey)})`, ...table.clustering.map(({ name }) => quoteName(name))].join(', ');
  const options = [...table.options, ...clusteringOrder(table)];
  const suffix = options.length > 0 ? ` WITH ${options.join(' AND ')}` : '';
  return `CREATE TABLE KS.${table.name} (${columns.join(', ')}, PRIMARY KEY (${key}))${suffix}`;
}

function clusteringOrder({ clustering }: WorkloadTable): string[] {
  if (!clustering.some(({ isReversed }) => isReversed)) return [];
  const orders = clustering.map(({ name, isReversed }) => `${quoteName(name)} ${isReversed ? 'DESC' : 'ASC'}`);
  return [`CLUSTERING ORDER BY (${orders.join(', ')})`];
}

function columnsOf(text: string, resolveUdt: ResolveUdt): readonly WorkloadColumn[] {
  const parts = text.split(';').map((part) => part.trim());
  return parts.filter((part) => part !== '').map((part) => columnOf(part, resolveUdt));
}

function columnOf(text: string, resolveUdt: ResolveUdt): WorkloadColumn {
  const [, quotedName, plainName, typeText, suffix] = /^(?:"([^"]+)"|(\w+)) (.*?)(?: (static|desc))?$/.exec(text)!;
  return {
    name: (quotedName ?? plainName)!,
    typeText: typeText!,
    type: parseCqlType(typeText!, resolveUdt),
    isStatic: suffix === 'static',
    isReversed: suffix === 'desc',
  };
}
