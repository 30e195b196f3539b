import type { ComparedSplit } from '../model/compared-split.ts';
import { rowKeyText } from '../model/difference.ts';
import { joinPartitionKey, splitPartitionKey } from '../model/partition-key.ts';
import { keyColumns, staticColumns, type Table } from '../model/table.ts';
import { type TokenRange, tokenOf } from '../model/token.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import type { Sides } from './compare-split.ts';
import { withFirstPage } from './first-page.ts';
import { type RowImage, type RowShape, rowImageOf, rowShapeOf, staticImageOf } from './row-image.ts';
import { tallySplit } from './split-tally.ts';
import { mostKeptOfTable } from './sum-table.ts';
import { tokenFilter } from './token-filter.ts';
import { workAhead } from './work-ahead.ts';

export interface ExtraPartitions {
  readonly sides: Sides;
  readonly table: Table;
  /** Stretches of the source's ring that are compared. */
  readonly ranges: readonly TokenRange[];
  /** Where they are known: the keys of all partitions in them that can differ. Others are not looked for. */
  readonly keys?: readonly Buffer[] | undefined;
  /** What the splits have found to differ, which is looked at again anyway. */
  readonly compared: readonly ComparedSplit[];
  readonly signal?: AbortSignal | undefined;
}

const partitionsAtOnce = 64;
const keysOfPage = 2_000;

/**
 * Looks on the target, whose tokens are not the source's, for partitions of these ranges that the source does not have, and books all of their rows as
 * the target's alone. It comes after the splits, each of which has compared the partitions that the source had then: one that came to the source
 * since is compared by neither. A write brought it, which the changes topic names, as it names all that changes beside a comparison.
 */
export async function compareExtraPartitions(extra: ExtraPartitions): Promise<ComparedSplit> {
  const { table, compared } = extra;
  const shape = rowShapeOf(table);
  const tally = tallySplit(shape, mostKeptOfTable);
  const known = new Set(compared.flatMap(({ differing }) => differing.map(({ key }) => rowKeyText(key))));
  const keys = extra.keys ? namedKeys(extra.keys, table) : keysOfTarget(extra);
  for await (const partition of workAhead(keys, partitionsAtOnce, (key) => readIfExtra(key, shape, extra)))
    if (partition)
      for await (const image of imagesOf(partition, shape))
        if (!known.has(rowKeyText(image.key))) tally.alone('target', image);
  return tally.result();
}

async function* namedKeys(keys: readonly Buffer[], table: Table): AsyncGenerator<readonly Buffer[]> {
  for (const key of keys) yield splitPartitionKey(key, table.partitionKey.length);
}

/** Of the whole target, those whose places on the source's ring are compared. */
async function* keysOfTarget({ sides, table, ranges, signal }: ExtraPartitions): AsyncGenerator<readonly Buffer[]> {
  const isWanted = tokenFilter(ranges);
  const read = { table, columns: columnsOfPartition(table), pageSize: keysOfPage, ...(signal && { signal }) };
  let last: Buffer | undefined;
  for await (const page of sides.target.readAll({ ...read, ...consistencyOf(sides.targetConsistency) }))
    for (const { values } of page) {
      const partitionKey = values.slice(0, table.partitionKey.length) as readonly Buffer[];
      const joined = joinPartitionKey(partitionKey);
      // Without DISTINCT, which Amazon Keyspaces does not have, a partition comes once for each of its rows.
      if (last?.equals(joined)) continue;
      last = joined;
      if (isWanted(tokenOf(joined))) yield partitionKey;
    }
}

/** The rows of a partition of the target; undefined if the source has it, too. */
async function readIfExtra(
  partitionKey: readonly Buffer[],
  { columns }: RowShape,
  extra: ExtraPartitions,
): Promise<AsyncIterable<readonly EncodedRow[]> | undefined> {
  if (await isOnSource(partitionKey, extra)) return undefined;
  const { sides, table, signal } = extra;
  const read = { table, columns, partitionKey, ...(signal && { signal }) };
  return withFirstPage(sides.target.readPartition({ ...read, ...consistencyOf(sides.targetConsistency) }));
}

async function isOnSource(
  partitionKey: readonly Buffer[],
  { sides, table, signal }: ExtraPartitions,
): Promise<boolean> {
  const columns = [...keyColumns(table), ...staticColumns(table)];
  const read = { table, columns, partitionKey, pageSize: 1, ...(signal && { signal }) };
  for await (const page of sides.source.readPartition({ ...read, ...consistencyOf(sides.sourceConsistency) }))
    if (page.length > 0) return true;
  return false;
}

/** With the static columns, so that a partition that has nothing else is seen. */
function columnsOfPartition(table: Table) {
  return [...table.partitionKey, ...staticColumns(table)];
}

async function* imagesOf(pages: AsyncIterable<readonly EncodedRow[]>, shape: RowShape): AsyncGenerator<RowImage> {
  let isFirst = true;
  for await (const page of pages)
    for (const row of page) {
      // A static row comes with every row of its partition and counts once.
      const staticImage = isFirst ? staticImageOf(row, shape) : undefined;
      isFirst = false;
      if (staticImage) yield staticImage;
      const image = rowImageOf(row, shape);
      if (image) yield image;
    }
}

function consistencyOf(consistency: Sides['sourceConsistency']) {
  return consistency === undefined ? {} : { consistency };
}
