import { decodeInet, decodeInt, decodeSet, decodeText, decodeUuid } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** A node as the ring's tables tell it. */
export interface RingNode {
  readonly hostId: string;
  readonly address: string;
  readonly port: number;
  readonly datacenter: string;
  readonly rack: string;
  readonly releaseVersion: string;
  readonly tokens: readonly bigint[];
}

/** All nodes that own tokens, as one node sees them. `connection` must be one node: its two tables complete each other. */
export async function readRing(connection: Asker, signal?: AbortSignal): Promise<readonly RingNode[]> {
  const [local, peers] = await Promise.all([
    queryRows(connection, localNode, { ...(signal && { signal }) }),
    queryRows(connection, otherNodes, { ...(signal && { signal }) }),
  ]);
  // A peer that joins, or that was removed a moment ago, has a row without a host id or tokens.
  return [...local, ...peers].filter((row) => row.host_id && row.tokens && row.address).map(nodeOf);
}

const common = 'host_id, data_center, rack, release_version, tokens';
const localNode = `SELECT ${common}, rpc_address AS address, rpc_port AS port FROM system.local`;
const otherNodes = `SELECT ${common}, native_address AS address, native_port AS port FROM system.peers_v2`;

function nodeOf(row: Readonly<Record<string, Buffer | null>>): RingNode {
  return {
    hostId: decodeUuid(row.host_id!),
    address: decodeInet(row.address!),
    port: decodeInt(row.port!),
    datacenter: decodeText(row.data_center!),
    rack: decodeText(row.rack!),
    releaseVersion: decodeText(row.release_version!),
    tokens: decodeSet(row.tokens!).map((token) => BigInt(decodeText(token))),
  };
}
