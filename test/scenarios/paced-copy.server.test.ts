import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import type { CdcmigProcess } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 4_000;
const own = `paced_${process.pid}`;
const moved = `${own}_moved`;

let sides: TwoSides;
let migration: AMigration;
let copying: CdcmigProcess;

beforeAll(async () => {
  const sandbox = inject('sandbox');
  sides = await openTwoSides(sandbox);
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id int PRIMARY KEY, name text)',
    'CREATE TABLE KS.old_things (id int PRIMARY KEY, name text)',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.things (id, name) VALUES (?, ?)`,
    values: [n, `name ${n}`],
  }));
  migration = aMigration(
    { name: own.replace('_', '-'), sandbox, keyspace: own, targetKeyspace: moved },
    { source: { tables: ['*things'], excludeTables: ['old_*'] } },
  );
  for (const phase of ['deploy-agent', 'start-source'])
    expect(await migration.run('run', '--phase', phase)).toMatchObject({ exitCode: 0 });
}, patience);

afterAll(async () => {
  copying?.signal('SIGKILL');
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

test('a copying that is paused and slowed down before it begins stands still', { timeout: patience }, async () => {
  expect(await ctl('set', 'rate=2000')).toContain('copying: goes on, 2000 rows/s');
  expect(await ctl('pause')).toContain('copying: paused, 2000 rows/s');
  copying = migration.start('run', '--phase', 'snapshot-migrate', '--json');
  await copying.untilSaid(/held by: the operator/);
  expect(await movedRows()).toBeLessThan(rows);
  const { stdout } = await migration.run('status');
  expect(stdout).toContain('paused by cdcmig ctl, at most 2000 rows/s a worker');
  expect(stdout).toMatch(/ {2}things: (not begun|copying), \d of [89] splits/);
  expect(stdout).toMatch(/within the last minute, worker .*: held by: the operator/);
});

test('a flag file holds it too, and the operator’s word does not overrule it', { timeout: patience }, async () => {
  mkdirSync(migration.workersFolder, { recursive: true });
  writeFileSync(flagFile(), '');
  expect(await ctl('resume')).toContain('copying: goes on');
  await copying.untilSaid(/held by: the file/);
  const before = await movedRows();
  await sleep(2_000);
  expect(await movedRows()).toBe(before);
});

test('without either it ends, and every row was read once', { timeout: patience }, async () => {
  rmSync(flagFile());
  const ended = await copying.ended;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await movedRows()).toBe(rows);
  const { stdout } = await migration.run('status', '--json');
  const { rows: counted, tables } = JSON.parse(stdout);
  expect(counted).toMatchObject({ read: `${rows}`, written: `${rows}` });
  // Eight, or nine where the node's token lies near an end of the ring.
  const { planned } = tables[0].splits;
  expect([8, 9]).toContain(planned);
  expect(tables).toEqual([{ table: 'things', state: 'copied', splits: { planned, copied: planned }, rows: `${rows}` }]);
});

test.each([['rate=-1'], ['rate=fast'], ['speed=3']])('ctl set %s is refused with 2', async (setting) => {
  expect(await migration.run('ctl', 'set', setting)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('rate=none'),
  });
});

function flagFile(): string {
  return join(migration.workersFolder, 'pause-copying');
}

async function ctl(...words: readonly string[]): Promise<string> {
  const ended = await migration.run('ctl', ...words);
  expect(ended.exitCode, ended.stderr).toBe(0);
  return ended.stdout;
}

/** As soon as the table is there. */
async function movedRows(): Promise<number> {
  const { rows: found } = await sides.target.execute(`SELECT count(*) AS count FROM ${moved}.things`, []);
  return Number(found[0]!.count);
}
