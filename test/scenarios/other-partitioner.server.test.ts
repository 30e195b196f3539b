import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { aRehearsedRegion, type RehearsedRegion } from '../adapters/keyspaces/a-rehearsed-region.ts';
import { withKeysOf } from '../adapters/keyspaces/with-keys-of.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 600;
const own = `ring_${process.pid}`;
const moved = `${own}_moved`;
const partitioner = 'com.amazonaws.cassandra.DefaultPartitioner';

let region: RehearsedRegion;
let sides: TwoSides;
let migration: AMigration;

beforeAll(async () => {
  withKeysOf();
  const rules = { mode: 'strict', off: [], on: ['other-partitioner'] } as const;
  region = await aRehearsedRegion(inject('sandbox'), { rules, faults: { shortPages: 0.3 } });
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id int PRIMARY KEY, name text)',
    'CREATE TABLE KS.visits (user int, at int, note text, motto text STATIC, PRIMARY KEY (user, at))',
    'CREATE TABLE KS.hits (page int PRIMARY KEY, seen counter)',
  ]);
  const fill = (cql: string, values: (n: number) => readonly unknown[]) =>
    fillRows(sides.source, rows, (n) => ({ cql: cql.replace('KS', own), values: values(n) }));
  await fill('INSERT INTO KS.things (id, name) VALUES (?, ?)', (n) => [n, `name ${n}`]);
  await fill('INSERT INTO KS.visits (user, at, note, motto) VALUES (?, ?, ?, ?)', (n) => [n % 40, n, 'note', 'motto']);
  await fill('UPDATE KS.hits SET seen = seen + ? WHERE page = ?', (n) => [n, n % 100]);
  const names = { name: own.replace('_', '-'), keyspace: own, targetKeyspace: moved };
  migration = aMigration({ ...names, sandbox: inject('sandbox'), keyspaces: region.target });
}, patience);

afterAll(async () => {
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
  await region?.close();
  vi.unstubAllEnvs();
  expect(region.standIn.bugs).toEqual([]);
}, patience);

test('an account with another partitioner is warned of, and takes what is copied', { timeout: patience }, async () => {
  const deployed = await migration.run('run', '--phase', 'deploy-agent');
  expect(deployed.exitCode, deployed.stderr).toBe(0);
  expect(deployed.stderr).toMatch(
    new RegExp(`warning: .*found ${partitioner}.*each validation takes longer.*UPDATE system.local`),
  );
  for (const phase of ['start-source', 'snapshot-migrate', 'start-sink'])
    expect(await migration.run('run', '--phase', phase)).toMatchObject({ exitCode: 0 });
});

test('it is validated by look-ups, and that is said', { timeout: patience }, async () => {
  const { exitCode, stdout, stderr } = await migration.run('validate', '--json');

  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ isEqual: true, otherPartitioner: partitioner },
    tables: [
      { table: 'things', sourceRows: `${rows}`, targetRows: `${rows}` },
      { table: 'visits', sourceRows: `${rows}`, targetRows: `${rows}` },
    ],
  });
  expect(stderr).toContain(`the target has ${partitioner}: it is compared by look-ups`);
});

test('differences of every kind are found in the halves of the ring and repaired', { timeout: patience }, async () => {
  const plant = (cql: string) => sides.target.execute(cql.replace('KS', moved), [], { prepare: false });
  await plant("INSERT INTO KS.things (id, name) VALUES (-7, 'extra partition')");
  await plant('DELETE FROM KS.things WHERE id = 5');
  await plant("UPDATE KS.things SET name = 'other' WHERE id = 6");
  await plant("INSERT INTO KS.visits (user, motto) VALUES (-8, 'extra, static only')");
  for (const at of [1, 2]) await plant(`INSERT INTO KS.visits (user, at, note) VALUES (-9, ${at}, 'extra')`);
  await plant("INSERT INTO KS.visits (user, at, note) VALUES (3, -1, 'extra row')");
  await plant('DELETE FROM KS.visits WHERE user = 4');

  const halves = [await differences('--range', '-9223372036854775808..0')];
  halves.push(await differences('--range', '0..9223372036854775807'));

  const gone = Array.from({ length: rows / 40 }, (_, n) => `missing 4/${4 + n * 40}`);
  expect(halves.flat().sort()).toEqual(
    [
      ...['extra -7', 'missing 5', 'mismatch 6', 'extra -8', 'extra -9/1', 'extra -9/2', 'extra 3/-1', 'missing 4'],
      ...gone,
    ].sort(),
  );
  expect(halves.every((half) => half.length > 0)).toBe(true);

  expect(await migration.run('validate', '--repair')).toMatchObject({ exitCode: 0 });
  const again = await migration.run('run', '--phase', 'validate');
  expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('2 tables') });
});

test('the cutover copies the counters, compares what changed and passes', { timeout: patience }, async () => {
  await sides.source.execute(`DELETE FROM ${own}.things WHERE id = 8`, [], { prepare: false });
  const words = ['--writes-stopped', '--confirm', own, '--validation', 'changed'];
  const ended = await migration.run('run', '--phase', 'cutover', ...words);

  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('what changed since equal after the drain');
  const hits = (await sides.target.execute(`SELECT seen FROM ${moved}.hits`)).rows;
  expect(hits.reduce((sum, { seen }) => sum + Number(`${seen}`), 0)).toBe((rows * (rows - 1)) / 2);
  // What the stand-in would have refused, and nobody sent.
  expect(region.standIn.rules.refusals.get('other-partitioner')).toBeUndefined();
});

/** `kind partition/clustering` of all that differs for certain. */
async function differences(...words: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await migration.run('validate', ...words, '--json');
  expect(exitCode, stderr).toBe(3);
  const found: readonly Found[] = JSON.parse(stdout).differences;
  const values = ({ partitionKey, clustering }: Found) =>
    [...partitionKey, ...clustering].map((value) => Buffer.from(value, 'hex').readInt32BE()).join('/');
  return found.map((each) => `${each.kind} ${values(each)}`);
}

interface Found {
  readonly kind: string;
  readonly partitionKey: readonly string[];
  readonly clustering: readonly string[];
}
