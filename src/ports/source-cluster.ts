import type { SchemaRows } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import type { PartitionKeyReader, TableReader } from './table-reader.ts';

export interface SourceNode {
  /** The node's host id, which it keeps for life; names the node in topics and in the ledger. */
  readonly hostId: string;
  readonly address: string;
  readonly port: number;
  readonly datacenter: string;
  readonly rack: string;
  readonly releaseVersion: string;
  readonly isUp: boolean;
  readonly tokens: readonly bigint[];
}

/** Facts of one node that only the node itself can tell (system_views, system.local); undefined where its version has no such view. */
export interface NodeSettings {
  /** Of who answers at the node's address, which may be another by now. */
  readonly hostId: string;
  readonly cdcEnabled: boolean | undefined;
  /** What the node lets cdc_raw take, bytes. */
  readonly cdcTotalBytes: number | undefined;
  /** Whether it rejects writes when cdc_raw is full; false: it deletes the oldest segments. 4.0 always rejects. */
  readonly cdcBlocksWrites: boolean;
  readonly isCommitLogEncrypted: boolean | undefined;
  readonly commitLogCompression: string | undefined;
  /** How the node writes its log: `direct` where it goes past the page cache (5.0). */
  readonly commitLogAccess: string | undefined;
  readonly commitLogDirectory: string | undefined;
  readonly cdcRawDirectory: string | undefined;
  readonly pendingHints: number | undefined;
  readonly pendingBatches: number | undefined;
  /** The node's clock minus ours, microseconds, good to the round trip. */
  readonly clockSkewMicros: bigint;
}

export interface KeyspaceFacts {
  readonly name: string;
  readonly durableWrites: boolean;
  readonly replication: Readonly<Record<string, string>>;
}

export interface SizeEstimate {
  readonly partitions: number;
  readonly meanPartitionBytes: number;
}

export interface PendingCompactions {
  readonly address: string;
  readonly pending: number | undefined;
}

/** The Cassandra that we leave. Read-only but for the canary keyspace and, in cdc mode, the tables' cdc option. */
export interface SourceCluster extends TableReader, PartitionKeyReader {
  nodes(signal?: AbortSignal): Promise<readonly SourceNode[]>;
  nodeSettings(node: SourceNode, signal?: AbortSignal): Promise<NodeSettings>;
  /** Undefined when the cluster has no such keyspace. */
  keyspace(name: string, signal?: AbortSignal): Promise<KeyspaceFacts | undefined>;
  keyspaces(signal?: AbortSignal): Promise<readonly KeyspaceFacts[]>;
  schema(keyspace: string, signal?: AbortSignal): Promise<SchemaRows>;
  /** Summed over the nodes' own estimates; zeros for a table that was never flushed. */
  sizeEstimate(table: Table, signal?: AbortSignal): Promise<SizeEstimate>;
  /** The full name of its class. */
  partitioner(signal?: AbortSignal): Promise<string>;
  /** Compactions that wait for a thread, by each node of the datacenter that is read; undefined where its version does not tell. */
  pendingCompactions(signal?: AbortSignal): Promise<readonly PendingCompactions[]>;
  /** Repairs that began lately and have not ended, as the cluster's own history tells. */
  runningRepairs(signal?: AbortSignal): Promise<number>;
  /** Creates or verifies the canary keyspace, replicated to every node, and answers its table. */
  ensureCanaryTable(signal?: AbortSignal): Promise<Table>;
  /** Writes one canary row on every node at consistency ALL; the partition key is the nonce's UTF-8 bytes. */
  writeCanary(nonce: string, signal?: AbortSignal): Promise<void>;
  /** Sets a table's cdc option; answers what it was. */
  setCdc(table: Table, isOn: boolean, signal?: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}
