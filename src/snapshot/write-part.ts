import type { TargetWriter } from '../apply/target-writer.ts';
import type { Clock } from '../ports/clock.ts';
import { TargetWriteError } from '../ports/target-keyspace.ts';
import type { RowPart } from './plan-row.ts';

const longestPauseMs = 5_000;

/** Resolves once the target has confirmed all of it; throws RefusedWriteError for what it will never take. */
export async function writePart(
  part: RowPart,
  floorMicros: bigint,
  { writer, clock }: { readonly writer: TargetWriter; readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  if (!part.hasList) {
    for (const statement of part.statementsAt(floorMicros)) await writer.write(statement, signal);
    return;
  }
  // A list that arrives twice at one timestamp doubles: an unknown outcome is overwritten two microseconds later.
  for (let attempt = 0; ; attempt++) {
    try {
      for (const statement of part.statementsAt(floorMicros + 2n * BigInt(attempt)))
        await writer.writeOnce(statement, signal);
      return;
    } catch (error) {
      if (!(error instanceof TargetWriteError)) throw error;
      await clock.sleep(Math.min(longestPauseMs, 50 * 2 ** attempt), signal);
    }
  }
}
