import { repairTimestamp } from '../../../src/model/write-timestamp.ts';
import type { CellStore } from './cell-store.ts';
import { type Difference, readFrom } from './compare.ts';
import { second } from './instants.ts';
import { recopyWrite } from './row-writes.ts';
import type { Rule } from './rule.ts';
import type { Target } from './target.ts';

export interface Sides {
  /** The source as a read at consistency ALL sees it. */
  readonly source: CellStore;
  readonly target: Target;
}

/** What the repair after validation does with its differences. */
export function repairDifferences(
  { source, target }: Sides,
  differences: readonly Difference[],
  repair: { readonly nowMicros: bigint; readonly isSecondLook: boolean; readonly window: Rule['window'] },
): void {
  const { nowMicros, isSecondLook, window } = repair;
  for (const { key } of differences) {
    const image = readFrom(source, key, nowMicros);
    const old = readFrom(target, key, nowMicros);
    const hasCollection = [image, old].some((side) => side?.cells.some((cell) => cell.path));
    const stamp = repairTimestamp({
      sourceWriteMicros: image?.newestMicros,
      targetWriteMicros: old?.newestMicros,
      readAtMicros: nowMicros,
      nowMicros: nowMicros + second,
      useReadInstant: isSecondLook || hasCollection,
      window,
    });
    target.write(recopyWrite(key, image, stamp), nowMicros + second);
  }
}
