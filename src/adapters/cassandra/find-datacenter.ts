import { OperatorError } from '../../errors.ts';
import { connectFirst } from './connect-first.ts';
import { type CassandraEndpoint, type ConnectionFacts, parseContactPoint } from './endpoint.ts';
import { type RingNode, readRing } from './read-ring.ts';

/** The nodes of the endpoint's datacenter, asked through the first contact point that answers. */
export async function findDatacenter(
  endpoint: CassandraEndpoint,
  facts: ConnectionFacts,
  signal?: AbortSignal,
): Promise<readonly RingNode[]> {
  const connection = await connectFirst(endpoint.contactPoints.map(parseContactPoint), facts, signal);
  try {
    const ring = await readRing(connection, signal);
    const nodes = ring.filter((node) => node.datacenter === endpoint.datacenter);
    if (nodes.length === 0) throw noSuchDatacenter(endpoint, ring);
    return nodes;
  } finally {
    connection.close();
  }
}

function noSuchDatacenter(endpoint: CassandraEndpoint, ring: readonly RingNode[]): OperatorError {
  const known = [...new Set(ring.map((node) => node.datacenter))].sort();
  return new OperatorError({
    expected: `a datacenter ${endpoint.datacenter}`,
    found: `the cluster has ${known.join(', ')}`,
    next: 'name one of these in the configuration; names are case-sensitive',
  });
}
