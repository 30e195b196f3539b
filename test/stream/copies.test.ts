import { describe, expect, test } from 'vitest';
import { RecentUpdates } from '../../src/stream/copies.ts';

describe('of the updates seen lately', () => {
  test('a later batch learns what was decided for each, the batch itself does not', () => {
    const recent = new RecentUpdates(10);
    const [first, second] = [recent.ofBatch(), recent.ofBatch()];
    first.remember('a', 'apply');
    first.remember('b', 'recopy');
    expect(['a', 'b', 'c'].map(second.firstDecision)).toEqual(['apply', 'recopy', undefined]);
    expect(['a', 'b'].map(first.firstDecision)).toEqual([undefined, undefined]);
  });

  test('only so many are remembered: those that came first are forgotten first', () => {
    const recent = new RecentUpdates(3);
    const earlier = recent.ofBatch();
    for (const digest of ['a', 'b', 'c', 'd', 'e']) earlier.remember(digest, 'apply');
    const later = recent.ofBatch();
    expect(['a', 'b', 'c', 'd', 'e'].map(later.firstDecision)).toEqual([
      undefined,
      undefined,
      'apply',
      'apply',
      'apply',
    ]);
  });
});
