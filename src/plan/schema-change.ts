import { type CqlType, cqlTypeText } from '../model/cql-type.ts';
import type { SchemaChoice } from '../model/migration-status.ts';
import { qualifiedName, quoteName, type Table } from '../model/table.ts';
import { differenceText, type TableDifference } from '../model/table-difference.ts';

/** How the target could follow a change of a source table. */
export interface SchemaChange {
  readonly differences: readonly string[];
  /** Statements in an order in which they can be run; each may be repeated. */
  readonly ddl: readonly string[];
  /** What no statement brings about; undefined where the DDL is enough. */
  readonly cannot: string | undefined;
  /** What the operator may decide. */
  readonly choices: readonly SchemaChoice[];
}

/** The DDL that Amazon Keyspaces and Cassandra have for a table's differences; what neither has is said. */
export function planSchemaChange(
  table: Pick<Table, 'name'>,
  differences: readonly TableDifference[],
  keyspace: string,
): SchemaChange {
  const target = { keyspace, name: table.name };
  const reasons = differences.flatMap((difference) => whyNot(difference) ?? []);
  return {
    differences: differences.map(differenceText),
    ddl: [...new Set(differences.flatMap((difference) => statements(difference, target)))],
    cannot: reasons.length === 0 ? undefined : [...new Set(reasons)].join('; '),
    choices: [
      ...(reasons.length === 0 ? ['apply' as const] : []),
      ...(differences.every(isOfColumn) ? ['ignore' as const] : []),
      'stop',
    ],
  };
}

/** Such a column can be left out; without its key or its table nothing can be moved. */
function isOfColumn({ kind }: TableDifference): boolean {
  return kind !== 'gone' && kind !== 'created-again' && kind !== 'key';
}

type Named = Pick<Table, 'keyspace' | 'name'>;

function statements(difference: TableDifference, target: Named): readonly string[] {
  switch (difference.kind) {
    case 'column-added': {
      const { name, type, kind } = difference.column;
      const column = `${quoteName(name)} ${cqlTypeText(type)}${kind === 'static' ? ' STATIC' : ''}`;
      return [...createTypes(type, target.keyspace), `ALTER TABLE ${qualifiedName(target)} ADD ${column}`];
    }
    case 'fields-added':
      return difference.types.flatMap(({ type, fields }) =>
        fields.flatMap((field) => [
          ...createTypes(field.type, target.keyspace),
          `ALTER TYPE ${qualifiedName({ ...target, name: type })} ADD ${quoteName(field.name)} ${cqlTypeText(field.type)}`,
        ]),
      );
    default:
      return [];
  }
}

function whyNot(difference: TableDifference): string | undefined {
  switch (difference.kind) {
    case 'column-added':
    case 'fields-added':
      return undefined;
    case 'column-dropped':
      return `no target drops a column: Keyspaces has no such statement (column ${difference.column})`;
    case 'type-changed':
      return `no target gives a column another type (column ${difference.column})`;
    default:
      return `rows cannot be moved any more: ${differenceText(difference)}`;
  }
}

/** Inner types first. */
function createTypes(type: CqlType, keyspace: string): readonly string[] {
  const inner = type.arguments.flatMap((argument) => createTypes(argument, keyspace));
  if (!type.udt) return inner;
  const fields = type.udt.fields.map((name, index) => `${quoteName(name)} ${cqlTypeText(type.arguments[index]!)}`);
  const own = `CREATE TYPE IF NOT EXISTS ${qualifiedName({ keyspace, name: type.udt.name })} (${fields.join(', ')})`;
  return [...inner, own];
}
