import { runCopyWorker } from './copy-worker.ts';
import type { WorkerContext } from './phase-context.ts';
import { sideBySide } from './side-by-side.ts';
import { runSinkWorker } from './sink-worker.ts';
import { untilState } from './until-state.ts';
import { watchRing } from './watch-ring.ts';

/**
 * One worker process: takes splits once they are queued and changes once start-sink allows it, until the cutover is
 * recorded. Joins and leaves at any time; what it had in hand when it died is given to others.
 */
export async function runWorker(context: WorkerContext): Promise<void> {
  const finished = new AbortController();
  await sideBySide(
    context.signal,
    async (signal) => {
      await untilState({ ...context, signal }, (state) => state.cutover !== undefined);
      finished.abort();
    },
    (signal) => copyOnceQueued({ ...context, signal }, finished.signal),
    (signal) => watchUntil(finished.signal, { ...context, signal }),
    (signal) => sinkOnceAllowed({ ...context, signal }, finished.signal),
  );
}

async function watchUntil(finished: AbortSignal, context: WorkerContext): Promise<void> {
  await watchRing({ ...context, signal: AbortSignal.any([finished, context.signal]) });
}

async function copyOnceQueued(context: WorkerContext, finished: AbortSignal): Promise<void> {
  await untilState(context, (state) => state.cutover !== undefined || state.handOver !== undefined);
  if (!finished.aborted) await runCopyWorker(context, finished);
}

async function sinkOnceAllowed(context: WorkerContext, finished: AbortSignal): Promise<void> {
  await untilState(context, (state) => state.cutover !== undefined || state.sinkAllowed);
  if (!finished.aborted && context.ledger.state.sinkAllowed)
    await runSinkWorker(context, AbortSignal.any([finished, context.signal]));
}
