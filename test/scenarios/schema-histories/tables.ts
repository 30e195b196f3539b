import type { ColumnDefinition, TableDefinition } from './memory-keyspace.ts';

function key(kind: 'partition_key' | 'clustering', name: string): ColumnDefinition {
  return { name, kind, type: 'int' };
}

function regular(name: string, type = 'int'): ColumnDefinition {
  return { name, kind: 'regular', type };
}

const map = 'map<int, int>';

/** Between them: a partition of rows with statics and one of a single row, simple columns and collections. */
export const tables: readonly TableDefinition[] = [
  {
    name: 'wide',
    id: 'a'.repeat(32),
    columns: [
      key('partition_key', 'k'),
      key('clustering', 'c'),
      { name: 's', kind: 'static', type: 'int' },
      { name: 'sl', kind: 'static', type: 'list<int>' },
      ...[regular('a'), regular('b'), regular('m', map), regular('l', 'list<int>')],
    ],
  },
  { name: 'flat', id: 'b'.repeat(32), columns: [key('partition_key', 'k'), regular('a'), regular('b')] },
];

/** What an ALTER may add to a table and take away again, each always of one type: a Cassandra takes no other. */
export const changing: Readonly<Record<string, readonly ColumnDefinition[]>> = {
  wide: [
    regular('b'),
    regular('m', map),
    regular('x'),
    regular('n', map),
    regular('l', 'list<int>'),
    { name: 't', kind: 'static', type: 'int' },
  ],
  flat: [regular('b'), regular('x')],
};

/** The identity of an element of a list, which stands behind those of lower numbers. */
export function elementPath(number: number): Buffer {
  const path = Buffer.alloc(16);
  path.writeUInt32BE(number, 0);
  return path;
}
