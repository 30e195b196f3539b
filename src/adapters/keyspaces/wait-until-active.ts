import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';

export interface WaitParts {
  readonly onWait: (reason: string) => void;
  readonly signal: AbortSignal | undefined;
}

const firstPauseMs = 100;
const longestPauseMs = 10_000;
/** AWS's own tools wait up to a quarter of an hour for a table; warming one takes longer. */
const patienceMs = 30 * 60_000;

/** Asks until the answer is ACTIVE, with a line for who waits. OperatorError for what will not become so. */
export async function waitUntilActive(
  { onWait, signal }: WaitParts,
  what: string,
  statusOf: () => Promise<string | undefined>,
): Promise<void> {
  const begunMs = performance.now();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const status = await statusOf();
    if (status === 'ACTIVE') return;
    const waitedMs = performance.now() - begunMs;
    // What was created a moment ago may not be seen at once; later its absence means that somebody dropped it.
    const isGone = status === undefined && waitedMs > longestPauseMs;
    if (isGone || !isOnItsWay(status) || waitedMs > patienceMs) throw notActive(what, status, waitedMs);
    onWait(`${what} is ${status ?? 'not there yet'}, for ${Math.round(waitedMs / 1000)} s`);
    await pause(pauseMs, signal);
  }
}

function isOnItsWay(status: string | undefined): boolean {
  return status === undefined || ['CREATING', 'UPDATING', 'RESTORING'].includes(status);
}

function notActive(what: string, status: string | undefined, waitedMs: number): OperatorError {
  return new OperatorError({
    expected: `${what} to become ACTIVE`,
    found: `${status ?? 'nothing of that name'} after ${Math.round(waitedMs / 1000)} s`,
    next: 'look at it in the console of Amazon Keyspaces; when it is ACTIVE or gone, run again',
  });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}
