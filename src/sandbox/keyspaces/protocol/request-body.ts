import type { BodyReader } from '../../../wire/cql/body-reader.ts';
import { type BufferWriter, sizeOfText } from '../../../wire/cql/buffer-writer.ts';
import { type CqlValue, unset } from '../../../wire/cql/value.ts';

/** What goes with a QUERY or EXECUTE (section 4.1.4), its values not yet taken apart. */
export interface Parameters {
  readonly consistency: number;
  readonly skipsMetadata: boolean;
  /** Count and values as they came, names included; undefined if there are none. */
  readonly rawValues: Buffer | undefined;
  readonly hasNames: boolean;
  readonly pageSize: number | undefined;
  readonly pagingState: Buffer | undefined;
  readonly serialConsistency: number | undefined;
  readonly timestampMicros: bigint | undefined;
}

const flagsOf = {
  values: 0x01,
  skipMetadata: 0x02,
  pageSize: 0x04,
  pagingState: 0x08,
  serial: 0x10,
  timestamp: 0x20,
  names: 0x40,
} as const;

export function readParameters(reader: BodyReader): Parameters {
  const consistency = reader.short();
  const flags = reader.byte();
  const hasNames = (flags & flagsOf.names) !== 0;
  return {
    consistency,
    skipsMetadata: (flags & flagsOf.skipMetadata) !== 0,
    rawValues: flags & flagsOf.values ? skipValues(reader, hasNames) : undefined,
    hasNames,
    pageSize: flags & flagsOf.pageSize ? reader.int() : undefined,
    pagingState: flags & flagsOf.pagingState ? (reader.bytesOrNull() ?? undefined) : undefined,
    serialConsistency: flags & flagsOf.serial ? reader.short() : undefined,
    timestampMicros: flags & flagsOf.timestamp ? readLong(reader) : undefined,
  };
}

export function sizeOfParameters(parameters: Parameters): number {
  let size = 3 + (parameters.rawValues?.length ?? 0);
  if (parameters.pageSize !== undefined) size += 4;
  if (parameters.pagingState) size += 4 + parameters.pagingState.length;
  if (parameters.serialConsistency !== undefined) size += 2;
  if (parameters.timestampMicros !== undefined) size += 8;
  return size;
}

export function writeParameters(writer: BufferWriter, parameters: Parameters): void {
  writer.short(parameters.consistency);
  writer.byte(flagsFor(parameters));
  if (parameters.rawValues) writer.raw(parameters.rawValues);
  if (parameters.pageSize !== undefined) writer.int(parameters.pageSize);
  if (parameters.pagingState) writer.value(parameters.pagingState);
  if (parameters.serialConsistency !== undefined) writer.short(parameters.serialConsistency);
  if (parameters.timestampMicros !== undefined) writer.long(parameters.timestampMicros);
}

function flagsFor(parameters: Parameters): number {
  let flags = parameters.skipsMetadata ? flagsOf.skipMetadata : 0;
  if (parameters.rawValues) flags |= flagsOf.values | (parameters.hasNames ? flagsOf.names : 0);
  if (parameters.pageSize !== undefined) flags |= flagsOf.pageSize;
  if (parameters.pagingState) flags |= flagsOf.pagingState;
  if (parameters.serialConsistency !== undefined) flags |= flagsOf.serial;
  if (parameters.timestampMicros !== undefined) flags |= flagsOf.timestamp;
  return flags;
}

function skipValues(reader: BodyReader, hasNames: boolean): Buffer {
  const start = reader.position;
  const count = reader.short();
  for (let i = 0; i < count; i++) {
    if (hasNames) reader.skip(reader.short());
    const length = reader.int();
    if (length > 0) reader.skip(length);
  }
  return reader.bytes.subarray(start, reader.position);
}

function readLong(reader: BodyReader): bigint {
  return reader.slice(8).readBigInt64BE();
}

/** One value of a request; `name` only where the client named it. */
export interface BoundValue {
  readonly name: string | undefined;
  readonly value: CqlValue;
}

/** Takes the values of `Parameters.rawValues` apart; views, not copies. */
export function readValues(reader: BodyReader, hasNames: boolean): readonly BoundValue[] {
  const count = reader.short();
  const values = new Array<BoundValue>(count);
  for (let i = 0; i < count; i++) {
    const name = hasNames ? reader.string() : undefined;
    values[i] = { name, value: readValue(reader) };
  }
  return values;
}

function readValue(reader: BodyReader): CqlValue {
  const length = reader.int();
  if (length >= 0) return reader.slice(length);
  return length === -1 ? null : unset;
}

interface BatchPart {
  /** The text, or the id of a prepared statement. */
  readonly statement: string | Buffer;
  readonly values: readonly BoundValue[];
  readonly rawValues: Buffer;
}

export interface BatchBody {
  readonly kind: number;
  readonly parts: readonly BatchPart[];
  readonly consistency: number;
  readonly serialConsistency: number | undefined;
  readonly timestampMicros: bigint | undefined;
}

export function readBatch(reader: BodyReader): BatchBody {
  const kind = reader.byte();
  const count = reader.short();
  const parts: BatchPart[] = [];
  for (let i = 0; i < count; i++) parts.push(readBatchPart(reader));
  const consistency = reader.short();
  const flags = reader.byte();
  return {
    kind,
    parts,
    consistency,
    serialConsistency: flags & flagsOf.serial ? reader.short() : undefined,
    timestampMicros: flags & flagsOf.timestamp ? readLong(reader) : undefined,
  };
}

function readBatchPart(reader: BodyReader): BatchPart {
  const isPrepared = reader.byte() === 1;
  const statement = isPrepared ? Buffer.from(reader.shortBytes()) : reader.slice(reader.int()).toString();
  const start = reader.position;
  const values = readValues(reader, false);
  return { statement, values, rawValues: reader.bytes.subarray(start, reader.position) };
}

/** A part of a batch as it is sent on, with a timestamp of its own only if its text has one. */
export interface OutgoingBatch extends Omit<BatchBody, 'parts'> {
  readonly parts: readonly { readonly statement: string | Buffer; readonly rawValues: Buffer }[];
}

export function sizeOfBatch(batch: OutgoingBatch): number {
  let size = 6 + (batch.serialConsistency === undefined ? 0 : 2) + (batch.timestampMicros === undefined ? 0 : 8);
  for (const { statement, rawValues } of batch.parts) {
    size += 1 + (typeof statement === 'string' ? 4 + sizeOfText(statement) : 2 + statement.length) + rawValues.length;
  }
  return size;
}

export function writeBatch(writer: BufferWriter, batch: OutgoingBatch): void {
  writer.byte(batch.kind);
  writer.short(batch.parts.length);
  for (const { statement, rawValues } of batch.parts) {
    writer.byte(typeof statement === 'string' ? 0 : 1);
    if (typeof statement === 'string') writer.longString(statement);
    else writer.shortBytes(statement);
    writer.raw(rawValues);
  }
  writer.short(batch.consistency);
  writer.byte(
    (batch.serialConsistency === undefined ? 0 : flagsOf.serial) |
      (batch.timestampMicros === undefined ? 0 : flagsOf.timestamp),
  );
  if (batch.serialConsistency !== undefined) writer.short(batch.serialConsistency);
  if (batch.timestampMicros !== undefined) writer.long(batch.timestampMicros);
}
