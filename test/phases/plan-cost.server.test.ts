import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { openTargetKeyspaces } from '../../src/adapters/keyspaces/open-target-keyspaces.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { tablesOf } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import { writeUnitsOf } from '../../src/model/write-capacity.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { sampleTables } from '../../src/phases/sample-tables.ts';
import { encodedSizeOf } from '../../src/plan/encoded-size.ts';
import { planCost } from '../../src/plan/plan-cost.ts';
import { targetDefinitions } from '../../src/plan/target-schema.ts';
import type { SourceCluster } from '../../src/ports/source-cluster.ts';
import type { EncodedRow } from '../../src/ports/table-reader.ts';
import { copySplit } from '../../src/snapshot/copy-split.ts';
import { inParallel } from '../../src/validation/in-parallel.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import {
  createKeyspace,
  rawPool,
  rowsOf,
  run,
  sourceEndpoint,
  targetEndpoint,
} from '../adapters/cassandra/sandbox-cluster.ts';
import { aRehearsedRegion, type RehearsedRegion } from '../adapters/keyspaces/a-rehearsed-region.ts';
import { withKeysOf } from '../adapters/keyspaces/with-keys-of.ts';
import { aConfig } from '../support/a-config.ts';
import { int, text } from '../support/a-table.ts';

const singles = 2_500;
const partitions = 600;
const overhead = { hasTimestamps: true, hasTtl: true, regions: 1 };
const moved = `moved_${randomBytes(4).toString('hex')}`;

let pool: CqlPool;
let cluster: SourceCluster;
let keyspace: string;
let region: RehearsedRegion;

beforeAll(async () => {
  withKeysOf();
  pool = rawPool(sourceEndpoint());
  cluster = await openSourceCluster(sourceEndpoint());
  keyspace = await createKeyspace(pool);
  region = await aRehearsedRegion(inject('sandbox'));
  await run(
    pool,
    `CREATE TABLE ${keyspace}.single (id int PRIMARY KEY, a int, b text, c blob)`,
    `CREATE TABLE ${keyspace}.clustered (id int, at int, s text static, v text, PRIMARY KEY (id, at))`,
    `CREATE TABLE ${keyspace}.nothing (id int PRIMARY KEY, a int)`,
  );
  // Rows of 60 bytes to 4 kB, most of them small; partitions of one to twelve rows.
  const single = `INSERT INTO ${keyspace}.single (id, a, b, c) VALUES (?, ?, ?, ?)`;
  await inParallel(numbers(singles), 64, undefined, async (n) => {
    await pool.execute(
      single,
      [int(n), int(n * 31), text(`row ${n}`), Buffer.alloc((n * 7919) % 61 === 0 ? 4_000 : (n * 37) % 1_500)],
      quorum,
    );
  });
  const row = `INSERT INTO ${keyspace}.clustered (id, at, s, v) VALUES (?, ?, ?, ?)`;
  await inParallel(numbers(partitions), 64, undefined, async (n) => {
    for (const at of numbers(1 + ((n * 29) % 12)))
      await pool.execute(row, [int(n), int(at), text('of all'), text('x'.repeat((n * at) % 300))], quorum);
  });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  if (keyspace) await run(pool, `DROP KEYSPACE ${keyspace}`);
  await cluster?.close();
  await pool?.close();
  await region?.close();
  const target = rawPool(targetEndpoint());
  await run(target, `DROP KEYSPACE IF EXISTS ${moved}`);
  await target.close();
});

const quorum = { consistency: 'LOCAL_QUORUM' } as const;

test.each(['single', 'clustered'])(
  'of %s, plan tells rows and units to 15 %, before its nodes have an estimate',
  async (name) => {
    const table = await tableOf(name);
    const { estimate, cost } = await costOf(table);
    const truth = await truthOf(table);
    expect(estimate!.basis).toBe('sampled');
    expect(estimate!.sampledRows).toBeLessThan(truth.rows / 2);
    for (const [found, real] of [
      [estimate!.rows, truth.rows],
      [cost!.bill!.writes.units, truth.writeUnits],
      [cost!.bill!.reads.units, truth.encodedBytes / 4096],
    ] as const)
      expect(Math.abs(found / real - 1)).toBeLessThan(0.15);
  },
);

test.each(['single', 'clustered'])('of %s, the stand-in meters for the copy what plan counts', async (name) => {
  const table = await tableOf(name);
  await copy(table);
  const metered = await unitsMetered(name);
  const { writeUnits } = await truthOf(table);
  expect(Math.abs(writeUnits / metered - 1)).toBeLessThan(0.05);
});

test('a table without rows is counted as empty, not estimated as nothing', async () => {
  const { estimate } = await costOf(await tableOf('nothing'));
  expect(estimate).toMatchObject({ basis: 'counted', rows: 0, writeUnits: 0 });
});

async function tableOf(name: string): Promise<Table> {
  return tablesOf(await cluster.schema(keyspace)).find((table) => table.name === name)!;
}

async function costOf(table: Table) {
  const sampled = await sampleTables([table], cluster);
  return planCost(config(), [{ table, estimatedBytes: undefined }], sampled).tables[0]!;
}

async function truthOf(table: Table) {
  const { columns } = layoutOf(table);
  const rows: readonly EncodedRow[] = await rowsOf(cluster.readAll({ table, columns }));
  const sizes = rows.map(({ values }) => encodedSizeOf(columns, values, overhead));
  const statics = new Map(rows.map(({ values }, index) => [values[0]!.toString('hex'), sizes[index]!.statics]));
  const ofStatics = [...statics.values()].filter((bytes) => bytes > 0);
  const all = [...sizes.map(({ row }) => row), ...ofStatics];
  return {
    rows: rows.length,
    writeUnits: all.reduce((sum, bytes) => sum + writeUnitsOf(bytes), 0),
    encodedBytes: all.reduce((sum, bytes) => sum + bytes, 0),
  };
}

async function copy(table: Table): Promise<void> {
  const options = { ...region.endpoint, keyspace: moved, queriesPerSecond: 4_000, patienceMs: 10_000 };
  const target = await openTargetKeyspaces(options);
  const clock = systemClock();
  const report = () => {};
  try {
    await target.define(targetDefinitions([table], await cluster.schema(keyspace), config()));
    const split = {
      id: `${table.name}/0`,
      table: table.name,
      tableId: table.id,
      range: { start: minToken, end: maxToken },
    };
    const copied = await copySplit(split, table, {
      source: cluster,
      writer: createTargetWriter({ target, clock, report, maxInFlight: 32 }),
      pace: { take: async () => {} },
      deadLetters: {
        add: async ({ reason }) => {
          throw new Error(reason);
        },
      },
      ...{ clock, report, window: keyspacesWindow, keyspace: moved, worker: 'test', rowsAtOnce: 32 },
      mostBytes: Number.POSITIVE_INFINITY,
    });
    expect(copied.writtenRows).toBe(copied.readRows);
  } finally {
    await target.close();
  }
}

async function unitsMetered(name: string): Promise<number> {
  const { values } = await region.standIn.meter.registry.getSingleMetric('ConsumedWriteCapacityUnits')!.get();
  return values.find(({ labels }) => labels.Keyspace === moved && labels.TableName === name)!.value;
}

function config() {
  return aConfig({ source: { keyspace }, target: { kind: 'keyspaces', region: 'eu-west-1', keyspace: moved } });
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}
