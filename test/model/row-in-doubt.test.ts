import { expect, test } from 'vitest';
import type { RowChange } from '../../src/model/mutation.ts';
import { leavesRowInDoubt } from '../../src/model/row-in-doubt.ts';
import { mapColumn, simpleColumns } from './simulation/simulated-table.ts';

const timestampMicros = 1n;
const cell = { column: simpleColumns[0]!, timestampMicros, value: Buffer.from('v') };
const expiry = { ttlSeconds: 60, expiresAtSeconds: 60 };

function aRow(more: Partial<RowChange> = {}): RowChange {
  return { clustering: [], columnDeletions: [], cells: [], ...more };
}

test('a change that takes cells away, now or later, leaves its row in doubt', () => {
  expect(leavesRowInDoubt(aRow({ cells: [{ ...cell, value: undefined }] }))).toBe(true);
  expect(leavesRowInDoubt(aRow({ cells: [{ ...cell, expiry }] }))).toBe(true);
  const deletion = { column: mapColumn, timestampMicros, localDeletionTime: 0 };
  expect(leavesRowInDoubt(aRow({ columnDeletions: [deletion] }))).toBe(true);
});

test('a change that brings its own marker, deletes the row or only adds cells does not', () => {
  const cells = [{ ...cell, value: undefined }];
  expect(leavesRowInDoubt(aRow({ cells, marker: { timestampMicros } }))).toBe(false);
  expect(leavesRowInDoubt(aRow({ cells, deletion: { timestampMicros, localDeletionTime: 0 } }))).toBe(false);
  expect(leavesRowInDoubt(aRow({ cells: [cell] }))).toBe(false);
});
