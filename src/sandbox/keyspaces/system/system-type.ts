import type { BufferWriter } from '../../../wire/cql/buffer-writer.ts';
import type { CqlValue } from '../../../wire/cql/value.ts';

/** The few types that system tables use. */
export type SystemType =
  | 'text'
  | 'int'
  | 'bigint'
  | 'boolean'
  | 'double'
  | 'uuid'
  | 'timeuuid'
  | 'inet'
  | 'timestamp'
  | 'blob'
  | 'set<text>'
  | 'list<text>'
  | 'map<text, text>'
  | 'map<text, blob>';

const codes: Readonly<Record<string, number>> = {
  text: 13,
  int: 9,
  bigint: 2,
  boolean: 4,
  double: 7,
  uuid: 12,
  timeuuid: 15,
  inet: 16,
  timestamp: 11,
  blob: 3,
  list: 0x20,
  map: 0x21,
  set: 0x22,
};

/** The type as a column specification names it (section 4.2.5.2). */
export function writeType(writer: BufferWriter, type: SystemType): void {
  for (const word of type.split(/[<>, ]+/)) if (word) writer.short(codes[word]!);
}

export type SystemValue =
  | string
  | number
  | bigint
  | boolean
  | Buffer
  | null
  | readonly string[]
  | { readonly [key: string]: string | Buffer };

export function encodeSystemValue(type: SystemType, value: SystemValue): CqlValue {
  return value === null ? null : encoders[type](value as never);
}

const encoders: Readonly<Record<SystemType, (value: never) => Buffer>> = {
  text: (value: string) => Buffer.from(value),
  int: (value: number) => written(4, (bytes) => bytes.writeInt32BE(value)),
  bigint: (value: bigint) => written(8, (bytes) => bytes.writeBigInt64BE(value)),
  boolean: (value: boolean) => Buffer.from([value ? 1 : 0]),
  double: (value: number) => written(8, (bytes) => bytes.writeDoubleBE(value)),
  uuid: (value: string) => Buffer.from(value.replaceAll('-', ''), 'hex'),
  timeuuid: (value: Buffer) => value,
  inet: (value: string) => Buffer.from(value.split('.').map(Number)),
  timestamp: (value: number) => written(8, (bytes) => bytes.writeBigInt64BE(BigInt(Math.round(value)))),
  blob: (value: Buffer) => value,
  'set<text>': listed,
  'list<text>': listed,
  'map<text, text>': mapped,
  'map<text, blob>': mapped,
};

function listed(values: readonly string[]): Buffer {
  return joined(
    values.length,
    values.map((value) => Buffer.from(value)),
  );
}

function mapped(values: { readonly [key: string]: string | Buffer }): Buffer {
  const parts = Object.entries(values).flatMap(([key, value]) => [Buffer.from(key), Buffer.from(value as string)]);
  return joined(parts.length / 2, parts);
}

function joined(count: number, parts: readonly Buffer[]): Buffer {
  const length = (value: number) => written(4, (bytes) => bytes.writeInt32BE(value));
  return Buffer.concat([length(count), ...parts.flatMap((part) => [length(part.length), part])]);
}

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}
