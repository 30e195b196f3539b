import type { Share } from '../model/compared-split.ts';
import { type Expiry, mayAllEndTogether } from './expiry.ts';

/** How a key stood at one look at both sides. */
export interface Look {
  readonly source: Share;
  readonly target: Share;
  readonly sourceExpiry: Expiry | undefined;
  /** In which both sides differ, where both have the row. */
  readonly columns: readonly string[];
  /** Known before the target was read. */
  readonly streamTimeMicros: bigint | undefined;
  /** When the source had been read. */
  readonly readAtMicros: bigint;
}

/** Since when the source has held the same, as far as was looked. */
export interface Watch {
  readonly sourceDigest: bigint;
  readonly sourceExpiry: Expiry | undefined;
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
  const { sourceExpiry } = look;
  // The same values written again live longer, which no digest shows.
  const isQuiet = watch?.sourceDigest === look.source.digest && mayAllEndTogether(watch.sourceExpiry, sourceExpiry, 0);
  const now = isQuiet ? watch : { sourceDigest: look.source.digest, sourceExpiry, quietSinceMicros: look.readAtMicros };
  if (isEqual(look)) return { verdict: 'equal', watch: now };
  const isCaughtUp = (look.streamTimeMicros ?? 0n) > now.quietSinceMicros + clockMarginMicros;
  return { verdict: isQuiet && isCaughtUp ? differenceKind(look) : 'pending', watch: now };
}

function isEqual({ source, target, columns }: Look): boolean {
  return source.isPresent === target.isPresent && source.digest === target.digest && columns.length === 0;
}

function differenceKind({ source, target }: Look): Verdict {
  if (!target.isPresent) return 'missing';
  return source.isPresent ? 'mismatch' : 'extra';
}
