import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSourceCluster } from '../../src/adapters/cassandra/open-source-cluster.ts';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { encodeChangeEvent } from '../../src/model/change-event.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { tokenOf, topicPartitionOf } from '../../src/model/token.ts';
import { changesPartition, sinkSubscription } from '../../src/model/topics.ts';
import { prepareTopics } from '../../src/phases/prepare-topics.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import type { Sandbox, SandboxNode } from '../../src/sandbox/sandbox-state.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';
import { openFarTarget } from './far-target.ts';
import { orderKey, orderRecord } from './order-record.ts';
import type { SinkSettings } from './sink-settings.ts';

/** A table on both sides, the topics of a migration, and changes of the table to publish. */
export interface SinkWorld {
  readonly bus: MessageBus;
  readonly partitions: number;
  readonly folder: string;
  settingsOf(name: string): SinkSettings;
  /** Changes of the orders `from` to before `to`, written now; resolves when they are stored. */
  publish(from: number, to: number): Promise<void>;
  backlogEntries(): Promise<number>;
  rowsOnTarget(): Promise<number>;
  close(): Promise<void>;
}

const partitions = 8;

interface WorldOptions extends Pick<SinkSettings, 'writesInFlight' | 'lostAnswers' | 'isTargetLeftOut'> {
  /** How long a request is on its way to the target. */
  readonly targetDelayMs: number;
}

export async function openSinkWorld(
  { source, target, pulsar }: Sandbox,
  { targetDelayMs, ...asked }: WorldOptions,
): Promise<SinkWorld> {
  const keyspace = `bench_sink_${Date.now()}`;
  const targetKeyspace = `${keyspace}_moved`;
  const node = source[0]!;
  const [there, here] = [await createTable(node, keyspace), await createTable(target, targetKeyspace)];
  const cluster = await openSourceCluster(endpointOf(node));
  const tableId = tablesOf(await cluster.schema(keyspace))[0]!.id;
  await cluster.close();
  const bus = await openPulsarBus({ ...pulsar, tenant: 'public', namespace: keyspace, clientName: 'cdcmig bench' });
  await bus.ensureNamespace();
  await prepareTopics(bus, partitions);
  const publishers = await Promise.all(
    Array.from({ length: partitions }, (_, at) => bus.publisher(changesPartition(at))),
  );
  const farTarget = await openFarTarget({ host: target.address, port: target.cqlPort }, targetDelayMs);
  const folder = mkdtempSync(join(tmpdir(), 'cdcmig-bench-sink-'));
  return {
    bus,
    partitions,
    folder,
    settingsOf: (name) => ({
      name,
      source: endpointOf(node),
      target: targetDelayMs > 0 ? farTarget.address : { host: target.address, port: target.cqlPort },
      keyspace,
      targetKeyspace,
      pulsar: { serviceUrl: pulsar.serviceUrl, adminUrl: pulsar.adminUrl, tenant: 'public', namespace: keyspace },
      partitions,
      ...asked,
    }),
    async publish(from, to) {
      const micros = BigInt(Date.now()) * 1000n;
      const stored: Promise<unknown>[] = [];
      for (let id = from; id < to; id++) {
        const key = orderKey(id);
        const publisher = publishers[topicPartitionOf(tokenOf(key), partitions)]!;
        stored.push(publisher.publish({ key, ...encodeChangeEvent(orderRecord(tableId, id, micros)) }));
      }
      await Promise.all(stored);
    },
    async backlogEntries() {
      const all = Array.from({ length: partitions }, (_, at) => bus.backlog(changesPartition(at), sinkSubscription));
      return (await Promise.all(all)).reduce((sum, { entries }) => sum + entries, 0);
    },
    async rowsOnTarget() {
      const { rows } = await here.query(`SELECT count(*) FROM ${targetKeyspace}.orders`, { consistency: 'ONE' });
      return Number(rows[0]![0]!.readBigInt64BE());
    },
    async close() {
      await Promise.all(publishers.map((publisher) => publisher.close()));
      await bus.close();
      await there.query(`DROP KEYSPACE ${keyspace}`, { consistency: 'ONE' });
      await here.query(`DROP KEYSPACE ${targetKeyspace}`, { consistency: 'ONE' });
      await Promise.all([there.close(), here.close()]);
      farTarget.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function endpointOf({ address, cqlPort, datacenter }: SandboxNode) {
  return { contactPoints: [`${address}:${cqlPort}`], datacenter };
}

async function createTable(node: SandboxNode, keyspace: string) {
  const limits = { connectionsPerHost: 1, maxInFlightPerConnection: 64, requestTimeoutMs: 60_000 };
  const pool = openCqlPool({ contactPoints: [{ host: node.address, port: node.cqlPort }], ...limits });
  const replication = `{'class': 'NetworkTopologyStrategy', '${node.datacenter}': 1}`;
  const columns = 'id bigint PRIMARY KEY, amount bigint, customer int, note text';
  await pool.query(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`, { consistency: 'ONE' });
  await pool.query(`CREATE TABLE ${keyspace}.orders (${columns})`, { consistency: 'ONE' });
  return pool;
}
