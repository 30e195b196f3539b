import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateKeyspaceCommand, CreateTableCommand, GetTableCommand, KeyspacesClient } from '@aws-sdk/client-keyspaces';
import { auth, Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type RunningStandIn, runStandIn } from '../../../src/sandbox/keyspaces/run-stand-in.ts';
import { usable } from './a-stand-in.ts';

const ks = `standin_run_${process.pid}`;
const dir = mkdtempSync(join(tmpdir(), 'stand-in-'));
const bugs: unknown[] = [];
let running: RunningStandIn;

const start = () => {
  const { address: host, cqlPort: port } = inject('sandbox').target;
  return runStandIn({
    ...{ dir, backing: { host, port }, port: 0, nodes: 1, region: 'eu-west-1', seed: 1, definitionMs: 50 },
    rules: { mode: 'strict', off: [], on: [] },
    faults: {},
    onBug: (error) => bugs.push(error),
    signal: AbortSignal.timeout(100_000),
  });
};

beforeAll(async () => {
  running = await start();
});

afterAll(async () => {
  await running.standIn.state.deleteKeyspace(ks);
  await running.close();
  rmSync(dir, { recursive: true });
  expect(bugs).toEqual([]);
});

async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { endpoint, folder } = running;
  const client = new Client({
    contactPoints: [endpoint],
    localDataCenter: 'eu-west-1',
    authProvider: new auth.PlainTextAuthProvider(folder.user.userName, folder.user.password),
    sslOptions: { ca: [readFileSync(folder.caFile)], rejectUnauthorized: true, host: '127.0.0.1' },
    queryOptions: { consistency: types.consistencies.localQuorum, prepare: true },
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.shutdown();
  }
}

test("a table made by AWS's own client takes rows by CQL, and both sides tell the same of it", async () => {
  const { controlPlaneUrl, folder, standIn } = running;
  const aws = new KeyspacesClient({
    region: 'eu-west-1',
    endpoint: controlPlaneUrl,
    credentials: folder.user,
    requestHandler: { httpsAgent: new Agent({ ca: readFileSync(folder.caFile) }) },
  });
  await aws.send(new CreateKeyspaceCommand({ keyspaceName: ks }));
  await usable(() => standIn.state.keyspace(ks)?.status);
  const schemaDefinition = {
    allColumns: [
      { name: 'k', type: 'int' },
      { name: 'v', type: 'text' },
    ],
    partitionKeys: [{ name: 'k' }],
  };
  const clientSideTimestamps = { status: 'ENABLED' } as const;
  await aws.send(new CreateTableCommand({ keyspaceName: ks, tableName: 't', schemaDefinition, clientSideTimestamps }));
  await usable(() => standIn.state.table(ks, 't')?.status);
  const stamp = (BigInt(Date.now()) - 3_600_000n) * 1000n;
  await withClient((client) =>
    client.execute(`INSERT INTO ${ks}.t (k, v) VALUES (1, 'row') USING TIMESTAMP ?`, [
      types.Long.fromString(String(stamp)),
    ]),
  );
  expect(await aws.send(new GetTableCommand({ keyspaceName: ks, tableName: 't' }))).toMatchObject({
    status: 'ACTIVE',
    clientSideTimestamps: { status: 'ENABLED' },
  });
  aws.destroy();
});

test('metrics count what was done, and faults are turned over HTTP', async () => {
  const { metricsUrl } = running;
  const metrics = await (await fetch(`${metricsUrl}/metrics`)).text();
  expect(metrics).toContain(`ConsumedWriteCapacityUnits{Keyspace="${ks}",TableName="t"} 1`);
  const put = (faults: unknown) => fetch(`${metricsUrl}/faults`, { method: 'PUT', body: JSON.stringify(faults) });
  expect((await put({ serverErrors: 1 })).status).toBe(200);
  await expect(withClient(async () => {})).rejects.toThrow();
  expect((await put({ serverErrors: 2 })).status).toBe(400);
  expect((await put({ serverErrors: 0 })).status).toBe(200);
  await withClient(async () => {});
  const rules = (await (await fetch(`${metricsUrl}/rules`)).json()) as { id: string; verifiedOnAws: boolean }[];
  expect(rules).toHaveLength(36);
});

test('started again it has the same account, certificates and rows', async () => {
  const ca = readFileSync(running.folder.caFile, 'utf8');
  await running.close();
  running = await start();
  expect(readFileSync(running.folder.caFile, 'utf8')).toBe(ca);
  expect(running.standIn.state.table(ks, 't')!.settings.clientSideTimestamps).toBe(true);
  const { rows } = await withClient((client) => client.execute(`SELECT v FROM ${ks}.t WHERE k = 1`));
  expect(rows.map((row) => row.v)).toEqual(['row']);
});

test('secrets are readable by their owner only', () => {
  expect(statSync(running.folder.awsCredentialsFile).mode & 0o077).toBe(0);
  expect(statSync(join(dir, 'user.json')).mode & 0o077).toBe(0);
});
