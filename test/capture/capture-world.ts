import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { waitForCanary } from '../../src/deploy/wait-for-canary.ts';
import type { AgentSettings, PulsarSettings } from '../../src/model/agent-settings.ts';
import { type ChangeEvent, decodeChangeEvent } from '../../src/model/change-event.ts';
import { tablesOf } from '../../src/model/schema.ts';
import type { Table } from '../../src/model/table.ts';
import type { Message, MessageBus } from '../../src/ports/message-bus.ts';
import type { SourceCluster } from '../../src/ports/source-cluster.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';
import { allTopics } from './running-agent.ts';

/** A keyspace on a real node and a Pulsar namespace of its own, with an agent's settings for the two. */
export interface CaptureWorld {
  readonly source: SourceCluster;
  readonly pool: CqlPool;
  readonly bus: MessageBus;
  readonly tables: readonly Table[];
  readonly settings: AgentSettings;
}

export interface PublishedEvent {
  readonly topic: string;
  readonly message: Message;
  readonly event: ChangeEvent;
}

/** Everything is closed and dropped when the test ends. */
export async function openCaptureWorld(
  sandbox: Sandbox,
  keyspace: string,
  part: { ddl: readonly string[]; mode?: AgentSettings['mode'] },
): Promise<CaptureWorld> {
  const node = sandbox.source[0]!;
  const contactPoint = { host: node.address, port: node.cqlPort };
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: 128, requestTimeoutMs: 20_000 };
  // Some tests restart the node, which takes a busy machine a minute.
  const connectionWaitMs = 120_000;
  const pool = openCqlPool({ contactPoints: [contactPoint], ...limits, connectionWaitMs });
  onTestFinished(() => pool.close());
  const query = (cql: string) => pool.query(cql, { consistency: 'ONE' });
  await query(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  await query(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${node.datacenter}': 1}`,
  );
  for (const ddl of part.ddl) await query(ddl);
  const source = await openSourceCluster({
    contactPoints: [`${node.address}:${node.cqlPort}`],
    datacenter: node.datacenter,
  });
  onTestFinished(() => source.close());
  const tables = tablesOf(await source.schema(keyspace));
  const settings = await theSettings(sandbox, source, tables, part.mode ?? 'commitlog');
  const bus = await openTopics(settings);
  return { source, pool, bus, tables, settings };
}

/** Another agent of the same node and keyspace, with a folder and a Pulsar namespace of its own. */
export async function besideIt(world: CaptureWorld, part: Partial<AgentSettings>): Promise<CaptureWorld> {
  const { settings } = world;
  const namespace = `${settings.pulsar.namespace}-${randomUUID().slice(0, 8)}`;
  const folder = aFolderIn(dirname(settings.commitLogDirectory));
  const own = { ...settings, folder, pulsar: { ...settings.pulsar, namespace }, ...part };
  return { ...world, settings: own, bus: await openTopics(own) };
}

async function theSettings(
  sandbox: Sandbox,
  source: SourceCluster,
  tables: readonly Table[],
  mode: AgentSettings['mode'],
): Promise<AgentSettings> {
  const node = sandbox.source[0]!;
  const [hostId, canary] = [(await source.nodes())[0]!.hostId, await source.ensureCanaryTable()];
  // As deploy-agent does.
  if (mode === 'cdc') await source.setCdc(canary, true);
  const ids = tables.filter(({ isCounter }) => !isCounter).map(({ id }) => id);
  return {
    node: hostId,
    mode,
    commitLogDirectory: node.commitLogDir,
    cdcRawDirectory: node.cdcRawDir,
    // Beside the log, since a hard link needs its filesystem.
    folder: aFolderIn(dirname(node.commitLogDir)),
    folderCapBytes: 2 ** 30,
    cdcTotalBytes: 0,
    cdcBlocksWrites: true,
    interlock: { atCritical: 'wait', warnAt: 0.5, criticalAt: 0.8 },
    changesPartitions: 4,
    wantedTableIds: ids,
    keyspaceTableIds: ids,
    counterTableIds: tables.filter(({ isCounter }) => isCounter).map(({ id }) => id),
    canaryTableId: canary.id,
    visibilityDelayMs: 1_000,
    pulsar: pulsarOf(sandbox),
  };
}

function aFolderIn(parent: string): string {
  const folder = mkdtempSync(join(parent, 'agent-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function pulsarOf({ pulsar }: Sandbox): PulsarSettings {
  const { serviceUrl, adminUrl } = pulsar;
  return { serviceUrl, adminUrl, tenant: 'public', namespace: `capture-${process.pid}-${Date.now()}` };
}

async function openTopics({ pulsar, changesPartitions }: AgentSettings): Promise<MessageBus> {
  const bus = await openPulsarBus({ ...pulsar, clientName: 'cdcmig test' });
  onTestFinished(() => bus.close());
  await bus.ensureNamespace();
  await bus.ensureTopic('changes', changesPartitions);
  for (const topic of ['schema', 'ledger', 'agents']) await bus.ensureTopic(topic, 0);
  return bus;
}

/** What every topic holds now, topic by topic. */
export async function readEvents({ bus, settings }: CaptureWorld): Promise<readonly PublishedEvent[]> {
  const published: PublishedEvent[] = [];
  for (const topic of allTopics(settings)) {
    const reader = await bus.reader(topic, { kind: 'earliest' });
    try {
      for (let message = await reader.nextUntilEnd(); message; message = await reader.nextUntilEnd()) {
        published.push({ topic, message, event: decodeChangeEvent(message)! });
      }
    } finally {
      await reader.close();
    }
  }
  return published;
}

/** Writes a canary last and waits until the agent has answered it: everything written before it is published. */
export async function answeredCanary(world: CaptureWorld, name: string): Promise<void> {
  await waitForCanary({
    ...world,
    nodes: await world.source.nodes(),
    nonce: `${name}-${Date.now()}`,
    partitions: world.settings.changesPartitions,
    timeoutMs: 60_000,
    report: () => {},
  });
}
