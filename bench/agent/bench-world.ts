import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import type { AgentSettings } from '../../src/model/agent-settings.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { topics } from '../../src/model/topics.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { startServer } from '../../src/sandbox/control-server.ts';
import type { NodeSettings, Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startLoneNode } from '../../src/sandbox/start-lone-node.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';

/** A table on a real node, the topics of a migration, and an agent's settings for the two. */
export interface BenchWorld {
  readonly pool: CqlPool;
  readonly bus: MessageBus;
  /** Full name of the table that is written. */
  readonly table: string;
  readonly settings: AgentSettings;
  close(): Promise<void>;
}

/** A node whose log is compressed by the class, if one is named, and Pulsar. */
export async function startBenchNode(dir: string, compressor: string | undefined): Promise<Sandbox> {
  const settings = compressor === undefined ? {} : compressedLog(compressor);
  return startServer(await startLoneNode({ dir, cassandra: '5.0', settings }), 'pulsar');
}

/** As in production, not as in a sandbox: a section of a compressed log may be as long as a segment, and is decompressed as a whole. */
function compressedLog(className: string): NodeSettings {
  return {
    commitlog_compression: [{ class_name: className }],
    commitlog_segment_size_in_mb: 32,
    commitlog_total_space_in_mb: 1_024,
    commitlog_sync_period_in_ms: 10_000,
  };
}

export async function openWorld(sandbox: Sandbox, mode: AgentSettings['mode']): Promise<BenchWorld> {
  const keyspace = `bench_agent_${mode}_${Date.now()}`;
  const node = sandbox.source[0]!;
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: 512, requestTimeoutMs: 30_000 };
  const pool = openCqlPool({ contactPoints: [{ host: node.address, port: node.cqlPort }], ...limits });
  await createTable(pool, keyspace, node.datacenter, mode);
  const folder = mkdtempSync(join(dirname(node.commitLogDir), 'bench-agent-'));
  const settings = await settingsFor(sandbox, keyspace, mode, folder);
  const bus = await openTopics(settings);
  return {
    pool,
    bus,
    table: `${keyspace}.orders`,
    settings,
    async close() {
      await pool.query(`DROP KEYSPACE ${keyspace}`, { consistency: 'ONE' });
      await pool.close();
      await bus.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createTable(pool: CqlPool, keyspace: string, datacenter: string, mode: AgentSettings['mode']) {
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': 1}`;
  await pool.query(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`, { consistency: 'ONE' });
  const columns = 'id bigint PRIMARY KEY, customer int, amount bigint, note text';
  await pool.query(`CREATE TABLE ${keyspace}.orders (${columns}) WITH cdc = ${mode === 'cdc'}`, { consistency: 'ONE' });
}

async function settingsFor(
  { source: nodes, pulsar, sourceSettings }: Sandbox,
  keyspace: string,
  mode: AgentSettings['mode'],
  folder: string,
): Promise<AgentSettings> {
  const node = nodes[0]!;
  const source = await openSourceCluster({
    contactPoints: [`${node.address}:${node.cqlPort}`],
    datacenter: node.datacenter,
  });
  try {
    const ids = tablesOf(await source.schema(keyspace)).map(({ id }) => id);
    return {
      node: (await source.nodes())[0]!.hostId,
      mode,
      commitLogDirectory: node.commitLogDir,
      cdcRawDirectory: node.cdcRawDir,
      folder,
      folderCapBytes: 4 * 2 ** 30,
      cdcTotalBytes: 0,
      cdcBlocksWrites: true,
      interlock: { atCritical: 'wait', warnAt: 0.5, criticalAt: 0.8 },
      changesPartitions: 8,
      wantedTableIds: ids,
      keyspaceTableIds: ids,
      counterTableIds: [],
      canaryTableId: (await source.ensureCanaryTable()).id,
      // A compressed log shows a write at the next sync.
      visibilityDelayMs: sourceSettings?.commitlog_compression === undefined ? 1_000 : 12_000,
      pulsar: {
        serviceUrl: pulsar.serviceUrl,
        adminUrl: pulsar.adminUrl,
        tenant: 'public',
        namespace: keyspace,
      },
    };
  } finally {
    await source.close();
  }
}

async function openTopics({ pulsar, changesPartitions }: AgentSettings): Promise<MessageBus> {
  const bus = await openPulsarBus({ ...pulsar, clientName: 'cdcmig bench' });
  await bus.ensureNamespace();
  await bus.ensureTopic(topics.changes, changesPartitions);
  for (const topic of [topics.schema, topics.ledger, topics.agents]) await bus.ensureTopic(topic, 0);
  return bus;
}
