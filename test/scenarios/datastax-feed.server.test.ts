import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { compareKeyspaces } from '../../src/sandbox/demo/compare.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { type CdcmigProcess, type Ended, startCdcmig } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 400;
const own = `datastax_${process.pid}`;
const moved = `${own}_moved`;

let sides: TwoSides;
let migration: AMigration;
let agent: CdcmigProcess;
let datastax: object;

beforeAll(async () => {
  const sandbox = inject('sandbox');
  sides = await openTwoSides(sandbox);
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id smallint PRIMARY KEY, name text, tags set<text>, words list<text>)',
    'CREATE TABLE KS.visits (user int, day date, at timestamp, note text, motto text STATIC, PRIMARY KEY ((user, day), at))',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.things (id, name, tags, words) VALUES (?, ?, ?, ?)`,
    values: [n - rows / 2, `name ${n}`, new Set(['old']), ['one', 'two']],
  }));
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.visits (user, day, at, note, motto) VALUES (?, '2026-01-01', ?, ?, ?)`,
    values: [n >> 3, new Date(n & 7), `note ${n}`, 'old'],
  }));
  datastax = { eventsPartitions: 2, settleSeconds: 1, vouchedFor: [lineOf(sandbox)] };
  migration = aMigration({ name: own.replace('_', '-'), sandbox, keyspace: own, targetKeyspace: moved }, { datastax });
  const { address, commitLogDir } = sandbox.source[0]!;
  agent = startCdcmig([
    ...['demo', 'datastax-agent', '--config', migration.configFile],
    ...['--node', address, '--commit-log', commitLogDir],
  ]);
}, patience);

afterAll(async () => {
  agent?.signal('SIGTERM');
  await agent?.ended;
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

/** Nothing of the real agent runs here. */
function lineOf({ cassandra }: ReturnType<typeof inject<'sandbox'>>): string {
  return cassandra;
}

/** What publishes is the stand-in for the agent, which reads the node's real log; see src/sandbox/datastax/. */
describe('a keyspace whose changes the DataStax agents tell of', () => {
  test('has its connectors written for who creates them, where there are any', { timeout: patience }, async () => {
    const packed = mkdtempSync(join(tmpdir(), 'cdcmig-packed-'));
    onTestFinished(() => rmSync(packed, { recursive: true }));
    const nothing = await migration.run('pack', '--dir', packed);
    expect(nothing).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('neither agents of cdcmig nor conn'),
    });
    migration.configure({ datastax: { ...datastax, read: 'data' } });
    const { exitCode, stdout, stderr } = await migration.run('pack', '--dir', packed);
    const plan = await migration.run('plan', '--json');
    migration.configure({ datastax });
    expect(exitCode, stderr).toBe(0);
    const files = stdout.trim().split('\n');
    expect(files.map((file) => parse(readFileSync(file, 'utf8')))).toEqual(JSON.parse(plan.stdout).connectors);
    expect(files).toHaveLength(2);
  });

  test('is captured from the hand-over on, with all its tables in doubt', { timeout: patience }, async () => {
    succeeds(await run('deploy-agent'));
    succeeds(await run('start-source'));
    const { openSlices } = JSON.parse((await migration.run('status', '--json')).stdout);
    expect(openSlices.map(({ table }: { table: string }) => table).sort()).toEqual(['things', 'visits']);
  });

  test('is copied while it is written', { timeout: patience }, async () => {
    await change('during the copy', 0);
    succeeds(await run('snapshot-migrate'));
    await change('after the copy', 1);
    succeeds(await run('validate'));
    succeeds(await run('start-sink'));
    await change('while the sink runs', 2);
  });

  test('differs by the rows that a range delete took from the source alone', { timeout: patience }, async () => {
    await onSource('DELETE FROM KS.visits WHERE user = ? AND day = ? AND at > ?', 3, '2026-01-01', new Date(3));
    const { exitCode, stderr } = await migration.run('validate');
    expect(exitCode, stderr).toBe(3);
    // 4 to 7, and 9, which was written later.
    expect(stderr).toMatch(/both sides of visits equal\s+found: 0 missing, 5 extra, 0 mismatched/);
  });

  test('is cut over once they are repaired, and both sides are equal cell by cell', { timeout: patience }, async () => {
    succeeds(await migration.run('validate', '--repair'));
    succeeds(await cutOver());
    const [source, target] = await Promise.all([
      openClient(inject('sandbox').source[0]!, own),
      openClient(inject('sandbox').target, moved),
    ]);
    try {
      expect((await compareKeyspaces({ source, target })).differences).toEqual([]);
    } finally {
      await Promise.all([source.shutdown(), target.shutdown()]);
    }
  });
});

function run(phase: string, ...words: readonly string[]): Promise<Ended> {
  return migration.run('run', '--phase', phase, ...words);
}

function cutOver(): Promise<Ended> {
  return run('cutover', '--writes-stopped', '--confirm', own);
}

function succeeds({ exitCode, stderr }: Ended): void {
  expect(exitCode, stderr).toBe(0);
}

function onSource(cql: string, ...values: readonly unknown[]) {
  return sides.source.execute(cql.replace('KS', own), [...values]);
}

/** Everything that the agents tell of. */
async function change(word: string, round: number): Promise<void> {
  const day = '2026-01-01';
  for (let n = round; n < 60; n += 3) {
    await onSource(
      'UPDATE KS.things SET name = ?, tags = tags + ?, words = words + ? WHERE id = ?',
      word,
      [word],
      [word],
      n,
    );
    await onSource(
      'INSERT INTO KS.visits (user, day, at, note) VALUES (?, ?, ?, ?) USING TTL 100000',
      n,
      day,
      new Date(9),
      word,
    );
  }
  for (let n = -60 + round; n < 0; n += 3) await onSource('DELETE FROM KS.things WHERE id = ?', n);
  await onSource('DELETE words FROM KS.things WHERE id = ?', 100 + round);
  await onSource('DELETE FROM KS.visits WHERE user = ? AND day = ?', 20 + round, day);
  await onSource('DELETE FROM KS.visits WHERE user = ? AND day = ? AND at = ?', 30 + round, day, new Date(2));
  await onSource('UPDATE KS.visits SET motto = ? WHERE user = ? AND day = ?', word, 40 + round, day);
}
