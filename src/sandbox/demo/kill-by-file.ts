import { OperatorError } from '../../errors.ts';
import { killHard, runningProcess } from '../known-process.ts';

/** Kill -9 of the process that a pid file names; throws when it does not run. */
export async function killByFile(pidFile: string): Promise<void> {
  const known = runningProcess(pidFile);
  if (known) return killHard(known);
  throw new OperatorError({
    expected: `a running process in ${pidFile}`,
    found: 'none: it had ended by itself',
    next: 'read the log beside it',
  });
}
