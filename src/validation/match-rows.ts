import { rowKeyText } from '../model/difference.ts';
import { bytesOfCells } from './packed-rows.ts';
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

const mostWaitingBytes = 8 * 1024 * 1024;

/**
 * Pairs the rows of two sides that come in the same order. Rows without a partner wait; a match proves that both sides
 * have passed everything that waits before it. At most `mostWaiting` rows, and some MiB of them, wait on a side: a longer stretch that only
 * one side has is given out as `alone` early, which costs a second look and no truth.
 */
export function matchRows(outcome: MatchOutcome, mostWaiting = 20_000): RowMatcher {
  const waiting: Record<Side, Map<string, RowImage>> = { source: new Map(), target: new Map() };
  const bytes: Record<Side, number> = { source: 0, target: 0 };
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
        bytes[side] += bytesOf(image);
        while (waiting[side].size > mostWaiting || bytes[side] > mostWaitingBytes)
          giveOut(side, waiting[side].keys().next().value!);
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
    take(otherSide(side), text);
    giveOutUntil(side, undefined);
  }

  function giveOutUntil(side: Side, end: RowImage | undefined): void {
    for (const [text, image] of waiting[side]) {
      if (image === end) return;
      giveOut(side, text);
    }
  }

  function giveOut(side: Side, text: string): void {
    outcome.alone(side, take(side, text));
  }

  function take(side: Side, text: string): RowImage {
    const image = waiting[side].get(text)!;
    waiting[side].delete(text);
    bytes[side] -= bytesOf(image);
    return image;
  }
}

/** Of what the image keeps alive of its page. */
function bytesOf({ key, values }: RowImage): number {
  return bytesOfCells(key.partitionKey) + bytesOfCells(key.clustering) + bytesOfCells(values);
}

function otherSide(side: Side): Side {
  return side === 'source' ? 'target' : 'source';
}

function inOrder(side: Side, image: RowImage, partner: RowImage): [RowImage, RowImage] {
  return side === 'source' ? [image, partner] : [partner, image];
}
