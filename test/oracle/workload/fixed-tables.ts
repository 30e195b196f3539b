import type { CassandraLine } from '../../../src/sandbox/sandbox-release.ts';
import { nativeTypes } from './literals.ts';
import type { TableText } from './workload-table.ts';

/** The user-defined types of the workload: by name, fields and the texts of their types. */
export const workloadTypes: readonly { readonly name: string; readonly fields: Readonly<Record<string, string>> }[] = [
  {
    name: 'address',
    fields: { street: 'text', zip: 'int', tags: 'frozen<set<text>>', place: 'tuple<double, double>' },
  },
  {
    name: 'person',
    fields: { name: 'text', home: 'frozen<address>', phones: 'frozen<map<text, frozen<list<int>>>>', age: 'duration' },
  },
  { name: 'Odd Name', fields: { 'A b': 'tinyint', 'c"d': 'boolean' } },
];

/** One table for each shape that the commit log writes in a way of its own. */
export function fixedTables(line: CassandraLine): readonly TableText[] {
  return [
    {
      name: 'every_type',
      key: 'a int; b text',
      clustering: 'c1 int; c2 text desc; c3 timeuuid desc',
      columns: nativeTypes.map((type) => `v_${type} ${type}`).join(';'),
    },
    { name: 'no_clustering', key: 'id uuid', columns: 'x int; "Mixed Case" bigint; l list<int>; m map<text, text>' },
    {
      name: 'statics',
      key: 'a bigint',
      clustering: 'c int desc',
      columns: 's1 text static; s2 map<int, text> static; s3 list<text> static; s4 person static; x int; y text',
    },
    { name: 'collections', key: 'a text', clustering: 'c int', columns: collectionColumns },
    { name: 'wide63', key: 'a int', columns: ints(63) },
    { name: 'wide64', key: 'a int', columns: ints(64) },
    { name: 'wide90', key: 'a int', clustering: 'c int', columns: `${ints(85)};${mixed}` },
    {
      name: 'default_ttl',
      key: 'a int',
      clustering: 'c int',
      columns: 'x int; y text; s set<int>',
      options: ['default_time_to_live = 864000'],
    },
    // More than 32 clustering values need a second header.
    { name: 'deep', key: 'a int', clustering: deepClustering, columns: 'x int' },
    {
      name: 'composite',
      key: 'a frozen<list<int>>; b frozen<address>',
      clustering: 'c frozen<map<text, int>>; d tuple<int, text> desc; e frozen<"Odd Name">',
      columns: 'x int',
    },
    ...rangeTables,
    { name: 'keys_only', key: 'a int; b int', clustering: 'c text' },
    ...(line === '5.0' ? [vectors] : []),
  ];
}

const collectionColumns = [
  'l list<int>; lt list<text>; s set<text>; sb set<blob>; m map<text, int>; md map<timestamp, duration>',
  'fl frozen<list<bigint>>; fs frozen<set<uuid>>; fm frozen<map<text, blob>>; ls list<frozen<set<int>>>',
  'u person; fu frozen<person>; odd "Odd Name"; t tuple<int, text, frozen<list<int>>>; x int',
  'mu map<frozen<address>, frozen<person>>; st set<frozen<tuple<int, text>>>; ld list<duration>',
].join(';');

const mixed = 's set<int>; t text; l list<int>; m map<int, text>; z tinyint';

const deepClustering = Array.from({ length: 40 }, (_, index) => {
  const types = nativeTypes.filter((name) => name !== 'duration');
  return `k${String(index).padStart(2, '0')} ${types[index % types.length]}${index % 3 === 1 ? ' desc' : ''}`;
}).join(';');

/** Same key, so that a batch over them is one mutation of several tables. */
const rangeTables: readonly TableText[] = ['ranges', 'ranges_too'].map((name) => ({
  name,
  key: 'a int',
  clustering: 'c int; d text desc; e int',
  columns: 'x int; st int static',
}));

const vectors: TableText = {
  name: 'vectors',
  key: 'a int',
  clustering: 'c vector<float, 3>',
  columns:
    'v vector<float, 3>; vt vector<text, 2>; vi vector<tinyint, 4>; lv list<vector<int, 2>>; vs vector<frozen<set<int>>, 2>; vd vector<vector<text, 2>, 2>',
};

function ints(count: number): string {
  return Array.from({ length: count }, (_, index) => `w${String(index).padStart(2, '0')} int`).join(';');
}
