import { opcodes } from '../../../wire/cql/frame.ts';
import { rowKey } from '../checks/check-batch.ts';
import type { Parameters } from '../protocol/request-body.ts';
import { voidAnswer } from '../protocol/response-body.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';
import { rawValues } from '../statements/sub-queries.ts';
import { type BoundValues, termNumber } from '../statements/term-value.ts';
import type { Engine } from './engine.ts';
import type { Reply } from './reply.ts';

interface TiedWrite {
  readonly plan: MutationPlan;
  readonly bound: BoundValues;
  readonly parameters: Parameters;
}

/** Writes, unless an earlier write with the same timestamp wins by the coin (rule 35); `write` takes the parameters to write with. */
export async function breakTie(
  { ties }: Pick<Engine, 'ties'>,
  tied: TiedWrite,
  write: (parameters: Parameters) => Promise<Reply>,
): Promise<Reply> {
  const { plan, bound, parameters } = tied;
  const key = rowKey(plan, bound);
  const micros = plan.using.timestamp ? termNumber(plan.using.timestamp, bound) : parameters.timestampMicros;
  if (key === undefined || micros === undefined) return write(parameters);
  const columns = plan.written.map(({ column }) => column.name).toSorted();
  const rowAndColumns = `${key}/${columns.join(',')}`;
  const winner = ties.winner(rowAndColumns, micros);
  if (winner === 'first') return voidAnswer;
  // One microsecond more wins whatever the values.
  const reply = await write(winner === 'second' ? moved(tied, micros + 1n) : parameters);
  // Only what is surely there ties: a write that is repeated because it failed must not lose against itself.
  if (reply.opcode !== opcodes.ERROR) ties.wrote(rowAndColumns, micros);
  return reply;
}

/** A timestamp in the text itself cannot be moved; those ties stay Cassandra's. */
function moved({ plan, bound, parameters }: TiedWrite, micros: bigint): Parameters {
  const { timestamp } = plan.using;
  if (!timestamp) return { ...parameters, timestampMicros: micros };
  if (timestamp.kind !== 'marker') return parameters;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(micros);
  return { ...parameters, rawValues: rawValues(bound.with(timestamp.index, bytes)), hasNames: false };
}
