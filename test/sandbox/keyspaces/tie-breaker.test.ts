import { expect, test } from 'vitest';
import { TieBreaker } from '../../../src/sandbox/keyspaces/engine/tie-breaker.ts';
import { seededCoin } from '../../../src/sandbox/keyspaces/seeded-coin.ts';

test('a write ties only with one that is surely there, so a repeated one cannot lose against itself', () => {
  const ties = new TieBreaker(seededCoin(1));
  expect(ties.winner('row', 7n)).toBe('no tie');
  expect(ties.winner('row', 7n)).toBe('no tie');
  ties.wrote('row', 7n);
  expect(ties.winner('row', 7n)).not.toBe('no tie');
  expect(ties.winner('row', 8n)).toBe('no tie');
  expect(ties.winner('other row', 7n)).toBe('no tie');
});

test('the same seed lets the same writes win', () => {
  const winners = (seed: number) => {
    const ties = new TieBreaker(seededCoin(seed));
    return Array.from({ length: 40 }, (_, row) => {
      ties.wrote(`${row}`, 7n);
      return ties.winner(`${row}`, 7n);
    });
  };
  expect(winners(3)).toEqual(winners(3));
  expect(winners(3)).not.toEqual(winners(4));
  expect(new Set(winners(3))).toEqual(new Set(['first', 'second']));
});
