import { type CaptureHole, captureHole } from '../model/capture-hole.ts';

/**
 * The holes to tell the ledger of, with one more. One that follows the last for the same reason is joined to it: hours
 * without Pulsar on a full disk would otherwise leave a hole for every segment.
 *
 * The joined hole has another name than its part. So it is the same whether the part was booked already, and whether a crash forgot that: the ledger then
 * holds two holes that overlap, and what one names the other names too.
 */
export function owedWith(owed: readonly CaptureHole[], hole: CaptureHole): readonly CaptureHole[] {
  const last = owed.at(-1);
  if (last === undefined || last.reason !== hole.reason || hole.fromSegment <= last.toSegment) return [...owed, hole];
  return [...owed.slice(0, -1), joined(last, hole)];
}

function joined(first: CaptureHole, second: CaptureHole): CaptureHole {
  return captureHole({
    node: first.node,
    reason: first.reason,
    fromSegment: first.fromSegment,
    toSegment: second.toSegment,
    fromMicros: first.fromMicros < second.fromMicros ? first.fromMicros : second.fromMicros,
    toMicros: first.toMicros > second.toMicros ? first.toMicros : second.toMicros,
    tableIds: unionOf(first.tableIds, second.tableIds),
  });
}

/** Undefined stands for every table. */
function unionOf(a: readonly string[] | undefined, b: readonly string[] | undefined): readonly string[] | undefined {
  return a && b && [...new Set([...a, ...b])].sort();
}
