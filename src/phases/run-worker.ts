import { runCopyWorker } from './copy-worker.ts';
import type { WorkerContext } from './phase-context.ts';
import { runSinkWorker } from './sink-worker.ts';
import { untilState } from './until-state.ts';

/**
 * One worker process: takes splits once they are queued and changes once start-sink allows it, until the cutover is
 * recorded. Joins and leaves at any time; what it had in hand when it died is given to others.
 */
export async function runWorker(context: WorkerContext): Promise<void> {
  const finished = new AbortController();
  const over = untilState(context, (state) => state.cutover !== undefined).then(() => finished.abort());
  await Promise.all([over, workUntil(context, finished.signal)]);
}

async function workUntil(context: WorkerContext, finished: AbortSignal): Promise<void> {
  await untilState(context, (state) => state.cutover !== undefined || state.handOver !== undefined);
  await Promise.all([runCopyWorker(context, finished), sinkOnceAllowed(context, finished)]);
}

async function sinkOnceAllowed(context: WorkerContext, finished: AbortSignal): Promise<void> {
  await untilState(context, (state) => state.cutover !== undefined || state.sinkAllowed);
  if (!finished.aborted && context.ledger.state.sinkAllowed)
    await runSinkWorker(context, AbortSignal.any([finished, context.signal]));
}
