import { writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { type AMigration, aMigration, type ConfigParts } from './operator/a-migration.ts';
import { cdcmig, type Ended } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, dropKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 6_000;
const own = `faults_${process.pid}`;
const moved = `${own}_moved`;
const nowhere = '127.0.0.1:1';

let sides: TwoSides;
let migration: AMigration;

beforeAll(async () => {
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id int PRIMARY KEY, name text, size bigint)',
    'CREATE TABLE KS.parts (thing int, part int, note text, PRIMARY KEY (thing, part))',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.things (id, name, size) VALUES (?, ?, ?)`,
    values: [n, `name ${n}`, n],
  }));
  migration = migrationOf(own);
}, patience);

afterAll(async () => {
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

describe('the command line', () => {
  test('an option that nobody knows ends with 2', async () => {
    expect(await cdcmig('run', '--phase', 'validate', '--fastr')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown option '--fastr'"),
    });
  });

  test('a phase that nobody knows ends with 2 and names those that are', async () => {
    const { exitCode, stderr } = await cdcmig('run', '--phase', 'start-sorce');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/deploy-agent.*cutover/) });
  });

  test('neither a phase nor all of them ends with 2', async () => {
    expect(await cdcmig('run')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--phase or --all') });
  });
});

describe('a configuration', () => {
  test('all of its faults are told at once, each with its place', async () => {
    writeFileSync(
      migration.configFile,
      'migration: Shop!\nsource: { contactPoints: [], datacenter: d, keyspace: k }\npulsar: { serviceUrl: http://x, adminUrl: http://x }\nsink: 1\n',
    );
    const ended = await migration.run('plan');
    migration.configure({});
    expect(ended.exitCode).toBe(1);
    for (const place of ['migration', 'source.contactPoints', 'target', 'pulsar.serviceUrl', 'capture', 'sink'])
      expect(ended.stderr).toContain(place);
  });

  test('a file that is not there is named, and how to get one', async () => {
    const ended = await cdcmig('plan', '--config', '/nowhere/cdcmig.yaml');
    expectFault(ended, /\/nowhere\/cdcmig\.yaml[\s\S]*cdcmig init/);
  });

  test('a password that is not where the reference says is a fault, told without asking any server', async () => {
    migration.configure({ source: { username: 'u', password: 'env:NOT_SET_ANYWHERE' } });
    const ended = await migration.run('plan');
    migration.configure({});
    expectFault(ended, /env:NOT_SET_ANYWHERE/);
  });
});

describe('before anything has begun', () => {
  test('status says so', async () => {
    expectFault(await migration.run('status'), /the migration has not begun[\s\S]*deploy-agent/);
  });

  test('snapshot-migrate is refused and names start-source', async () => {
    const ended = await migration.run('run', '--phase', 'snapshot-migrate');
    expectFault(ended, /start-source to be done before snapshot-migrate[\s\S]*run --phase start-source/);
  });

  test('undo is refused', async () => {
    expectFault(await migration.run('undo', 'deploy-agent'), /deploy-agent/);
  });
});

describe('servers that are away', () => {
  afterEach(() => migration.configure({}));

  test('Pulsar', async () => {
    migration.configure({ pulsar: { serviceUrl: `pulsar://${nowhere}`, adminUrl: `http://${nowhere}` } });
    expectFault(await migration.run('run', '--phase', 'deploy-agent'), /Pulsar at pulsar:\/\/127\.0\.0\.1:1/);
  });

  test("Pulsar's admin service", async () => {
    migration.configure({ pulsar: { adminUrl: `http://${nowhere}` } });
    expectFault(await migration.run('run', '--phase', 'deploy-agent'), /admin URL/);
  });

  test('the source', async () => {
    migration.configure({ source: { contactPoints: [nowhere] } });
    expectFault(await migration.run('run', '--phase', 'deploy-agent'), /127\.0\.0\.1:1 to answer CQL/);
  });

  test('the target', async () => {
    migration.configure({ target: { contactPoints: [nowhere] } });
    expectFault(await migration.run('run', '--phase', 'deploy-agent'), /127\.0\.0\.1:1 to answer CQL/);
  });

  test('a datacenter that is none of the cluster', async () => {
    migration.configure({ source: { datacenter: 'dc9' } });
    expectFault(await migration.run('plan'), /dc9[\s\S]*datacenter1/);
  });
});

