import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenConnection } from './open-connection.ts';
import type { SocketAddress } from './open-socket.ts';

export interface SlotEvents {
  readonly onLive: () => void;
  /** The connection broke (no error), or an attempt to connect failed. */
  readonly onDown: (error?: unknown) => void;
}

type Connect = (address: SocketAddress, signal: AbortSignal) => Promise<OpenConnection>;

/** A place in the pool for one connection to one host, filled again whenever it becomes empty. */
export class PoolSlot {
  /** Where the next connection goes. */
  address: SocketAddress;
  connection: OpenConnection | undefined;
  /** Since when there is no connection, by performance.now(). */
  awaySinceMs = performance.now();
  /** Why the last attempt failed, until one succeeds. */
  lastError: unknown;
  /** Requests promised to this connection that still wait for a PREPARE. */
  reserved = 0;
  isProbing = false;
  readonly #connect: Connect;
  readonly #events: SlotEvents;

  constructor(address: SocketAddress, connect: Connect, events: SlotEvents) {
    this.address = address;
    this.#connect = connect;
    this.#events = events;
  }

  get isLive(): boolean {
    return this.connection?.isOpen ?? false;
  }

  /** Requests that take up room. */
  get load(): number {
    return this.reserved + (this.connection?.inFlight ?? 0);
  }

  /** Requests that somebody waits for. */
  get awaited(): number {
    return this.load - (this.connection?.channel.abandoned ?? 0);
  }

  /** Keeps a connection here until the signal aborts. Never rejects. */
  async keepConnected(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const livedMs = await this.#liveOnce(signal);
      // A host that accepts us only to hang up counts as failing, or we would knock ten times a second for ever.
      failures = livedMs > maxBackoffMs ? 0 : failures + 1;
      await sleep(backoffMs(failures, Math.random()), undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Connects and waits for the end of the connection; answers how long it lived. */
  async #liveOnce(signal: AbortSignal): Promise<number> {
    try {
      const connection = await this.#connect(this.address, signal);
      const bornMs = performance.now();
      this.lastError = undefined;
      this.connection = connection;
      this.#events.onLive();
      await closedOrAborted(connection, signal);
      this.connection = undefined;
      this.awaySinceMs = performance.now();
      this.#events.onDown();
      return performance.now() - bornMs;
    } catch (error) {
      this.lastError = error;
      this.#events.onDown(error);
      return 0;
    }
  }
}

async function closedOrAborted(connection: OpenConnection, signal: AbortSignal): Promise<void> {
  const hangUp = () => connection.close();
  signal.addEventListener('abort', hangUp, { once: true });
  if (signal.aborted) hangUp();
  await connection.channel.closed;
  signal.removeEventListener('abort', hangUp);
}

const firstBackoffMs = 100;
const maxBackoffMs = 10_000;

/** Doubles with each failure up to 10 s; the random half keeps many workers from coming back all at once. */
export function backoffMs(failures: number, random: number): number {
  const fullMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.max(0, failures - 1));
  return fullMs / 2 + (fullMs / 2) * random;
}
