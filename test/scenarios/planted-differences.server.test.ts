import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { maxToken, minToken, tokenOf } from '../../src/model/token.ts';
import { inParallel } from '../../src/validation/in-parallel.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, openTwoSides, type TwoSides } from './operator/two-sides.ts';
import { anyTypeDdl, anyTypeRows, anyTypeWrites } from './planted/any-type-rows.ts';
import type { PlantedRow } from './planted/planted-row.ts';
import { ringDdl, ringRows } from './planted/ring-rows.ts';
import { wideDdl, wideRows, wideWrites } from './planted/wide-rows.ts';

const patience = 240_000;
const count = 1_000;
const own = `planted_${process.pid}`;
const moved = `${own}_moved`;

let sides: TwoSides;
let migration: AMigration;
let planted: readonly PlantedRow[];
let application: Application;

beforeAll(async () => {
  const sandbox = inject('sandbox');
  sides = await openTwoSides(sandbox);
  await createKeyspace(sides.source, own, [...anyTypeDdl, ...ringDdl, ...wideDdl]);
  const { rows } = await sides.source.execute('SELECT tokens FROM system.local');
  planted = plantedRows([...rows[0]!.tokens].map(BigInt));
  await write(
    sides.source,
    own,
    planted.flatMap(({ onSource = [] }) => onSource),
  );
  migration = aMigration({ name: own.replace('_', '-'), sandbox, keyspace: own, targetKeyspace: moved });
  application = startApplication(sides.source);
  for (const phase of ['deploy-agent', 'start-source', 'snapshot-migrate', 'start-sink'])
    expect(await migration.run('run', '--phase', phase)).toMatchObject({ exitCode: 0 });
  await write(
    sides.target,
    moved,
    planted.flatMap(({ onTarget = [] }) => onTarget),
  );
  await untilExpired();
}, patience);

afterAll(async () => {
  await application?.stop();
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

test('of 1,000 rows of every kind that differ all are found, and none else, while the application writes', {
  timeout: patience,
}, async () => {
  const before = application.writes();
  const { exitCode, stdout, stderr } = await migration.run('validate', '--json');

  expect(exitCode, stderr).toBe(3);
  expect(application.writes() - before).toBeGreaterThan(100);
  const found: readonly FoundRow[] = JSON.parse(stdout).differences;
  const certain = found.filter(({ kind }) => kind !== 'pending');
  expect(certain.map(foundText).sort()).toEqual(planted.map(plantedText).sort());
  expect(new Set(planted.map(plantedText)).size).toBe(count);
  // What the application is at just now may be late, and no more.
  expect(found.length - certain.length).toBeLessThan(50);
});

test('a range over the end of the ring finds those at its ends, and no others', { timeout: patience }, async () => {
  const [first, second] = [maxToken - 2n, minToken + 2n];
  const words = ['--table', 'ring', '--range', `${first}..${second}`];
  const { exitCode, stdout, stderr } = await migration.run('validate', ...words, '--json');

  expect(exitCode, stderr).toBe(3);
  const wanted = planted.filter(({ table, key }) => {
    const token = tokenOf(Buffer.from(key.replace('/', ''), 'hex'));
    return table === 'ring' && (token > first || token <= second);
  });
  expect(wanted).toHaveLength(4);
  const found: readonly FoundRow[] = JSON.parse(stdout).differences;
  expect(found.map(foundText).sort()).toEqual(wanted.map(plantedText).sort());
});

function plantedRows(nodeTokens: readonly bigint[]): readonly PlantedRow[] {
  const others = [...anyTypeRows, ...ringRows(nodeTokens)];
  return [...others, ...wideRows(count - others.length - wideRows(0).length)];
}

interface FoundRow {
  readonly kind: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly partitionKey: readonly string[];
  readonly clustering: readonly string[];
}

function foundText({ kind, table, columns, partitionKey, clustering }: FoundRow): string {
  return `${kind} ${table} ${partitionKey.join()}/${clustering.join()} ${columns}`;
}

function plantedText({ kind, table, key, columns = [] }: PlantedRow): string {
  return `${kind} ${table} ${key} ${columns}`;
}

interface Application {
  writes(): number;
  stop(): Promise<void>;
}

/** One statement after another on keys of its own, in tables and partitions of planted rows. */
function startApplication(source: Client): Application {
  let written = 0;
  let isStopped = false;
  const running = run();
  return {
    writes: () => written,
    async stop() {
      isStopped = true;
      await running;
    },
  };

  async function run(): Promise<void> {
    const templates = [...anyTypeWrites, ...wideWrites];
    for (let n = 0; !isStopped; n++) {
      const key = `${100_000 + ((n * 37) % 2_000)}`;
      const cql = templates[n % templates.length]!.replace(/id = \?|\(\?,/g, (text) => text.replace('?', key))
        .replaceAll('?', `${n}`)
        .replaceAll('#', key)
        .replaceAll('%', `${n % 20}`);
      await write(source, own, [cql]);
      written++;
      await sleep(5);
    }
  }
}

async function write(client: Client, keyspace: string, statements: readonly string[]): Promise<void> {
  await inParallel(statements, 32, undefined, (cql) =>
    client.execute(cql.replaceAll('KS', keyspace), [], { prepare: false }),
  );
}

/** Rows that the application makes expire much later. */
async function untilExpired(): Promise<void> {
  const isExpiring = async (client: Client, keyspace: string) => {
    const { rows } = await client.execute(`SELECT id, TTL(b) AS ttl FROM ${keyspace}.fleeting`);
    return rows.some(({ id, ttl }) => id < 100 && ttl !== null);
  };
  while ((await isExpiring(sides.target, moved)) || (await isExpiring(sides.source, own))) await sleep(100);
}
