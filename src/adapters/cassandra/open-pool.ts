import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { openCqlPool } from '../../wire/cql/open-cql-pool.ts';
import type { SocketAddress } from '../../wire/cql/open-socket.ts';
import { type CassandraEndpoint, type ConnectionFacts, connectionFacts } from './endpoint.ts';
import { findDatacenter } from './find-datacenter.ts';

export interface OpenedPool {
  readonly pool: CqlPool;
  readonly facts: ConnectionFacts;
  /** The datacenter's nodes as they were found. */
  readonly addresses: readonly SocketAddress[];
  readonly patienceMs: number;
}

/** Connections to every node of the endpoint's datacenter that this finds; OperatorError if it cannot be reached. */
export async function openPool(endpoint: CassandraEndpoint, signal?: AbortSignal): Promise<OpenedPool> {
  const facts = await connectionFacts(endpoint);
  const nodes = await findDatacenter(endpoint, facts, signal);
  const addresses = nodes.map(({ address, port }) => ({ host: address, port }));
  const pool = openCqlPool({
    ...facts,
    contactPoints: addresses,
    connectionsPerHost: endpoint.connectionsPerHost ?? 2,
    maxInFlightPerConnection: endpoint.maxInFlightPerConnection ?? 512,
  });
  return { pool, facts, addresses, patienceMs: endpoint.patienceMs ?? 60_000 };
}
