import { join } from 'node:path';
import { stringify } from 'yaml';
import type { NodeSettings, SandboxNode } from './sandbox-state.ts';

/** What `cassandra.yaml` of one node depends on besides the node itself. */
export interface CassandraCluster {
  readonly clusterName: string;
  readonly seeds: readonly string[];
  /** Null for a lone node, which takes its token itself. */
  readonly initialToken: bigint | null;
  /** It streams what it is to own from the others before it takes part. */
  readonly joins?: boolean;
  readonly hasCdc: boolean;
  /** These win over the sandbox's own. */
  readonly settings?: NodeSettings;
}

/**
 * The text of one node's `cassandra.yaml`. The names are those of 4.0; 4.1 and 5.0 read them too, so one table serves
 * all three lines.
 */
export function cassandraYaml(node: SandboxNode, cluster: CassandraCluster): string {
  return stringify({
    cluster_name: cluster.clusterName,
    ...ring(cluster),
    ...network(node, cluster),
    ...folders(node),
    ...commitLog(cluster.hasCdc),
    ...timeouts,
    ...(cluster.hasCdc ? {} : likeService),
    ...features,
    ...cluster.settings,
  });
}

function ring(cluster: CassandraCluster) {
  const common = { num_tokens: 1, partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner' };
  if (cluster.initialToken === null) return common;
  if (cluster.joins) return { ...common, initial_token: String(cluster.initialToken), auto_bootstrap: true };
  // Fixed tokens without bootstrap: no node waits for another's data to stream, and each owns a third of the ring.
  // Nodes start one after the other: the first would wait ten seconds for those that are to follow it.
  const inTurn = {
    initial_token: String(cluster.initialToken),
    auto_bootstrap: false,
    block_for_peers_timeout_in_secs: -1,
  };
  return { ...common, ...inTurn };
}

function network(node: SandboxNode, cluster: CassandraCluster) {
  const seeds = cluster.seeds.map((seed) => `${seed}:${node.storagePort}`).join(',');
  return {
    listen_address: node.address,
    storage_port: node.storagePort,
    rpc_address: node.address,
    native_transport_port: node.cqlPort,
    endpoint_snitch: 'SimpleSnitch',
    seed_provider: [{ class_name: 'org.apache.cassandra.locator.SimpleSeedProvider', parameters: [{ seeds }] }],
  };
}

function folders(node: SandboxNode) {
  return {
    data_file_directories: [join(node.dir, 'data')],
    commitlog_directory: node.commitLogDir,
    cdc_raw_directory: node.cdcRawDir,
    hints_directory: join(node.dir, 'hints'),
    saved_caches_directory: join(node.dir, 'saved_caches'),
  };
}

function commitLog(hasCdc: boolean) {
  return {
    ...(hasCdc ? periodicSync : batchSync),
    // A mutation may be half a segment; small segments turn over quickly, which is what a rehearsal has to show.
    commitlog_segment_size_in_mb: 4,
    commitlog_total_space_in_mb: 256,
    ...(hasCdc && {
      cdc_enabled: true,
      cdc_total_space_in_mb: 512,
      cdc_free_space_check_interval_ms: 250,
    }),
    // Snapshots of dropped tables would pile up in a sandbox that drops tables all day.
    auto_snapshot: false,
  };
}

// The CDC index of a segment follows the sync: with Cassandra's ten seconds every rehearsal would wait for it.
const periodicSync = { commitlog_sync: 'periodic', commitlog_sync_period_in_ms: 1000 };
// The target stands for a service that keeps what it has confirmed, as a killed node with periodic sync does not.
const batchSync = { commitlog_sync: 'batch' };

/**
 * Only the target is without CDC. A slice of it is read again after its rows are deleted one by one, and Cassandra by itself
 * gives up a read that meets 100,000 deleted rows; the service that it stands for does not.
 */
const likeService = { tombstone_failure_threshold: 10_000_000, tombstone_warn_threshold: 1_000_000 };

/** Generous: three servers and the program under rehearsal share what may be two cores. */
const timeouts = {
  read_request_timeout_in_ms: 20_000,
  range_request_timeout_in_ms: 20_000,
  write_request_timeout_in_ms: 10_000,
  counter_write_request_timeout_in_ms: 10_000,
  cas_contention_timeout_in_ms: 5_000,
  // Also that of the nodes' greetings among themselves, which a node that stops waits out when its peer has stopped.
  request_timeout_in_ms: 5_000,
  truncate_request_timeout_in_ms: 60_000,
};

/** Off by default, on in many old clusters: a rehearsal needs tables that use them. */
const features = {
  enable_materialized_views: true,
  enable_user_defined_functions: true,
  enable_sasi_indexes: true,
  enable_drop_compact_storage: true,
};
