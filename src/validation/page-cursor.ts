import { joinPartitionKey } from '../model/partition-key.ts';
import { tokenOf } from '../model/token.ts';
import type { PackedPage } from '../ports/table-reader.ts';
import { cutRow, rowCountOf } from './packed-rows.ts';
import { partitionKeyOf, type RowShape } from './row-image.ts';

/** One side's walk along a split, row by row or over many at once. */
export interface PageCursor {
  /** The page that is walked on, and its first row that was not taken yet; undefined when a page must be loaded first. */
  readonly page: PackedPage | undefined;
  readonly row: number;
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

export interface PeekedRow {
  readonly values: readonly (Buffer | null)[];
  readonly partitionKey: readonly Buffer[];
  readonly token: bigint;
}

/** The page after the one at hand is asked for ahead. */
export function openPageCursor(pages: AsyncIterable<PackedPage>, shape: RowShape): PageCursor {
  const iterator = pages[Symbol.asyncIterator]();
  let page: PackedPage | undefined;
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
    get isDone() {
      return isDone;
    },
    get taken() {
      return taken;
    },
    async load() {
      while (page === undefined && !isDone) {
        const { done, value } = await following;
        if (done) isDone = true;
        else following = ask();
        if (!done && rowCountOf(value) > 0) [page, row] = [value, 0];
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

  // It may fail when nobody waits for it any more; whoever loads it sees the failure.
  function ask(): Promise<IteratorResult<PackedPage>> {
    const asked = iterator.next();
    asked.catch(() => undefined);
    return asked;
  }

  function cutPeeked(): PeekedRow {
    const values = cutRow(page!, row, shape.columns.length);
    const partitionKey = partitionKeyOf(values, shape);
    return { values, partitionKey, token: tokenOf(joinPartitionKey(partitionKey)) };
  }
}
