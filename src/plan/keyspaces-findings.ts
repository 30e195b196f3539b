import type { Config } from '../config/config.ts';
import { type CqlType, cqlTypeText } from '../model/cql-type.ts';
import type { Finding } from '../model/finding.ts';
import { keyColumns, type Table } from '../model/table.ts';

const tablesARegion = 256;

/** What Amazon Keyspaces will not have; nothing for a target that is a Cassandra. */
export function keyspacesFindings(tables: readonly Table[], { target }: Config): readonly Finding[] {
  if (target.kind !== 'keyspaces') return [];
  return [...tables.flatMap((table) => [...nameFindings(table), ...typeFindings(table)]), ...countFindings(tables)];
}

function nameFindings({ name }: Table): readonly Finding[] {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_]{0,47}$/.test(name)) return [];
  return [
    fault('names', 'names of 1 to 48 letters, digits and underscores', name, `leave ${name} out of source.tables`),
  ];
}

function typeFindings(table: Table): readonly Finding[] {
  return [...keyColumns(table), ...table.columns.values()]
    .filter(({ type }) => holds(type, ({ name }) => name === 'duration' || name === 'vector'))
    .map(({ name, type }) =>
      fault(
        'column types',
        'columns of types that Amazon Keyspaces has',
        `${table.name}.${name} is ${cqlTypeText(type)}`,
        `leave ${table.name} out of source.tables, or write the column in another type first`,
      ),
    );
}

function countFindings(tables: readonly Table[]): readonly Finding[] {
  if (tables.length <= tablesARegion) return [];
  return [
    {
      severity: 'warning',
      check: 'quotas',
      expected: `at most ${tablesARegion} tables in the Region, all keyspaces together`,
      found: `${tables.length} here alone`,
      next: 'ask AWS for a higher quota before snapshot-migrate creates them',
    },
  ];
}

function holds(type: CqlType, isWanted: (type: CqlType) => boolean): boolean {
  return isWanted(type) || type.arguments.some((inner) => holds(inner, isWanted));
}

function fault(check: string, expected: string, found: string, next: string): Finding {
  return { severity: 'fault', check, expected, found, next };
}
