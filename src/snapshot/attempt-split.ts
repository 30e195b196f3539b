import { boundInFlight, type InFlight } from '../apply/in-flight.ts';
import { plainInsertOf } from '../apply/plain-insert.ts';
import { partitionKeyOf, type RowLayout } from '../apply/row-layout.ts';
import type { Books } from '../events.ts';
import type { Split } from '../model/split.ts';
import type { EncodedRow, PackedPage } from '../ports/table-reader.ts';
import { type CopyParts, isSpent, type SplitAttempt } from './copy-parts.ts';
import { copyPlainRows, copyRow } from './copy-row.ts';
import { cutRow, rowCountOf } from './packed-row.ts';
import { placesOf } from './places-of.ts';
import { readAhead, type TimedPage } from './read-ahead.ts';
import { readSplit, restBehind } from './read-split.ts';
import { createRowGroups, type RowGroup } from './row-groups.ts';
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
  const take = takerOf(attempt, books, writes, parts, signal);
  const pages = readSplit(attempt.split, attempt.layout, parts, signal);
  let readBytes = 0;
  for await (const timed of readAhead(pages, parts.clock)) {
    const { page, tookMs } = timed;
    const rows = rowCountOf(page);
    await parts.pace.take({ table: attempt.layout.table.name, rows, tookMs }, signal);
    readBytes += await take(timed);
    if (readBytes >= parts.mostBytes && rows > 0) {
      await writes.ended();
      return restBehind(attempt.split, attempt.layout, cutRow(page, rows - 1, attempt.layout));
    }
  }
  await writes.ended();
  return undefined;
}

/** Begins the writes of a page, as there is room; answers the bytes of its values. */
function takerOf(
  attempt: SplitAttempt,
  books: SplitBooks,
  writes: InFlight,
  parts: CopyParts,
  signal: AbortSignal,
): (timed: TimedPage<PackedPage>) => Promise<number> {
  const { layout } = attempt;
  const isFirstOfPartition = watchPartitions(layout);
  const plain = plainInsertOf(layout, parts.keyspace, attempt.floorMicros);
  const groupAt = createRowGroups(layout, plain, parts.writer.limits);
  const mostRows = () => (plain ? Math.min(parts.rowsAtOnce, parts.writer.rowsTogether(plain.cql)) : 1);
  const workOf = ({ from, inserts }: RowGroup, { page, arrivedAtMicros }: TimedPage<PackedPage>) => {
    const cut = (index: number) => cutRow(page, from + index, layout);
    if (inserts) return () => copyPlainRows({ inserts, cut }, attempt, books, parts, signal);
    const row = cut(0);
    const taken = { row, withStatics: !plain && isFirstOfPartition(row), arrivedAtMicros };
    return () => copyRow(taken, attempt, books, parts, signal);
  };
  return async (timed) => {
    let bytes = 0;
    let isTimely = false;
    for (let from = 0; from < rowCountOf(timed.page); ) {
      // Time passes only where something is waited for.
      if (!isTimely && isSpent(attempt, parts)) throw floorSpent;
      const group = groupAt(timed.page, from, mostRows());
      const rows = group.to - from;
      books.read(rows, group.bytes);
      bytes += group.bytes;
      from = group.to;
      // Most find room at once; to await nothing would cost them a turn each.
      const room = writes.begin(workOf(group, timed), placesOf(group, parts.rowsAtOnce));
      isTimely = room === undefined;
      if (room) await room;
    }
    return bytes;
  };
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
