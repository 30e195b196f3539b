import { type BatchMember, checkBatch, hasRowTwice } from '../checks/check-batch.ts';
import { checkConsistency } from '../checks/check-consistency.ts';
import { checkMutation } from '../checks/check-mutation.ts';
import { checkTimestamps, checkValues } from '../checks/check-values.ts';
import type { Batch, Mutation } from '../cql/statement.ts';
import type { BackendRequest } from '../protocol/backend-link.ts';
import { voidAnswer } from '../protocol/response-body.ts';
import { encodedSize, writeUnits } from '../statements/encoded-size.ts';
import { planMutation } from '../statements/plan-mutation.ts';
import { termNumber } from '../statements/term-value.ts';
import { writtenRow } from '../streams/written-row.ts';
import { admit } from './admit.ts';
import type { Engine } from './engine.ts';
import { keyToken } from './key-token.ts';
import { type Reply, throttledReply } from './reply.ts';
import { conditionally, frameStamp } from './run-mutation.ts';
import type { Session } from './session.ts';
import type { FoundTable } from './table-lookup.ts';

/** One statement of a batch, and how to send it alone. */
export interface BatchStatement {
  readonly statement: Mutation;
  readonly bound: BatchMember['bound'];
  /** The text that its spans are of. */
  readonly cql: string;
  readonly alone: (timestampMicros: bigint) => BackendRequest;
}

export interface BatchRequest {
  readonly kind: Batch['batchKind'];
  readonly statements: readonly BatchStatement[];
  readonly consistency: number;
  readonly timestampMicros: bigint | undefined;
  readonly bytes: number;
  /** The statements with these indexes as one batch. */
  readonly together: (indexes: readonly number[], timestampMicros: bigint) => BackendRequest;
}

interface Member extends BatchMember {
  readonly found: FoundTable;
  readonly units: number;
}

/** A batch of the protocol or of the text. Throws RuleRefusal. */
export async function runBatch(engine: Engine, session: Session, request: BatchRequest): Promise<Reply> {
  checkConsistency(engine.rules, request.consistency, true);
  const members = request.statements.map((statement) => checkedMember(engine, request, statement));
  checkBatch(engine.rules, request.kind, members, request.bytes);
  const isThrottled = members.some((member) => isOverCapacity(engine, session, member, request.kind));
  if (isThrottled && !engine.coin.falls(engine.faults.now.appliedThrottles)) return throttledReply('write');
  const reply = await apply(engine, request, members);
  for (const { plan, units } of members) if (!plan.isRangeDelete) engine.meter.wrote(plan.table, units);
  return isThrottled ? throttledReply('write') : reply;
}

function checkedMember(engine: Engine, request: BatchRequest, { statement, bound }: BatchStatement): Member {
  const found = engine.tables.find(statement.table.keyspace, statement.table.name);
  const plan = planMutation(statement, found.facts);
  checkMutation(engine.rules, plan);
  const size = encodedSize(plan, bound);
  checkValues(engine.rules, plan, size, bound);
  checkTimestamps(engine.rules, plan, bound, request.timestampMicros, engine.nowMicros());
  // Prepare and commit of a logged batch cost the same each.
  return { found, plan, bound, units: writeUnits(size) * (request.kind === 'logged' ? 2 : 1) };
}

function isOverCapacity(
  engine: Engine,
  session: Session,
  { found, plan, bound, units }: Member,
  kind: Batch['batchKind'],
) {
  const token = keyToken(plan.table, plan.partitionKey, bound);
  return (
    admit(engine, session, found, { side: 'write', units, token, queries: kind === 'logged' ? 2 : 1 }) !== undefined
  );
}

async function apply(engine: Engine, request: BatchRequest, members: readonly Member[]): Promise<Reply> {
  const ranges = indexesOf(members, (member) => member.plan.isRangeDelete);
  const rows = indexesOf(members, (member) => !member.plan.isRangeDelete);
  for (const index of ranges) await deleteRange(engine, request, members[index]!, index);
  if (rows.length === 0) return voidAnswer;
  const followed = rows.filter((index) => engine.changes.isFollowed(members[index]!.plan));
  const written = followed.flatMap((index) => writtenRow(members[index]!.plan, members[index]!.bound) ?? []);
  return engine.changes.around(written, () => applyRows(engine, request, members, rows));
}

async function applyRows(
  engine: Engine,
  request: BatchRequest,
  members: readonly Member[],
  rows: readonly number[],
): Promise<Reply> {
  const hasTimestamps = members.some(({ plan }) => plan.table.clientSideTimestamps);
  const stamp = () => frameStamp(engine, hasTimestamps, request.timestampMicros);
  const isOrdered = !hasTimestamps && request.kind === 'unlogged' && hasRowTwice(members);
  if (members.some(({ plan }) => plan.isConditional)) {
    return conditionally(engine, () => engine.backend.ask(request.together(rows, stamp())));
  }
  if (!isOrdered) return engine.backend.ask(request.together(rows, stamp()));
  // One batch has one timestamp, under which Cassandra compares values; here the later statement is to win.
  let reply: Reply = voidAnswer;
  for (const index of rows) {
    reply = await engine.backend.ask(request.statements[index]!.alone(stamp()));
    if (reply.opcode === 0x00) return reply;
  }
  return reply;
}

function indexesOf(members: readonly Member[], isWanted: (member: Member) => boolean): readonly number[] {
  return members.flatMap((member, index) => (isWanted(member) ? [index] : []));
}

function deleteRange(engine: Engine, request: BatchRequest, { plan, bound }: Member, index: number): Promise<void> {
  const given = plan.using.timestamp ? termNumber(plan.using.timestamp, bound) : request.timestampMicros;
  const micros = plan.table.clientSideTimestamps ? (given ?? engine.clock.next()) : undefined;
  return engine.rangeDeletes.accept(plan, request.statements[index]!.cql, bound, micros);
}
