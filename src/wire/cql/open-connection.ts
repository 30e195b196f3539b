import type { Socket } from 'node:net';
import type { BatchStatement, CqlConnection, CqlRows, Prepared } from './cql-connection.ts';
import { isUnprepared } from './error-kinds.ts';
import { CqlConnectionError, type CqlServerError } from './errors.ts';
import { opcodes } from './frame.ts';
import { type PreparedEntry, PreparedStatements } from './prepared-statements.ts';
import { type ChannelOptions, RequestChannel, type Settle } from './request-channel.ts';
import type { BatchKind, ExecuteOptions, QueryOptions, StatementOptions } from './request-options.ts';
import { bareRequest, batchRequest, executeRequest, prepareRequest, queryRequest } from './requests.ts';
import { readPrepared, readResult } from './result.ts';
import { untilAborted } from './until-aborted.ts';
import type { CqlValues } from './value.ts';

// A server that forgets a statement this often in a row is short of memory for them; more asking makes it worse.
const preparesPerRequest = 3;

/** A connection after its handshake. The pool uses more of it than `CqlConnection` shows. */
export class OpenConnection implements CqlConnection {
  readonly host: string;
  readonly channel: RequestChannel;
  readonly statements: PreparedStatements;

  constructor(host: string, socket: Socket, options: ChannelOptions) {
    this.host = host;
    this.channel = new RequestChannel(socket, options);
    this.statements = new PreparedStatements((cql) => this.channel.ask(prepareRequest(cql), readPrepared));
  }

  get isOpen(): boolean {
    return this.channel.isOpen;
  }

  get inFlight(): number {
    return this.channel.inFlight;
  }

  async prepare(cql: string, signal?: AbortSignal): Promise<Prepared> {
    const { prepared } = await untilAborted(this.statements.prepare(cql), signal);
    return prepared;
  }

  query(cql: string, options: QueryOptions): Promise<CqlRows> {
    return this.channel.ask(queryRequest(cql, options.values ?? [], options), readResult, options.signal);
  }

  execute(handle: Prepared, values: CqlValues, options: ExecuteOptions): Promise<CqlRows> {
    return new Promise((resolve, reject) => {
      this.#execute(handle, values, options, { resolve, reject }, preparesPerRequest);
    });
  }

  batch(kind: BatchKind, statements: readonly BatchStatement[], options: StatementOptions): Promise<CqlRows> {
    return new Promise((resolve, reject) => {
      this.#batch(kind, statements, options, { resolve, reject }, preparesPerRequest + statements.length);
    });
  }

  /** Whether the server still answers at all. */
  async probe(timeoutMs: number): Promise<void> {
    await this.channel.ask(bareRequest(opcodes.OPTIONS), () => {}, undefined, timeoutMs);
  }

  close(): void {
    this.channel.fail('closed', 'closed by us');
  }

  // Callbacks, not promise chains: a chained promise for each of millions of writes shows in the CPU bill.
  #execute(
    handle: Prepared,
    values: CqlValues,
    options: ExecuteOptions,
    settle: Settle<CqlRows>,
    prepares: number,
  ): void {
    const entry = this.statements.currentFor(handle);
    const reject = (error: unknown) => {
      if (prepares === 0 || !isUnprepared(error)) return settle.reject(error);
      const again = () => this.#execute(handle, values, options, settle, prepares - 1);
      this.#afterPreparing(entry, settle, again);
    };
    const request = executeRequest(entry.prepared, values, options);
    const read = options.isPacked ? entry.readPacked : entry.read;
    this.channel.send(request, read, { resolve: settle.resolve, reject }, options.signal);
  }

  #batch(
    kind: BatchKind,
    statements: readonly BatchStatement[],
    options: StatementOptions,
    settle: Settle<CqlRows>,
    prepares: number,
  ): void {
    const current = statements.map(({ statement, values }) => ({
      statement: this.#currentStatement(statement),
      values,
    }));
    const reject = (error: unknown) => {
      const entry = prepares > 0 && isUnprepared(error) ? this.#forgotten(current, error) : undefined;
      if (!entry) return settle.reject(error);
      const again = () => this.#batch(kind, statements, options, settle, prepares - 1);
      this.#afterPreparing(entry, settle, again);
    };
    this.channel.send(
      batchRequest(kind, current, options),
      readResult,
      { resolve: settle.resolve, reject },
      options.signal,
    );
  }

  #currentStatement(statement: Prepared | string): Prepared | string {
    return typeof statement === 'string' ? statement : this.statements.currentFor(statement).prepared;
  }

  /** The server names the first statement of a batch that it does not know, by its id. */
  #forgotten(batch: readonly BatchStatement[], error: CqlServerError): PreparedEntry | undefined {
    const id = error.details.statementId;
    for (const { statement } of batch) {
      if (id && typeof statement !== 'string' && statement.id.equals(id)) return this.statements.currentFor(statement);
    }
    return undefined;
  }

  #afterPreparing(entry: PreparedEntry, settle: Settle<CqlRows>, again: () => void): void {
    this.statements
      .prepareAgain(entry)
      .catch((error: unknown) => {
        throw notSent(error);
      })
      .then(again)
      .catch(settle.reject);
  }
}

/** The failure of a PREPARE, told to the one who wanted to EXECUTE: that was never sent. */
export function notSent(error: unknown): unknown {
  if (!(error instanceof CqlConnectionError) || !error.wasSent) return error;
  return new CqlConnectionError(error.failure, false, `while preparing: ${error.message}`, { cause: error });
}
