import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { repairRow } from '../../src/apply/repair-row.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { type Difference, rowKeyText } from '../../src/model/difference.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { compareTables } from '../../src/validation/compare-tables.ts';
import { inParallel } from '../../src/validation/in-parallel.ts';
import type { ValidationReport } from '../../src/validation/report.ts';
import { openTwoKeyspaces, type TwoKeyspaces } from '../support/two-keyspaces.ts';

const clock = systemClock();
const ddl = [
  'CREATE TYPE KS.address (street text, number int)',
  'CREATE TABLE KS.wide (id int, at int, owner text static, a text, b bigint, PRIMARY KEY (id, at))',
  `CREATE TABLE KS.rich (id int PRIMARY KEY, l list<int>, s set<text>, m map<text, int>, fl frozen<list<text>>,
     home address, price decimal, empty text)`,
  'CREATE TABLE KS.keys (id int, at int, PRIMARY KEY (id, at))',
  'CREATE TABLE KS.prices (id int, price decimal, a text, PRIMARY KEY (id, price))',
  'CREATE TABLE KS.expiring (id int PRIMARY KEY, a text, b text)',
];
const richColumns = '(id, l, s, m, fl, home, price, empty)';
const richValues = (id: number) =>
  `(${id}, [3, 1, ${id}], {'b', 'a'}, {'k': ${id}}, ['x'], {street: 'High', number: ${id}}, 1.50, '')`;

/** Far in the past of the window's reserve: what the snapshot would have written. */
const old = () => clock.nowMicros() - 44n * 3_600_000_000n;

/** Both sides hold the same. */
const rows: readonly string[] = [
  ...numbers(400).map((n) => `INSERT INTO KS.wide (id, at, a, b) VALUES (${n % 40}, ${n}, 'a${n}', ${n})`),
  ...numbers(40).map((id) => `INSERT INTO KS.wide (id, owner) VALUES (${id}, 'owner ${id}')`),
  ...numbers(200).map((id) => `INSERT INTO KS.rich ${richColumns} VALUES ${richValues(id)}`),
  ...numbers(100).map((n) => `INSERT INTO KS.keys (id, at) VALUES (${n % 10}, ${n})`),
  ...numbers(100).map((id) => `INSERT INTO KS.expiring (id, a, b) VALUES (${id}, 'a', 'b') USING TTL ${9000 + id}`),
];

interface Planted {
  /** What is spoilt, on the target unless it says otherwise. */
  readonly what: string;
  readonly side?: 'source';
  readonly statements: readonly string[];
  readonly kind: Difference['kind'];
}

const planted: readonly Planted[] = [
  {
    what: 'rows deleted, by tombstones younger than the rows',
    statements: numbers(60).map((n) => `DELETE FROM KS.wide WHERE id = ${n % 40} AND at = ${n}`),
    kind: 'missing',
  },
  {
    what: 'rows that the source never had',
    statements: numbers(100).map((n) => `INSERT INTO KS.wide (id, at, a) VALUES (${n % 40}, ${1000 + n}, 'extra')`),
    kind: 'extra',
  },
  {
    what: 'cells of another value',
    statements: numbers(100).map(
      (n) => `UPDATE KS.wide SET a = 'other' WHERE id = ${(100 + n) % 40} AND at = ${100 + n}`,
    ),
    kind: 'mismatch',
  },
  {
    what: 'cells that are null on the target',
    statements: numbers(60).map((n) => `DELETE b FROM KS.wide WHERE id = ${(300 + n) % 40} AND at = ${300 + n}`),
    kind: 'mismatch',
  },
  {
    what: 'statics',
    statements: [
      ...numbers(10).map((id) => `UPDATE KS.wide SET owner = 'another' WHERE id = ${id}`),
      ...numbers(10).map((id) => `UPDATE KS.wide SET owner = 'of nobody' WHERE id = ${500 + id}`),
    ],
    kind: 'mismatch',
  },
  {
    what: 'collections with more, fewer or other elements',
    statements: [
      ...numbers(20).map((id) => `UPDATE KS.rich SET l = l + [9] WHERE id = ${id}`),
      ...numbers(20).map((id) => `UPDATE KS.rich SET s = s - {'a'} WHERE id = ${20 + id}`),
      ...numbers(20).map((id) => `UPDATE KS.rich SET m['k'] = -1 WHERE id = ${40 + id}`),
      ...numbers(20).map((id) => `UPDATE KS.rich SET fl = ['y'] WHERE id = ${60 + id}`),
      ...numbers(20).map((id) => `UPDATE KS.rich SET home.number = null WHERE id = ${80 + id}`),
      ...numbers(20).map((id) => `DELETE l FROM KS.rich WHERE id = ${100 + id}`),
    ],
    kind: 'mismatch',
  },
  {
    what: 'empty text against null',
    statements: numbers(20).map((id) => `DELETE empty FROM KS.rich WHERE id = ${140 + id}`),
    kind: 'mismatch',
  },
  {
    what: 'a decimal of another scale',
    statements: numbers(20).map((id) => `UPDATE KS.rich SET price = 1.5 WHERE id = ${160 + id}`),
    kind: 'mismatch',
  },
  {
    what: 'rows of keys only',
    statements: [
      ...numbers(30).map((n) => `DELETE FROM KS.keys WHERE id = ${n % 10} AND at = ${n}`),
      ...numbers(30).map((n) => `INSERT INTO KS.keys (id, at) VALUES (${n % 10}, ${2000 + n})`),
    ],
    kind: 'missing',
  },
  {
    what: 'rows that the source lost without a trace on the stream',
    side: 'source',
    statements: numbers(30).map((id) => `DELETE FROM KS.rich WHERE id = ${170 + id}`),
    kind: 'extra',
  },
  {
    what: 'expiring rows',
    statements: numbers(50).map((id) => `DELETE FROM KS.expiring WHERE id = ${id}`),
    kind: 'missing',
  },
  {
    what: 'values that end later, or never',
    statements: [
      ...numbers(20).map((id) => `UPDATE KS.expiring SET a = 'a' WHERE id = ${50 + id}`),
      ...numbers(20).map((id) => `UPDATE KS.expiring USING TTL 100000 SET b = 'b' WHERE id = ${70 + id}`),
    ],
    kind: 'mismatch',
  },
];

