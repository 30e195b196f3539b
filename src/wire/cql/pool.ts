import { openConnection } from './connect-cql.ts';
import type { BatchStatement, CqlRows, Prepared } from './cql-connection.ts';
import type { CqlPool, HostPreference, PoolOptions } from './cql-pool.ts';
import { isBadCredentials } from './error-kinds.ts';
import { checkPulse, type HeartbeatOptions } from './heartbeat.ts';
import { MovedHosts } from './moved-hosts.ts';
import type { OpenConnection } from './open-connection.ts';
import type { SocketAddress } from './open-socket.ts';
import { pickSlot } from './pick-slot.ts';
import { noConnection, poolClosed } from './pool-errors.ts';
import { PoolSlot } from './pool-slot.ts';
import { prepareAll, readyAll } from './prepare-all.ts';
import type { Settle } from './request-channel.ts';
import type { BatchKind, ExecuteOptions, QueryOptions, StatementOptions } from './request-options.ts';
import { untilAborted } from './until-aborted.ts';
import type { CqlValues } from './value.ts';
import { WaitingLine } from './waiting-line.ts';

const defaultHeartbeatMs = 30_000;
const defaultConnectionWaitMs = 30_000;
const defaultLookAgainMs = 30_000;
const maxLookMs = 1000;

type Start = (slot: PoolSlot, connection: OpenConnection) => Promise<CqlRows>;