describe('what cannot be migrated is refused by deploy-agent before it changes anything', () => {
  test('a table that is none of the keyspace', async () => {
    migration.configure({ source: { tables: ['things', 'thigns'] } });
    const ended = await migration.run('run', '--phase', 'deploy-agent');
    migration.configure({});
    expectFault(ended, /thigns[\s\S]*parts, things/);
  });

  test('a keyspace that is not there', async () => {
    await withKeyspace('absent', ['CREATE TABLE KS.t (id int PRIMARY KEY)'], {}, async (other) => {
      other.configure({ source: { keyspace: 'no_such_keyspace' } });
      expectFault(await other.run('run', '--phase', 'deploy-agent'), /no_such_keyspace/);
    });
  });

  test('a keyspace without durable writes', async () => {
    const ddl = ['CREATE TABLE KS.t (id int PRIMARY KEY)', 'ALTER KEYSPACE KS WITH durable_writes = false'];
    await withKeyspace('volatile', ddl, {}, async (other) => {
      expectFault(await other.run('run', '--phase', 'deploy-agent'), /durable_writes = true/);
    });
  });

  test('write times in the future, until the operator accepts them', async () => {
    const ddl = [
      'CREATE TABLE KS.readings (id int PRIMARY KEY, value int)',
      `INSERT INTO KS.readings (id, value) VALUES (1, 1) USING TIMESTAMP ${(Date.now() + 86_400_000) * 1000}`,
    ];
    await withKeyspace('ahead', ddl, {}, async (other) => {
      expectFault(await other.run('run', '--phase', 'deploy-agent'), /readings[\s\S]*future-write-times/);
      other.configure({ accept: [{ table: 'readings', what: 'future-write-times', reason: 'sensors' }] });
      expect(await other.run('run', '--phase', 'deploy-agent')).toMatchObject({ exitCode: 0 });
    });
  });

  test('a target table of another shape', async () => {
    const ddl = ['CREATE TABLE KS.t (id int PRIMARY KEY, name text, size int)'];
    await withKeyspace('shapes', ddl, {}, async (other, { moved: target }) => {
      await createKeyspace(sides.target, target, ['CREATE TABLE KS.t (id int PRIMARY KEY, name text, size text)']);
      expectFault(
        await other.run('run', '--phase', 'deploy-agent'),
        /target table t to have column size int[\s\S]*size text/,
      );
    });
  });

  test('cdc mode on nodes whose CDC is off', async () => {
    const keyspace = `${own}_nocdc`;
    await createKeyspace(sides.target, keyspace, ['CREATE TABLE KS.t (id int PRIMARY KEY, name text)']);
    const swapped = {
      name: dashed(keyspace),
      sandbox: inject('sandbox'),
      keyspace,
      targetKeyspace: `${keyspace}_moved`,
    };
    await using other = aMigration({ ...swapped, isSwapped: true });
    other.configure({ captureMode: 'cdc' });
    try {
      expectFault(await other.run('run', '--phase', 'deploy-agent'), /cdc_enabled: true/);
    } finally {
      await dropKeyspace(sides.target, keyspace);
    }
  });
});

