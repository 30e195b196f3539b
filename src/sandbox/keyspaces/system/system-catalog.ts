import { murmur3 } from '../../../model/token.ts';
import type { KeyspacesState } from '../keyspaces-state.ts';
import type { RuleBook } from '../rule-book.ts';
import { localTables, type ShownCluster, uuidOf } from './local-tables.ts';
import { schemaTables } from './schema-tables.ts';
import { type SystemTable, systemTable } from './system-table.ts';

/** Finds the system tables as a client of that address sees them. */
export function systemCatalog(
  state: KeyspacesState,
  rules: RuleBook,
  nodes: Omit<ShownCluster, 'partitioner'>,
): (address: string, keyspace: string, name: string) => SystemTable | undefined {
  const cluster = { ...nodes, partitioner: rules.holds('other-partitioner') ? defaultPartitioner : murmur3 };
  let changes = 0;
  state.subscribe(() => {
    changes += 1;
  });
  const schemaVersion = () => uuidOf(`schema ${changes}`);
  const local = new Map(
    cluster.addresses.map((address) => [address, byName(localTables(cluster, address, schemaVersion))]),
  );
  const ofAnyNode = local.get(cluster.addresses[0]!)!.values();
  const others = [...ofAnyNode, ...otherTables];
  const shared = byName([...schemaTables(state, !rules.holds('asynchronous-definitions'), others), ...otherTables]);
  return (address, keyspace, name) => {
    const key = `${keyspace}.${name}`;
    return shared.get(key) ?? local.get(address)?.get(key);
  };
}

// An old account's, from before Murmur3's was the default.
const defaultPartitioner = 'com.amazonaws.cassandra.DefaultPartitioner';

/** They exist, and have nothing to say. */
const otherTables = [
  systemTable('system', 'size_estimates', {
    keyspace_name: 'text',
    table_name: 'text',
    range_start: 'text',
    range_end: 'text',
    mean_partition_size: 'bigint',
    partitions_count: 'bigint',
  }),
  systemTable('system', 'prepared_statements', { prepared_id: 'blob', logged_keyspace: 'text', query_string: 'text' }),
  systemTable('system_multiregion_info', 'keyspaces', { keyspace_name: 'text', region: 'text', status: 'text' }),
];

function byName(tables: readonly SystemTable[]): ReadonlyMap<string, SystemTable> {
  return new Map(tables.map((table) => [`${table.keyspace}.${table.name}`, table]));
}
