import type { DefinedKeyspace, DefinedTable, DefinedType } from '../../src/model/target-definition.ts';

export function aKeyspaceDefinition(name: string): DefinedKeyspace {
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  return {
    kind: 'keyspace',
    name,
    regions: ['eu-west-1'],
    cql: `CREATE KEYSPACE ${name} WITH replication = ${replication}`,
  };
}

/** `id int` and text columns a and b, unless it says otherwise. */
export function aTableDefinition(keyspace: string, parts: Partial<DefinedTable> = {}): DefinedTable {
  const { name = 't', columns = ['id int', 'a text', 'b text'].map(column) } = parts;
  const texts = columns.map((defined) => `${defined.name} ${defined.type}`).join(', ');
  return {
    kind: 'table',
    name,
    columns,
    partitionKey: ['id'],
    clustering: [],
    statics: [],
    defaultTtlSeconds: 0,
    settings: { capacity: { mode: 'on-demand' }, pointInTimeRecovery: false, tags: {} },
    cql: `CREATE TABLE ${keyspace}.${name} (${texts}, PRIMARY KEY (id))`,
    ...parts,
  };
}

export function aTypeDefinition(keyspace: string, name: string): DefinedType {
  return {
    kind: 'type',
    name,
    fields: ['x int', 'y int'].map(column),
    cql: `CREATE TYPE ${keyspace}.${name} (x int, y int)`,
  };
}

function column(text: string): { name: string; type: string } {
  const [name, type] = text.split(' ') as [string, string];
  return { name, type };
}
