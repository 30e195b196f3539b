import type { SourceCluster } from '../../ports/source-cluster.ts';
import { ensureCanaryTable, writeCanary } from './canary.ts';
import type { CassandraEndpoint } from './endpoint.ts';
import { readNodeSettings } from './node-settings.ts';
import { onNode, ringOf, withLife } from './on-node.ts';
import { openPool } from './open-pool.ts';
import { readPendingCompactions } from './pending-compactions.ts';
import { readKeyspace, readKeyspaces } from './read-keyspace.ts';
import { readPartitioner } from './read-partitioner.ts';
import type { RingNode } from './read-ring.ts';
import { readSchema } from './read-schema.ts';
import { countRunningRepairs } from './running-repairs.ts';
import { alterCdc, readCdc } from './set-cdc.ts';
import { readSizeEstimate, sumEstimates } from './size-estimate.ts';
import { tableReader } from './table-reader.ts';
import { withPatience } from './with-patience.ts';

export interface SourceClusterOptions extends CassandraEndpoint {
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

/** The source cluster, talked to through one of its datacenters. OperatorError if it cannot be reached. */
export async function openSourceCluster(options: SourceClusterOptions): Promise<SourceCluster> {
  const { pool, facts, addresses, patienceMs } = await openPool(options, options.signal);
  const patient = <T>(doing: string, signal: AbortSignal | undefined, act: () => Promise<T>) =>
    withPatience({ doing, patienceMs, signal }, act);
  const ring = (signal?: AbortSignal) =>
    patient('to read the ring of the source cluster', signal, () => ringOf(addresses, facts, signal));

  return {
    ...tableReader({ pool, patienceMs }),
    nodes: async (signal) => Promise.all((await ring(signal)).map((node) => withLife(node, facts, signal))),
    nodeSettings: (node, signal) =>
      patient(`to read the settings of ${node.address}`, signal, () =>
        onNode(node, facts, signal, (connection) => readNodeSettings(connection, signal)),
      ),
    keyspace: (name, signal) => patient(`to read keyspace ${name}`, signal, () => readKeyspace(pool, name, signal)),
    keyspaces: (signal) => patient('to read the keyspaces', signal, () => readKeyspaces(pool, signal)),
    schema: (name, signal) => patient(`to read the schema of ${name}`, signal, () => readSchema(pool, name, signal)),
    async sizeEstimate(table, signal) {
      // Each datacenter holds every row, so its nodes' own ranges are the whole ring once.
      const nodes = (await ring(signal)).filter((node) => node.datacenter === options.datacenter);
      const ask = (node: RingNode) => () =>
        onNode(node, facts, signal, (connection) => readSizeEstimate(connection, table, signal));
      return sumEstimates(
        await Promise.all(nodes.map((node) => patient(`the estimates of ${node.address}`, signal, ask(node)))),
      );
    },
    partitioner: (signal) => patient('to read the partitioner', signal, () => readPartitioner(pool, signal)),
    async pendingCompactions(signal) {
      const nodes = (await ring(signal)).filter((node) => node.datacenter === options.datacenter);
      const ask = (node: RingNode) =>
        onNode(node, facts, signal, (connection) => readPendingCompactions(connection, signal));
      return Promise.all(nodes.map(async (node) => ({ address: node.address, pending: await ask(node) })));
    },
    runningRepairs: (signal) =>
      patient('to read the history of repairs', signal, () => countRunningRepairs(pool, signal)),
    async ensureCanaryTable(signal) {
      const nodes = await ring(signal);
      return patient('to make the canary table', signal, () => ensureCanaryTable(pool, nodes, signal));
    },
    writeCanary: (nonce, signal) =>
      patient('to write a canary row on every node', signal, () => writeCanary(pool, nonce, signal)),
    async setCdc(table, isOn, signal) {
      const doing = `to set cdc of ${table.keyspace}.${table.name}`;
      // Read apart from the change: read again after a change whose answer got lost, it would not be what it was.
      const was = await patient(doing, signal, () => readCdc(pool, table, signal));
      if (was !== isOn) await patient(doing, signal, () => alterCdc(pool, table, isOn, signal));
      return was;
    },
    close: () => pool.close(),
  };
}
