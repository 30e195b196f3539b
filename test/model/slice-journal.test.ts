import { expect, test } from 'vitest';
import type { PartitionUpdate, RowChange } from '../../src/model/mutation.ts';
import {
  isInSlice,
  type JournalSlice,
  mayForgetSlice,
  slicesOf,
  withoutCovered,
} from '../../src/model/slice-journal.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { int32, simpleColumns, staticText, table } from './simulation/simulated-table.ts';

const partitionKey = int32(1);
const column = simpleColumns[0]!;
const hour = 3_600_000_000n;

function aSlice(more: Partial<JournalSlice> = {}): JournalSlice {
  return { tableId: table.id, partitionKey, timestampMicros: 100n, decision: 'apply', ...more };
}

function aRow(c: number, d: number, timestampMicros: bigint): RowChange {
  const cell = { column, timestampMicros, value: Buffer.from('v') };
  return { clustering: [int32(c), int32(d)], marker: { timestampMicros }, columnDeletions: [], cells: [cell] };
}

function anUpdate(more: Partial<PartitionUpdate> = {}): PartitionUpdate {
  return { table, partitionKey, rangeDeletions: [], rows: [], ...more };
}

function bound(values: readonly number[], isInclusive = true) {
  return { values: values.map(int32), isInclusive };
}

test('a slice holds the rows between its bounds in the order of storage, a descending column reversed', () => {
  // d is descending: storage goes from 9 down, so from (1, 5) to the end of c = 1 are the rows with d <= 5.
  const slice = aSlice({ range: { start: bound([1, 5]), end: bound([1]) } });
  const isIn = (c: number, d: number) => isInSlice([int32(c), int32(d)], slice, table);
  expect([isIn(1, 6), isIn(1, 5), isIn(1, -3), isIn(2, 1), isIn(-1, 5)]).toEqual([false, true, true, false, false]);
});

test('an exclusive bound on a prefix leaves out every row of that prefix', () => {
  const slice = aSlice({ range: { start: bound([1], false), end: bound([]) } });
  expect([1, 2].map((c) => isInSlice([int32(c), int32(0)], slice, table))).toEqual([false, true]);
});

test('cells as old as the slice or older are dropped, newer ones stay', () => {
  const old = aRow(1, 1, 100n);
  const newer = { column: simpleColumns[1]!, timestampMicros: 101n, value: Buffer.from('w') };
  const left = withoutCovered(anUpdate({ rows: [{ ...old, cells: [...old.cells, newer] }, aRow(2, 1, 99n)] }), [
    aSlice(),
  ]);
  expect(left?.rows).toEqual([{ clustering: old.clustering, columnDeletions: [], cells: [newer] }]);
});

test('nothing is left of an update that is covered whole', () => {
  expect(withoutCovered(anUpdate({ rows: [aRow(1, 1, 100n)] }), [aSlice()])).toBeUndefined();
});

test('statics go with the partition and not with a range', () => {
  const cell = { column: staticText, timestampMicros: 50n, value: Buffer.from('s') };
  const update = anUpdate({ staticRow: { clustering: [], columnDeletions: [], cells: [cell] } });
  expect(withoutCovered(update, [aSlice({ range: { start: bound([]), end: bound([]) } })])).toEqual(update);
  expect(withoutCovered(update, [aSlice()])).toBeUndefined();
});

test('a slice of another partition, of another table, or one that was not applied hides nothing', () => {
  const update = anUpdate({ rows: [aRow(1, 1, 50n)] });
  const others = [aSlice({ partitionKey: int32(2) }), aSlice({ tableId: 'other' }), aSlice({ decision: 'recopy' })];
  expect(withoutCovered(update, others)).toEqual(update);
});

test('each slice of a mutation is decided by its own time', () => {
  const deletion = (timestampMicros: bigint) => ({ timestampMicros, localDeletionTime: 0 });
  const update = anUpdate({
    partitionDeletion: deletion(5n),
    rangeDeletions: [{ ...deletion(9n), start: bound([1]), end: bound([1]) }],
  });
  const slices = slicesOf(update, (micros) => (micros > 7n ? 'apply' : 'recopy'));
  expect(slices.map(({ timestampMicros, decision }) => [timestampMicros, decision])).toEqual([
    [5n, 'recopy'],
    [9n, 'apply'],
  ]);
});

test('an entry ends when it is older than the window and its snapshot was complete for as long as a stray write lives', () => {
  const at = (nowMicros: bigint, snapshotDoneAtMicros: bigint | undefined) =>
    mayForgetSlice({
      slice: aSlice({ timestampMicros: 0n }),
      nowMicros,
      snapshotDoneAtMicros,
      window: keyspacesWindow,
    });
  expect(at(48n * hour, 44n * hour)).toBe(true);
  expect(at(48n * hour - 1n, 0n)).toBe(false);
  expect(at(60n * hour, 57n * hour)).toBe(false);
  expect(at(60n * hour, undefined)).toBe(false);
});
