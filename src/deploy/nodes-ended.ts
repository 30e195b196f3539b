import { OperatorError } from '../errors.ts';

/** Waits for what is done to several nodes, also where it fails at one: nothing goes on behind our back. All faults are told together. */
export async function nodesEnded(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
  const ofOperator = errors.filter((error) => error instanceof OperatorError);
  // Any other is our bug or the operator's interruption.
  if (errors.length > ofOperator.length) throw errors.find((error) => !(error instanceof OperatorError));
  const [first] = ofOperator;
  if (first === undefined) return;
  const faults = ofOperator.flatMap((error) => error.faults);
  throw new OperatorError(faults, { cause: first, exitCode: first.exitCode });
}
