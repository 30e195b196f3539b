import { describe, expect, test } from 'vitest';
import { keyColumns, regularColumns, staticColumns } from '../../src/model/table.ts';
import { estimateTable } from '../../src/plan/estimate-table.ts';
import type { SampledPartition, SampledRow, SampledStretch, TableSample } from '../../src/plan/table-sample.ts';
import { aTable, int } from '../support/a-table.ts';

const overhead = { hasTimestamps: true, hasTtl: true, regions: 1 };
const table = aTable({ clustering: { at: 'int' }, statics: { s: 'blob' }, regulars: { v: 'blob' } });
const columns = [...keyColumns(table), ...staticColumns(table), ...regularColumns(table)];

interface Parts {
  readonly at?: number | null;
  readonly bytes?: number;
  readonly staticBytes?: number;
  readonly ttl?: number;
}

function aRow({ at = 1, bytes = 100, staticBytes, ttl }: Parts = {}): SampledRow {
  return {
    values: [
      int(1),
      at === null ? null : int(at),
      staticBytes === undefined ? null : Buffer.alloc(staticBytes),
      at === null ? null : Buffer.alloc(bytes),
    ],
    ttlSeconds: [null, ttl ?? null],
  };
}

function aStretch(partitions: readonly SampledPartition[], parts: Partial<SampledStretch> = {}): SampledStretch {
  const share = parts.share ?? 0.01;
  return { partitions, share, isWhole: false, isCut: false, keys: { count: partitions.length, share }, ...parts };
}

function estimateOf(stretches: readonly SampledStretch[], estimatedBytes = 0) {
  const sample: TableSample = { columns, ttlColumns: 2, stretches };
  return estimateTable(sample, overhead, estimatedBytes);
}

const rowsOf = (count: number, parts: Parts = {}) => Array.from({ length: count }, (_, at) => aRow({ ...parts, at }));
/** 1 + 2·2 + 3 for the key, 1 + 2·2 + 1 for clustering, 1 + 27 for the value's column. */
const encodedWith = (bytes: number) => 8 + 6 + 28 + bytes;

describe('how many rows there are', () => {
  test('is how densely the ring is settled, times the rows of a partition', () => {
    const stretches = [aStretch([rowsOf(2), rowsOf(4)]), aStretch([rowsOf(3)], { keys: { count: 3, share: 0.01 } })];
    expect(estimateOf(stretches)).toMatchObject({ basis: 'sampled', partitions: 250, rows: 750, sampledRows: 9 });
  });

  test('is known where the whole ring was read', () => {
    const whole = { isWhole: true, share: 0.5 };
    const counted = estimateOf([aStretch([rowsOf(2)], whole), aStretch([], whole)]);
    expect(counted).toMatchObject({ basis: 'counted', rows: 2, partitions: 1, spread: 0 });
  });

  test('is said to be nothing only where the whole ring was read and is empty', () => {
    const whole = { isWhole: true, share: 0.5 };
    expect(estimateOf([aStretch([], whole), aStretch([], whole)])).toMatchObject({
      ...{ basis: 'counted', rows: 0, writeUnits: 0, encodedBytes: 0, storageBytes: 0, answerBytes: 0 },
      encodedRowBytes: 0,
    });
    expect(estimateOf([])).toBeUndefined();
  });

  test('goes by the nodes’ estimates where a partition was too large to be read to its end', () => {
    const cut = aStretch([rowsOf(120)], { isCut: true });
    // Nine bytes for the row, two for its cell, four for the clustering value and two for its length.
    const estimate = estimateOf([cut, cut], 1_000_000 * (9 + 2 + 100 + 2 + 4));
    expect(estimate).toMatchObject({ basis: 'size estimates', rows: 1_000_000, spread: undefined });
  });

  test('is not known where there are no such estimates', () => {
    expect(estimateOf([aStretch([rowsOf(120)], { isCut: true })], 0)).toBeUndefined();
  });

  test('spreads as far as the stretches differ, and not where all are alike', () => {
    const alike = [aStretch([rowsOf(1), rowsOf(1)]), aStretch([rowsOf(1), rowsOf(1)])];
    expect(estimateOf(alike)!.spread).toBe(0);
    const denser = { keys: { count: 2, share: 0.005 } };
    expect(estimateOf([alike[0]!, { ...alike[1]!, ...denser }])!.spread).toBeGreaterThan(0.3);
  });
});

describe('what they take', () => {
  test('is counted row by row, so that large rows weigh as many units as they have KB', () => {
    const stretches = [aStretch([[aRow({ bytes: 100 }), aRow({ at: 2, bytes: 3000 })]], { isWhole: true, share: 1 })];
    const estimate = estimateOf(stretches)!;
    expect(estimate).toMatchObject({ rows: 2, writeUnits: 1 + 3, encodedBytes: encodedWith(100) + encodedWith(3000) });
    expect(estimate.encodedRowBytes).toBe(encodedWith(1550));
    expect(estimate.storageBytes).toBe(estimate.encodedBytes + 200);
  });

  test('has static values once a partition, and a unit or more for them', () => {
    const rows = rowsOf(3, { staticBytes: 1500 });
    const estimate = estimateOf([aStretch([rows], { isWhole: true, share: 1 })])!;
    expect(estimate.writeUnits).toBe(3 + 2);
    expect(estimate.encodedBytes).toBe(3 * encodedWith(100) + 8 + 28 + 1500);
    expect(estimate.storageBytes).toBe(estimate.encodedBytes + 300 + 104);
  });

  test('has no row for a partition of static values only', () => {
    const estimate = estimateOf([aStretch([[aRow({ at: null, staticBytes: 10 })]], { isWhole: true, share: 1 })])!;
    expect(estimate).toMatchObject({ rows: 0, partitions: 1, writeUnits: 1, encodedBytes: 8 + 28 + 10 });
  });

  test('is read as the lengths and bytes of all columns, and of their remaining times', () => {
    const rows = [aRow({ bytes: 100 }), aRow({ at: 2, bytes: 100, ttl: 60 })];
    const estimate = estimateOf([aStretch([rows], { isWhole: true, share: 1 })])!;
    expect(estimate.ttl).toEqual({ columns: 2, answerBytes: 20, expiringRows: 1 });
    expect(estimate.answerBytes).toBe(2 * (4 * 4 + 4 + 4 + 100) + 8 + 12);
  });
});
