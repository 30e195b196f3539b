import { opcodes } from '../../../wire/cql/frame.ts';
import type { Batch } from '../cql/statement.ts';
import type { BackendRequest } from '../protocol/backend-link.ts';
import {
  type BatchBody,
  type OutgoingBatch,
  type Parameters,
  sizeOfBatch,
  writeBatch,
} from '../protocol/request-body.ts';
import { RuleRefusal } from '../rule-book.ts';
import { isMutation, type KnownStatement } from '../statements/known-statement.ts';
import { rawValues } from '../statements/sub-queries.ts';
import type { Engine } from './engine.ts';
import type { BatchRequest, BatchStatement } from './run-batch.ts';
import type { Session } from './session.ts';
import { boundValues, markersOf, queryOf, type StatementRequest } from './statement-request.ts';

const kinds = ['logged', 'unlogged', 'counter'] as const;

/** A prepared statement of a batch that nobody knows any more. */
export class UnpreparedError extends Error {
  override readonly name = 'UnpreparedError';
  readonly id: Buffer;

  constructor(id: Buffer) {
    super('not prepared');
    this.id = id;
  }
}

/** A BATCH of the protocol. Throws RuleRefusal and UnpreparedError. */
export function frameBatch(engine: Engine, session: Session, body: BatchBody, bytes: number): BatchRequest {
  const kind = kinds[body.kind];
  if (!kind) throw new RuleRefusal('logged-batch', 0x000a, `Unknown batch type ${body.kind}`);
  const knowns = body.parts.map((part) => knownOf(engine, session, part.statement));
  const outgoing = body.parts.map(({ statement, rawValues: raw }, index) => ({
    statement: typeof statement === 'string' ? knowns[index]!.cql : statement,
    rawValues: raw,
  }));
  const together = (indexes: readonly number[], timestampMicros: bigint) =>
    batchOf({ ...body, parts: indexes.map((index) => outgoing[index]!), timestampMicros });
  const statements = knowns.map((known, index) => {
    const alone = (timestampMicros: bigint) => together([index], timestampMicros);
    return { ...memberOf(known), bound: body.parts[index]!.values.map(({ value }) => value), alone };
  });
  const { consistency, timestampMicros } = body;
  return { kind, statements, consistency, timestampMicros, bytes, together };
}

function knownOf({ prepared, statements }: Engine, session: Session, statement: string | Buffer): KnownStatement {
  if (typeof statement === 'string') return statements.read(statement, session.keyspace);
  const found = prepared.find(statement);
  if (!found) throw new UnpreparedError(statement);
  return found.known;
}

function memberOf({ statement, cql }: KnownStatement): Pick<BatchStatement, 'statement' | 'cql'> {
  if (!isMutation(statement)) {
    throw new RuleRefusal(
      'logged-batch',
      0x2200,
      'Invalid statement in batch: only UPDATE, INSERT and DELETE statements are allowed.',
    );
  }
  return { statement, cql };
}

function batchOf(batch: OutgoingBatch): BackendRequest {
  return { opcode: opcodes.BATCH, bodySize: sizeOfBatch(batch), writeBody: (writer) => writeBatch(writer, batch) };
}

/** A `BEGIN BATCH …` that came as text. */
export function textBatch(request: StatementRequest, batch: Batch): BatchRequest {
  const { known, parameters } = request;
  const bound = boundValues(request);
  const part = (index: number) => known.cql.slice(batch.spans[index]!.start, batch.spans[index]!.end);
  const valuesOf = (parts: readonly unknown[]) => rawValues(markersOf(parts).map(({ index }) => bound[index]!));
  const some = (indexes: readonly number[], timestampMicros: bigint): BackendRequest => {
    const members = indexes.map((index) => batch.statements[index]!);
    const own: Parameters = {
      ...parameters,
      rawValues: valuesOf([batch.using, ...members]),
      hasNames: false,
      timestampMicros,
    };
    return queryOf(`${openingOf(batch, known.cql)} ${indexes.map(part).join('; ')}; APPLY BATCH`, own);
  };
  const together = (indexes: readonly number[], timestampMicros: bigint) =>
    indexes.length < batch.statements.length
      ? some(indexes, timestampMicros)
      : queryOf(known.cql, { ...parameters, timestampMicros });
  const statements = batch.statements.map((statement, index) => {
    const own: Parameters = { ...parameters, rawValues: valuesOf([statement]), hasNames: false };
    const alone = (timestampMicros: bigint) => queryOf(part(index), { ...own, timestampMicros });
    return { statement: withUsing(statement, batch), bound, cql: known.cql, alone };
  });
  const { consistency, timestampMicros } = parameters;
  return { kind: batch.batchKind, statements, consistency, timestampMicros, bytes: known.cql.length, together };
}

function openingOf({ batchKind, using: { timestamp } }: Batch, cql: string): string {
  return `BEGIN ${opening[batchKind]}${timestamp ? ` USING TIMESTAMP ${cql.slice(timestamp.start, timestamp.end)}` : ''}`;
}

const opening = { logged: 'BATCH', unlogged: 'UNLOGGED BATCH', counter: 'COUNTER BATCH' } as const;

/** A timestamp of the whole batch is one of each statement. */
function withUsing(statement: BatchStatement['statement'], { using }: Batch): BatchStatement['statement'] {
  return using.timestamp ? { ...statement, using: { ...statement.using, timestamp: using.timestamp } } : statement;
}
