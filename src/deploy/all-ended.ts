import { OperatorError } from '../errors.ts';

/** Waits for all of them, also where one fails: none goes on behind our back. The faults of all are told together. */
export async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const [first] = errors;
  if (first === undefined) return;
  const ofOperator = errors.filter((error) => error instanceof OperatorError);
  if (errors.length === 1) throw first;
  if (errors.length > ofOperator.length) throw errors.find((error) => !(error instanceof OperatorError));
  throw new OperatorError(
    ofOperator.flatMap(({ faults }) => faults),
    { cause: first, exitCode: ofOperator[0]!.exitCode },
  );
}
