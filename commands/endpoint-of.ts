import type { CassandraEndpoint } from '../src/adapters/cassandra/endpoint.ts';
import type { ClusterConfig } from '../src/config/config.ts';
import { resolveReference } from '../src/config/read-config.ts';

/** A Cassandra as its adapter wants it, its secret read. */
export function endpointOf({
  contactPoints,
  datacenter,
  username,
  password,
  tlsCaFile,
}: ClusterConfig): CassandraEndpoint {
  const secret = resolveReference(password);
  return {
    contactPoints: contactPoints.map(({ host, port }) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ),
    datacenter,
    ...(username !== undefined && { username }),
    ...(secret !== undefined && { password: secret }),
    ...(tlsCaFile !== undefined && { tls: { caFile: tlsCaFile } }),
  };
}
