import type { Share } from '../model/compared-split.ts';

/** How a key stood at one look at both sides. */
export interface Look {
  readonly source: Share;
  readonly target: Share;
  readonly columns: readonly string[];
  /** Known before the target was read. */
  readonly streamTimeMicros: bigint | undefined;
  /** When the source had been read. */
  readonly readAtMicros: bigint;
}

/** Since when the source has held the same, as far as was looked. */
export interface Watch {
  readonly sourceDigest: bigint;
  readonly quietSinceMicros: bigint;
}

export type Verdict = 'equal' | 'missing' | 'extra' | 'mismatch' | 'pending';

/** Clocks of nodes, which make stream time, and ours may disagree by this much. */
const clockMarginMicros = 2_000_000n;

/**
 * A key differs for certain when the source held one value from an earlier look to this one, and every change up to that
 * earlier look had been applied before the target was read: nothing is left that could still bring the target there.
 */
export function decideKey(watch: Watch | undefined, look: Look): { readonly verdict: Verdict; readonly watch: Watch } {
  const isQuiet = watch?.sourceDigest === look.source.digest;
  const now = isQuiet ? watch : { sourceDigest: look.source.digest, quietSinceMicros: look.readAtMicros };
  if (isEqual(look)) return { verdict: 'equal', watch: now };
  const isCaughtUp = (look.streamTimeMicros ?? 0n) > now.quietSinceMicros + clockMarginMicros;
  return { verdict: isQuiet && isCaughtUp ? differenceKind(look) : 'pending', watch: now };
}

function isEqual({ source, target }: Look): boolean {
  return source.isPresent === target.isPresent && source.digest === target.digest;
}

function differenceKind({ source, target }: Look): Verdict {
  if (!target.isPresent) return 'missing';
  return source.isPresent ? 'mismatch' : 'extra';
}
