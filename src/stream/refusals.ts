import { RefusedWriteError } from '../apply/target-writer.ts';
import { writeTimesOf } from '../model/update-times.ts';
import { decidePart } from '../model/write-timestamp.ts';
import { OversizedRowError } from './oversized-rows.ts';
import type { PlanContext, PlannedChange } from './plan-update.ts';

/** The target was away for so long that what was to be applied has become too old for it: the batch is decided again. */
export class StaleBatchError extends Error {
  override readonly name = 'StaleBatchError';
}

/** True for what the target will never take and for content that nothing can be made of: a fault of one update. */
export function isPoison(error: unknown): error is Error {
  return [RefusedWriteError, OversizedRowError, RangeError, TypeError, SyntaxError].some(
    (kind) => error instanceof kind,
  );
}

/** What came of a piece of a change. */
export interface Tried<Result> {
  readonly result?: Result;
  /** Why the target never takes some of it. */
  readonly refusal?: Error;
}

/** Answers what is poison instead of throwing it: one piece that the target never takes must not keep the others from it. */
export async function withRefusal<Result>(work: Promise<Result>): Promise<Tried<Result>> {
  try {
    return { result: await work };
  } catch (error) {
    if (isPoison(error)) return { refusal: error };
    throw error;
  }
}

/** Throws StaleBatchError when the refusal says something about our delay and nothing about the change. */
export function throwIfStale(
  { young }: PlannedChange,
  context: Pick<PlanContext, 'handOverMicros' | 'nowMicros' | 'window'>,
  refusal: Error,
): void {
  const oldest = young && writeTimesOf(young)?.oldestMicros;
  if (oldest !== undefined && decidePart(context, oldest) === 'recopy')
    throw new StaleBatchError('a change grew too old for the target on its way', { cause: refusal });
}
