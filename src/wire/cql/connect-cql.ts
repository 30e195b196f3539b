import type { ConnectionOptions } from 'node:tls';
import type { CqlConnection } from './cql-connection.ts';
import type { Authenticator } from './credentials.ts';
import { CqlConnectionError, CqlServerError } from './errors.ts';
import { shakeHands } from './handshake.ts';
import { OpenConnection } from './open-connection.ts';
import { openSocket, type SocketAddress } from './open-socket.ts';

export interface ConnectOptions extends SocketAddress {
  /** Absent: no TLS. `servername` defaults to `host` unless that is an address. */
  readonly tls?: ConnectionOptions;
  readonly authenticator?: Authenticator;
  /** For each request, and for the whole of connecting. */
  readonly requestTimeoutMs: number;
  /** Ends connecting only; an open connection is ended by `close`. */
  readonly signal?: AbortSignal;
}

/**
 * Opens one connection, ready for statements. Rejects with `CqlServerError` if the server refused us (bad credentials),
 * with `CqlConnectionError` if it could not be reached, or with the signal's reason.
 */
export async function connectCql(options: ConnectOptions): Promise<CqlConnection> {
  return openConnection(options);
}

/** `connectCql` for the pool, which listens for room. */
export async function openConnection(options: ConnectOptions, onSettled?: () => void): Promise<OpenConnection> {
  const deadline = AbortSignal.timeout(options.requestTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, deadline]) : deadline;
  const name = `${options.host}:${options.port}`;
  try {
    const socket = await openSocket(options, options.tls, signal);
    const { requestTimeoutMs } = options;
    const connection = new OpenConnection(options.host, socket, {
      name,
      requestTimeoutMs,
      ...(onSettled && { onSettled }),
    });
    await closeUnless(connection, shakeHands(connection.channel, options.authenticator, signal));
    return connection;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error instanceof CqlServerError ? error : refused(name, deadline.aborted ? 'no answer in time' : error);
  }
}

async function closeUnless(connection: OpenConnection, isReady: Promise<void>): Promise<void> {
  try {
    await isReady;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function refused(name: string, cause: unknown): CqlConnectionError {
  const why = cause instanceof Error ? cause.message : cause;
  return new CqlConnectionError('refused', false, `could not connect to ${name}: ${why}`, { cause });
}
