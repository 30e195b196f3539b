import { keyspacesLimits } from '../../model/row-limits.ts';
import type { TargetKeyspace } from '../../ports/target-keyspace.ts';
import { openCqlPool } from '../../wire/cql/open-cql-pool.ts';
import { readPresentSchema } from '../cassandra/read-schema.ts';
import { targetOverPool } from '../cassandra/target-over-pool.ts';
import { connectionsPerPeer } from './connections-per-peer.ts';
import { openControlPlane } from './control-plane.ts';
import { defineInKeyspaces } from './define-in-keyspaces.ts';
import { findPeers } from './find-peers.ts';
import { type KeyspacesEndpoint, keyspacesFacts } from './keyspaces-endpoint.ts';
import { waitUntilAltered } from './wait-until-altered.ts';
import { writeCapacity } from './write-capacity.ts';

export interface TargetKeyspacesOptions extends KeyspacesEndpoint {
  readonly keyspace: string;
  /** What all of this process together will ask for; sizes the connections. */
  readonly queriesPerSecond: number;
  /** Told while something is being created. */
  readonly onWait?: (reason: string) => void;
  /** How long reads that fail for passing reasons are tried again; default one minute. */
  readonly patienceMs?: number;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

/** A connection may have this many requests under way; 500 a second at some 20 ms each are ten. */
const maxInFlightPerConnection = 128;

/**
 * A keyspace of Amazon Keyspaces as the target; it need not exist yet. Data goes by CQL at LOCAL_QUORUM, definitions by
 * the control plane. OperatorError if there are no credentials, or the Region cannot be reached.
 */
export async function openTargetKeyspaces(options: TargetKeyspacesOptions): Promise<TargetKeyspace> {
  const { keyspace, queriesPerSecond, patienceMs = 60_000, onWait = () => {}, signal } = options;
  const facts = await keyspacesFacts(options);
  const peers = await findPeers(facts, patienceMs, signal);
  const pool = openCqlPool({
    ...facts,
    contactPoints: peers,
    findContactPoints: (signal) => findPeers(facts, patienceMs, signal),
    connectionsPerHost: connectionsPerPeer(queriesPerSecond, peers.length),
    maxInFlightPerConnection,
  });
  const controlPlane = openControlPlane(options, facts);
  const { requestTimeoutMs } = facts;
  const asked = { pool, keyspace, requestTimeoutMs, patienceMs, readSchema: readPresentSchema };
  const target = targetOverPool({
    ...asked,
    waitUntilDefined: (_, signal) => waitUntilAltered(pool, keyspace, { onWait, signal }),
  });
  return {
    ...target,
    limits: keyspacesLimits,
    define: (definitions, signal) => defineInKeyspaces({ controlPlane, keyspace, onWait, signal }, definitions),
    writeCapacity: async (table, signal) => writeCapacity(await controlPlane.table(keyspace, table, signal)),
    async close() {
      controlPlane.close();
      await target.close();
    },
  };
}
