import { Client, types } from 'cassandra-driver';

export interface ClientPlace {
  readonly address: string;
  readonly cqlPort: number;
  readonly datacenter: string;
}

/** A plain driver connection to one server of the sandbox. */
export async function openClient(place: ClientPlace, keyspace?: string): Promise<Client> {
  const client = new Client({
    contactPoints: [`${place.address}:${place.cqlPort}`],
    localDataCenter: place.datacenter,
    ...(keyspace !== undefined && { keyspace }),
    queryOptions: { prepare: true, consistency: types.consistencies.localQuorum },
    // Maps keep keys of any type, and sets are told from lists.
    encoding: { map: Map, set: Set },
    // The machine is small and other processes work it hard.
    socketOptions: { readTimeout: 30_000 },
  });
  await client.connect();
  return client;
}
