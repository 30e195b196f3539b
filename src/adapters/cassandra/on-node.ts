import type { SourceNode } from '../../ports/source-cluster.ts';
import { connectCql } from '../../wire/cql/connect-cql.ts';
import type { CqlConnection } from '../../wire/cql/cql-connection.ts';
import type { SocketAddress } from '../../wire/cql/open-socket.ts';
import { connectFirst } from './connect-first.ts';
import type { ConnectionFacts } from './endpoint.ts';
import { type RingNode, readRing } from './read-ring.ts';

/** Asks exactly this node, which a pool does not promise. */
export async function onNode<T>(
  node: { readonly address: string; readonly port: number },
  facts: ConnectionFacts,
  signal: AbortSignal | undefined,
  ask: (connection: CqlConnection) => Promise<T>,
): Promise<T> {
  const address = { host: node.address, port: node.port };
  const connection = await connectCql({ ...facts, ...address, ...(signal && { signal }) });
  try {
    return await ask(connection);
  } finally {
    connection.close();
  }
}

/** The whole ring as the first of these nodes that answers sees it. */
export async function ringOf(
  addresses: readonly SocketAddress[],
  facts: ConnectionFacts,
  signal?: AbortSignal,
): Promise<readonly RingNode[]> {
  const connection = await connectFirst(addresses, facts, signal);
  try {
    return await readRing(connection, signal);
  } finally {
    connection.close();
  }
}

/** A node is up when it answers CQL from where we are. */
export async function withLife(node: RingNode, facts: ConnectionFacts, signal?: AbortSignal): Promise<SourceNode> {
  const requestTimeoutMs = Math.min(facts.requestTimeoutMs, lifeSignMs);
  const isUp = await onNode(node, { ...facts, requestTimeoutMs }, signal, async () => true).catch(() => false);
  signal?.throwIfAborted();
  return { ...node, isUp };
}

const lifeSignMs = 5_000;