/** See `CqlPool`, whose promises it keeps. */
export class Pool implements CqlPool {
  readonly #options: PoolOptions;
  readonly #slots: readonly PoolSlot[];
  readonly #keeping: readonly Promise<void>[];
  readonly #line = new WaitingLine();
  readonly #stop = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #heartbeat: HeartbeatOptions;
  readonly #connectionWaitMs: number;
  readonly #moved: MovedHosts | undefined;
  #readyWaiters: Settle<void>[] = [];
  #lastLiveMs = performance.now();
  #onDrained: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = options.contactPoints.flatMap((address) => {
      return Array.from({ length: options.connectionsPerHost }, () => this.#slotFor(address));
    });
    this.#keeping = this.#slots.map((slot) => slot.keepConnected(this.#stop.signal));
    const { heartbeatMs = defaultHeartbeatMs, requestTimeoutMs, maxInFlightPerConnection: maxInFlight } = options;
    const { findContactPoints: find, lookAgainMs = defaultLookAgainMs } = options;
    this.#moved = find && new MovedHosts(this.#slots, () => find(this.#stop.signal), lookAgainMs);
    this.#heartbeat = { heartbeatMs, answerWithinMs: requestTimeoutMs, maxInFlight };
    this.#connectionWaitMs = options.connectionWaitMs ?? defaultConnectionWaitMs;
    const lookMs = Math.min(maxLookMs, heartbeatMs / 4, this.#connectionWaitMs / 4, requestTimeoutMs, lookAgainMs / 4);
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  get liveConnections(): number {
    return this.#slots.filter((slot) => slot.isLive).length;
  }

  get waiting(): number {
    return this.#line.length;
  }

  ready(signal?: AbortSignal): Promise<void> {
    if (this.liveConnections > 0) return Promise.resolve();
    if (this.#closing) return Promise.reject(poolClosed());
    const live = new Promise<void>((resolve, reject) => this.#readyWaiters.push({ resolve, reject }));
    return untilAborted(live, signal);
  }

  execute(
    cql: string,
    values: CqlValues | (() => CqlValues),
    options: ExecuteOptions & HostPreference,
  ): Promise<CqlRows> {
    return this.#runPrepared([cql], options, (connection, [prepared]) => {
      return connection.execute(prepared!, typeof values === 'function' ? values() : values, options);
    });
  }

  query(cql: string, options: QueryOptions & HostPreference): Promise<CqlRows> {
    return this.#run(options, (_slot, connection) => connection.query(cql, options));
  }

  batch(
    kind: BatchKind,
    statements: readonly BatchStatement<string>[],
    options: StatementOptions & HostPreference,
  ): Promise<CqlRows> {
    const texts = statements.map(({ statement }) => statement);
    return this.#runPrepared(texts, options, (connection, prepared) => {
      const batch = statements.map(({ values }, i) => ({ statement: prepared[i]!, values }));
      return connection.batch(kind, batch, options);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#line.rejectAll(poolClosed());
    for (const waiter of this.#readyWaiters) waiter.reject(poolClosed());
    await new Promise<void>((resolve) => {
      this.#onDrained = resolve;
      this.#onSettled();
    });
    clearInterval(this.#timer);
    this.#stop.abort();
    await Promise.all([...this.#keeping, this.#moved?.asking]);
  }

  /** Runs now if there is room and nobody waits, else in its turn. */
  #run(options: StatementOptions & HostPreference, start: Start): Promise<CqlRows> {
    if (this.#closing) return Promise.reject(poolClosed());
    if (options.signal?.aborted) return Promise.reject(options.signal.reason);
    const slot = this.#line.length === 0 ? this.#pick(options.host) : undefined;
    if (slot) return start(slot, slot.connection!);
    return new Promise((resolve, reject) => {
      const tryRun = () => {
        const slot = this.#pick(options.host);
        if (slot) start(slot, slot.connection!).then(resolve, reject);
        return slot !== undefined;
      };
      this.#line.add({ sinceMs: performance.now(), signal: options.signal, tryRun, reject });
    });
  }

  #pick(host: string | undefined): PoolSlot | undefined {
    return pickSlot(this.#slots, this.#options.maxInFlightPerConnection, host);
  }

  #runPrepared(
    texts: readonly string[],
    options: StatementOptions & HostPreference,
    run: (connection: OpenConnection, prepared: readonly Prepared[]) => Promise<CqlRows>,
  ): Promise<CqlRows> {
    return this.#run(options, (slot, connection) => {
      const prepared = readyAll(connection, texts);
      if (prepared) return run(connection, prepared);
      const preparing = this.#prepareOn(slot, connection, texts, options.signal);
      return preparing.then((prepared) => run(connection, prepared));
    });
  }

  /** Holds a place on the connection meanwhile; in success the caller's request takes it over at once. */
  async #prepareOn(
    slot: PoolSlot,
    connection: OpenConnection,
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly Prepared[]> {
    slot.reserved++;
    try {
      return await prepareAll(connection, texts, signal);
    } catch (error) {
      queueMicrotask(() => this.#onSettled());
      throw error;
    } finally {
      slot.reserved--;
    }
  }

  #slotFor(address: SocketAddress): PoolSlot {
    const { requestTimeoutMs, tls, authenticator } = this.#options;
    const common = { requestTimeoutMs, ...(tls && { tls }), ...(authenticator && { authenticator }) };
    const connect = (to: SocketAddress, signal: AbortSignal) =>
      openConnection({ ...common, ...to, signal }, () => this.#onSettled());
    return new PoolSlot(address, connect, { onLive: () => this.#onLive(), onDown: () => this.#onDown() });
  }

  #onSettled(): void {
    this.#line.advance();
    if (this.#onDrained && this.#slots.every((slot) => slot.awaited === 0)) this.#onDrained();
  }

  #onLive(): void {
    const waiters = this.#readyWaiters;
    this.#readyWaiters = [];
    for (const waiter of waiters) waiter.resolve();
    this.#line.advance();
  }

  #onDown(): void {
    if (this.liveConnections > 0) return;
    const errors = this.#slots.map((slot) => slot.lastError).filter((error) => error !== undefined);
    if (errors.length < this.#slots.length) return;
    const waiters = this.#readyWaiters;
    this.#readyWaiters = [];
    for (const waiter of waiters) waiter.reject(errors[0]);
    // Waiting does not mend a wrong password.
    if (errors.every(isBadCredentials)) this.#line.rejectAll(errors[0]);
  }

  #look(): void {
    const nowMs = performance.now();
    for (const slot of this.#slots) void checkPulse(slot, this.#heartbeat);
    this.#moved?.look(nowMs);
    if (this.liveConnections > 0) this.#lastLiveMs = nowMs;
    const sinceMs = nowMs - this.#connectionWaitMs;
    // Each waits its own time: who comes long after the last connection broke may well see the next one.
    if (this.#lastLiveMs <= sinceMs) this.#line.rejectSince(sinceMs, noConnection(this.#connectionWaitMs, this.#slots));
  }
}
