import type { Duplex } from 'node:stream';
import { AbortWatch } from './abort-watch.ts';
import { BodyReader } from './body-reader.ts';
import { type ConnectionFailure, CqlConnectionError } from './errors.ts';
import { FrameSplitter, maxBodyBytes, opcodes } from './frame.ts';
import { Outgoing } from './outgoing.ts';
import type { Request } from './requests.ts';
import { readPreamble } from './response.ts';
import { readServerError } from './server-error.ts';
import { StreamIds } from './stream-ids.ts';

/** Makes an answer of a response that is not an ERROR. */
export type ReadAnswer<T> = (reader: BodyReader, warnings: readonly string[], opcode: number) => T;

export interface Settle<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: unknown) => void;
}

export interface ChannelOptions {
  readonly name: string;
  readonly requestTimeoutMs: number;
  /** After any requests were settled: there may be room for others. */
  readonly onSettled?: () => void;
}

interface Exchange {
  readonly read: ReadAnswer<unknown>;
  readonly settle: Settle<never>;
  readonly signal: AbortSignal | undefined;
  readonly deadlineMs: number;
  frameNumber: number;
  /** Nobody waits any more, but its stream id is taken until the server answers. */
  isAbandoned: boolean;
}

/** Many requests over one socket, each with a stream id, answered in any order. */
export class RequestChannel {
  /** Resolves when the channel has ended, for whatever reason. */
  readonly closed: Promise<void>;
  inFlight = 0;
  abandoned = 0;
  lastHeardMs = performance.now();
  timedOutSinceHeard = false;
  #end: CqlConnectionError | undefined;
  #reportClosed: () => void = () => {};
  readonly #socket: Duplex;
  readonly #options: ChannelOptions;
  readonly #exchanges: (Exchange | undefined)[] = [];
  readonly #streamIds = new StreamIds();
  readonly #outgoing: Outgoing;
  readonly #splitter: FrameSplitter;
  readonly #aborts = new AbortWatch((signal) => this.#abandonWhere((exchange) => exchange.signal === signal, reasonOf));
  readonly #timer: NodeJS.Timeout;

  constructor(socket: Duplex, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#outgoing = new Outgoing((bytes) => socket.write(bytes));
    this.#splitter = new FrameSplitter((...frame) => this.#onFrame(...frame));
    this.closed = new Promise((resolve) => {
      this.#reportClosed = resolve;
    });
    // One coarse clock for all requests: a timer each would cost as much as the request itself.
    this.#timer = setInterval(() => this.#abandonLate(), Math.min(500, Math.max(5, options.requestTimeoutMs / 8)));
    this.#timer.unref();
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', (error) => this.fail('closed', error.message, error));
    socket.on('close', () => this.fail('closed', 'the connection was closed'));
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  /** Like `send`, as a promise. */
  ask<T>(request: Request, read: ReadAnswer<T>, signal?: AbortSignal, timeoutMs?: number): Promise<T> {
    return new Promise((resolve, reject) => this.send(request, read, { resolve, reject }, signal, timeoutMs));
  }

  /** Settles exactly once. Throws only for a request that cannot be written at all; nothing is sent then. */
  send<T>(
    request: Request,
    read: ReadAnswer<T>,
    settle: Settle<T>,
    signal?: AbortSignal,
    timeoutMs = this.#options.requestTimeoutMs,
  ): void {
    if (request.bodySize > maxBodyBytes) throw new RangeError(`a request of ${request.bodySize} bytes is too long`);
    const streamId = signal?.aborted || this.#end ? undefined : this.#streamIds.take();
    if (streamId === undefined) {
      settle.reject(this.#whyNotSent(signal));
      return;
    }
    try {
      const frameNumber = this.#outgoing.add(streamId, request.opcode, request.bodySize, request.writeBody);
      const deadlineMs = performance.now() + timeoutMs;
      this.#exchanges[streamId] = { read, settle, signal, deadlineMs, frameNumber, isAbandoned: false };
    } catch (error) {
      this.#streamIds.giveBack(streamId);
      throw error;
    }
    this.inFlight++;
    if (signal) this.#aborts.add(signal);
  }

  /** Ends the channel and rejects all that is in flight. May be repeated. */
  fail(failure: ConnectionFailure, message: string, cause?: unknown): void {
    if (this.#end) return;
    this.#end = this.#failure(failure, true, message, cause);
    clearInterval(this.#timer);
    this.#socket.destroy();
    this.#abandonWhere(
      () => true,
      (exchange) => this.#failure(failure, this.#outgoing.hasFlushed(exchange.frameNumber), message, cause),
    );
    this.#reportClosed();
  }

  #onData(chunk: Buffer): void {
    this.lastHeardMs = performance.now();
    this.timedOutSinceHeard = false;
    try {
      this.#splitter.push(chunk);
    } catch (error) {
      this.fail('protocol', `unreadable response: ${error instanceof Error ? error.message : error}`, error);
    }
    this.#options.onSettled?.();
  }

  #onFrame(streamId: number, opcode: number, flags: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.EVENT || this.#end) return;
    const exchange = this.#exchanges[streamId];
    if (!exchange) throw new Error(`an answer to stream ${streamId}, which asked nothing`);
    const reader = new BodyReader(bytes, start, end);
    const warnings = readPreamble(reader, flags);
    // Read first, so that an unreadable answer finds its exchange still open and fails it with all others.
    const error = opcode === opcodes.ERROR ? readServerError(reader) : undefined;
    const answer = error || exchange.isAbandoned ? undefined : exchange.read(reader, warnings, opcode);
    this.#exchanges[streamId] = undefined;
    this.#streamIds.giveBack(streamId);
    this.inFlight--;
    if (exchange.isAbandoned) {
      this.abandoned--;
      return;
    }
    if (exchange.signal) this.#aborts.remove(exchange.signal);
    if (error) exchange.settle.reject(error);
    else exchange.settle.resolve(answer as never);
  }

  #abandonLate(): void {
    if (this.inFlight === this.abandoned) return;
    const nowMs = performance.now();
    const lateness = (exchange: Exchange) => {
      this.timedOutSinceHeard = true;
      const wasSent = this.#outgoing.hasFlushed(exchange.frameNumber);
      return this.#failure('timed-out', wasSent, 'no answer in time');
    };
    this.#abandonWhere((exchange) => exchange.deadlineMs <= nowMs, lateness);
  }

  #abandonWhere(isMeant: (exchange: Exchange) => boolean, errorFor: (exchange: Exchange) => unknown): void {
    for (const exchange of this.#exchanges) {
      if (!exchange || exchange.isAbandoned || !isMeant(exchange)) continue;
      exchange.isAbandoned = true;
      this.abandoned++;
      if (exchange.signal) this.#aborts.remove(exchange.signal);
      exchange.settle.reject(errorFor(exchange));
    }
    this.#options.onSettled?.();
  }

  #whyNotSent(signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (this.#end) return this.#failure('closed', false, 'no longer connected', this.#end);
    return this.#failure('busy', false, 'all stream ids are taken');
  }

  #failure(failure: ConnectionFailure, wasSent: boolean, message: string, cause?: unknown): CqlConnectionError {
    return new CqlConnectionError(failure, wasSent, `${this.#options.name}: ${message}`, { cause });
  }
}

function reasonOf(exchange: Exchange): unknown {
  return exchange.signal?.reason;
}
