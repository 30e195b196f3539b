import { AmbiguousOutcomeError, BooksError, exitCodeOf, exitCodes, OperatorError } from '../errors.ts';

/** What is printed of the error that ended the process: sentences for the operator, a stack for us. */
export function errorText(error: unknown): string {
  if (error instanceof OperatorError) return error.faults.map(faultText).join('\n');
  if (error instanceof AmbiguousOutcomeError)
    return `It may have happened: ${error.message}\n  look at: ${error.lookAt}`;
  if (error instanceof BooksError) return `The books do not balance: ${error.message}`;
  if (exitCodeOf(error) === exitCodes.interrupted) return 'Interrupted; the same command goes on where it was.';
  return `This is a bug in cdcmig: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

function faultText({ expected, found, next }: { expected: string; found: string; next: string }): string {
  return `Expected ${expected}\n  found: ${found}\n  next:  ${next}`;
}
