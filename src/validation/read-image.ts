import { isStaticKey, type RowKey } from '../model/difference.ts';
import type { Clock } from '../ports/clock.ts';
import type { EncodedRow, PartitionRead } from '../ports/table-reader.ts';
import type { Sides } from './compare-split.ts';
import type { Side } from './match-rows.ts';
import { readSpanSince } from './read-span.ts';
import { type RowImage, type RowShape, rowImageOf, staticImageOf } from './row-image.ts';

/** One row, or one static row, as a side holds it now; undefined when it is not there. */
export async function readImage(
  side: Side,
  sides: Sides,
  key: RowKey,
  shape: RowShape,
  clock: Clock,
  signal?: AbortSignal,
): Promise<RowImage | undefined> {
  const consistency = side === 'source' ? sides.sourceConsistency : sides.targetConsistency;
  const isStatic = isStaticKey(key, shape.table);
  const askedAtMicros = clock.nowMicros();
  const found = await firstRow(
    sides[side].readPartition({
      table: shape.table,
      columns: shape.columns,
      ttlColumns: shape.ttlColumns,
      partitionKey: key.partitionKey,
      pageSize: 1,
      // Static values come with any row of the partition, so its first one is enough.
      ...(isStatic ? {} : { clustering: key.clustering }),
      ...(consistency === undefined ? {} : { consistency }),
      ...(signal === undefined ? {} : { signal }),
    } satisfies PartitionRead),
  );
  if (found === undefined) return undefined;
  const row = { ...found, read: readSpanSince(askedAtMicros, clock) };
  return isStatic ? staticImageOf(row, shape) : rowImageOf(row, shape);
}

async function firstRow(pages: AsyncIterable<readonly EncodedRow[]>): Promise<EncodedRow | undefined> {
  for await (const page of pages) if (page.length > 0) return page[0];
  return undefined;
}
