import { rowKeyText } from '../model/difference.ts';
import type { RowImage } from './row-image.ts';

export type Side = 'source' | 'target';

export interface MatchOutcome {
  /** Both sides have the key. */
  matched(source: RowImage, target: RowImage): void;
  /** Only this side has the key, or the other one came out of order. */
  alone(side: Side, image: RowImage): void;
}

export interface RowMatcher {
  /** Whether rows of either side have no partner yet. */
  readonly isWaiting: boolean;
  add(side: Side, image: RowImage): void;
  /** Gives out everything that found no partner. */
  finish(): void;
}

/**
 * Pairs the rows of two sides that come in the same order. Rows without a partner wait; a match proves that both sides
 * have passed everything that waits before it. At most `mostWaiting` rows wait on a side: a longer stretch that only
 * one side has is given out as `alone` early, which costs a second look and no truth.
 */
export function matchRows(outcome: MatchOutcome, mostWaiting = 20_000): RowMatcher {
  const waiting: Record<Side, Map<string, RowImage>> = { source: new Map(), target: new Map() };
  return {
    get isWaiting() {
      return waiting.source.size + waiting.target.size > 0;
    },
    add(side, image) {
      const text = rowKeyText(image.key);
      const partner = waiting[otherSide(side)].get(text);
      if (partner) {
        settlePassed(side, text, partner);
        outcome.matched(...inOrder(side, image, partner));
      } else {
        waiting[side].set(text, image);
        if (waiting[side].size > mostWaiting) giveOut(side, waiting[side].keys().next().value!);
      }
    },
    finish() {
      giveOutUntil('source', undefined);
      giveOutUntil('target', undefined);
    },
  };

  // A Map keeps the order of insertion, which is the order of the ring.
  function settlePassed(side: Side, text: string, partner: RowImage): void {
    giveOutUntil(otherSide(side), partner);
    waiting[otherSide(side)].delete(text);
    giveOutUntil(side, undefined);
  }

  function giveOutUntil(side: Side, end: RowImage | undefined): void {
    for (const [text, image] of waiting[side]) {
      if (image === end) return;
      giveOut(side, text);
    }
  }

  function giveOut(side: Side, text: string): void {
    const image = waiting[side].get(text)!;
    waiting[side].delete(text);
    outcome.alone(side, image);
  }
}

function otherSide(side: Side): Side {
  return side === 'source' ? 'target' : 'source';
}

function inOrder(side: Side, image: RowImage, partner: RowImage): [RowImage, RowImage] {
  return side === 'source' ? [image, partner] : [partner, image];
}
