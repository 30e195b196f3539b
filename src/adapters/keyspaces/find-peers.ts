import type { SocketAddress } from '../../wire/cql/open-socket.ts';
import { connectFirst } from '../cassandra/connect-first.ts';
import { decodeInet } from '../cassandra/decode-cell.ts';
import { queryRows } from '../cassandra/query-rows.ts';
import { withPatience } from '../cassandra/with-patience.ts';
import type { KeyspacesFacts } from './keyspaces-endpoint.ts';

/**
 * The front ends behind the endpoint, so that connections are spread over all of them. Behind a VPC endpoint the list is
 * empty for who may not describe network interfaces: then the endpoint's own name has to do.
 */
export async function findPeers(
  facts: KeyspacesFacts,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<readonly SocketAddress[]> {
  const doing = 'Amazon Keyspaces to name its front ends';
  return withPatience({ doing, patienceMs, signal }, () => askForPeers(facts, signal));
}

async function askForPeers(facts: KeyspacesFacts, signal: AbortSignal | undefined): Promise<readonly SocketAddress[]> {
  const { address } = facts;
  const connection = await connectFirst([address], facts, signal);
  try {
    const rows = await queryRows(connection, 'SELECT rpc_address FROM system.peers', { ...(signal && { signal }) });
    const hosts = rows.flatMap((row) => (row.rpc_address ? [decodeInet(row.rpc_address)] : []));
    return hosts.length > 0 ? hosts.map((host) => ({ host, port: address.port })) : [address];
  } finally {
    connection.close();
  }
}