describe('repair', () => {
  let two: TwoKeyspaces;
  let found: ValidationReport;

  beforeAll(async () => {
    two = await openTwoKeyspaces(inject('sandbox'), 'repaired', ddl);
    const stamped = rows.map((cql) => `${cql} ${cql.includes('TTL') ? 'AND' : 'USING'} TIMESTAMP ${old()}`);
    await Promise.all([two.onSource, two.onTarget].map((on) => inBatches(stamped, on)));
    for (const [price, on] of [
      ['1.0', two.onSource],
      ['1.00', two.onTarget],
    ] as const)
      await inBatches(pricedAt(price), on);
    for (const { side, statements } of planted)
      await inBatches(statements, side === 'source' ? two.onSource : two.onTarget);
    found = await validate(two);
  });
  afterAll(() => two?.[Symbol.asyncDispose]());

  test('validation finds every row that was spoilt, and none else', () => {
    const spoilt = new Set(planted.flatMap(({ statements }) => statements.map(rowNameOf)));
    const kinds = Object.groupBy(found.differences, ({ kind }) => kind);
    expect(found.differences).toHaveLength(spoilt.size);
    expect(kinds.pending ?? []).toEqual([]);
    expect(new Set(found.differences.map(({ table, key }) => `${table} ${rowKeyText(key)}`)).size).toBe(spoilt.size);
    for (const { kind } of planted) expect(kinds[kind]?.length).toBeGreaterThan(0);
  });

  test('after it both sides are equal, each row after two goes at most', async () => {
    await repair(two, found.differences, false);
    const left = await validate(two);
    // Of tombstones and row markers nobody can read the write time: they may be above a first repair.
    expect(left.differences.length).toBeLessThan(found.differences.length / 2);
    await repair(two, left.differences, true);
    expect((await validate(two)).differences).toEqual([]);
  });

  test('rows that expire do so when the source’s do', async () => {
    const select = 'SELECT id, TTL(a) FROM KS.expiring WHERE id < 70 ALLOW FILTERING';
    const [source, target] = await Promise.all([two.onSource(select), two.onTarget(select)]);
    const ttls = (result: typeof source) =>
      new Map(result.rows.map(([id, ttl]) => [id!.readInt32BE(), ttl!.readInt32BE()]));
    expect(ttls(target).size).toBe(70);
    for (const [id, ttl] of ttls(source)) expect(Math.abs(ttls(target).get(id)! - ttl)).toBeLessThanOrEqual(2);
  });

  test('a change that is captured after the repair still wins', async () => {
    await two.onTarget(`UPDATE KS.wide USING TIMESTAMP ${clock.nowMicros()} SET a = 'newer' WHERE id = 0 AND at = 0`);
    const { rows: shown } = await two.onTarget('SELECT a FROM KS.wide WHERE id = 0 AND at = 0');
    expect(shown[0]![0]!.toString()).toBe('newer');
  });
});

/** Rows that are the same to Cassandra whatever zeros their price ends with; the first write says how it is shown. */
function pricedAt(price: string): readonly string[] {
  return numbers(20).map((id) => `INSERT INTO KS.prices (id, price, a) VALUES (${id}, ${price}, 'a${id}')`);
}

/** Table and key as the statement names them, so that two statements about one row count once. */
function rowNameOf(cql: string): string {
  const table = /KS\.(\w+)/.exec(cql)![1]!;
  const values = /VALUES \((\d+)(?:, (\d+))?/.exec(cql) ?? /id = (\d+)(?: AND at = (\d+))?/.exec(cql)!;
  return [table, ...values.slice(1)].join(' ');
}

function validate({ tables, source, target }: TwoKeyspaces): Promise<ValidationReport> {
  return compareTables({
    tables: tables.map((table) => ({ table, splits: 4 })),
    withCounters: false,
    sides: { source, target },
    clock,
    report: () => {},
    // No stream runs here: everything has arrived.
    streamTime: () => clock.nowMicros() + 3_600_000_000n,
    patienceMs: 30_000,
    // The two sides are filled one beside the other.
    expiryTolerance: 30,
    splitsAtOnce: 2,
  });
}

async function repair(two: TwoKeyspaces, differences: readonly Difference[], useReadInstant: boolean): Promise<void> {
  const { source, target } = two;
  const writer = createTargetWriter({ target, clock, report: () => {}, maxInFlight: 32 });
  const parts = { source, target, writer, clock, window: keyspacesWindow, keyspace: two.targetKeyspace };
  await inParallel(differences, 8, undefined, ({ table: name, key }) => {
    const table = two.tables.find((each) => each.name === name)!;
    return repairRow({ table, key, consistency: 'all', useReadInstant }, parts);
  });
}

async function inBatches(statements: readonly string[], run: (cql: string) => Promise<unknown>): Promise<void> {
  await inParallel(statements, 32, undefined, run);
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}
