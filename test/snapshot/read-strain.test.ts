import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextStrain, ReadStrain, type Strain } from '../../src/snapshot/read-strain.ts';

function noted(strain: ReadStrain, samples: readonly number[], rows = 500): ReadStrain {
  for (const tookMs of samples) for (let page = 0; page < 8; page++) strain.note('orders', { rows, tookMs });
  return strain;
}

test('pages that take as long as ever need no rest, however long that is', () => {
  expect(noted(new ReadStrain(10), [900, 900, 2_000, 1_500]).of('orders')).toBeUndefined();
});

test('slow pages make rests that grow, quick ones let them shrink to nothing', () => {
  const strain = noted(new ReadStrain(10), [40, 500]);
  const rests = [strain.of('orders')?.restMs];
  for (const tookMs of [500, 500, 50, 50, 50]) rests.push(noted(strain, [tookMs]).of('orders')?.restMs);
  expect(rests).toEqual([250, 500, 1_000, 500, 250, undefined]);
});

test('a few slow pages among many quick ones are none', () => {
  const strain = new ReadStrain(10);
  for (let page = 0; page < 800; page++) strain.note('orders', { rows: 500, tookMs: page % 4 === 0 ? 5_000 : 20 });
  expect(strain.of('orders')).toBeUndefined();
});

test('pages that are quick enough for anybody are never slow', () => {
  expect(noted(new ReadStrain(10), [2, 240]).of('orders')).toBeUndefined();
  expect(noted(new ReadStrain(10), [2, 260]).of('orders')).toMatchObject({ restMs: 250, bestMs: 2, pageMs: 260 });
});

test('pages of other sizes are measured by their rows, and those of a few rows not at all', () => {
  const strain = noted(new ReadStrain(10), [40]);
  expect(noted(strain, [2_000], 5_000).of('orders')).toBeUndefined();
  expect(noted(strain, [60_000], 99).of('orders')).toBeUndefined();
});

test('a factor of 0 turns it off', () => {
  expect(noted(new ReadStrain(0), [1, 60_000]).of('orders')).toBeUndefined();
});

test('whatever pages take, rests stay within half a minute and end after as many good samples as it takes to halve them', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 1e6, noNaN: true }), { maxLength: 40 }), (samples) => {
      let strain: Strain | undefined;
      for (const pageMs of samples) {
        strain = nextStrain(strain, pageMs, 10);
        expect(strain.bestMs).toBeLessThanOrEqual(pageMs);
        expect(strain.restMs === 0 || (strain.restMs >= 250 && strain.restMs <= 30_000)).toBe(true);
      }
      for (let sample = 0; sample < 8; sample++) strain = nextStrain(strain, strain?.bestMs ?? 1, 10);
      expect(strain?.restMs).toBe(0);
    }),
  );
});
