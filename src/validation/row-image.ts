import { isMulticell } from '../model/cql-type.ts';
import { expiryOf, isStaticKey, type RowKey } from '../model/difference.ts';
import { oneForm } from '../model/one-form.ts';
import { type Column, keyColumns, regularColumns, staticColumns, type Table } from '../model/table.ts';
import type { EncodedRow } from '../ports/table-reader.ts';
import { type Expiry, mayValueEndTogether, type ReadSpan, usualExpiryTolerance } from './expiry.ts';

/** What is compared: a row, or the static row of a partition (then the clustering is empty), as one side holds it. */
export interface RowImage {
  readonly key: RowKey;
  /** Encoded values of the regular columns, or of the static ones, in the order of their names. */
  readonly values: readonly (Buffer | null)[];
  /** Of the same values; undefined where it was not read. */
  readonly expiry?: Expiry | undefined;
}

/** Where a row's parts stand among the values of a read of all columns. */
export interface RowShape {
  readonly table: Table;
  /** What to read: partition key, clustering, static, regular columns. */
  readonly columns: readonly Column[];
  readonly clusteringAt: number;
  readonly staticAt: number;
  readonly regularAt: number;
  /** Of which columns to read what is left of their time, too: those of which CQL tells it. */
  readonly ttlColumns: readonly Column[];
  /** Seconds by which two ends may lie apart. */
  readonly expiryTolerance: number;
}

export function rowShapeOf(table: Table, expiryTolerance = usualExpiryTolerance): RowShape {
  const clusteringAt = table.partitionKey.length;
  const staticAt = clusteringAt + table.clustering.length;
  const statics = staticColumns(table);
  const others = [...statics, ...regularColumns(table)];
  return {
    table,
    columns: [...keyColumns(table), ...others],
    clusteringAt,
    staticAt,
    regularAt: staticAt + statics.length,
    ttlColumns: others.filter(({ type }) => !isMulticell(type) && type.name !== 'counter'),
    expiryTolerance,
  };
}

/** A row as it came, and where it was asked for when it was read, to place its remaining times. */
export interface ReadRow extends Pick<EncodedRow, 'values'> {
  /** In the order of `ttlColumns`. */
  readonly ttlSeconds?: EncodedRow['ttlSeconds'];
  readonly read?: ReadSpan;
}

/**
 * Undefined for a partition that holds static values only, which comes as a row without clustering values. The key is in the one
 * form that both sides have in common, whichever of them a server answered.
 */
export function rowImageOf(row: ReadRow, shape: RowShape): RowImage | undefined {
  const clustering = row.values.slice(shape.clusteringAt, shape.staticAt);
  if (!clustering.every((value) => value !== null)) return undefined;
  const forms = clustering.map((value, index) => oneForm(value, shape.table.clustering[index]!.type));
  return {
    key: { partitionKey: partitionKeyOf(row.values, shape), clustering: forms },
    ...partOf(row, shape, shape.regularAt, shape.columns.length),
  };
}

/** Undefined where every static value is null: then there is no static row, whatever else the partition holds. */
export function staticImageOf(row: ReadRow, shape: RowShape): RowImage | undefined {
  const part = partOf(row, shape, shape.staticAt, shape.regularAt);
  if (part.values.every((value) => value === null)) return undefined;
  return { key: { partitionKey: partitionKeyOf(row.values, shape), clustering: [] }, ...part };
}

function partOf({ values, ttlSeconds, read }: ReadRow, shape: RowShape, start: number, end: number) {
  const columns = shape.columns.slice(start, end);
  const secondsOf = (column: Column) => ttlSeconds?.[shape.ttlColumns.indexOf(column)] ?? null;
  return {
    values: values.slice(start, end),
    ...(ttlSeconds && read && { expiry: { seconds: columns.map(secondsOf), read } }),
  };
}

/** Names of the columns whose bytes differ between two images of one key, and `TTL(name)` of those that only end at other times. */
export function differingColumns(source: RowImage, target: RowImage, shape: RowShape): readonly string[] {
  const start = isStaticKey(source.key, shape.table) ? shape.staticAt : shape.regularAt;
  return source.values.flatMap((value, index) => {
    const { name } = shape.columns[start + index]!;
    if (!isSameValue(value, target.values[index] ?? null)) return [name];
    return mayValueEndTogether(source.expiry, target.expiry, index, shape.expiryTolerance) ? [] : [expiryOf(name)];
  });
}

export function partitionKeyOf(values: EncodedRow['values'], shape: RowShape): readonly Buffer[] {
  return values.slice(0, shape.clusteringAt).map((value) => value!);
}

function isSameValue(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