describe('a migration that goes on', () => {
  // One row at a time, so that there is time to interfere.
  const slowly: ConfigParts = { workers: { splitsAtOnce: 1, writesInFlight: 1 } };

  test('deploy-agent and start-source end with 0 and print a JSON object a line', { timeout: patience }, async () => {
    for (const phase of ['deploy-agent', 'start-source']) {
      const { exitCode, stdout, stderr } = await migration.run('run', '--phase', phase, '--json');
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const events = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events.at(0)).toMatchObject({ kind: expect.any(String), at: expect.any(String) });
      expect(events.at(-1)).toMatchObject({ kind: 'phase-finished', phase });
    }
  });

  test('the same phase again ends with 0', async () => {
    expect(await migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
  });

  test('a column that appears between two phases changes the plan, which is refused until it is put back', async () => {
    await sides.source.execute(`ALTER TABLE ${own}.things ADD colour text`, [], { prepare: false });
    const refused = await migration.run('run', '--phase', 'snapshot-migrate');
    await sides.source.execute(`ALTER TABLE ${own}.things DROP colour`, [], { prepare: false });
    expectFault(refused, /the plan [0-9a-f]{16}, which this migration began with[\s\S]*--plan/);
  });

  test('a second run is refused with the name of the holder', { timeout: patience }, async () => {
    migration.configure(slowly);
    const first = migration.start('run', '--phase', 'snapshot-migrate', '--json');
    await first.untilSaid(/"kind":"split-copied"/);
    const second = await migration.run('run', '--phase', 'snapshot-migrate');
    expectFault(second, new RegExp(`process ${first.pid}\\b[\\s\\S]*--take-over`));
    first.signal('SIGINT');
    expect(await first.ended).toMatchObject({ exitCode: 130, stderr: expect.stringMatching(/^Interrupted/) });
  });

  test('an interrupted snapshot goes on', { timeout: patience }, async () => {
    migration.configure({});
    expect(await migration.run('run', '--phase', 'snapshot-migrate')).toMatchObject({ exitCode: 0 });
  });

  test('one that takes over stops the other', { timeout: patience }, async () => {
    // Without a worker it waits for ever.
    migration.configure({ workers: { local: 0 } });
    const first = migration.start('run', '--phase', 'start-sink', '--json');
    await first.untilSaid(/lag is unknown/);
    migration.configure({});
    const second = migration.start('run', '--phase', 'start-sink', '--take-over', '--json');
    expect(await second.ended).toMatchObject({ exitCode: 0, stderr: '' });
    const stopped = await first.ended;
    expectFault(stopped, /has taken over/);
    expect(stopped.stderr).toContain(`process ${second.pid}`);
  });

  test('status tells rows and phases, for people and for programs', async () => {
    const [text, json] = await Promise.all([migration.run('status'), migration.run('status', '--json')]);
    expect(text.stdout).toMatch(new RegExp(`rows: ${rows} read = ${rows} written`));
    expect(JSON.parse(json.stdout)).toMatchObject({
      rows: { read: `${rows}`, written: `${rows}` },
      waitsFor: 'cdcmig run --phase validate',
      nodes: [{ unbrokenSince: expect.any(String) }],
    });
  });

  test('clusters that are away keep nobody from looking, nor from holding the copying', async () => {
    const away = { contactPoints: [nowhere] };
    migration.configure({ target: away });
    expect(await migration.run('status')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^lag: /m) });
    migration.configure({ source: away, target: away });
    const held = [await migration.run('ctl', 'pause'), await migration.run('ctl', 'resume')];
    const letters = await migration.run('dead-letters', 'list');
    const status = await migration.run('status');
    migration.configure({});
    expect(held).toMatchObject([{ exitCode: 0 }, { exitCode: 0, stdout: 'copying: goes on, no limit\n' }]);
    expect(letters).toMatchObject({ exitCode: 0, stdout: 'no dead letters\n' });
    expectFault(status, /answer CQL/);
  });

  test('validate finds the row that somebody damaged and ends with 3', { timeout: patience }, async () => {
    expect(await migration.run('run', '--phase', 'validate')).toMatchObject({ exitCode: 0 });
    await sides.target.execute(`UPDATE ${moved}.things SET size = 0 WHERE id = 7`, [], { prepare: false });
    const found = await migration.run('validate', '--table', 'things', '--json');
    expect(found.exitCode).toBe(3);
    expect(JSON.parse(found.stdout)).toMatchObject({
      differences: [{ table: 'things', kind: 'mismatch', columns: ['size'] }],
    });
    expect(found.stderr).toMatch(/1 mismatched[\s\S]*0x00000007/);
    expect(await migration.run('run', '--phase', 'validate')).toMatchObject({ exitCode: 3 });
  });

  test('cutover wants a word, and writes that have stopped', { timeout: patience }, async () => {
    expectFault(await migration.run('run', '--phase', 'cutover'), /--confirm/);
    const stillWritten = await migration.run('run', '--phase', 'cutover', '--confirm', own);
    expectFault(stillWritten, /writes stopped[\s\S]*--writes-stopped/);
  });

  test('undo stops the agent, also while the target is away, and may be repeated', { timeout: patience }, async () => {
    migration.configure({ target: { contactPoints: [nowhere] } });
    const { exitCode, stderr } = await migration.run('undo', 'deploy-agent');
    migration.configure({});
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(await migration.run('undo', 'deploy-agent')).toMatchObject({ exitCode: 0 });
  });
});

function migrationOf(keyspace: string): AMigration {
  const sandbox = inject('sandbox');
  return aMigration({ name: dashed(keyspace), sandbox, keyspace, targetKeyspace: `${keyspace}_moved` });
}

async function withKeyspace(
  name: string,
  ddl: readonly string[],
  config: ConfigParts,
  use: (other: AMigration, names: { readonly moved: string }) => Promise<void>,
): Promise<void> {
  const keyspace = `${own}_${name}`;
  await createKeyspace(sides.source, keyspace, ddl);
  await using other = migrationOf(keyspace);
  other.configure(config);
  try {
    await use(other, { moved: `${keyspace}_moved` });
  } finally {
    await dropKeyspace(sides.source, keyspace);
    await dropKeyspace(sides.target, `${keyspace}_moved`);
  }
}

/** Exit code 1 and a sentence; never a stack. */
function expectFault(ended: Ended, sentence: RegExp): void {
  expect(ended.stderr).toMatch(sentence);
  expect(ended.stderr).toMatch(/^Expected /m);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.exitCode).toBe(1);
}

function dashed(keyspace: string): string {
  return keyspace.replaceAll('_', '-');
}
