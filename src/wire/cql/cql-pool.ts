import type { ConnectionOptions } from 'node:tls';
import type { BatchStatement, CqlRows } from './cql-connection.ts';
import type { Authenticator } from './credentials.ts';
import type { SocketAddress } from './open-socket.ts';
import type { BatchKind, ExecuteOptions, QueryOptions, StatementOptions } from './request-options.ts';
import type { CqlValues } from './value.ts';

export interface PoolOptions {
  readonly contactPoints: readonly SocketAddress[];
  readonly connectionsPerHost: number;
  readonly maxInFlightPerConnection: number;
  readonly requestTimeoutMs: number;
  readonly tls?: ConnectionOptions;
  readonly authenticator?: Authenticator;
  /** A connection that was silent for so long is asked whether it lives; 30 s, under the 350 s of AWS's load balancer. */
  readonly heartbeatMs?: number;
  /** Where to connect, asked anew when a host stays away; absent: the contact points are what they are. */
  readonly findContactPoints?: (signal: AbortSignal) => Promise<readonly SocketAddress[]>;
  /** How long a host is away until that is asked, and again; 30 s. */
  readonly lookAgainMs?: number;
  /** How long a request waits while not one connection is live; 30 s. */
  readonly connectionWaitMs?: number;
}

/** Prefers the live connections of one contact point, by its `host`; takes any other if it has none. */
export interface HostPreference {
  readonly host?: string;
}

/**
 * Connections to some hosts, mended in the background. A request takes the least busy one; when all have as many
 * requests in flight as allowed, its promise waits: await it before making ever more.
 * Requests are never repeated here: whether a repeat is harmless only the caller knows.
 */
export interface CqlPool {
  readonly liveConnections: number;
  /** Requests waiting for room or for a connection. */
  readonly waiting: number;
  /** Resolves with the first live connection; rejects with the cause if every first attempt failed. */
  ready(signal?: AbortSignal): Promise<void>;
  /** Prepares `cql` once on each connection it runs on. Values that age are given as a function, which is asked when the request is sent. */
  execute(
    cql: string,
    values: CqlValues | (() => CqlValues),
    options: ExecuteOptions & HostPreference,
  ): Promise<CqlRows>;
  query(cql: string, options: QueryOptions & HostPreference): Promise<CqlRows>;
  batch(
    kind: BatchKind,
    statements: readonly BatchStatement<string>[],
    options: StatementOptions & HostPreference,
  ): Promise<CqlRows>;
  /** Refuses what waits, lets what is in flight end (each bounded by its time-out), then disconnects. May be repeated. */
  close(): Promise<void>;
}
