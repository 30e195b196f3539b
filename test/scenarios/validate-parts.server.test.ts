import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 3_000;
const own = `parts_${process.pid}`;
const moved = `${own}_moved`;

const halfWay = fileURLToPath(import.meta.resolve('./operator/validate-half-way.ts'));

let sides: TwoSides;
let migration: AMigration;

beforeAll(async () => {
  const sandbox = inject('sandbox');
  sides = await openTwoSides(sandbox);
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id int PRIMARY KEY, name text, size bigint)',
    'CREATE TABLE KS.parts (thing int, part int, note text, PRIMARY KEY (thing, part))',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.things (id, name, size) VALUES (?, ?, ?)`,
    values: [n, `name ${n}`, n],
  }));
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.parts (thing, part, note) VALUES (?, ?, ?)`,
    values: [n % 100, n, `note ${n}`],
  }));
  migration = aMigration({ name: own.replace('_', '-'), sandbox, keyspace: own, targetKeyspace: moved });
  for (const phase of ['deploy-agent', 'start-source', 'snapshot-migrate', 'start-sink'])
    expect(await migration.run('run', '--phase', phase)).toMatchObject({ exitCode: 0 });
}, patience);

afterAll(async () => {
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

test('what changed since cannot be asked for before all was seen equal once', { timeout: patience }, async () => {
  const { exitCode, stderr } = await migration.run('validate', '--since', 'last');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('a validation of everything');
});

test('after that only the rows of changes are read, of every kind of change', { timeout: patience }, async () => {
  expect((await validate()).rows).toEqual({ things: rows, parts: rows });
  for (let id = 0; id < 20; id++) await write(`UPDATE ${own}.things SET size = -1 WHERE id = ${id}`);
  await write(`DELETE FROM ${own}.things WHERE id = 20`);
  await write(`DELETE FROM ${own}.parts WHERE thing = 7 AND part > 1000`);
  await write(`DELETE FROM ${own}.parts WHERE thing = 8`);
  await write(
    `BEGIN BATCH INSERT INTO ${own}.things (id, name) VALUES (50, 'both'); INSERT INTO ${own}.parts (thing, part) VALUES (50, 50); APPLY BATCH`,
  );
  await caughtUp();

  const { rows: compared, scope } = await validate('--since', 'last');

  // Partitions are compared whole: of parts 7 and 50, and nothing is left of 8; the batch names its partition for both tables.
  expect(compared.things).toBeGreaterThanOrEqual(21);
  // What was written in the minutes before the first validation is looked at again.
  expect(compared.things).toBeLessThanOrEqual(rows);
  expect(scope).toMatch(/rows that \d+ changes since/);
});

test('a row that was changed and differs is found and repaired', { timeout: patience }, async () => {
  await write(`UPDATE ${own}.things SET name = 'ours' WHERE id = 3`);
  await caughtUp();
  await sides.target.execute(`UPDATE ${moved}.things SET name = 'theirs' WHERE id = 3`, []);

  const page = join(dirname(migration.configFile), 'report.html');
  const found = await migration.run('validate', '--since', 'last', '--json', '--report', page);
  expect(found.exitCode).toBe(3);
  expect(readFileSync(page, 'utf8')).toContain('0x00000003');
  expect(JSON.parse(found.stdout).differences).toMatchObject([
    {
      ...{ kind: 'mismatch', table: 'things', columns: ['name'], partitionKey: ['00000003'] },
      likely: expect.stringContaining('somebody else writes to the target'),
    },
  ]);

  expect(await migration.run('validate', '--since', 'last', '--repair')).toMatchObject({ exitCode: 0 });
  await validate('--since', 'last');
});

test('a row that the target refuses keeps no other from being repaired, and is named', {
  timeout: patience,
}, async () => {
  // An indexed value has a bound of 64 KB.
  await sides.target.execute(`CREATE INDEX names ON ${moved}.things (name)`);
  await write(`UPDATE ${own}.things SET name = '${'x'.repeat(70_000)}' WHERE id = 4`);
  await write(`UPDATE ${own}.things SET name = 'ours' WHERE id = 5`);
  await caughtUp();
  await sides.target.execute(`UPDATE ${moved}.things SET name = 'theirs' WHERE id = 5`, []);

  const { exitCode, stdout, stderr } = await migration.run('validate', '--since', 'last', '--repair', '--json');
  expect(exitCode).toBe(3);
  expect(stderr).toContain('1 of them refused by the target');
  expect(JSON.parse(stdout).repaired).toMatchObject([
    { partitionKey: ['0x00000004'], outcome: 'refused', refusal: expect.stringContaining('names') },
    { partitionKey: ['0x00000005'], outcome: 'equal' },
  ]);

  await sides.target.execute(`DROP INDEX ${moved}.names`);
  expect(await migration.run('dead-letters', 'replay', '--all')).toMatchObject({ exitCode: 0 });
  expect(await migration.run('validate', '--since', 'last', '--repair')).toMatchObject({ exitCode: 0 });
  await validate('--since', 'last');
});

test('what a killed validation has compared is not compared again', { timeout: patience }, async () => {
  expect(await migration.run('validate', '--resume')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('without --resume'),
  });
  const killed = spawn(process.execPath, [halfWay, migration.configFile, '12'], { stdio: 'inherit' });
  const ended = once(killed, 'exit');
  try {
    while (((await status()).comparing?.done ?? 0) < 4) await sleep(200);
  } finally {
    killed.kill('SIGKILL');
    await ended;
  }
  const { comparing, lastValidation } = await status();
  expect(comparing.total).toBe(32);
  expect(comparing.done).toBeLessThanOrEqual(12);

  const undo = await meddleInFirstSplit(lastValidation.tables[0].table);
  const resumed = await migration.run('validate', '--resume', '--json');
  expect(resumed).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining(`${comparing.done} of its 32 splits are compared`),
  });
  for (const { table, sourceRows, targetRows } of JSON.parse(resumed.stdout).tables) {
    const counted = await sides.source.execute(`SELECT count(*) AS n FROM ${own}.${table}`);
    expect([sourceRows, targetRows]).toEqual([`${counted.first().n}`, `${counted.first().n}`]);
  }
  expect((await status()).comparing).toBeUndefined();
  expect((await migration.run('validate')).exitCode).toBe(3);
  await undo();
  await validate();
});

