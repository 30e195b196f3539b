import { setTimeout as sleep } from 'node:timers/promises';
import { opcodes } from '../../../wire/cql/frame.ts';
import { checkConsistency } from '../checks/check-consistency.ts';
import { checkMutation } from '../checks/check-mutation.ts';
import { checkTimestamps, checkValues } from '../checks/check-values.ts';
import type { Mutation } from '../cql/statement.ts';
import type { Parameters } from '../protocol/request-body.ts';
import { voidAnswer } from '../protocol/response-body.ts';
import { cutRows } from '../protocol/rows-body.ts';
import { encodedSize, writeUnits } from '../statements/encoded-size.ts';
import { type MutationPlan, planMutation } from '../statements/plan-mutation.ts';
import { type BoundValues, termNumber } from '../statements/term-value.ts';
import { writtenRow } from '../streams/written-row.ts';
import { admit } from './admit.ts';
import { breakTie } from './break-tie.ts';
import type { Engine } from './engine.ts';
import { keyToken } from './key-token.ts';
import { type Reply, throttledReply } from './reply.ts';
import type { Session } from './session.ts';
import { boundValues, passedOn, type StatementRequest } from './statement-request.ts';
import type { FoundTable } from './table-lookup.ts';

/** One INSERT, UPDATE or DELETE. Throws RuleRefusal. */
export async function runMutation(engine: Engine, session: Session, request: StatementRequest): Promise<Reply> {
  const { rules } = engine;
  const { parameters } = request;
  checkConsistency(rules, parameters.consistency, true);
  const statement = request.known.statement as Mutation;
  const found = engine.tables.find(statement.table.keyspace, statement.table.name);
  const plan = plannedFor(engine, request, found);
  const bound = boundValues(request);
  const size = encodedSize(plan, bound);
  checkValues(rules, plan, size, bound);
  checkTimestamps(rules, plan, bound, parameters.timestampMicros, engine.nowMicros());
  const units = writeUnits(size);
  const cause = admit(engine, session, found, { side: 'write', units, token: tokenOf(plan, bound), queries: 1 });
  const isThrottled = cause !== undefined;
  if (isThrottled && (plan.isRangeDelete || !engine.coin.falls(engine.faults.now.appliedThrottles))) {
    return throttledReply('write');
  }
  const reply = plan.isRangeDelete
    ? await deleteRange(engine, plan, request, bound)
    : await write(engine, plan, request, bound);
  if (!plan.isRangeDelete) engine.meter.wrote(plan.table, units);
  return isThrottled ? throttledReply('write') : reply;
}

function tokenOf(plan: MutationPlan, bound: BoundValues): bigint | undefined {
  return keyToken(plan.table, plan.partitionKey, bound);
}

/** Checked once for a prepared statement, and again when its table has changed. */
function plannedFor(
  engine: Engine,
  { known, prepared }: StatementRequest,
  { record, facts }: FoundTable,
): MutationPlan {
  if (prepared?.plan && prepared.plan.record === record) return prepared.plan.mutation;
  const plan = planMutation(known.statement as Mutation, facts);
  checkMutation(engine.rules, plan);
  if (prepared) prepared.plan = { record, mutation: plan };
  return plan;
}

async function deleteRange(
  engine: Engine,
  plan: MutationPlan,
  { known, parameters }: StatementRequest,
  bound: BoundValues,
): Promise<Reply> {
  await engine.rangeDeletes.accept(plan, known.cql, bound, stampOf(engine, plan, bound, parameters.timestampMicros));
  return voidAnswer;
}

/** The client's own timestamp; undefined where arrival decides. */
function stampOf(
  engine: Engine,
  plan: MutationPlan,
  bound: BoundValues,
  frameMicros: bigint | undefined,
): bigint | undefined {
  if (!plan.table.clientSideTimestamps) return undefined;
  return (plan.using.timestamp ? termNumber(plan.using.timestamp, bound) : frameMicros) ?? engine.clock.next();
}

function write(engine: Engine, plan: MutationPlan, request: StatementRequest, bound: BoundValues): Promise<Reply> {
  if (!engine.changes.isFollowed(plan)) return writeRow(engine, plan, request, bound);
  const row = writtenRow(plan, bound);
  return engine.changes.around(row ? [row] : [], () => writeRow(engine, plan, request, bound));
}

function writeRow(engine: Engine, plan: MutationPlan, request: StatementRequest, bound: BoundValues): Promise<Reply> {
  if (plan.isConditional) return writeConditionally(engine, plan, request);
  const hasTimestamps = plan.table.clientSideTimestamps;
  const timestampMicros = frameStamp(engine, hasTimestamps, request.parameters.timestampMicros);
  const parameters = { ...request.parameters, timestampMicros };
  const send = (toSend: Parameters) => engine.backend.ask(passedOn(request, toSend));
  if (!hasTimestamps || !engine.rules.holds('equal-timestamps')) return send(parameters);
  return breakTie(engine, { plan, bound, parameters }, send);
}

/** What the frame carries to Cassandra: the client's word where it counts, else the order of arrival. */
export function frameStamp(engine: Engine, hasTimestamps: boolean, given: bigint | undefined): bigint {
  const isOurs = !hasTimestamps && engine.rules.holds('arrival-order');
  return isOurs || given === undefined ? engine.clock.next() : given;
}

async function writeConditionally(engine: Engine, plan: MutationPlan, request: StatementRequest): Promise<Reply> {
  const response = await conditionally(engine, () => engine.backend.ask(passedOn(request, request.parameters)));
  const rows = response.flags === 0 && response.opcode === opcodes.RESULT ? cutRows(response.body, 0) : undefined;
  // The first cell of the first row is [applied].
  if (rows && rows.rowCount > 0 && rows.rows[4] === 0) meterFailed(engine, plan);
  return response;
}

/** Looking for a row that may have expired costs a read, unless its timestamps tell (DG, "Lightweight transactions"). */
function meterFailed({ meter }: Engine, { table, statement }: MutationPlan): void {
  meter.conditionFailed(table);
  const isOfExistence = statement.kind === 'insert' || statement.conditions.length === 0;
  if (isOfExistence && table.ttl && !table.clientSideTimestamps) meter.read(table, 1);
}

/** Conditional writes are stamped by Cassandra itself: they keep their place in the order of arrival all the same. */
export async function conditionally<T>({ clock }: Engine, work: () => Promise<T>): Promise<T> {
  if (clock.waitMs > 0) await sleep(clock.waitMs);
  try {
    return await work();
  } finally {
    clock.passNow();
  }
}
