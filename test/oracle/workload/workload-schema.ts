import type { ResolveUdt } from '../../../src/model/cql-type.ts';
import { quoteName } from '../../../src/model/table.ts';
import type { CassandraLine } from '../../../src/sandbox/sandbox-release.ts';
import { type Random, randomOf } from '../../model/simulation/random.ts';
import { fixedTables, workloadTypes } from './fixed-tables.ts';
import { randomColumnType, randomKeyType } from './random-type.ts';
import { createTable, type TableText, type WorkloadTable, workloadTable } from './workload-table.ts';

export interface WorkloadSchema {
  /** What makes it from the schema of the round before; the keyspace is written KS. */
  readonly ddl: readonly string[];
  /** The tables that random statements of all kinds go to. */
  readonly tables: readonly WorkloadTable[];
}

/** The schema of a round. From one to the next columns come and go, types grow, tables are dropped and made again. */
export function workloadSchema(line: CassandraLine, seed: number, round: number): WorkloadSchema {
  const random = randomOf(seed * 1009 + round);
  const resolveUdt = udtsOf(round);
  const build = (text: TableText) => workloadTable(text, resolveUdt, random);
  const lasting = [...fixedTables(line), viewedTable].map(build);
  const passing = [build(rebornTable(line, random)), ...randomTables(line, random, round).map(build)];
  const changing = [evolvingTable(round), renamedTable(round)].map(build);
  const made = round === 0 ? [...lasting, ...changing, ...passing] : passing;
  const before = round === 0 ? firstSteps : changesTo(round);
  const after = round === 0 ? specialTables : [];
  return { ddl: [...before, ...made.map(createTable), ...after], tables: [...lasting, ...changing, ...passing] };
}

const firstSteps: readonly string[] = [
  "CREATE KEYSPACE KS WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  ...workloadTypes.map(({ name, fields }) => {
    const list = Object.entries(fields).map(([field, type]) => `${quoteName(field)} ${type}`);
    return `CREATE TYPE KS.${quoteName(name)} (${list.join(', ')})`;
  }),
];

/** Tables with statements of their own, and a view, which the node writes. */
const specialTables: readonly string[] = [
  'CREATE TABLE KS.counters (a int, c int, n counter, m counter, s counter static, PRIMARY KEY (a, c))',
  'CREATE TABLE KS.lone_counter (a int PRIMARY KEY, n counter)',
  'CREATE TABLE KS.bound (a int, c int, x int, y bigint, t text, m map<int, text>, s int static, PRIMARY KEY (a, c))',
  'CREATE TABLE KS.compact_rows (a int, c int, v text, PRIMARY KEY (a, c)) WITH COMPACT STORAGE',
  'CREATE TABLE KS.compact_keys (a int, c int, PRIMARY KEY (a, c)) WITH COMPACT STORAGE',
  'CREATE TABLE KS.compact_columns (a int PRIMARY KEY, x int, y text) WITH COMPACT STORAGE',
  'CREATE MATERIALIZED VIEW KS.by_x AS SELECT * FROM KS.viewed WHERE a IS NOT NULL AND c IS NOT NULL AND x IS NOT NULL PRIMARY KEY (x, a, c)',
];

const viewedTable: TableText = {
  name: 'viewed',
  key: 'a int',
  clustering: 'c int',
  columns: 'x int; y text; z set<int>',
};

function changesTo(round: number): string[] {
  return [
    `ALTER TYPE KS.person ADD grown_${round} int`,
    ...coming.map(({ name, type }) =>
      // The same name goes and comes: what was written before it went stays hidden.
      round % 2 === 1 ? `ALTER TABLE KS.evolving DROP ${name}` : `ALTER TABLE KS.evolving ADD ${name} ${type}`,
    ),
    `ALTER TABLE KS.evolving ADD added_${round} text`,
    `ALTER TABLE KS.renamed RENAME c_${round - 1} TO c_${round}`,
    'TRUNCATE KS.no_clustering',
    ...['reborn', ...randomNames(round - 1)].map((name) => `DROP TABLE KS.${name}`),
  ];
}

const coming = [
  { name: 'x', type: 'int' },
  { name: 'm', type: 'map<int, text>' },
  { name: 's', type: 'text static' },
  { name: 'l', type: 'list<int> static' },
] as const;

function evolvingTable(round: number): TableText {
  const added = Array.from({ length: round }, (_, index) => `added_${index + 1} text`);
  const present = round % 2 === 1 ? [] : coming.map(({ name, type }) => `${name} ${type}`);
  return { name: 'evolving', key: 'a int', clustering: 'c int', columns: ['y int', ...present, ...added].join(';') };
}

function renamedTable(round: number): TableText {
  return { name: 'renamed', key: 'a int', clustering: `b int; c_${round} text desc`, columns: 'x int; p person' };
}

function rebornTable(line: CassandraLine, random: Random): TableText {
  return { name: 'reborn', key: 'a int', clustering: 'c int', columns: randomColumns(line, random, 5) };
}

function randomTables(line: CassandraLine, random: Random, round: number): readonly TableText[] {
  return randomNames(round).map((name) => {
    const keyColumns = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, place) => `${prefix}${place} ${randomKeyType({ random, line, udts: [] })}`);
    const clustering = keyColumns('c', random.int(4)).map((text) => (random.chance(0.4) ? `${text} desc` : text));
    return {
      name,
      key: keyColumns('a', 1 + random.int(2)).join(';'),
      clustering: clustering.join(';'),
      columns: randomColumns(line, random, 1 + random.int(12), clustering.length > 0),
    };
  });
}

function randomNames(round: number): readonly string[] {
  return [0, 1, 2].map((index) => `random_${round}_${index}`);
}

function randomColumns(line: CassandraLine, random: Random, count: number, mayBeStatic = true): string {
  const udts = ['person', 'address', '"Odd Name"'];
  const columns = Array.from({ length: count }, (_, index) => {
    const type = randomColumnType({ random, line, udts });
    return `v${index} ${type}${mayBeStatic && random.chance(0.2) ? ' static' : ''}`;
  });
  return columns.join(';');
}

function udtsOf(round: number): ResolveUdt {
  return (name) => {
    const fields = workloadTypes.find((type) => type.name === name)?.fields;
    const grown = name === 'person' ? Array.from({ length: round }, (_, index) => `grown_${index + 1}`) : [];
    return (
      fields && {
        fields: [...Object.keys(fields), ...grown],
        types: [...Object.values(fields), ...grown.map(() => 'int')],
      }
    );
  };
}