test('of a table that was made anew on the target every row is compared, whatever was seen equal before', {
  timeout: patience,
}, async () => {
  await sides.target.execute(`DROP TABLE ${moved}.parts`);
  await sides.target.execute(`CREATE TABLE ${moved}.parts (thing int, part int, note text, PRIMARY KEY (thing, part))`);

  const { exitCode, stdout } = await migration.run('validate', '--since', 'last', '--json');
  expect(exitCode).toBe(3);
  const { tables, scope } = JSON.parse(stdout);
  const { sourceRows, missing } = tables.find(({ table }: { table: string }) => table === 'parts');
  expect([`${missing}`, sourceRows]).toEqual([sourceRows, expect.stringMatching(/^2\d{3}$/)]);
  expect(scope).toContain('all of parts, because the target’s table is another');

  expect(await migration.run('validate', '--since', 'last', '--repair')).toMatchObject({ exitCode: 0 });
  expect((await validate('--since', 'last')).rows.parts).toBe(Number(sourceRows));
  expect((await validate('--since', 'last')).scope).not.toContain('all of parts');
});

test('a range, and a sample, compare that much and prove nothing', { timeout: patience }, async () => {
  const half = await validate('--range', '0..9223372036854775807');
  expect(half.rows.things).toBeGreaterThan(rows / 3);
  expect(half.rows.things).toBeLessThan((rows * 2) / 3);
  expect(half.scope).toContain('tokens above 0');

  const sample = await validate('--sample', '10');
  expect(sample.rows.things).toBeGreaterThan(rows / 50);
  expect(sample.rows.things).toBeLessThan(rows / 5);
  expect(sample.scope).toContain('10 %');
});

test.each([
  [['--range', '5'], /Two tokens/],
  [['--range', '9223372036854775807..-9223372036854775808'], /some between them/],
  [['--range', '0..9223372036854775808'], /Two tokens from/],
  [['--sample', '0'], /More than 0/],
  [['--since', 'ever'], /last/],
  [['--since', 'last', '--sample', '1'], /cannot be used with/],
  [['--resume', '--since', 'last'], /cannot be used with/],
])('%j is refused with 2', async (words, reason) => {
  expect(await migration.run('validate', ...words)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(reason),
  });
});

test('the cutover takes what was seen equal before, and compares what changed', { timeout: patience }, async () => {
  expect(await migration.run('run', '--phase', 'validate')).toMatchObject({ exitCode: 0 });
  await write(`UPDATE ${own}.things SET size = 7 WHERE id = 7`);
  const ended = await migration.run(
    ...['run', '--phase', 'cutover', '--writes-stopped', '--confirm', own, '--validation', 'changed'],
  );
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(ended.stderr).toContain('what changed since equal after the drain');
});

async function write(cql: string): Promise<void> {
  await sides.source.execute(cql, [], { prepare: false });
}

/** Only who reads the row can see it: no change names it. Answers how to put it back. */
async function meddleInFirstSplit(table: string): Promise<() => Promise<unknown>> {
  const [keys, column] = table === 'things' ? [['id'], 'name'] : [['thing', 'part'], 'note'];
  const select = `SELECT ${keys}, ${column} AS was, token(${keys[0]}) AS at FROM ${moved}.${table}`;
  const { rows: found } = await sides.target.execute(select);
  const first = found.reduce((one, other) => (BigInt(`${other.at}`) < BigInt(`${one.at}`) ? other : one));
  const where = keys.map((key) => `${key} = ?`).join(' AND ');
  const write = (value: unknown) =>
    sides.target.execute(
      `UPDATE ${moved}.${table} SET ${column} = ? WHERE ${where}`,
      [value, ...keys.map((key) => first[key])],
      { prepare: true },
    );
  await write('theirs');
  return () => write(first.was);
}

async function status() {
  return JSON.parse((await migration.run('status', '--json')).stdout);
}

async function caughtUp(): Promise<void> {
  const asked = Date.now();
  const isPast = async () => {
    const { lagMs } = (await status()).stream;
    return lagMs !== 'unknown' && lagMs < Date.now() - asked - 1_000;
  };
  while (!(await isPast())) await sleep(500);
}

interface Validated {
  readonly rows: Readonly<Record<string, number>>;
  readonly scope: string | undefined;
}

/** Ends with 0; how many rows of the source it compared, by table. */
async function validate(...words: readonly string[]): Promise<Validated> {
  const ended: Ended = await migration.run('validate', ...words, '--json');
  expect(ended.exitCode, ended.stderr).toBe(0);
  const { tables, scope, isEqual } = JSON.parse(ended.stdout);
  expect(isEqual).toBe(true);
  const counts = tables.map(({ table, sourceRows }: { table: string; sourceRows: string }) => [
    table,
    Number(sourceRows),
  ]);
  return { rows: Object.fromEntries(counts), scope };
}
