import { expect, test } from 'vitest';
import type { RowImage } from '../../src/validation/row-image.ts';
import { rowShapeOf } from '../../src/validation/row-image.ts';
import { tallySplit } from '../../src/validation/split-tally.ts';
import { aTable, int, text } from '../support/a-table.ts';

const shape = rowShapeOf(aTable());

test('a row that both sides gave out alone, too far apart to meet, is one differing key with both its shares', () => {
  const tally = tallySplit(shape, 10);

  tally.alone('source', row(1, 'x'));
  tally.alone('target', row(1, 'x'));

  const { differing, source, target } = tally.result();
  expect(differing).toHaveLength(1);
  expect([differing[0]!.source.isPresent, differing[0]!.target.isPresent]).toEqual([true, true]);
  expect(source).toEqual(target);
});

test('the digest of a split does not depend on the order of its rows, but on every byte of them', () => {
  const digestOf = (...rows: RowImage[]) => {
    const tally = tallySplit(shape, 10);
    for (const each of rows) tally.matched(each, each);
    return tally.result().source.digest;
  };

  expect(digestOf(row(1, 'x'), row(2, 'y'))).toBe(digestOf(row(2, 'y'), row(1, 'x')));
  expect(digestOf(row(1, 'x'), row(2, 'y'))).not.toBe(digestOf(row(1, 'y'), row(2, 'x')));
  // Two equal rows cannot be, but if they were they must not cancel out as they would under exclusive or.
  expect(digestOf(row(1, 'x'), row(1, 'x'))).not.toBe(digestOf());
});

test('a kept key does not hold on to the page that it came from', () => {
  const page = Buffer.alloc(1024);
  const tally = tallySplit(shape, 10);

  tally.alone('source', { key: { partitionKey: [page.subarray(0, 4)], clustering: [] }, values: [null] });
  page.fill(0xff);

  expect(tally.result().differing[0]!.key.partitionKey[0]).toEqual(int(0));
});

function row(id: number, name: string): RowImage {
  return { key: { partitionKey: [int(id)], clustering: [] }, values: [text(name)] };
}
