import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openSourceCluster } from '../../../src/adapters/cassandra/open-source-cluster.ts';
import { OperatorError } from '../../../src/errors.ts';
import { maxToken, minToken } from '../../../src/model/token.ts';
import type { SourceCluster } from '../../../src/ports/source-cluster.ts';
import type { CqlPool } from '../../../src/wire/cql/cql-pool.ts';
import { allColumns, createKeyspace, rawPool, rowsOf, run, sourceEndpoint, tableNamed } from './sandbox-cluster.ts';

describe('the control side of a real source cluster', () => {
  let cluster: SourceCluster;
  let pool: CqlPool;
  let keyspace: string;

  beforeAll(async () => {
    pool = rawPool(sourceEndpoint());
    cluster = await openSourceCluster(sourceEndpoint());
    keyspace = await createKeyspace(pool);
    await run(pool, `CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, v text)`);
  });

  afterAll(async () => {
    if (keyspace) await run(pool, `DROP KEYSPACE ${keyspace}`);
    await cluster?.close();
    await pool?.close();
  });

  it('nodes are told with host id, place, version, tokens and whether they are up', async () => {
    const node = inject('sandbox').source[0]!;
    const [found, ...others] = await cluster.nodes();
    expect(others).toEqual([]);
    expect(found).toMatchObject({ address: node.address, port: node.cqlPort, datacenter: node.datacenter, isUp: true });
    expect(found!.hostId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(found!.releaseVersion).toMatch(/^\d+\.\d+\.\d+/);
    expect(found!.tokens.every((token) => token >= minToken && token <= maxToken)).toBe(true);
    expect(found!.tokens.length).toBeGreaterThan(0);
  });

  it('a node tells its commit log folder, its cdc setting, what is pending and how its clock stands', async () => {
    const node = inject('sandbox').source[0]!;
    const settings = await cluster.nodeSettings((await cluster.nodes())[0]!);
    expect(settings).toMatchObject({
      cdcEnabled: true,
      cdcTotalBytes: 512 * 2 ** 20,
      cdcBlocksWrites: true,
      isCommitLogEncrypted: false,
      commitLogCompression: 'none',
      commitLogAccess: 'legacy',
      commitLogDirectory: node.commitLogDir,
      cdcRawDirectory: node.cdcRawDir,
      pendingHints: 0,
      pendingBatches: 0,
    });
    expect(Math.abs(Number(settings.clockSkewMicros))).toBeLessThan(500_000);
  });

  it('a node that does not answer is a sentence for the operator', async () => {
    const [node] = await cluster.nodes();
    const asking = cluster.nodeSettings({ ...node!, address: '127.123.231.254' });
    await expect(asking).rejects.toThrow(/settings of 127\.123\.231\.254; found .*ECONNREFUSED/);
  });

  it('a keyspace is told with its replication, and an unknown one as undefined', async () => {
    const facts = await cluster.keyspace(keyspace);
    expect(facts).toMatchObject({ name: keyspace, durableWrites: true });
    expect(facts!.replication).toMatchObject({ replication_factor: '1' });
    expect(await cluster.keyspace('no_such_keyspace')).toBeUndefined();
    const all = await cluster.keyspaces();
    expect(all.find(({ name }) => name === keyspace)).toEqual(facts);
    expect(all.map(({ name }) => name)).toContain('system_auth');
    const [node] = await cluster.nodes();
    // Who answers there says who it is.
    const settings = await cluster.nodeSettings({ ...node!, hostId: '00000000-0000-0000-0000-000000000000' });
    expect(settings.hostId).toBe(node!.hostId);
  });

  it('a table that was never flushed has an estimate of zero', async () => {
    const table = await tableNamed(cluster, keyspace, 't');
    expect(await cluster.sizeEstimate(table)).toEqual({ partitions: 0, meanPartitionBytes: 0 });
  });

  it('the partitioner is told', async () => {
    expect(await cluster.partitioner()).toBe('org.apache.cassandra.dht.Murmur3Partitioner');
  });

  it('each node tells how many compactions wait on it', async () => {
    const nodes = await cluster.nodes();
    const told = await cluster.pendingCompactions();
    expect(told.map(({ address }) => address).sort()).toEqual(nodes.map(({ address }) => address).sort());
    for (const { pending } of told) expect(pending).toBeGreaterThanOrEqual(0);
  });

  it("a table's cdc option is set and what it was is answered", async () => {
    const table = await tableNamed(cluster, keyspace, 't');
    expect(await cluster.setCdc(table, true)).toBe(false);
    expect((await tableNamed(cluster, keyspace, 't')).hasCdc).toBe(true);
    expect(await cluster.setCdc(table, true)).toBe(true);
    expect(await cluster.setCdc(table, false)).toBe(true);
    expect((await tableNamed(cluster, keyspace, 't')).hasCdc).toBe(false);
  });

  it('a canary is written under its nonce, and its table is made once', async () => {
    const table = await cluster.ensureCanaryTable();
    expect(await cluster.ensureCanaryTable()).toEqual(table);
    expect((await cluster.keyspace('cdcmig_canary'))!.replication).toMatchObject({ datacenter1: '1' });
    const nonce = `drain-${randomUUID()}`;
    await cluster.writeCanary(nonce);
    const partitionKey = [Buffer.from(nonce)];
    const rows = await rowsOf(cluster.readPartition({ table, columns: allColumns(table), partitionKey }));
    const agoMs = Date.now() - Number(rows[0]!.values[1]!.readBigInt64BE());
    expect(rows).toHaveLength(1);
    expect(Math.abs(agoMs)).toBeLessThan(60_000);
  });

  it('a canary keyspace whose replication no longer fits the ring is altered', async () => {
    await cluster.ensureCanaryTable();
    await run(
      pool,
      `ALTER KEYSPACE cdcmig_canary WITH replication = {'class':'NetworkTopologyStrategy','datacenter1':3}`,
    );
    await cluster.ensureCanaryTable();
    expect((await cluster.keyspace('cdcmig_canary'))!.replication).toMatchObject({ datacenter1: '1' });
  });
});

describe('opening a source cluster', () => {
  it('no node at the contact points is told with every reason', async () => {
    const endpoint = { ...sourceEndpoint(), contactPoints: ['127.123.231.254:9042', 'no-such-host.invalid'] };
    const opening = openSourceCluster(endpoint);
    await expect(opening).rejects.toThrow(OperatorError);
    await expect(opening).rejects.toThrow(/127\.123\.231\.254:9042.*ECONNREFUSED.*no-such-host\.invalid/s);
  });

  it('a contact point that does not answer is passed over', async () => {
    const { contactPoints } = sourceEndpoint();
    const cluster = await openSourceCluster({
      ...sourceEndpoint(),
      contactPoints: ['127.123.231.254:9042', ...contactPoints],
    });
    expect(await cluster.nodes()).toHaveLength(1);
    await cluster.close();
  });

  it('a datacenter that does not exist is told with those that do', async () => {
    const opening = openSourceCluster({ ...sourceEndpoint(), datacenter: 'dc9' });
    await expect(opening).rejects.toThrow('expected a datacenter dc9; found the cluster has datacenter1');
  });

  it('a certificate authority that cannot be read is told before anything is opened', async () => {
    const opening = openSourceCluster({ ...sourceEndpoint(), tls: { caFile: '/no/such/ca.pem' } });
    await expect(opening).rejects.toThrow(/a PEM file at \/no\/such\/ca\.pem/);
  });

  it('opening gives up with the reason of its signal', async () => {
    const reason = new Error('given up');
    await expect(openSourceCluster({ ...sourceEndpoint(), signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
