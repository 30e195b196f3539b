import { createHash } from 'node:crypto';
import { minToken } from '../../../model/token.ts';
import { type SystemTable, systemTable } from './system-table.ts';
import type { SystemValue } from './system-type.ts';

/** The nodes that a driver is shown. */
export interface ShownCluster {
  readonly region: string;
  /** The first is the one that a client is connected to, whichever it is. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Full name of its class. */
  readonly partitioner: string;
}

const releaseVersion = '3.11.2';
const common = {
  data_center: 'text',
  host_id: 'uuid',
  rack: 'text',
  release_version: 'text',
  rpc_address: 'inet',
  schema_version: 'uuid',
  tokens: 'set<text>',
} as const;

/** `system.local` and `system.peers` as seen at `address`; the version changes with every change of the schema. */
export function localTables(
  cluster: ShownCluster,
  address: string,
  schemaVersion: () => string,
): readonly SystemTable[] {
  const { addresses } = cluster;
  const others = addresses.filter((other) => other !== address);
  const node = (of: string) => nodeRow(cluster, of, schemaVersion());
  return [
    systemTable('system', 'local', localTypes, () => [{ ...node(address), ...localRow(cluster, address) }]),
    systemTable('system', 'peers', { peer: 'inet', preferred_ip: 'inet', ...common }, () =>
      others.map((other) => ({ ...node(other), peer: other })),
    ),
  ];
}

const localTypes = {
  key: 'text',
  bootstrapped: 'text',
  broadcast_address: 'inet',
  cluster_name: 'text',
  cql_version: 'text',
  gossip_generation: 'int',
  listen_address: 'inet',
  native_protocol_version: 'text',
  partitioner: 'text',
  thrift_version: 'text',
  truncated_at: 'map<text, blob>',
  ...common,
} as const;

function localRow({ partitioner }: ShownCluster, address: string): Readonly<Record<string, SystemValue>> {
  return {
    key: 'local',
    bootstrapped: 'COMPLETED',
    broadcast_address: address,
    cluster_name: 'Amazon Keyspaces',
    cql_version: '3.4.4',
    gossip_generation: 0,
    listen_address: address,
    native_protocol_version: '4',
    partitioner,
  };
}

function nodeRow({ region, addresses }: ShownCluster, address: string, schemaVersion: string) {
  const index = addresses.indexOf(address);
  // One token a node, evenly over the ring: all nodes lead to the same service, so nothing but the count matters.
  const token = minToken + (2n ** 64n * BigInt(index)) / BigInt(addresses.length);
  return {
    data_center: region,
    host_id: uuidOf(address),
    rack: region,
    release_version: releaseVersion,
    rpc_address: address,
    schema_version: schemaVersion,
    tokens: [String(token)],
  };
}

/** The same uuid for the same text, always. */
export function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  const versioned = `${hex.slice(0, 12)}4${hex.slice(13, 16)}8${hex.slice(17)}`;
  return versioned.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
