import { isStaticKey, type RowKey } from '../model/difference.ts';
import { type Column, keyColumns, regularColumns, staticColumns, type Table } from '../model/table.ts';
import type { EncodedRow } from '../ports/table-reader.ts';

/** What is compared: a row, or the static row of a partition (then the clustering is empty), as one side holds it. */
export interface RowImage {
  readonly key: RowKey;
  /** Encoded values of the regular columns, or of the static ones, in the order of their names. */
  readonly values: readonly (Buffer | null)[];
}

/** Where a row's parts stand among the values of a read of all columns. */
export interface RowShape {
  readonly table: Table;
  /** What to read: partition key, clustering, static, regular columns. */
  readonly columns: readonly Column[];
  readonly clusteringAt: number;
  readonly staticAt: number;
  readonly regularAt: number;
}

export function rowShapeOf(table: Table): RowShape {
  const clusteringAt = table.partitionKey.length;
  const staticAt = clusteringAt + table.clustering.length;
  const statics = staticColumns(table);
  return {
    table,
    columns: [...keyColumns(table), ...statics, ...regularColumns(table)],
    clusteringAt,
    staticAt,
    regularAt: staticAt + statics.length,
  };
}

/** Undefined for a partition that holds static values only, which comes as a row without clustering values. */
export function rowImageOf(values: EncodedRow['values'], shape: RowShape): RowImage | undefined {
  const clustering = values.slice(shape.clusteringAt, shape.staticAt);
  if (!clustering.every((value) => value !== null)) return undefined;
  return { key: { partitionKey: partitionKeyOf(values, shape), clustering }, values: values.slice(shape.regularAt) };
}

/** Undefined where every static value is null: then there is no static row, whatever else the partition holds. */
export function staticImageOf(values: EncodedRow['values'], shape: RowShape): RowImage | undefined {
  const statics = values.slice(shape.staticAt, shape.regularAt);
  if (statics.every((value) => value === null)) return undefined;
  return { key: { partitionKey: partitionKeyOf(values, shape), clustering: [] }, values: statics };
}

/** Names of the columns whose bytes differ between two images of one key. */
export function differingColumns(source: RowImage, target: RowImage, shape: RowShape): readonly string[] {
  const start = isStaticKey(source.key, shape.table) ? shape.staticAt : shape.regularAt;
  return source.values.flatMap((value, index) =>
    isSameValue(value, target.values[index] ?? null) ? [] : [shape.columns[start + index]!.name],
  );
}

export function partitionKeyOf(values: EncodedRow['values'], shape: RowShape): readonly Buffer[] {
  return values.slice(0, shape.clusteringAt).map((value) => value!);
}

function isSameValue(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
