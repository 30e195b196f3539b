import type { InterlockSettings } from '../model/agent-settings.ts';
import type { Fill, FillLevel } from '../model/agent-state.ts';

type Thresholds = Pick<InterlockSettings, 'warnAt' | 'criticalAt'>;

export function shareOf({ bytes, limitBytes }: Fill): number {
  return limitBytes <= 0 ? 1 : bytes / limitBytes;
}

export function levelOf(fill: Fill, { warnAt, criticalAt }: Thresholds): FillLevel {
  const share = shareOf(fill);
  if (share >= criticalAt) return 'critical';
  return share >= warnAt ? 'warn' : 'ok';
}

export interface FillSample {
  readonly atMicros: bigint;
  readonly bytes: number;
}

/** Segments come whole, so a short look would see nothing and then a jump. */
const growthWindowMicros = 60_000_000n;
const shortestWindowMicros = 4_000_000n;

/** The samples that still count, with a new one. */
export function withSample(samples: readonly FillSample[], sample: FillSample): readonly FillSample[] {
  return [...samples.filter(({ atMicros }) => sample.atMicros - atMicros <= growthWindowMicros), sample];
}

/** Bytes a second over the window; 0 until it is long enough to tell. */
export function growthOf(samples: readonly FillSample[]): number {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) return 0;
  const micros = last.atMicros - first.atMicros;
  return micros < shortestWindowMicros ? 0 : ((last.bytes - first.bytes) * 1e6) / Number(micros);
}

/** Undefined while it does not grow. */
export function secondsToFull({ bytes, limitBytes }: Fill, bytesPerSecond: number): number | undefined {
  if (bytesPerSecond <= 0) return undefined;
  return Math.max(0, Math.round((limitBytes - bytes) / bytesPerSecond));
}

export interface Releasable {
  readonly id: bigint;
  /** What deleting it gives back. */
  readonly bytes: number;
}

/** The oldest of these, until what is left is below critical. */
export function chooseReleased<T extends Releasable>(
  oldestFirst: readonly T[],
  fill: Fill,
  thresholds: Thresholds,
): readonly T[] {
  const chosen: T[] = [];
  let { bytes } = fill;
  for (const segment of oldestFirst) {
    if (levelOf({ ...fill, bytes }, thresholds) !== 'critical') break;
    chosen.push(segment);
    bytes -= segment.bytes;
  }
  return chosen;
}
