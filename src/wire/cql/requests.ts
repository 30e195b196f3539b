import { type BufferWriter, countOf, sizeOfText, sizeOfValues } from './buffer-writer.ts';
import { consistencyCodes } from './consistency.ts';
import type { BatchStatement, Prepared } from './cql-connection.ts';
import { opcodes } from './frame.ts';
import type { BatchKind, ExecuteOptions, StatementOptions } from './request-options.ts';
import type { CqlValues } from './value.ts';

/** A request as bytes to be: its size is known before it is written, so it is written straight into its place. */
export interface Request {
  readonly opcode: number;
  readonly bodySize: number;
  readonly writeBody: (writer: BufferWriter) => void;
}

export function bareRequest(opcode: number): Request {
  return { opcode, bodySize: 0, writeBody: () => {} };
}

export function startupRequest(options: Readonly<Record<string, string>>): Request {
  const entries = Object.entries(options);
  return {
    opcode: opcodes.STARTUP,
    bodySize: entries.reduce((size, [key, value]) => size + 4 + sizeOfText(key) + sizeOfText(value), 2),
    writeBody: (writer) => {
      writer.short(entries.length);
      for (const [key, value] of entries) {
        writer.string(key);
        writer.string(value);
      }
    },
  };
}

export function authResponseRequest(token: Buffer): Request {
  return { opcode: opcodes.AUTH_RESPONSE, bodySize: 4 + token.length, writeBody: (writer) => writer.value(token) };
}

export function prepareRequest(cql: string): Request {
  return {
    opcode: opcodes.PREPARE,
    bodySize: 4 + sizeOfText(cql),
    writeBody: (writer) => writer.longString(cql),
  };
}

export function queryRequest(cql: string, values: CqlValues, options: ExecuteOptions): Request {
  return {
    opcode: opcodes.QUERY,
    bodySize: 4 + sizeOfText(cql) + sizeOfParameters(values, options),
    writeBody: (writer) => {
      writer.longString(cql);
      writeParameters(writer, values, options);
    },
  };
}

export function executeRequest(prepared: Prepared, values: CqlValues, options: ExecuteOptions): Request {
  return {
    opcode: opcodes.EXECUTE,
    bodySize: 2 + prepared.id.length + sizeOfParameters(values, options),
    writeBody: (writer) => {
      writer.shortBytes(prepared.id);
      writeParameters(writer, values, options);
    },
  };
}

export function batchRequest(kind: BatchKind, batch: readonly BatchStatement[], options: StatementOptions): Request {
  return {
    opcode: opcodes.BATCH,
    bodySize: batch.reduce((size, part) => size + sizeOfBatchStatement(part), 3) + sizeOfBatchOptions(options),
    writeBody: (writer) => {
      writer.byte(kind === 'logged' ? 0 : 1);
      writer.short(batch.length);
      for (const part of batch) writeBatchStatement(writer, part);
      writeBatchOptions(writer, options);
    },
  };
}

const parameterFlags = { values: 0x01, pageSize: 0x04, pagingState: 0x08, serial: 0x10, timestamp: 0x20 } as const;

function sizeOfParameters(values: CqlValues, options: ExecuteOptions): number {
  let size = 3;
  if (countOf(values) > 0) size += 2 + sizeOfValues(values);
  if (options.pageSize !== undefined) size += 4;
  if (options.pagingState) size += 4 + options.pagingState.length;
  if (options.serialConsistency !== undefined) size += 2;
  if (options.timestampMicros !== undefined) size += 8;
  return size;
}

// Metadata is asked for with every answer. Skipping it is unsafe in v4: after a schema change another connection may
// prepare the statement again under the same id, and our remembered columns would then misname the cells.
function writeParameters(writer: BufferWriter, values: CqlValues, options: ExecuteOptions): void {
  writer.short(consistencyCodes[options.consistency]);
  let flags = statementFlags(options);
  if (countOf(values) > 0) flags |= parameterFlags.values;
  if (options.pageSize !== undefined) flags |= parameterFlags.pageSize;
  if (options.pagingState) flags |= parameterFlags.pagingState;
  writer.byte(flags);
  if (countOf(values) > 0) writer.values(values);
  if (options.pageSize !== undefined) writer.int(options.pageSize);
  if (options.pagingState) writer.value(options.pagingState);
  writeStatementOptions(writer, options);
}

function sizeOfBatchStatement({ statement, values }: BatchStatement): number {
  const ofStatement = typeof statement === 'string' ? 4 + sizeOfText(statement) : 2 + statement.id.length;
  return 1 + ofStatement + 2 + sizeOfValues(values);
}

function writeBatchStatement(writer: BufferWriter, { statement, values }: BatchStatement): void {
  if (typeof statement === 'string') {
    writer.byte(0);
    writer.longString(statement);
  } else {
    writer.byte(1);
    writer.shortBytes(statement.id);
  }
  writer.values(values);
}

function sizeOfBatchOptions(options: StatementOptions): number {
  return 3 + (options.serialConsistency === undefined ? 0 : 2) + (options.timestampMicros === undefined ? 0 : 8);
}

function writeBatchOptions(writer: BufferWriter, options: StatementOptions): void {
  writer.short(consistencyCodes[options.consistency]);
  writer.byte(statementFlags(options));
  writeStatementOptions(writer, options);
}

function statementFlags(options: StatementOptions): number {
  let flags = 0;
  if (options.serialConsistency !== undefined) flags |= parameterFlags.serial;
  if (options.timestampMicros !== undefined) flags |= parameterFlags.timestamp;
  return flags;
}

function writeStatementOptions(writer: BufferWriter, options: StatementOptions): void {
  if (options.serialConsistency !== undefined) writer.short(consistencyCodes[options.serialConsistency]);
  if (options.timestampMicros !== undefined) writer.long(options.timestampMicros);
}
