import { createHash } from 'node:crypto';
import { clusteringOf, partitionKeyOf, type RowLayout } from '../apply/row-layout.ts';
import { joinPartitionKey } from '../model/partition-key.ts';
import type { RowPlace, Split } from '../model/split.ts';
import { tokenOf } from '../model/token.ts';
import type { EncodedRow, PackedPage } from '../ports/table-reader.ts';
import type { CopyParts } from './copy-parts.ts';

/** The rows of a split page by page, in the order of token and clustering. */
export async function* readSplit(
  split: Split,
  layout: RowLayout,
  { source, pageSize, consistency }: Pick<CopyParts, 'source' | 'pageSize' | 'consistency'>,
  signal: AbortSignal,
): AsyncGenerator<PackedPage> {
  const read = {
    ...{ table: layout.table, columns: layout.columns, ttlColumns: layout.ttlColumns, signal },
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(consistency === undefined ? {} : { consistency }),
  };
  const { behind, range } = split;
  if (!behind) return yield* source.readTimed({ ...read, range });
  const { partitionKey, clustering = [] } = behind;
  // From the last clustering column to the first: those that share all but it with the row, then all but two, and so on.
  for (let count = clustering.length - 1; count >= 0; count--)
    yield* source.readTimed({
      ...{ ...read, partitionKey, clustering: clustering.slice(0, count) },
      behind: clustering[count]!,
    });
  yield* source.readTimed({ ...read, range: { start: tokenOfPlace(behind), end: range.end } });
}

/** What is left of a split behind a row of it. The same row gives the same rest, under the same id. */
export function restBehind(split: Split, layout: RowLayout, row: EncodedRow): Split {
  const clustering = clusteringOf(layout, row);
  const behind: RowPlace = {
    partitionKey: partitionKeyOf(layout, row),
    // The one row of a partition that has static values only is all of it.
    ...(clustering && clustering.length > 0 && { clustering }),
  };
  const { id, table, tableId, range } = split;
  return {
    id: `${id.split('+')[0]}+${digestOf(behind)}`,
    table,
    tableId,
    // The partition that is cut belongs to both: a range delete in it concerns either.
    range: { start: tokenOfPlace(behind) - 1n, end: range.end },
    behind,
  };
}

/** Two readings of a split may be cut at different rows: their rests are different splits. */
function digestOf({ partitionKey, clustering = [] }: RowPlace): string {
  const hash = createHash('sha256');
  for (const value of [...partitionKey, ...clustering]) hash.update(`${value.length}:`).update(value);
  return hash.digest('hex').slice(0, 12);
}

function tokenOfPlace({ partitionKey }: RowPlace): bigint {
  return tokenOf(joinPartitionKey(partitionKey));
}
