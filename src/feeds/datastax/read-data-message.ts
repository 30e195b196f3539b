import { type Column, keyColumns, type Table } from '../../model/table.ts';
import type { AvroType } from '../../wire/avro/avro-type.ts';
import { type AvroValue, readAvro } from '../../wire/avro/read-avro.ts';
import { encodeCql, UnfitValueError } from './encode-cql.ts';
import { keyOfMessage, type MessageKey } from './key-of-message.ts';
import { type FeedMessage, writeTimeOf } from './read-event.ts';
import { readJson } from './read-json.ts';

/** How a message was written: in Avro's form only its own schema can read it. */
export type DataFormat =
  | { readonly kind: 'key-value-avro'; readonly valueType: AvroType }
  | { readonly kind: 'key-value-json' };

/** A row, or a partition's statics, as the connector read it after a change. */
export interface RowImage extends MessageKey {
  /** Of the mutation that caused the reading; the image may be newer. Undefined: caused by a backfill. */
  readonly writeTimeMicros: bigint | undefined;
  /** Undefined: there was nothing to read. */
  readonly columns: readonly ImageColumn[] | undefined;
}

export interface ImageColumn {
  readonly column: Column;
  /** Decoded, not encoded: a column that is not frozen is written element by element. */
  readonly value: AvroValue;
}

/** Throws AvroError, UnfitValueError or SyntaxError for what is no data message of the table. */
export function readDataMessage(message: FeedMessage, table: Table, format: DataFormat): RowImage {
  if (message.key === null) throw new TypeError('a data message without a key');
  const key = keyOfMessage(message.key, table, format.kind === 'key-value-avro' ? 'avro' : 'json');
  const writeTimeMicros = writeTimeOf(message.properties);
  // A table that has only key columns shows them in the value, so a row that is there is never empty.
  if (message.payload.length === 0) return { ...key, writeTimeMicros, columns: undefined };
  const fields = readFields(message.payload, format);
  const isOfKey = new Set(keyColumns(table).map(({ name }) => name));
  const names = [...fields.keys()].filter((name) => !isOfKey.has(name));
  return {
    ...key,
    writeTimeMicros,
    columns: names.flatMap((name) => imageColumn(table.columns.get(name), fields.get(name)!, key, format)),
  };
}

/** The encoded value of a column that is written whole; null where it has none. */
export function encodedValue({ column, value }: ImageColumn, format: DataFormat): Buffer | null {
  return encodeCql(value, column.type, { format: format.kind === 'key-value-avro' ? 'avro' : 'json', isKey: false });
}

function readFields(payload: Buffer, format: DataFormat): ReadonlyMap<string, AvroValue> {
  const value = format.kind === 'key-value-avro' ? readAvro(format.valueType, payload) : readJson(payload);
  if (value instanceof Map) return value;
  throw new UnfitValueError('a value that is no record');
}

function imageColumn(
  column: Column | undefined,
  value: AvroValue,
  { clustering }: MessageKey,
  format: DataFormat,
): readonly ImageColumn[] {
  if (column === undefined) return [];
  // Without a row, regular columns are those of no row or of any row of the partition.
  if (clustering === undefined && column.kind !== 'static') return [];
  // The JSON converter leaves tuples out and its text says null of them, whatever they hold.
  if (format.kind === 'key-value-json' && value === null && holdsTuple(column)) return [];
  return [{ column, value }];
}

function holdsTuple({ type }: Column): boolean {
  return type.name === 'tuple' || type.name === 'vector' || type.name === 'custom';
}
