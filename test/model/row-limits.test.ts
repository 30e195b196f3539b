import { expect, test } from 'vitest';
import { keyspacesLimits, oversizeOf, type RowSize } from '../../src/model/row-limits.ts';

const largest: RowSize = { bytes: 1024 * 1024, partitionKeyBytes: 2_048, clusteringBytes: 850 };

test('a row that is as large as it may be is not oversized, one byte more of anything says what', () => {
  expect(oversizeOf(largest, keyspacesLimits)).toBeUndefined();
  const over = (more: Partial<RowSize>) => oversizeOf({ ...largest, ...more }, keyspacesLimits);
  expect(over({ bytes: 1024 * 1024 + 1 })).toBe('1048577 bytes in one row; Keyspaces takes at most 1048576');
  expect(over({ partitionKeyBytes: 2_049 })).toBe('2049 bytes in the partition key; Keyspaces takes at most 2048');
  expect(over({ clusteringBytes: 851 })).toBe('851 bytes in the clustering columns; Keyspaces takes at most 850');
});

test('without limits nothing is oversized', () => {
  const size = { bytes: 1e9, partitionKeyBytes: 60_000, clusteringBytes: 60_000 };
  expect(oversizeOf(size, undefined)).toBeUndefined();
});
