import { type CqlType, isMulticell } from '../../model/cql-type.ts';
import type { Cell, ColumnDeletion, PartitionUpdate, RowChange } from '../../model/mutation.ts';
import type { Table } from '../../model/table.ts';
import type { AvroValue } from '../../wire/avro/read-avro.ts';
import { int32 } from './concat-values.ts';
import { encodeCql, type WrittenAs } from './encode-cql.ts';
import { encodeMapKey } from './map-key-text.ts';
import { type DataFormat, encodedValue, type ImageColumn, type RowImage } from './read-data-message.ts';

/**
 * What an image of the connector says, as a change with the write time of the mutation that caused it; undefined for one
 * without a write time, which says nothing that could be stamped: its row is to be read again.
 *
 * An image is all of a row: what is null in it was deleted. One of a partition without clustering values is never a row:
 * its statics, and, where the table has none, the news that the partition was deleted.
 */
export function updateOfImage(image: RowImage, table: Table, format: DataFormat): PartitionUpdate | undefined {
  const { partitionKey, clustering, columns, writeTimeMicros } = image;
  if (writeTimeMicros === undefined) return undefined;
  const deletion = { timestampMicros: writeTimeMicros, localDeletionTime: 0 };
  const empty: PartitionUpdate = { table, partitionKey, rangeDeletions: [], rows: [] };
  if (clustering === undefined) return partitionUpdate(empty, image, writeTimeMicros, format);
  if (columns === undefined) return { ...empty, rows: [{ clustering, deletion, columnDeletions: [], cells: [] }] };
  const ofKind = (isStatic: boolean) => columns.filter(({ column }) => (column.kind === 'static') === isStatic);
  const row = rowChange(clustering, ofKind(false), writeTimeMicros, format);
  return {
    ...empty,
    ...staticsOf(ofKind(true), writeTimeMicros, format),
    rows: [{ ...row, marker: { timestampMicros: writeTimeMicros } }],
  };
}

function partitionUpdate(
  empty: PartitionUpdate,
  { columns }: RowImage,
  writeTimeMicros: bigint,
  format: DataFormat,
): PartitionUpdate {
  const hasStatics = [...empty.table.columns.values()].some(({ kind }) => kind === 'static');
  if (columns !== undefined && hasStatics) return { ...empty, ...staticsOf(columns, writeTimeMicros, format) };
  // There are rows again. Those of the mutation itself may be as old as the write time, which is the newest in it: the
  // delete is one older, or it would take them as well.
  const timestampMicros = columns === undefined ? writeTimeMicros : writeTimeMicros - 1n;
  return { ...empty, partitionDeletion: { timestampMicros, localDeletionTime: 0 } };
}

function staticsOf(columns: readonly ImageColumn[], timestampMicros: bigint, format: DataFormat) {
  return columns.length === 0 ? {} : { staticRow: rowChange([], columns, timestampMicros, format) };
}

function rowChange(
  clustering: readonly Buffer[],
  columns: readonly ImageColumn[],
  timestampMicros: bigint,
  format: DataFormat,
): RowChange {
  const whole = columns.filter(({ column }) => !isMulticell(column.type));
  const inParts = columns.filter(({ column }) => isMulticell(column.type));
  return {
    clustering,
    cells: [
      ...whole.map(
        (each): Cell => ({
          column: each.column,
          timestampMicros,
          value: encodedValue(each, format) ?? undefined,
        }),
      ),
      ...inParts.flatMap((each) => elementCells(each, timestampMicros, format)),
    ],
    columnDeletions: inParts.map((each) => overwrite(each, timestampMicros)),
  };
}

/** As an overwrite does it: what was there before ends one microsecond before the new elements. */
function overwrite({ column, value }: ImageColumn, timestampMicros: bigint): ColumnDeletion {
  return { column, timestampMicros: value === null ? timestampMicros : timestampMicros - 1n, localDeletionTime: 0 };
}

/** Lists have none: they are read again, for their elements' identities are not in the image. */
function elementCells({ column, value }: ImageColumn, timestampMicros: bigint, format: DataFormat): readonly Cell[] {
  if (value === null || column.type.name === 'list') return [];
  const as: WrittenAs = { format: format.kind === 'key-value-avro' ? 'avro' : 'json', isKey: false };
  return elementsOf(value, column.type, as).map(([path, element]) => ({
    column,
    path,
    timestampMicros,
    value: element,
  }));
}

function elementsOf(value: AvroValue, type: CqlType, as: WrittenAs): readonly (readonly [Buffer, Buffer])[] {
  const [first, second] = type.arguments;
  if (type.name === 'set')
    return (value as readonly AvroValue[]).map((item) => [encodeCql(item, first!, as)!, Buffer.alloc(0)]);
  const entries = value as ReadonlyMap<string, AvroValue>;
  if (type.name === 'map')
    return [...entries].map(([key, item]) => [encodeMapKey(key, first!), encodeCql(item, second!, as)!]);
  return type.udt!.fields.flatMap((name, index) => {
    const field = encodeCql(entries.get(name) ?? null, type.arguments[index]!, as);
    return field === null ? [] : [[int32(index).subarray(2), field] as const];
  });
}
