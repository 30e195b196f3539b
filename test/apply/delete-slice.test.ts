import { expect, test } from 'vitest';
import { deleteSlice } from '../../src/apply/delete-slice.ts';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { JournalSlice } from '../../src/model/slice-journal.ts';
import type { Table } from '../../src/model/table.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import type { EncodedRow } from '../../src/ports/table-reader.ts';
import type { RowWrites } from '../../src/ports/target-keyspace.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget } from '../support/in-memory-target.ts';

const pageRows = 500;

/** Deletes a partition of so many rows; tells how many rows were ever read and not yet deleted. */
async function deletePartition(table: Table, pages: number) {
  let [read, deleted, mostWaiting] = [0, 0, 0];
  const target = {
    ...inMemoryReader([]),
    async *readPartition(): AsyncIterable<readonly EncodedRow[]> {
      for (let page = 0; page < pages; page++) {
        read += pageRows;
        mostWaiting = Math.max(mostWaiting, read - deleted);
        yield Array.from({ length: pageRows }, (_, row) => ({
          values: [int(1), int(page * pageRows + row)],
          ttlSeconds: [],
          writeTimesMicros: [],
        }));
      }
    },
  };
  const clock = aClock();
  const written = {
    ...inMemoryTarget(),
    async writeRows({ rows }: RowWrites) {
      deleted += rows.length;
    },
  };
  const slice: JournalSlice = { tableId: table.id, partitionKey: int(1), timestampMicros: 1n, decision: 'apply' };
  const told: number[] = [];
  const parts = {
    source: inMemoryReader([]),
    target,
    writer: createTargetWriter({ target: written, clock, report: () => {}, maxInFlight: 64 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
  };
  await deleteSlice(slice, table, parts, async (keys) => {
    // Once they are deleted, and before more are read.
    expect(read).toBe(deleted);
    told.push(keys.length);
  });
  return { deleted, mostWaiting, told };
}

test('the delete of a partition of 100,000 rows holds one page of them, and tells of each', async () => {
  const table = aTable({ clustering: { c: 'int' } });
  const told = Array.from({ length: 200 }, () => pageRows);
  expect(await deletePartition(table, 200)).toEqual({ deleted: 100_000, mostWaiting: pageRows, told });
});
