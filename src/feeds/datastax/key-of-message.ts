import type { CqlType } from '../../model/cql-type.ts';
import { joinPartitionKey } from '../../model/partition-key.ts';
import { keyColumns, type Table } from '../../model/table.ts';
import type { AvroRecord, AvroType } from '../../wire/avro/avro-type.ts';
import { type AvroValue, readAvro } from '../../wire/avro/read-avro.ts';
import { encodeCql, UnfitValueError } from './encode-cql.ts';
import { readJson } from './read-json.ts';

/** What the key of an event or of a data message names. */
export interface MessageKey {
  /** As in the commit log. */
  readonly partitionKey: Buffer;
  /** Undefined: the message is about the partition, its statics or its deletion. Empty in a table without clustering columns. */
  readonly clustering: readonly Buffer[] | undefined;
}

/**
 * The primary key that a message is about. Its Avro schema follows from the table: partition columns plain, clustering
 * columns nullable, in the order of the key. Throws AvroError, UnfitValueError or SyntaxError when the table has another key.
 */
export function keyOfMessage(bytes: Buffer, table: Table, format: 'avro' | 'json'): MessageKey {
  const read = format === 'avro' ? readAvro(keyTypeOf(table), bytes) : readJson(bytes);
  if (!(read instanceof Map)) throw new UnfitValueError('a key that is no record');
  const values = keyColumns(table).map(({ name, type }) =>
    encodeCql((read as ReadonlyMap<string, AvroValue>).get(name) ?? null, type, { format, isKey: true }),
  );
  const partition = values.slice(0, table.partitionKey.length);
  const clustering = values.slice(table.partitionKey.length);
  if (!areAllThere(partition)) throw new UnfitValueError('a key without all its partition columns');
  const isRow = areAllThere(clustering);
  if (!isRow && clustering.some((value) => value !== null))
    throw new UnfitValueError('a key with some of its clustering columns');
  return { partitionKey: joinPartitionKey(partition), clustering: isRow ? clustering : undefined };
}

function areAllThere(values: readonly (Buffer | null)[]): values is readonly Buffer[] {
  return !values.includes(null);
}

function keyTypeOf(table: Table): AvroRecord {
  const fields = [
    ...table.partitionKey.map(({ name, type }) => ({ name, type: avroTypeOf(type) })),
    ...table.clustering.map(({ name, type }) => ({ name, type: nullable(avroTypeOf(type)) })),
  ];
  return { kind: 'record', fields };
}

function nullable(type: AvroType): AvroType {
  return { kind: 'union', branches: [{ kind: 'null' }, type] };
}

function avroTypeOf({ name }: CqlType): AvroType {
  const type = avroTypes[name];
  if (type) return type;
  throw new UnfitValueError(`a key column of type ${name}, whose table the agent passes over`);
}

const text: AvroType = { kind: 'string' };
const int: AvroType = { kind: 'int' };
const long: AvroType = { kind: 'long' };
const bytes: AvroType = { kind: 'bytes' };

/** Of every type that a key may have. */
const avroTypes: Readonly<Record<string, AvroType>> = {
  ...{ ascii: text, text, uuid: text, timeuuid: text, inet: text },
  ...{ tinyint: int, smallint: int, int, date: int },
  ...{ bigint: long, timestamp: long, time: long },
  ...{ varint: bytes, blob: bytes },
  boolean: { kind: 'boolean' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  decimal: {
    kind: 'record',
    fields: [
      { name: 'bigint', type: bytes },
      { name: 'scale', type: int },
    ],
  },
};
