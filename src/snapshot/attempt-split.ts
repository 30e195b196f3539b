import { boundInFlight, type InFlight } from '../apply/in-flight.ts';
import { plainInsertOf } from '../apply/plain-insert.ts';
import { partitionKeyOf, type RowLayout } from '../apply/row-layout.ts';
import type { Books } from '../events.ts';
import type { Split } from '../model/split.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import { type CopyParts, isSpent, type SplitAttempt } from './copy-parts.ts';
import { copyPlainRow, copyRow, largestRowBytes } from './copy-row.ts';
import { rowBytes } from './plan-row.ts';
import { readAhead } from './read-ahead.ts';
import { readSplit, restBehind } from './read-split.ts';
import { openSplitBooks, type SplitBooks } from './split-books.ts';

export type AttemptedSplit = Books & { readonly bytes: bigint; readonly rest: Split | undefined };

/**
 * One reading of a split and the writes that follow from it, rows overlapping and the next page on its way. A split far
 * larger than planned ends after `mostBytes`, and what lies behind is its rest.
 */
export async function attemptSplit(
  attempt: SplitAttempt,
  parts: CopyParts,
  signal: AbortSignal | undefined,
): Promise<AttemptedSplit | 'floor spent'> {
  const books = openSplitBooks();
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const writes = boundInFlight(parts.rowsAtOnce, (error) => stop.abort(error));
  try {
    const rest = await takeRows(attempt, books, writes, parts, either);
    return { ...books.close(attempt.split.id), rest };
  } catch (error) {
    stop.abort(error);
    // The books of this reading are void; its writes end before another reading begins, so the two do not pile up.
    const first = await writes.ended().then(
      () => error,
      (failure) => failure,
    );
    signal?.throwIfAborted();
    if (first === floorSpent || isSpent(attempt, parts)) return 'floor spent';
    throw first;
  }
}

async function takeRows(
  attempt: SplitAttempt,
  books: SplitBooks,
  writes: InFlight,
  parts: CopyParts,
  signal: AbortSignal,
): Promise<Split | undefined> {
  const isFirstOfPartition = watchPartitions(attempt.layout);
  const plainInsert = plainInsertOf(attempt.layout, parts.keyspace, attempt.floorMicros);
  const pages = readSplit(attempt.split, attempt.layout, parts, signal);
  let readBytes = 0;
  for await (const { page, arrivedAtMicros, tookMs } of readAhead(pages, parts.clock)) {
    await parts.pace.take({ table: attempt.layout.table.name, rows: page.length, tookMs }, signal);
    for (const row of page) {
      if (isSpent(attempt, parts)) throw floorSpent;
      const bytes = rowBytes(row);
      books.read(bytes);
      readBytes += bytes;
      const insert = bytes > largestRowBytes ? undefined : plainInsert?.(row);
      const taken = { row, withStatics: !plainInsert && isFirstOfPartition(row), arrivedAtMicros };
      const room = writes.begin(() =>
        insert
          ? copyPlainRow(row, insert, attempt, books, parts, signal)
          : copyRow(taken, attempt, books, parts, signal),
      );
      // Most rows find room at once; to await nothing would cost them a turn each.
      if (room) await room;
    }
    if (readBytes >= parts.mostBytes && page.length > 0) {
      await writes.ended();
      return restBehind(attempt.split, attempt.layout, page.at(-1)!);
    }
  }
  await writes.ended();
  return undefined;
}

const floorSpent = new Error('the floor of this reading is spent');

/** Rows of a partition come one after another, over the end of a page too. */
function watchPartitions(layout: RowLayout): (row: EncodedRow) => boolean {
  let last: readonly Buffer[] | undefined;
  return (row) => {
    const partition = partitionKeyOf(layout, row);
    const isFirst = !last?.every((value, index) => value.equals(partition[index]!));
    last = partition;
    return isFirst;
  };
}
