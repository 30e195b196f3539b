import { OperatorError } from '../errors.ts';
import type { PhaseContext } from './phase-context.ts';
import { askStream } from './stream-clock.ts';

const lookEveryMs = 1_000;
/** A worker that was restarted, or a partition that moves, is silent for some seconds; longer, somebody must look. */
const longestSilenceMicros = 60_000_000n;

/**
 * Waits until everything that was written before this call is applied. As long as it is known how far the sink is, it is
 * waited for: how long depends on the lag, and the operator sees it shrink.
 */
export async function waitForCatchUp(context: PhaseContext): Promise<string | undefined> {
  const { clock, report, signal } = context;
  const beganAt = clock.nowMicros();
  let lastKnownAt = beganAt;
  for (;;) {
    const { streamTimeMicros, unknownBecause } = await askStream(context);
    const now = clock.nowMicros();
    if (streamTimeMicros !== undefined && streamTimeMicros >= beganAt) return undefined;
    if (streamTimeMicros !== undefined) lastKnownAt = now;
    if (now - lastKnownAt > longestSilenceMicros) throw silentSink(unknownBecause);
    const behind = streamTimeMicros === undefined ? undefined : (now - streamTimeMicros) / 1_000_000n;
    report({ kind: 'waiting', reason: behind === undefined ? unknownBecause! : `the sink is ${behind} s behind` });
    await clock.sleep(lookEveryMs, signal);
  }
}

function silentSink(unknownBecause: string | undefined): OperatorError {
  return new OperatorError({
    expected: 'a sink that says how far it is',
    found: unknownBecause ?? 'none',
    next: 'cdcmig run --phase start-sink starts its workers again; then repeat the command',
  });
}
