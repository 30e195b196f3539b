import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../src/sandbox/demo/seeded-random.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const rows = 30_000;
const kills = 10;
const seed = Number(process.env.CDCMIG_SEED ?? Date.now() % 100_000);

let dir = '';
let sandbox: Sandbox;
let sides: TwoSides;
let migration: AMigration;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-killed-copy-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
  sides = await openTwoSides(sandbox);
  await createKeyspace(sides.source, 'shop', [
    'CREATE TABLE KS.narrow (id int PRIMARY KEY, name text)',
    'CREATE TABLE KS.wide (id int, at int, owner text static, note text, PRIMARY KEY (id, at))',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: 'INSERT INTO shop.narrow (id, name) VALUES (?, ?)',
    values: [n, `name ${n}`],
  }));
  await fillRows(sides.source, rows, (n) => ({
    cql: 'INSERT INTO shop.wide (id, at, owner, note) VALUES (?, ?, ?, ?)',
    values: [n % 200, n, `owner ${n % 200}`, `note ${n}`],
  }));
  migration = aMigration({ name: 'killed-copy', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' });
  for (const phase of ['deploy-agent', 'start-source'])
    expect(await migration.run('run', '--phase', phase)).toMatchObject({ exitCode: 0 });
  // Slow enough to be killed in the middle of every split.
  expect(await migration.run('ctl', 'set', 'rate=4000')).toMatchObject({ exitCode: 0 });
}, 300_000);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  await sides?.[Symbol.asyncDispose]();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, 120_000);

test(`a copy that is killed ${kills} times goes on each time, loses no row and keeps its books (seed ${seed})`, async () => {
  const random = seededRandom(seed);
  const copiedAfter: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const copying = migration.start('run', '--phase', 'snapshot-migrate', '--json', '--take-over');
    await copying.untilSaid(/"step-started".*"copy"/);
    await sleep(500 + random.below(2_000));
    copying.signal('SIGKILL');
    await copying.ended;
    copiedAfter.push((await status()).splits.copied);
  }
  // What was copied stays so, and nothing is begun anew: the last kills find more done than the first.
  expect(copiedAfter).toEqual(copiedAfter.toSorted((a, b) => a - b));
  expect(await migration.run('ctl', 'set', 'rate=none')).toMatchObject({ exitCode: 0 });

  const ended = await migration.run('run', '--phase', 'snapshot-migrate', '--take-over');
  expect(ended.exitCode, ended.stderr).toBe(0);
  const { splits, rows: books } = await status();
  expect(splits.copied).toBe(splits.planned);
  expect(books).toMatchObject({ read: `${2 * rows}`, written: `${2 * rows}`, superseded: '0', deadLettered: '0' });
  const validated = await migration.run('validate', '--json');
  expect(validated.exitCode, validated.stderr).toBe(0);
  expect(JSON.parse(validated.stdout)).toMatchObject({ isEqual: true });
});

interface Status {
  readonly splits: { readonly planned: number; readonly copied: number };
  readonly rows: Readonly<Record<string, string>>;
}

async function status(): Promise<Status> {
  const { exitCode, stdout, stderr } = await migration.run('status', '--json');
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
}
