import type { Config } from '../config/config.ts';
import { copyingOf } from '../config/table-copying.ts';
import { type CqlType, isMulticell } from '../model/cql-type.ts';
import type { Finding } from '../model/finding.ts';
import { type Column, keyColumns, type Table } from '../model/table.ts';

/** What the tables' definitions alone tell. */
export function schemaFindings(tables: readonly Table[], config: Config): readonly Finding[] {
  return tables.flatMap((table) => [
    ...counterFindings(table),
    ...recopyFindings(table, config),
    ...columnFindings(table),
    ...listFindings(table),
    ...expiryFindings(table, config),
    ...ttlFindings(table, config),
  ]);
}

function counterFindings(table: Table): readonly Finding[] {
  if (!table.isCounter) return [];
  return [
    {
      severity: 'warning',
      check: 'counters',
      expected: 'no counters',
      found: `${table.name} is a counter table; counters carry no timestamps and cannot be moved while they are written: the cutover copies them, when writes have stopped`,
      next: `nothing; expect the application to stand still for as long as it takes to read and add every counter of ${table.name}`,
    },
  ];
}

/** The target would refuse its stamps. */
function recopyFindings(table: Table, { accept }: Config): readonly Finding[] {
  if (!accept.some(({ table: name, what }) => name === table.name && what === 'future-write-times')) return [];
  return [
    {
      severity: 'warning',
      check: 'write times',
      expected: 'write times of at most five minutes ahead',
      found: `${table.name} is accepted with write times further ahead: it is moved in recopy mode`,
      next: 'nothing; expect one read of the source and a later lag for each of its changes',
    },
  ];
}

function columnFindings(table: Table): readonly Finding[] {
  return [...keyColumns(table), ...table.columns.values()]
    .filter((column) => holds(column.type, (type) => type.name === 'custom' || type.name === 'empty'))
    .map((column) => ({
      severity: 'fault' as const,
      check: 'column types',
      expected: 'columns of types that CQL can create',
      found: `${table.name}.${column.name} has a type of a Java class of its own`,
      next: `leave ${table.name} out of source.tables`,
    }));
}

function listFindings(table: Table): readonly Finding[] {
  const lists = [...table.columns.values()].filter((column) => column.type.name === 'list' && !column.type.isFrozen);
  return lists.map((column) => ({
    severity: 'warning' as const,
    check: 'lists',
    expected: 'no non-frozen lists',
    found: `${table.name}.${column.name}; its elements have identities that CQL cannot write, so each change of it reads the list from the source again`,
    next: 'nothing; expect one more read of the source for each such change',
  }));
}

/** Whatever is written to it expires, unless the write says otherwise. */
function ttlFindings(table: Table, config: Config): readonly Finding[] {
  if (table.defaultTtlSeconds === 0 || copyingOf(table.name, config).expires) return [];
  return [
    {
      severity: 'fault',
      check: 'values that expire',
      expected: 'no default TTL where snapshot.tables says expires: false',
      found: `${table.name} has one of ${table.defaultTtlSeconds} s`,
      next: `take expires: false of ${table.name} out of snapshot.tables`,
    },
  ];
}

/** CQL on 4.x does not tell the TTL of a collection's elements: their expiry cannot be copied by a read, nor compared. */
function expiryFindings(table: Table, config: Config): readonly Finding[] {
  const collections = [...table.columns.values()].filter((column: Column) => isMulticell(column.type));
  if (table.defaultTtlSeconds === 0 || collections.length === 0 || isAccepted(table, config)) return [];
  return [
    {
      severity: 'fault',
      check: 'expiry of collections',
      expected: 'no TTLs on non-frozen collections, or the operator to accept them',
      found: `${table.name} has a default TTL and ${collections.map((column) => column.name).join(', ')}, whose expiry a read cannot see`,
      next: `add to accept: { table: ${table.name}, what: unprovable-expiry, reason: … }`,
    },
  ];
}

function isAccepted(table: Table, config: Config): boolean {
  return config.accept.some(({ table: name, what }) => name === table.name && what === 'unprovable-expiry');
}

function holds(type: CqlType, isWanted: (type: CqlType) => boolean): boolean {
  return isWanted(type) || type.arguments.some((inner) => holds(inner, isWanted));
}
