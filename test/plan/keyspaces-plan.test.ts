import { expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { SchemaRows } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import { keyspacesFindings } from '../../src/plan/keyspaces-findings.ts';
import { planMigration } from '../../src/plan/plan-migration.ts';
import { targetDefinitions } from '../../src/plan/target-schema.ts';
import { aConfig, cassandraTarget } from '../support/a-config.ts';
import { aTable } from '../support/a-table.ts';

const noRows: SchemaRows = { tables: [], columns: [], types: [], droppedColumns: [] };
const orders = aTable({
  keyspace: 'shop',
  name: 'orders',
  clustering: { at: 'timestamp' },
  regulars: { note: 'text' },
});

const keyspaces = (more: object = {}) => ({ kind: 'keyspaces', region: 'eu-west-1', keyspace: 'moved', ...more });
const cqlOf = (config: Config, tables: readonly Table[] = [orders]) =>
  targetDefinitions(tables, noRows, config).map(({ cql }) => cql);

test('tables of Amazon Keyspaces get timestamps and TTL, on demand, in a keyspace of one Region', () => {
  expect(cqlOf(aConfig({ target: keyspaces() }))).toEqual([
    `CREATE KEYSPACE IF NOT EXISTS "moved" WITH replication = {'class': 'SingleRegionStrategy'}`,
    `CREATE TABLE IF NOT EXISTS "moved"."orders" ("id" int, "at" timestamp, "note" text, PRIMARY KEY (("id"), "at")) WITH CLUSTERING ORDER BY ("at" ASC) AND CUSTOM_PROPERTIES = {'client_side_timestamps': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}, 'capacity_mode': {'throughput_mode': 'PAY_PER_REQUEST'}}`,
  ]);
});

test('what the configuration asks for tables is in their definition and in its text', () => {
  const tables = {
    readUnits: 10,
    writeUnits: 20,
    warmReadsPerSecond: 15_000,
    warmWritesPerSecond: 6_000,
    pointInTimeRecovery: true,
    kmsKey: 'arn:aws:kms:eu-west-1:1:key/k',
    tags: { team: "shop's" },
  };
  const config = aConfig({ target: keyspaces({ tables, replicaRegions: ['us-east-1', 'eu-west-1'] }) });
  const [keyspace, table] = targetDefinitions([orders], noRows, config);
  expect(keyspace).toMatchObject({ kind: 'keyspace', regions: ['eu-west-1', 'us-east-1'] });
  expect(keyspace!.cql).toContain("'class': 'NetworkTopologyStrategy', 'eu-west-1': '3', 'us-east-1': '3'");
  expect(table).toMatchObject({
    kind: 'table',
    settings: {
      capacity: { mode: 'provisioned', readUnits: 10, writeUnits: 20 },
      warmThroughput: { readUnitsPerSecond: 15_000, writeUnitsPerSecond: 6_000 },
      pointInTimeRecovery: true,
      kmsKey: 'arn:aws:kms:eu-west-1:1:key/k',
      tags: { team: "shop's" },
    },
  });
  for (const text of [
    "'capacity_mode': {'throughput_mode': 'PROVISIONED', 'read_capacity_units': 10, 'write_capacity_units': 20}",
    "'warm_throughput': {'read_units_per_second': 15000, 'write_units_per_second': 6000}",
    "'point_in_time_recovery': {'status': 'enabled'}",
    "'encryption_specification': {'encryption_type': 'CUSTOMER_MANAGED_KMS_KEY', 'kms_key_identifier': 'arn:aws:kms:eu-west-1:1:key/k'}",
    "TAGS = {'team': 'shop''s'}",
  ])
    expect(table!.cql).toContain(text);
});

test('tables of a Cassandra get none of that, and the keyspace is created only if its replication is known', () => {
  const [only, ...others] = targetDefinitions([orders], noRows, aConfig({}));
  expect(others).toEqual([]);
  expect(only).toMatchObject({ kind: 'table', settings: undefined });
  expect(only!.cql).not.toContain('CUSTOM_PROPERTIES');
  const replication = { class: 'NetworkTopologyStrategy', dc1: '3' };
  expect(cqlOf(aConfig({ target: { ...cassandraTarget, replication } }))[0]).toBe(
    `CREATE KEYSPACE IF NOT EXISTS "moved" WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'}`,
  );
});

test('the plan shows only what is missing, and defines all', () => {
  const config = aConfig({ target: keyspaces() });
  const sourceSchema: SchemaRows = {
    ...noRows,
    tables: ['a', 'b'].map((table) => ({
      keyspace: 'shop',
      table,
      id: '0'.repeat(32),
      flags: ['compound'],
      cdc: false,
      defaultTtlSeconds: 0,
    })),
    columns: ['a', 'b'].map((table) => ({
      keyspace: 'shop',
      table,
      column: 'id',
      kind: 'partition_key' as const,
      position: 0,
      clusteringOrder: 'none',
      type: 'int',
    })),
  };
  const facts = { sourceSchema, nodes: [{ hostId: 'h', address: '127.0.0.1' }], sizes: new Map() };
  const targetSchema = {
    ...sourceSchema,
    tables: sourceSchema.tables.slice(0, 1),
    columns: sourceSchema.columns.slice(0, 1),
  };
  const plan = planMigration(config, { ...facts, targetSchema });
  expect(plan.definitions.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['keyspace moved', 'table a', 'table b']);
  expect(plan.ddl).toHaveLength(1);
  expect(plan.ddl[0]).toContain('"moved"."b"');
  expect(planMigration(config, { ...facts, targetSchema: undefined }).ddl).toHaveLength(3);
  expect(plan.findings).toEqual([]);
});

test.each([
  ['a duration', aTable({ name: 't', regulars: { d: 'duration' } }), /t\.d is duration/],
  ['a duration inside of a map', aTable({ name: 't', regulars: { d: 'map<text, duration>' } }), /t\.d is map/],
  ['a vector', aTable({ name: 't', regulars: { v: 'vector<float, 3>' } }), /t\.v is vector/],
  ['a name of 49 letters', aTable({ name: 'n'.repeat(49), regulars: {} }), /n{49}/],
])('a table with %s is refused for Amazon Keyspaces, and no matter for a Cassandra', (_, table, found) => {
  expect(keyspacesFindings([table], aConfig({ target: keyspaces() }))).toMatchObject([
    { severity: 'fault', found: expect.stringMatching(found) },
  ]);
  expect(keyspacesFindings([table], aConfig({}))).toEqual([]);
});

test('more tables than the usual quota are warned about', () => {
  const many = Array.from({ length: 257 }, (_, index) => aTable({ name: `t${index}`, regulars: {} }));
  expect(keyspacesFindings(many, aConfig({ target: keyspaces() }))).toMatchObject([
    { severity: 'warning', found: '257 here alone' },
  ]);
});
