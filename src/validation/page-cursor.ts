import { joinPartitionKey } from '../model/partition-key.ts';
import { tokenOf } from '../model/token.ts';
import type { Clock } from '../ports/clock.ts';
import type { PackedPage } from '../ports/table-reader.ts';
import type { ReadSpan } from './expiry.ts';
import { cutRow, rowCountOf } from './packed-rows.ts';
import { readSpanSince } from './read-span.ts';
import { partitionKeyOf, type ReadRow, type RowShape } from './row-image.ts';

/** One side's walk along a split, row by row or over many at once. */
export interface PageCursor {
  /** The page that is walked on, and its first row that was not taken yet; undefined when a page must be loaded first. */
  readonly page: PackedPage | undefined;
  readonly row: number;
  /** Of the page. */
  readonly read: ReadSpan;
  readonly isDone: boolean;
  /** Rows taken so far. */
  readonly taken: number;
  /** Brings the next page that has rows, or the end. */
  load(): Promise<void>;
  skip(rows: number): void;
  /** Cuts the first row that was not taken yet, without taking it. */
  peek(): PeekedRow;
  close(): Promise<void>;
}

export interface PeekedRow extends ReadRow {
  readonly partitionKey: readonly Buffer[];
  readonly token: bigint;
}

/** The page after the one at hand is asked for ahead, as soon as `mayGoOn` allows it. */
export function openPageCursor(
  pages: AsyncIterable<PackedPage>,
  shape: RowShape,
  clock: Clock,
  mayGoOn: (rows: number) => Promise<void> | undefined,
): PageCursor {
  const iterator = pages[Symbol.asyncIterator]();
  let page: PackedPage | undefined;
  let read: ReadSpan = { from: 0, to: 0 };
  let row = 0;
  let taken = 0;
  let isDone = false;
  let peeked: PeekedRow | undefined;
  let following = ask();
  return {
    get page() {
      return page;
    },
    get row() {
      return row;
    },
    get read() {
      return read;
    },
    get isDone() {
      return isDone;
    },
    get taken() {
      return taken;
    },
    async load() {
      while (page === undefined && !isDone) {
        const { result, span } = await following;
        if (result.done) {
          isDone = true;
          return;
        }
        const wait = mayGoOn(rowCountOf(result.value));
        if (wait) await wait;
        following = ask();
        if (rowCountOf(result.value) > 0) [page, row, read] = [result.value, 0, span];
      }
    },
    skip(rows) {
      row += rows;
      taken += rows;
      peeked = undefined;
      if (page && row === rowCountOf(page)) page = undefined;
    },
    peek() {
      peeked ??= cutPeeked();
      return peeked;
    },
    close: async () => {
      await iterator.return?.();
    },
  };

  function ask(): Promise<{ readonly result: IteratorResult<PackedPage>; readonly span: ReadSpan }> {
    const askedAtMicros = clock.nowMicros();
    const asked = iterator.next().then((result) => ({ result, span: readSpanSince(askedAtMicros, clock) }));
    // It may fail when nobody waits for it any more; whoever loads it sees the failure.
    asked.catch(() => undefined);
    return asked;
  }

  function cutPeeked(): PeekedRow {
    const cells = cutRow(page!, row, shape.columns.length + shape.ttlColumns.length);
    const values = cells.slice(0, shape.columns.length);
    const ttlSeconds = cells.slice(shape.columns.length).map((cell) => cell?.readInt32BE() ?? null);
    const partitionKey = partitionKeyOf(values, shape);
    return { values, ttlSeconds, read, partitionKey, token: tokenOf(joinPartitionKey(partitionKey)) };
  }
}
