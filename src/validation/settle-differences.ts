import type { DifferingKey } from '../model/compared-split.ts';
import type { Table } from '../model/table.ts';
import type { Clock } from '../ports/clock.ts';
import type { Sides } from './compare-split.ts';
import { decideKey, type Look, type Verdict, type Watch } from './decide-key.ts';
import { inParallel } from './in-parallel.ts';
import { readImage } from './read-image.ts';
import { differingColumns, type RowShape, rowShapeOf } from './row-image.ts';
import { shareOf } from './split-tally.ts';

export interface Settling {
  readonly sides: Sides;
  readonly table: Table;
  readonly clock: Clock;
  /** The instant up to which every node's changes are applied, microseconds; undefined: unknown, or no sink runs. */
  readonly streamTime: () => bigint | undefined;
  /** How long to look again at what may still be on its way; 0 where no sink runs: one more look. */
  readonly patienceMs: number;
  /** Seconds by which the ends of two values may lie apart. */
  readonly expiryTolerance?: number | undefined;
  readonly keysAtOnce?: number;
  readonly signal?: AbortSignal | undefined;
}

/** What became of a key that differed. `last` is how it stood at the last look. */
export interface SettledKey {
  readonly first: DifferingKey;
  readonly last: Look;
  readonly verdict: Verdict;
}

const firstPauseMs = 200;
const longestPauseMs = 5_000;
const keysAtOnceByDefault = 16;

/**
 * Looks again at each key until both sides are equal, or until it is certain that no change is on its way to the
 * target and they still differ; what is uncertain when patience ends is 'pending'. In the order of `keys`.
 */
export async function settleDifferences(
  keys: readonly DifferingKey[],
  settling: Settling,
): Promise<readonly SettledKey[]> {
  const shape = rowShapeOf(settling.table, settling.expiryTolerance);
  const givesUpAt = settling.clock.nowMicros() + BigInt(Math.round(settling.patienceMs * 1000));
  const settled: SettledKey[] = new Array(keys.length);
  let open = keys.map((first, index): OpenKey => ({ first, index, watch: undefined }));
  for (let pauseMs = firstPauseMs; open.length > 0; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
    const looked = await lookAgain(open, shape, settling);
    const isOver = settling.clock.nowMicros() >= givesUpAt;
    for (const { index, first, last, verdict } of looked)
      if (isOver || verdict !== 'pending') settled[index] = { first, last, verdict };
    open = isOver ? [] : looked.filter(({ verdict }) => verdict === 'pending');
    if (open.length > 0) await settling.clock.sleep(pauseMs, settling.signal);
  }
  return settled;
}

interface OpenKey {
  readonly first: DifferingKey;
  readonly index: number;
  readonly watch: Watch | undefined;
}

interface LookedKey extends OpenKey {
  readonly watch: Watch;
  readonly last: Look;
  readonly verdict: Verdict;
}

function lookAgain(open: readonly OpenKey[], shape: RowShape, settling: Settling): Promise<readonly LookedKey[]> {
  return inParallel(open, settling.keysAtOnce ?? keysAtOnceByDefault, settling.signal, async (key) => {
    const last = await lookAt(key.first, shape, settling);
    return { ...key, last, ...decideKey(key.watch, last) };
  });
}

/** The order is the proof: stream time first, then the target, then the source that the target has to have caught up with. */
async function lookAt({ key }: DifferingKey, shape: RowShape, settling: Settling): Promise<Look> {
  const { sides, clock, signal } = settling;
  const streamTimeMicros = settling.streamTime();
  const target = await readImage('target', sides, key, shape, clock, signal);
  const source = await readImage('source', sides, key, shape, clock, signal);
  return {
    source: shareOf(source, shape),
    target: shareOf(target, shape),
    sourceExpiry: source?.expiry,
    columns: source && target ? differingColumns(source, target, shape) : [],
    streamTimeMicros,
    readAtMicros: clock.nowMicros(),
  };
}
