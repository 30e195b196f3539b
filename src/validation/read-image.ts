import { isStaticKey, type RowKey } from '../model/difference.ts';
import type { EncodedRow, PartitionRead } from '../ports/table-reader.ts';
import type { Sides } from './compare-split.ts';
import type { Side } from './match-rows.ts';
import { type RowImage, type RowShape, rowImageOf, staticImageOf } from './row-image.ts';

/** One row, or one static row, as a side holds it now; undefined when it is not there. */
export async function readImage(
  side: Side,
  sides: Sides,
  key: RowKey,
  shape: RowShape,
  signal?: AbortSignal,
): Promise<RowImage | undefined> {
  const consistency = side === 'source' ? sides.sourceConsistency : sides.targetConsistency;
  const isStatic = isStaticKey(key, shape.table);
  const row = await firstRow(
    sides[side].readPartition({
      table: shape.table,
      columns: shape.columns,
      partitionKey: key.partitionKey,
      pageSize: 1,
      // Static values come with any row of the partition, so its first one is enough.
      ...(isStatic ? {} : { clustering: key.clustering }),
      ...(consistency === undefined ? {} : { consistency }),
      ...(signal === undefined ? {} : { signal }),
    } satisfies PartitionRead),
  );
  if (row === undefined) return undefined;
  return isStatic ? staticImageOf(row.values, shape) : rowImageOf(row.values, shape);
}

async function firstRow(pages: AsyncIterable<readonly EncodedRow[]>): Promise<EncodedRow | undefined> {
  for await (const page of pages) if (page.length > 0) return page[0];
  return undefined;
}
