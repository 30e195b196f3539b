import type { Table } from '../../model/table.ts';
import { avroBytes, avroLong, avroNullable, avroString } from './write-avro.ts';

/**
 * A key as the DataStax agent writes it, from the values' CQL bytes; undefined where it passes the table over. Without
 * clustering values: of the partition.
 */
export function eventKey(
  table: Table,
  partitionKey: readonly Buffer[],
  clustering: readonly Buffer[] | undefined,
): Buffer | undefined {
  const columns = [...table.partitionKey, ...table.clustering];
  if (!columns.every(({ type }) => Object.hasOwn(writers, type.name))) return undefined;
  const write = (value: Buffer, index: number) => writers[columns[index]!.type.name]!(value);
  const first = partitionKey.map(write);
  const last = table.clustering.map((_, index) =>
    avroNullable(clustering && write(clustering[index]!, partitionKey.length + index)),
  );
  return Buffer.concat([...first, ...last]);
}

const text = (value: Buffer) => avroBytes(value);
const int = (value: Buffer) => avroLong(BigInt(value.readInt32BE()));
const long = (value: Buffer) => avroLong(value.readBigInt64BE());
const uuid = (value: Buffer) =>
  avroString(value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));

const writers: Readonly<Record<string, (value: Buffer) => Buffer>> = {
  ascii: text,
  text,
  blob: text,
  varint: text,
  boolean: (value) => value,
  // Without their signs, as the agent has it.
  tinyint: (value) => avroLong(BigInt(value.readUInt8())),
  smallint: (value) => avroLong(BigInt(value.readUInt16BE())),
  int,
  bigint: long,
  timestamp: long,
  float: (value) => Buffer.from(value).reverse(),
  double: (value) => Buffer.from(value).reverse(),
  decimal: (value) => Buffer.concat([avroBytes(value.subarray(4)), int(value)]),
  uuid,
  timeuuid: uuid,
  inet: (value) => avroString(inetText(value)),
  date: (value) => avroLong(BigInt(value.readUInt32BE()) - 2n ** 31n),
  // What is below a microsecond is cut off.
  time: (value) => avroLong(value.readBigInt64BE() / 1000n),
};

/** As Java prints it. */
function inetText(value: Buffer): string {
  if (value.length === 4) return [...value].join('.');
  return Array.from({ length: 8 }, (_, word) => value.readUInt16BE(word * 2).toString(16)).join(':');
}
